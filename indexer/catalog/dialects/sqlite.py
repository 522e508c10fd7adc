"""A catalog in one file of SQLite."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DatabaseError

from indexer.catalog import dialects
from indexer.catalog.dialects import file
from indexer.catalog.dialects.fts5 import CHECK, INDEXES, REBUILD, Fts5
from plugins import durable
from plugins.errors import DiskFull, LibraryError

LOG_BYTES = 64 << 20
"""to which the write-ahead log shrinks again when a long reader has kept it from being written back"""
_WRITE = "shotseek_write"


class SqliteFile(dialects.Database):
    """In WAL mode, so that readers and the one writer do not wait for each other."""

    words = Fts5()

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def connect(self) -> tuple[Engine, Engine]:
        """Transactions are ours to begin: writers take the lock at once instead of failing when they first
        need it."""
        engine = create_engine(f"sqlite:///{self.path}", connect_args={"timeout": dialects.BUSY_SECONDS})
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine, engine.execution_options(**{_WRITE: True})

    def in_words(self, error: BaseException | None) -> LibraryError:
        return file.in_words(error, self.path)

    def revision(self) -> str | None:
        if not self.path.exists():
            return None
        try:
            with closing(sqlite3.connect(self.path, timeout=dialects.BUSY_SECONDS)) as connection:
                if connection.execute(
                    "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
                ).fetchone():
                    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                    return str(row[0]) if row else None
        except sqlite3.DatabaseError as error:
            raise file.unreadable(error, self.path, "read") from error
        return None

    def check_owner(self) -> None:
        """A file belongs to the folder it is in."""

    def faults(self) -> list[str]:
        return file.faults(self.path)

    def check_words(self, *, repair: bool) -> list[str]:
        with closing(sqlite3.connect(self.path)) as connection:
            return [index for index in INDEXES if not _agrees(connection, index, repair)]

    def keep_copy(self, label: str) -> None:
        file.backup(self.path, label)

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Foreign keys are checked at its end and not while tables are made anew, which would delete what
        refers to them."""
        engine = create_engine(f"sqlite:///{self.path}", poolclass=NullPool)
        event.listen(engine, "connect", _without_foreign_keys)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        try:
            with engine.begin() as connection:
                yield connection
                if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
                    raise LibraryError(f"{self} cannot be migrated: {len(broken)} rows refer to nothing")
                durable.step("commit", self.path)
            durable.step("committed", self.path)
        except DatabaseError as error:
            if isinstance(known := self.in_words(error.orig), DiskFull):
                raise known from error
            raise LibraryError(f"{self} cannot be migrated: {error.orig}; it is as it was before") from error

    def refuse_file(self, what: str) -> None:
        """It is one."""


def _agrees(connection: sqlite3.Connection, index: str, repair: bool) -> bool:
    try:
        connection.execute(CHECK.format(index))
    except sqlite3.DatabaseError:
        if repair:
            connection.execute(REBUILD.format(index))
            connection.commit()
        return False
    return True


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing; `_begin` does
    for pragma in (
        "foreign_keys = ON",
        "journal_mode = WAL",
        "synchronous = FULL",
        f"journal_size_limit = {LOG_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _without_foreign_keys(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = OFF")
