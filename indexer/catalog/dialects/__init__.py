"""The databases that a catalog can be kept in. What differs between them stands in this folder, and in the
migrations that make what only one of them has."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Select

from indexer.catalog.questions import Question
from plugins.errors import LibraryError
from plugins.queries import Filters

BUSY_SECONDS = 10
"""How long a transaction waits for another process's."""


class WordIndex(Protocol):
    """The full-text index of annotations."""

    def matches(self, question: Question, filters: Filters) -> Select[Any]:
        """Rows as the first fields of a `WordMatch` with a text in place of the snippet, and the whole
        text, the best first."""

    def snippet(self, text: str, question: Question) -> str:
        """Of that text, around what was found in it."""


class Database(ABC):
    """Where one catalog is kept. As text it is a name for messages, without any secret."""

    path: Path
    """the file in the library's folder that is the catalog, or stands for it"""
    words: WordIndex

    @abstractmethod
    def connect(self) -> tuple[Engine, Engine]:
        """For transactions that read, and for those that write; both have the same connections. Readers see
        one state of the database throughout. One writes at a time: writers wait when they begin."""

    @abstractmethod
    def in_words(self, error: BaseException | None) -> LibraryError:
        """What the driver says, for a person."""

    @abstractmethod
    def revision(self) -> str | None:
        """Of the schema; None while there is none. Quick.

        Raises:
            LibraryError: it cannot be read
        """

    @abstractmethod
    def check_owner(self) -> None:
        """
        Raises:
            LibraryError: it belongs to the library of another folder
        """

    @abstractmethod
    def faults(self) -> list[str]:
        """What is wrong with it as such: pages, indexes, rows that refer to nothing."""

    @abstractmethod
    def check_words(self, *, repair: bool) -> list[str]:
        """The full-text indexes that do not agree with the annotations.

        Args:
            repair: make them again
        """

    @abstractmethod
    def keep_copy(self, label: str) -> None:
        """Lays a copy beside the catalog, before it is changed as a whole."""

    @abstractmethod
    def migrating(self) -> AbstractContextManager[Connection]:
        """One transaction around a change of the schema.

        Raises:
            LibraryError: it failed; the database is as it was
        """

    @abstractmethod
    def refuse_file(self, what: str) -> None:
        """
        Args:
            what: can be done with a catalog that is a file only: ``backup``, ``restore``

        Raises:
            Unsupported: it is none; names the program of the server that does the same
        """


def database(where: Path | Database) -> Database:
    """A database; a path is that of an SQLite file."""
    from indexer.catalog.dialects.sqlite import SqliteFile

    return where if isinstance(where, Database) else SqliteFile(where)
