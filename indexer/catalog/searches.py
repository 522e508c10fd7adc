"""Searches that a person has given a name."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from indexer.catalog.connection import Connected
from indexer.catalog.models import SavedSearch as Row
from indexer.catalog.questions import clean
from plugins.errors import InvalidValue, NotFound
from plugins.values import printable

MAX_NAME, MAX_ADDRESS = 100, 8_000
"""characters"""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search with a name."""

    name: str
    address: str
    """its parameters, as the address of the page has them: ``q=a+dog&folder=%2Ffilms``"""
    at: datetime
    """UTC"""


class SearchStore(Connected):
    """Reads and writes saved searches."""

    def saved_searches(self) -> list[SavedSearch]:
        """All of them, by name."""
        with self._reading() as connection:
            rows = connection.execute(select(Row.name, Row.address, Row.at).order_by(Row.name))
            return [SavedSearch(*row) for row in rows]

    def save_search(self, name: str, address: str) -> None:
        """Keeps a search, in place of one of that name.

        Raises:
            InvalidValue: no name or no search, or too long
        """
        name = " ".join(clean(name).split())
        if not 1 <= len(name) <= MAX_NAME:
            raise InvalidValue(
                "the name of a search has 1 to %(most)s characters, got %(name)s",
                most=MAX_NAME,
                name=repr(name),
            )
        if not 1 <= len(address) <= MAX_ADDRESS:
            raise InvalidValue("a search that is saved has 1 to %(most)s characters", most=MAX_ADDRESS)
        with self._writing() as connection:
            connection.execute(delete(Row).where(Row.name == name))
            connection.execute(
                insert(Row), {"name": name, "address": clean(address), "at": datetime.now(UTC)}
            )

    def remove_search(self, name: str) -> None:
        """
        Raises:
            NotFound
        """
        with self._writing() as connection:
            if not connection.execute(delete(Row).where(Row.name == clean(name))).rowcount:
                raise NotFound("no saved search is called %(name)s", name=repr(printable(name)))
