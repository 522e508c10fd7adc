"""Jobs for the decoding process that know themselves how they are done."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from indexer.media import Limits, MediaFile


class Outbox(Protocol):
    """Where a task in the process puts what it has to say."""

    def put(self, message: Any) -> None: ...

    def watch(self, media: "MediaFile") -> None:
        """Says by itself that there is progress as long as this file is read."""


class Task(ABC):
    """A job that knows itself how it is done, see `indexer.cuts`. It is sent to the process as it is."""

    limits: "Limits"
    path: str
    """what messages name"""

    @abstractmethod
    def run(self, outbox: Outbox) -> None:
        """Does it, inside the process."""
