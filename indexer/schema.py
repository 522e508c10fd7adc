"""Which schema a library has, and how it gets another one.

A migration is one transaction: interrupted anywhere, the library is what it was before. A copy is laid beside
the database all the same before anything in it changes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.catalog.connection import BUSY_SECONDS, in_words
from indexer.catalog.models import REVISION
from plugins import durable
from plugins.errors import DiskFull, LibraryError, SchemaTooNew

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

MIGRATIONS = str(files("migrations"))
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"


def current(database: Path) -> str | None:
    """The revision of a database; None while it has no schema. Quick: asks the database and nothing else.

    Raises:
        LibraryError: the file is not a database
    """
    if not database.exists():
        return None
    try:
        with closing(sqlite3.connect(database, timeout=BUSY_SECONDS)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                return str(row[0]) if row else None
    except sqlite3.DatabaseError as error:
        raise LibraryError(f"{database} cannot be read: {error}; restore it from a copy") from error
    return None


def ensure(database: Path, scripts: str = MIGRATIONS, target: str = REVISION) -> None:
    """Makes the schema where there is none, and brings an older one up to date.

    Raises:
        SchemaTooNew: the schema is not one of ours
        LibraryError: the migration failed; the database is as it was
    """
    if current(database) != target:
        upgrade(database, scripts, target)


def upgrade(database: Path, scripts: str = MIGRATIONS, target: str = REVISION) -> None:
    """Brings a database to a later revision, the newest by default. What was there is copied first.

    Raises:
        SchemaTooNew, LibraryError
    """
    from alembic import command

    config, script = _alembic(scripts)
    found = current(database)
    _refuse_unknown(database, found, script)
    if found is not None and found != target:
        backup(database, f"before-{target}")
    with _migrating(database, config):
        command.upgrade(config, target)


def downgrade(database: Path, target: str, scripts: str = MIGRATIONS) -> None:
    """Brings a database to an earlier revision, for an older Shotseek. What was there is copied first.

    Raises:
        SchemaTooNew: the schema is not one of ours
        LibraryError: there is no such earlier revision, or the migration failed; the database is as it was
    """
    from alembic import command

    config, script = _alembic(scripts)
    found = current(database)
    _refuse_unknown(database, found, script)
    earlier = [item.revision for item in script.iterate_revisions(found or "base", "base")]
    if target not in earlier:
        raise LibraryError(
            f"{database} has schema {found} and can go back to {', '.join(earlier)}, not to {target}"
        )
    if target == found:
        return
    backup(database, f"before-{target}")
    with _migrating(database, config):
        command.downgrade(config, target)


def backup(database: Path, label: str) -> Path:
    """Copies a database that may be in use: ``catalog.db.<label>``, checked, in place of one of that name.

    Raises:
        LibraryError: the copy is not sound
    """
    made = database.with_name(f"{database.name}.{label}")
    copy(database, made)
    return made


def copy(database: Path, target: Path) -> durable.Written:
    """Copies a database that may be in use, as it is at one moment, and checks the copy. Its owner alone may
    read it: digests of passwords are in it.

    Raises:
        LibraryError: the copy is not sound
        DiskFull
    """

    def fill(unfinished: Path) -> None:
        durable.make_private(unfinished)
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(unfinished)) as into:
            source.backup(into)
            into.execute("PRAGMA journal_mode = DELETE")

    def verify(unfinished: Path) -> None:
        if damage := faults(unfinished):
            raise LibraryError(f"{database} is damaged ({damage[0]}); restore it from a copy")

    try:
        return durable.publish(target, fill, verify)
    except sqlite3.DatabaseError as error:
        raise LibraryError(f"{database} cannot be copied: {error}; restore it from a copy") from error


def faults(database: Path) -> list[str]:
    """What is wrong with a database as a file: pages, indexes, rows that refer to nothing."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            lines = [line for (line,) in connection.execute("PRAGMA integrity_check(20)") if line != "ok"]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        return [str(error)]
    if broken:
        tables = ", ".join(sorted({row[0] for row in broken}))
        lines.append(f"{len(broken)} rows refer to nothing, in {tables}")
    return lines


def rows(database: Path) -> dict[str, int]:
    """How many rows each table has."""
    with closing(sqlite3.connect(database)) as connection:
        names = sorted(name for (name,) in connection.execute(_TABLES))
        counts = (connection.execute(f'SELECT count(*) FROM "{name}"') for name in names)  # noqa: S608
        return {name: int(count.fetchone()[0]) for name, count in zip(names, counts, strict=True)}


def replace(database: Path, other: Path) -> None:
    """Puts another database's content in place of a database's, in one transaction: processes that have it
    open go on with that. Generations are raised above all that they have seen, so that none keeps vectors of
    before.

    Args:
        other: is changed

    Raises:
        LibraryBusy, DiskFull, LibraryError: the database is as it was
    """
    try:
        with closing(sqlite3.connect(other)) as source, closing(sqlite3.connect(database)) as target:
            (highest,) = target.execute("SELECT coalesce(max(generation), 0) FROM spaces").fetchone()
            source.execute("UPDATE spaces SET generation = generation + ?", (highest + 1,))
            source.commit()
            durable.step("commit", database)
            source.backup(target)
            durable.step("committed", database)
    except sqlite3.DatabaseError as error:
        raise in_words(error, database) from error


def refuse_newer(database: Path) -> None:
    """
    Raises:
        SchemaTooNew: the schema is not one of ours
    """
    _, script = _alembic(MIGRATIONS)
    _refuse_unknown(database, current(database), script)


def _alembic(scripts: str) -> "tuple[Config, ScriptDirectory]":
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", scripts.replace("%", "%%"))
    return config, ScriptDirectory.from_config(config)


def _refuse_unknown(database: Path, revision: str | None, script: "ScriptDirectory") -> None:
    known = [item.revision for item in script.walk_revisions()]
    if revision is not None and revision not in known:
        raise SchemaTooNew(
            f"{database} has schema {revision}, this version of Shotseek knows {', '.join(known)};"
            " install the Shotseek that made it, or a newer one"
        )


@contextmanager
def _migrating(database: Path, config: "Config") -> Iterator[None]:
    """One transaction around what Alembic does. Foreign keys are checked at its end and not while tables are
    made anew, which would delete what refers to them."""
    from sqlalchemy import NullPool, create_engine, event
    from sqlalchemy.exc import DatabaseError

    engine = create_engine(f"sqlite:///{database}", poolclass=NullPool)
    event.listen(engine, "connect", _without_foreign_keys)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            yield
            if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
                raise LibraryError(f"{database} cannot be migrated: {len(broken)} rows refer to nothing")
            durable.step("commit", database)
        durable.step("committed", database)
    except DatabaseError as error:
        if isinstance(known := in_words(error.orig, database), DiskFull):
            raise known from error
        raise LibraryError(f"{database} cannot be migrated: {error.orig}; it is as it was before") from error


def _without_foreign_keys(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = OFF")
