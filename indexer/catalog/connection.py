"""How the catalog speaks to its database: one engine, short transactions, errors a person can read."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Engine
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError

from indexer.catalog import dialects
from indexer.catalog.dialects import Database
from plugins import durable

T = TypeVar("T")
_CHUNK = 10_000
"""Values one statement may name; SQLite allows 32,766, PostgreSQL 65,535."""


class Connected:
    """What every part of the catalog stands on."""

    def __init__(self, where: Path | Database) -> None:
        """
        Args:
            where: a path is that of an SQLite file
        """
        self.database = dialects.database(where)
        self.path = self.database.path
        self._engine, self._writer = self.database.connect()

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
            raise self.database.in_words(error.orig) from error


def plain_rows(result: CursorResult[Any]) -> Sequence[Any]:
    """Rows as the driver gives them, tuples: for a million, a quarter of the time of SQLAlchemy's."""
    cursor = result.cursor
    assert cursor, "a query that returns rows has a cursor"
    return cursor.fetchall()


def chunks(ids: Iterable[int]) -> Iterator[Sequence[int]]:
    """Lists of no more ids than one statement may name."""
    known = map(int, ids)  # the driver would take NumPy's integers for bytes, and find nothing
    return portions(known, _CHUNK)


def portions(items: Iterable[T], most: int = 1000) -> Iterator[Sequence[T]]:
    """Lists of no more than so many of them, so that not all are held at once."""
    rest = iter(items)
    while portion := list(islice(rest, most)):
        yield portion
