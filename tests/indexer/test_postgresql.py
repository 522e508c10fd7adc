"""What a catalog in PostgreSQL promises: one library a database, errors of one line without the password, one
state for each reader. Its other tests are those of every catalog, see the fixture ``catalog``."""

import subprocess
import threading
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from indexer import schema
from indexer.address import Address
from indexer.catalog import REVISION, Catalog
from indexer.catalog.dialects.postgresql import PostgresDatabase
from indexer.catalog.models import Base
from indexer.doctor import examine
from indexer.library import DATABASE, MARK, Library
from plugins.errors import InvalidValue, LibraryBusy, LibraryError, NotFound, SchemaTooNew, Unsupported
from plugins.values import Annotation
from tests.conftest import server_programs
from tests.indexer.catalogs import ALL, SPACE, publish, said, vectors
from tests.indexer.test_migrations import next_scripts
from tests.servers import PASSWORD, USER, Server

pytestmark = pytest.mark.postgresql


def test_readers_see_one_state_while_another_writes(postgresql: Catalog) -> None:
    """Seen failing with READ COMMITTED."""
    publish(postgresql, "/v/a.mp4")
    count = text("SELECT count(*) FROM videos")
    with postgresql._reading() as connection:
        assert connection.scalar(count) == 1
        writer = threading.Thread(target=publish, args=(postgresql, "/v/b.mp4"))
        writer.start()
        writer.join()
        assert connection.scalar(count) == 1
    assert postgresql.count_videos() == 2


def test_readers_cannot_write(postgresql: Catalog) -> None:
    with (
        pytest.raises(LibraryError, match="read-only transaction"),
        postgresql._reading() as connection,
    ):
        connection.execute(text("DELETE FROM videos"))


def opened(server: Server, folder: Path, name: str, *, create: bool = True) -> Library:
    return Library.open(folder, create=create, address=server.address(name))


def test_a_library_is_made_opened_again_and_sound(server: Server, tmp_path: Path) -> None:
    name = server.create()
    with pytest.raises(NotFound):
        opened(server, tmp_path / "library", name, create=False)
    assert not (tmp_path / "library").exists()
    with opened(server, tmp_path / "library", name) as library:
        made = publish(library.catalog, "/v/a.mp4", said("a red flower", 2.5))
        library.publish_snapshots()
    with opened(server, tmp_path / "library", name, create=False) as library:
        assert library.catalog.find_videos("a.mp4") == [made]
        found = library.store(SPACE).search(vectors(3), 1)
        assert [library.catalog.locate([id_])[id_].time_us for id_ in found.ids[:, 0].tolist()] == [
            place * 2_000_000 + 100 for place in range(3)
        ]
        assert [finding.what.split(",")[0] for finding in examine(library)] == ["1 files are not there"]
        server.run("ALTER TABLE annotations ALTER words DROP EXPRESSION", name)
        server.run("UPDATE annotations SET words = NULL WHERE source = 'name'", name)
        assert any("full-text index of words" in finding.what for finding in examine(library))
    assert sorted(path.name for path in (tmp_path / "library").iterdir()) == [MARK, "lock"]


def test_a_database_belongs_to_one_library(server: Server, tmp_path: Path) -> None:
    """Seen failing when only the schema was looked at."""
    mine, other = server.create(), server.create()
    for folder, name in (("mine", mine), ("other", other)):
        opened(server, tmp_path / folder, name).close()
    for folder, name, message in (
        ("mine", other, "belongs to the library of another folder"),
        ("new", other, "belongs to the library of another folder"),
        ("mine", server.create(), "belongs to another catalog"),
    ):
        with pytest.raises(LibraryError, match=message) as caught:
            opened(server, tmp_path / folder, name)
        assert "\n" not in str(caught.value)
    with pytest.raises(LibraryError, match="is in PostgreSQL; say where by the setting `database`"):
        Library.open(tmp_path / "mine", create=True)
    Library.open(tmp_path / "file", create=True).close()
    with pytest.raises(LibraryError, match=f"is its {DATABASE}, not postgresql://"):
        opened(server, tmp_path / "file", mine)
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / MARK).write_text((tmp_path / "mine" / MARK).read_text())  # as the message says
    opened(server, tmp_path / "again", mine).close()


def test_a_database_that_cannot_be_one_is_refused(server: Server, tmp_path: Path) -> None:
    used, narrow, newer = server.create(), server.create(options="ENCODING LATIN1"), server.create()
    server.run("CREATE TABLE files (id int)", used)
    with pytest.raises(LibraryError, match="tables of another program, such as files"):
        opened(server, tmp_path / "a", used)
    with pytest.raises(LibraryError, match="encoding LATIN1"):
        opened(server, tmp_path / "b", narrow)
    opened(server, tmp_path / "c", newer).close()
    server.run("UPDATE alembic_version SET version_num = '9000'", newer)
    with pytest.raises(SchemaTooNew, match=f"schema 9000, this version of Shotseek knows {REVISION}"):
        opened(server, tmp_path / "c", newer)


def over_network(server: Server, password: str, name: str = "postgres") -> Address:
    return Address(f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{server.port}/{name}")


def test_what_the_driver_says_is_one_line_without_the_password(server: Server, tmp_path: Path) -> None:
    """Seen failing with the address itself as the database's name."""
    wrong = "wr0ng/hor se@"
    away = Address(f"postgresql://me:{PASSWORD.split()[0]}@127.0.0.1:1/db")
    for address, message in (
        (over_network(server, wrong), "password authentication failed"),
        (over_network(server, PASSWORD, "nothing"), 'database "nothing" does not exist'),
        (away, "Connection refused"),
        (Address("postgresql://me:hidden@127.0.0.1:1/db?sslmode=odd&password=hidden"), "sslmode"),
    ):
        with pytest.raises(LibraryError, match=message) as caught:
            Library.open(tmp_path / "library", create=True, address=address)
        said = f"{caught.value} {caught.value!r} {address} {address!r}"
        assert "\n" not in str(caught.value)
        assert not any(secret in said for secret in (wrong, quote(wrong), PASSWORD.split()[0], "hidden"))
    with closing(Catalog(PostgresDatabase(over_network(server, PASSWORD), tmp_path / MARK))) as catalog:
        with catalog._reading() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        assert PASSWORD not in repr(catalog._engine)


def test_a_server_that_was_away_for_a_while_is_asked_again(server: Server, postgresql: Catalog) -> None:
    """Seen failing with a connection that was not tried before it was used."""
    assert postgresql.count_videos() == 0
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'shotseek'"
    assert (True,) in server.run(ended)
    assert postgresql.count_videos() == 0


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:hidden@host/db",
        "sqlite:///catalog.db",
        "postgresql://host",
        "postgresql://me:hid/den@host/db",
        "postgresql://me:12/hidden@host/db",
        "postgresql://me:12?hidden@host/db",
        "postgresql://me:12#hidden@host/db",
        "postgresql://me:hidden@[host/db",
        "hidden",
        "",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidValue, match="an address is postgresql://USER@HOST/DATABASE") as caught:
        Address(url)
    assert "hid" not in str(caught.value)


def test_migrations_end_in_exactly_the_models(postgresql: Catalog) -> None:
    only = {"library", "words", "ix_annotations_words", "ix_annotations_folded"}
    with postgresql._reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, Base.metadata)
    strange = {item[-1].name for item in found if isinstance(item, tuple)}
    assert (strange, len(found)) == (only, len(only))


def shape(server: Server, name: str) -> list[tuple[object, ...]]:
    columns = "SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default"
    where = "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
    return server.run(f"{columns} {where}", name) + server.run(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1", name
    )


def test_up_and_down_again_is_the_same_schema_with_all_its_rows(server: Server, tmp_path: Path) -> None:
    name, scripts = server.create(), next_scripts(tmp_path)
    with opened(server, tmp_path / "library", name) as library:
        made = publish(library.catalog, "/v/a.mp4", said("a red flower", 2.5))
        before, database = shape(server, name), library.catalog.database
        schema.upgrade(database, scripts, "9000")
        assert shape(server, name) != before
        schema.downgrade(database, "0001", scripts)
        assert server.run("SELECT to_regproc('words_of')", name) == [(None,)]
        schema.ensure(database)
        assert shape(server, name) == before
        assert library.catalog.video(made.id) == made
        assert len(library.catalog.words("red flower", ALL, 9)) == 1


@pytest.mark.parametrize("middle", ["raise RuntimeError('boom')", "op.execute('DELETE FROM roots')"])
def test_a_migration_that_fails_leaves_the_library_as_it_was(
    server: Server, tmp_path: Path, middle: str
) -> None:
    name = server.create()
    with opened(server, tmp_path / "library", name) as library:
        publish(library.catalog, "/v/a.mp4")
        before = shape(server, name)
        with pytest.raises((RuntimeError, LibraryError)):
            schema.upgrade(library.catalog.database, next_scripts(tmp_path, middle), "9000")
        assert shape(server, name) == before
        assert library.catalog.count_videos() == 1


def test_a_migration_waits_for_who_writes(postgresql: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.catalog.dialects.BUSY_SECONDS", 0.1)
    with postgresql._writing(), pytest.raises(LibraryBusy):
        schema.downgrade(postgresql.database, "0007")


def test_without_trigrams_parts_of_words_are_found_all_the_same(server: Server, tmp_path: Path) -> None:
    """A user who may not add extensions to a database; it is made by the owner of everything."""
    name = server.create()
    server.run("CREATE ROLE plain LOGIN")
    server.run("GRANT ALL ON SCHEMA public TO plain", name)
    address = Address(server.address(name).url.replace(f"//{USER}@", "//plain@"))
    with Library.open(tmp_path / "library", create=True, address=address) as library:
        publish(library.catalog, "/v/a.mp4", said("education", 0))
        assert [match.whole for match in library.catalog.words("duca", ALL, 9)] == [False]
    assert server.run("SELECT 1 FROM pg_indexes WHERE indexname = 'ix_annotations_folded'", name) == []


def test_what_only_a_file_can_is_refused_with_what_to_use(server: Server, tmp_path: Path) -> None:
    from indexer.backup import backup, restore

    address = over_network(server, PASSWORD, server.create())
    with Library.open(tmp_path / "library", create=True, address=address) as library:
        with pytest.raises(Unsupported, match=r"pg_dump .* postgresql://") as caught:
            backup(library, tmp_path / "backup")
        with pytest.raises(Unsupported, match="pg_restore"):
            restore(tmp_path / "backup", tmp_path / "library", address=address)
        with pytest.raises(LibraryError, match="say where by the setting"):
            restore(tmp_path / "backup", tmp_path / "library")
    assert PASSWORD.split()[0] not in str(caught.value)
    assert not (tmp_path / "backup").exists()


def test_the_programs_that_are_named_copy_it_and_bring_it_back(server: Server, tmp_path: Path) -> None:
    name, programs = server.create(), server_programs()
    assert programs
    url, copy = server.address(name).url, tmp_path / "films.dump"
    with opened(server, tmp_path / "library", name) as library:
        made = publish(library.catalog, "/v/a.mp4", said("a red flower", 2.5))
        subprocess.run([programs / "pg_dump", "--format=custom", f"--file={copy}", url], check=True)
        library.catalog.remove([made.id])
    into = ["--clean", "--if-exists", f"--dbname={url}"]
    subprocess.run([programs / "pg_restore", *into, copy], check=True)
    with opened(server, tmp_path / "library", name, create=False) as library:
        assert library.catalog.video(made.id) == made
        for asked in ("red flower", "lowe"):
            assert len(library.catalog.words(asked, ALL, 9)) == 1
        assert publish(library.catalog, "/v/b.mp4", said("another", 0)).id > made.id
        assert library.catalog.database.check_words(repair=False) == []


def test_texts_that_a_database_cannot_hold(postgresql: Catalog) -> None:
    """NUL is no character of a PostgreSQL text: it is compared as U+FFFD, which no name has."""
    publish(postgresql, "/v/a.mp4", Annotation(said("x", 0).span, "label", "dog"))
    assert postgresql.label_names("d", 9) == ["dog"]
    assert postgresql.label_names("\x00", 9) == []
    assert postgresql.find_videos("\x00") == []
