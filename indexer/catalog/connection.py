"""How the catalog speaks to its database: one engine, short transactions, errors a person can read."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError

from plugins import durable
from plugins.errors import DiskFull, LibraryBusy, LibraryError

BUSY_SECONDS = 10
"""How long a statement waits for another process's transaction."""
LOG_BYTES = 64 << 20
"""to which the write-ahead log shrinks again when a long reader has kept it from being written back"""
_WRITE = "shotseek_write"
_CHUNK = 10_000
"""Values one statement may name; SQLite allows 32,766."""


def connect(path: Path) -> Engine:
    """An engine over a SQLite file whose transactions are ours to begin: readers see one state of the
    database throughout, writers take the lock at once instead of failing when they first need it."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


class Connected:
    """What every part of the catalog stands on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = connect(path)
        self._writer = self._engine.execution_options(**{_WRITE: True})

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._speaking(self._engine) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._speaking(self._writer) as connection:
            yield connection
            durable.step("commit", self.path)
        durable.step("committed", self.path)

    @contextmanager
    def _speaking(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except (IntegrityError, ProgrammingError):
            raise  # ours to fix, not the person's
        except DatabaseError as error:
            raise in_words(error.orig, self.path) from error


def in_words(error: BaseException | None, path: Path) -> LibraryError:
    """What SQLite says of a database, for a person."""
    if "locked" in str(error):
        return LibraryBusy(f"{path} is being written by another process; try again")
    if "disk is full" in str(error) or ("I/O error" in str(error) and durable.has_no_room(path.parent)):
        return DiskFull.at(path)
    return LibraryError(f"{path}: {error}; run `shotseek doctor`")


def chunks(ids: Iterable[int]) -> Iterator[Sequence[int]]:
    """Lists of no more ids than one statement may name."""
    rest = map(int, ids)  # the driver would take NumPy's integers for bytes, and find nothing
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


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
