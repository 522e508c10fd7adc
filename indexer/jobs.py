"""What is asked of the indexing service, how far it is, and how it ended, as values for any thread."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from indexer.control import Control
from indexer.estimate import Estimate
from indexer.job import SCAN
from plugins.values import Progress

SHOWN = 50
"""videos that wait, and videos that have ended, in the status of a job; the rest is only counted"""
IN_WORK = ("scan", "encode", "annotate")


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    """its turn has not come"""
    LOOKING = "looking"
    """its folders are compared with what is known"""
    WORKING = "working"
    PAUSED = "paused"
    BLOCKED = "blocked"
    """another process writes to the library; goes on by itself"""
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        return self in (JobState.DONE, JobState.CANCELLED, JobState.FAILED)


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a job."""

    number: int
    """by which it is cancelled"""
    path: str
    size: int
    """bytes"""
    stage: str = ""
    """``scan``, ``encode``, ``annotate:NAME``; empty while it waits"""
    done: int = 0
    """of ``total``, in the measure of its stage"""
    total: int = 0
    """0 where unknown"""
    cancelling: bool = False

    @property
    def share(self) -> float:
        """Of the file that has been read."""
        if not self.stage:
            return 0.0
        if self.stage != SCAN:
            return 1.0
        return min(1.0, self.done / self.total) if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Finished:
    """How one file has ended."""

    path: str
    stage: str
    """the last word, see `plugins.values.Progress`"""
    detail: str
    reason: str
    at: datetime
    """UTC"""
    video: int | None
    """its id, where it is one"""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job at one moment."""

    id: int
    paths: tuple[str, ...]
    state: JobState
    asked: bool
    """by a person, and not by watching"""
    retry: bool
    again: bool
    at: datetime
    """when it was asked for, UTC"""
    ended: datetime | None = None
    message: str = ""
    """why it failed, or what it waits for"""
    total: int = 0
    """files that are to be done; 0 before it has looked"""
    counts: Mapping[str, int] = field(default_factory=dict)
    """files that have ended, by their last word"""
    size: int = 0
    """bytes of all files that are to be done"""
    size_done: float = 0.0
    rate: float | None = None
    """bytes a second; None before it is known"""
    seconds_left: float | None = None
    """None before it is known"""
    active: tuple[Item, ...] = ()
    waiting: tuple[Item, ...] = ()
    """the first of those that wait"""
    finished: tuple[Finished, ...] = ()
    """the last that have ended, the latest first; files that needed nothing are only counted"""

    left: int = 0
    """files of ``total`` that have not ended"""

    @property
    def done(self) -> int:
        """Files of ``total`` that have ended."""
        return self.total - self.left


QUIET = ("unchanged",)
"""last words that are counted and not listed"""


class Job:
    """One thing that was asked for. Changed by one thread at a time, under the lock of its service."""

    def __init__(self, status: JobStatus, control: Control) -> None:
        self.status = status
        self.control = control
        self._items: dict[str, Item] = {}
        self._finished: deque[Finished] = deque(maxlen=SHOWN)
        self._counts: Counter[str] = Counter()
        self._size_gone = 0.0
        """bytes of files that were done"""
        self._size = 0.0
        self._total = 0
        self._is_planned = False
        self._estimate = Estimate()

    def restart(self) -> None:
        """It begins again from the start; what was done stays done."""
        self._items.clear()
        self._counts.clear()
        self._finished.clear()
        self._total, self._is_planned = 0, False
        self._size = self._size_gone = 0.0
        self._estimate = Estimate()

    def plan(self, planned: Mapping[str, int]) -> None:
        """These files are to be done."""
        self._items = {path: Item(number, path, size) for number, (path, size) in enumerate(planned.items())}
        self._size = float(sum(planned.values()))
        self._total, self._is_planned = len(planned), True
        self._estimate = Estimate()

    @property
    def is_planned(self) -> bool:
        """Whether it has looked, and knows what is to be done."""
        return self._is_planned

    def left(self) -> Sequence[str]:
        """Files that have not ended."""
        return list(self._items)

    def path_of(self, number: int) -> str | None:
        return next((item.path for item in self._items.values() if item.number == number), None)

    def cancelling(self, path: str) -> None:
        if path in self._items:
            self._items[path] = replace(self._items[path], cancelling=True)

    def started(self, path: str) -> None:
        if path in self._items and not self._items[path].stage:
            self._items[path] = replace(self._items[path], stage=SCAN)

    def hear(self, progress: Progress, video: int | None) -> None:
        """Takes what the pipeline says."""
        if progress.stage.partition(":")[0] in IN_WORK:
            if (item := self._items.get(progress.path)) is not None:
                self._items[progress.path] = replace(
                    item, stage=progress.stage, done=progress.done, total=progress.total
                )
            return
        self._counts[progress.stage] += 1
        if (item := self._items.pop(progress.path, None)) is not None:
            if progress.stage in ("done", "partial"):
                self._size_gone += item.size
            else:  # it has cost next to no time, and must not make the rest seem fast
                self._size -= item.size
        if progress.stage not in QUIET:
            said = progress.path, progress.stage, progress.detail, progress.reason
            self._finished.appendleft(Finished(*said, datetime.now(UTC), video))

    def refresh(self, state: JobState, message: str = "") -> None:
        """Makes the status anew."""
        active = tuple(item for item in self._items.values() if item.stage)
        waiting = (item for item in self._items.values() if not item.stage)
        done = self._size_gone + sum(item.share * item.size for item in active)
        idle = state is not JobState.WORKING and not (state is JobState.PAUSED and active)
        self._estimate.take(done, paused=idle)
        self.status = replace(
            self.status,
            state=state,
            message=message,
            ended=datetime.now(UTC) if state.is_over else None,
            total=self._total,
            left=len(self._items),
            counts=dict(self._counts),
            size=round(self._size),
            size_done=done,
            rate=self._estimate.rate if state is JobState.WORKING else None,
            seconds_left=self._estimate.seconds_left(self._size) if state is JobState.WORKING else None,
            active=() if state.is_over else active,
            waiting=tuple(item for item, _ in zip(waiting, range(SHOWN), strict=False)),
            finished=tuple(self._finished),
        )


@dataclass(frozen=True, slots=True)
class Growing:
    """A file that is still being written."""

    path: str
    size: int
    """bytes so far"""


@dataclass(frozen=True, slots=True)
class Status:
    """The indexing service at one moment."""

    version: int
    """rises with every change"""
    paused: bool
    jobs: tuple[JobStatus, ...]
    """the one under way, those that wait in order, then those that are over, the latest first"""
    growing: tuple[Growing, ...] = ()
    absent: tuple[str, ...] = ()
    """folders that were not there, or empty, at the last look"""
    looked: Mapping[str, datetime] = field(default_factory=dict)
    """when each watched folder was last looked at, UTC"""

    @property
    def current(self) -> JobStatus | None:
        """The job under way."""
        for job in self.jobs:
            if not job.state.is_over and job.state is not JobState.WAITING:
                return job
        return None
