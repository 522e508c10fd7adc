"""The reins of a run: how whoever has started it makes it wait, leaves a file out of it, or ends it.

A run takes files one by one, each when a decoding process is free for it. It asks before it takes one, and
says what it has taken. Between two steps it lets others do, in its thread, what needs the lock that it holds.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Control:
    """Holds the reins of one run. Every method may be called from any thread, unless it says otherwise."""

    def __init__(self, leaves: Callable[[str], bool] = lambda path: False) -> None:
        """
        Args:
            leaves: whether the run does not look at a path
        """
        self.leaves = leaves
        self.planned: Mapping[str, int] = {}
        """files that are to be done, in order, and their sizes in bytes; once the run has looked"""
        self._changed = threading.Condition()
        self._paused = False
        self._stopped = False
        self._cancelled: set[str] = set()
        self._forgotten: set[str] = set()
        self._errands: list[Callable[[], None]] = []

    @property
    def is_paused(self) -> bool:
        return self._paused

    @property
    def is_stopped(self) -> bool:
        return self._stopped

    def pause(self, paused: bool = True) -> None:
        """No further file is taken until this is taken back; what is under way is finished."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    def stop(self) -> None:
        """The run ends as soon as it can: what is under way is dropped and can be done another time."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def cancel(self, path: str) -> None:
        """One file is not done, or no further; the catalog remembers that."""
        self._cancelled.add(path)

    def forget(self, path: str) -> None:
        """One file is not done, or no further, and nothing is to be remembered of it."""
        self._forgotten.add(path)
        self._cancelled.add(path)

    def is_cancelled(self, path: str) -> bool:
        return path in self._cancelled

    def is_forgotten(self, path: str) -> bool:
        return path in self._forgotten

    def may_take(self) -> bool:
        """Waits while the run is paused. Whether another file may be taken; if not, the run has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or not self._paused)
            return not self._stopped

    def plan(self, planned: Mapping[str, int]) -> None:
        """The run has looked: these files are to be done, of so many bytes. Called by the run."""
        self.planned = planned

    def started(self, path: str) -> None:
        """A file was taken. For whoever wants to know; called by the run."""

    def do(self, errand: Callable[[], T]) -> "Future[T]":
        """Has something done in the run's thread, which holds the library's lock."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(errand())
            except BaseException as error:  # whoever waits for it hears of it
                future.set_exception(error)

        with self._changed:
            self._errands.append(run)
        return future

    def turn(self) -> None:
        """Does the errands. Called by the run, in its thread, between any two steps."""
        while self._errands:
            with self._changed:
                errand = self._errands.pop(0)
            errand()
