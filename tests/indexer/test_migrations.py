import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from indexer import schema
from indexer.catalog import REVISION, State
from indexer.catalog.dialects.fts5 import INDEXES
from indexer.catalog.models import Base
from indexer.doctor import examine
from indexer.library import DATABASE, Library
from plugins.errors import LibraryBusy, LibraryError, NotFound, SchemaTooNew
from tests.indexer.catalogs import ALL, SPACE, vectors
from tests.indexer.schemas import dump

SCHEMAS = Path(dump.__file__).parent
REVISIONS = sorted(path.stem for path in SCHEMAS.glob("*.sql"))
NEXT = """
import os, signal
import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "HEAD"

def upgrade():
    with op.batch_alter_table("files") as files:  # makes the table anew, which others refer to
        files.add_column(sa.Column("rating", sa.Integer, nullable=False, server_default="3"))
    op.execute("UPDATE spaces SET encoder = 'toy' WHERE encoder = 'toy'")
    MIDDLE

def downgrade():
    with op.batch_alter_table("files") as files:
        files.drop_column("rating")
"""


def old_library(folder: Path, revision: str) -> Path:
    folder.mkdir(exist_ok=True)
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.executescript((SCHEMAS / f"{revision}.sql").read_text(encoding="utf-8"))
    return folder / DATABASE


def next_scripts(folder: Path, middle: str = "pass") -> str:
    scripts = folder / "migrations"
    shutil.copytree(schema.MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "9000_rating.py").write_text(
        NEXT.replace("MIDDLE", middle).replace("HEAD", REVISION)
    )
    return str(scripts)


def content(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def table_shapes(database: Path) -> dict[str, list[str]]:
    with closing(sqlite3.connect(database)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"PRAGMA table_info('{name}')").fetchall() for name in names}


def is_whole(library: Library) -> None:
    """The library of `dump.fill` is there and answers."""
    catalog = library.catalog
    assert [item.video.path for item in catalog.videos()] == ["/v/a.mp4", "/v/caf\udce9.mp4"]
    assert [(item.path, item.state) for item in catalog.problems()] == [("/v/bad.mp4", State.FAILED)]
    flower = catalog.words("flower", ALL, 9)[0]
    assert catalog.shots_with_videos([flower.shot_id])[flower.shot_id][1].path == "/v/a.mp4"
    assert [match.shot_id for match in catalog.words("lowe", ALL, 9)] == [flower.shot_id]
    assert len(catalog.words("gone", ALL, 9)) == 0
    assert len(catalog.removed_after(SPACE, 0)[0]) == 3
    found = library.store(SPACE).search(vectors(2, seed=1), 1)
    places = catalog.locate(found.ids[:, 0])
    shots = [shot.id for shot in catalog.shots(2)]
    assert [places[int(id_)].shot_id for id_ in found.ids[:, 0]] == shots
    assert [finding.what.split(",")[0] for finding in examine(library)] == ["3 files are not there"]


@pytest.mark.parametrize("revision", sorted(path.stem for path in SCHEMAS.glob("*.sql")))
def test_a_library_of_every_released_schema_opens_with_its_data(tmp_path: Path, revision: str) -> None:
    old_library(tmp_path, revision)
    with Library.open(tmp_path) as library:
        assert schema.current(tmp_path / DATABASE) == REVISION
        is_whole(library)


def test_there_is_a_dump_of_the_present_schema() -> None:
    assert (SCHEMAS / f"{REVISION}.sql").exists()


def test_migrations_end_in_exactly_the_models(tmp_path: Path) -> None:
    schema.ensure(tmp_path / DATABASE)
    engine = create_engine(f"sqlite:///{tmp_path / DATABASE}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    mine = [item for item in differences if not str(item[1]).startswith(INDEXES)]
    assert mine == []


def test_there_is_one_newest_revision_and_the_code_knows_it() -> None:
    config = Config()
    config.set_main_option("script_location", schema.MIGRATIONS)
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_up_and_down_again_is_the_same_schema(tmp_path: Path) -> None:
    database, scripts = tmp_path / DATABASE, next_scripts(tmp_path)
    schema.ensure(database)
    before = table_shapes(database)
    schema.upgrade(database, scripts, "9000")
    assert table_shapes(database) != before
    schema.downgrade(database, REVISION, scripts)
    assert table_shapes(database) == before


def test_a_library_can_go_back_to_every_schema_and_come_again(tmp_path: Path) -> None:
    oldest = min(path.stem for path in SCHEMAS.glob("*.sql"))
    old = table_shapes(old_library(tmp_path / "old", oldest))
    database = old_library(tmp_path / "library", REVISION)
    schema.downgrade(database, oldest)
    assert table_shapes(database) == old
    with Library.open(database.parent) as library:
        is_whole(library)


@pytest.mark.parametrize("revision", sorted(path.stem for path in SCHEMAS.glob("*.sql"))[1:])
def test_what_a_person_has_taught_is_there_after_every_upgrade(tmp_path: Path, revision: str) -> None:
    old_library(tmp_path, revision)
    with Library.open(tmp_path) as library:
        assert [(mark.query, mark.at_us, mark.right) for mark in library.catalog.marks()] == [
            ("a flower", 2_500_000, True)
        ]
        concept = library.catalog.concept("my rose")
        assert (concept.words, [item.at_us for item in concept.examples]) == ("a rose", [2_500_000])
        assert [(tag.text, tag.span is None) for tag in library.catalog.tags(1)] == [
            ("garden", True),
            ("bloom", False),
        ]
        assert [match.source for match in library.catalog.words("garden", ALL, 9)] == ["tag"]


@pytest.mark.parametrize("revision", [item for item in REVISIONS if item >= "0005"])
def test_what_a_person_has_picked_is_there_after_every_upgrade(tmp_path: Path, revision: str) -> None:
    old_library(tmp_path, revision)
    with Library.open(tmp_path) as library:
        (spring,) = library.catalog.collections()
        (item,) = library.catalog.collection_items(spring.id)
        assert (spring.name, item.note, item.span.start_us) == ("spring", "the best one", 2_000_000)
        assert item.video is not None
        assert item.video.path == "/v/a.mp4"


def test_going_back_to_where_nothing_was_is_refused(tmp_path: Path) -> None:
    database = old_library(tmp_path, "0001")
    for target in ("base", "9999", REVISION):  # the last is later
        with pytest.raises(LibraryError, match=f"can go back to 0001, not to {target}"):
            schema.downgrade(database, target)
    schema.downgrade(database, "0001")
    assert sorted(path.name for path in tmp_path.iterdir()) == [DATABASE]


def test_an_older_library_is_copied_and_upgraded_with_all_its_rows(tmp_path: Path) -> None:
    database = old_library(tmp_path / "library", "0001")
    before = content(database)
    scripts = next_scripts(tmp_path)
    schema.ensure(database, scripts, "9000")
    assert schema.current(database) == "9000"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT rating FROM files").fetchall() == [(3,)] * 3
        assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (5,)
        assert connection.execute("SELECT count(*) FROM annotations").fetchone() == (4,)
    copy = database.with_name(f"{DATABASE}.before-9000")
    assert content(copy) == before
    schema.downgrade(database, "0001", scripts)
    with Library.open(database.parent) as library:
        is_whole(library)


def test_a_newer_library_is_refused(tmp_path: Path) -> None:
    database = old_library(tmp_path / "library", "0001")
    schema.ensure(database, next_scripts(tmp_path), "9000")
    before = content(database)
    with pytest.raises(SchemaTooNew, match=rf"schema 9000, this version of Shotseek knows {REVISION}"):
        Library.open(database.parent)
    assert content(database) == before


@pytest.mark.parametrize("middle", ["raise RuntimeError('boom')", "op.execute('DELETE FROM roots')"])
def test_a_migration_that_fails_leaves_the_library_as_it_was(tmp_path: Path, middle: str) -> None:
    database = old_library(tmp_path / "library", "0001")
    before = content(database)
    with pytest.raises((RuntimeError, LibraryError)):
        schema.ensure(database, next_scripts(tmp_path, middle), "9000")
    assert content(database) == before
    assert schema.current(database) == "0001"


def test_a_migration_that_is_killed_leaves_the_library_as_it_was(tmp_path: Path) -> None:
    database = old_library(tmp_path / "library", "0001")
    before = content(database)
    scripts = next_scripts(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    code = (
        "import sys; from pathlib import Path; from indexer import schema\n"
        "schema.ensure(Path(sys.argv[1]), sys.argv[2], '9000')"
    )
    killed = subprocess.run([sys.executable, "-c", code, database, scripts], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert content(database) == before
    with Library.open(database.parent) as library:
        is_whole(library)


def test_a_library_that_someone_writes_to_is_not_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.library.OPEN_S", 0.1)
    (tmp_path / "library").mkdir()
    with Library.open(tmp_path / "other", create=True) as holder, holder.writing():
        shutil.copy(tmp_path / "other" / DATABASE, tmp_path / "library" / DATABASE)
        with closing(sqlite3.connect(holder.catalog.path)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0000'")
            connection.commit()
        with pytest.raises(LibraryBusy):
            Library.open(holder.folder)


def test_an_unknown_revision_a_strange_file_and_no_library(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no library in"):
        Library.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / DATABASE).write_bytes(b"this is not a database" * 100)
    with pytest.raises(LibraryError, match="cannot be read"):
        Library.open(tmp_path)
    (tmp_path / DATABASE).write_bytes(b"")
    with pytest.raises(NotFound):
        Library.open(tmp_path)
    with Library.open(tmp_path, create=True) as library:
        assert library.catalog.files() == {}


def test_finding_that_all_is_well_needs_no_alembic(tmp_path: Path) -> None:
    database = tmp_path / DATABASE
    schema.ensure(database)
    code = (
        "import sys; from indexer.library import Library\n"
        "Library.open(sys.argv[1]).close()\n"
        "sys.exit('alembic' in sys.modules or 'faiss' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, tmp_path], check=False).returncode == 0
