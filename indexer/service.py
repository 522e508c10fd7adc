"""Indexing in the background: one thread runs the pipeline over what is asked for, one job after the other.

Its state can be read as a value at any time. It waits where another process writes to the library, names
every failure, and ends its decoding processes within seconds when it is closed; what was not finished then is
done by the next run, as the pipeline guarantees.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Protocol, Self, TypeVar

from indexer.control import Control
from indexer.discover import roots
from indexer.jobs import Job, JobState, JobStatus, Status
from indexer.library import Library
from indexer.watch import Watcher
from plugins.errors import LibraryBusy, NotFound, ShotseekError
from plugins.messages import Message
from plugins.registry import describe
from plugins.values import Progress

KEPT = 20
"""jobs that are over and still listed"""
BUSY_S = 2.0
"""between two attempts where another process writes"""
ERRAND_S = 60.0
"""in which what a request wants done must be done"""

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Indexing(Protocol):
    """What a job runs: the pipeline, with everything it needs but these."""

    def __call__(
        self, paths: Sequence[str], *, retry: bool, again: bool, control: Control
    ) -> Generator[Progress, None, None]: ...


class IndexService:
    """Runs jobs one after the other. Every method may be called from any thread."""

    def __init__(
        self,
        library: Library,
        indexing: Indexing,
        *,
        look_s: float = 15.0,
        settle_s: float = 3.0,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> None:
        """
        Args:
            indexing: runs the pipeline; its control says when to wait and when to end
            look_s: seconds between two looks at the watched folders; 0 for none
            settle_s: seconds in which a new file must not change before it counts as complete
            on_progress: called in the service's thread with all that the pipeline says
        """
        self._library = library
        self._indexing = indexing
        self._on_progress = on_progress
        self._changed = threading.Condition()
        self._version = 1
        self._ids = count(1)
        self._paused = False
        self._closing = False
        self._queue: deque[Job] = deque()
        self._running: Job | None = None
        self._over: deque[Job] = deque(maxlen=KEPT)
        self.watcher = Watcher(
            library, self._from_watching, self._touch, self._is_planned, look_s=look_s, settle_s=settle_s
        )
        self._thread = threading.Thread(target=self._work, name="indexing", daemon=True)

    def start(self) -> Self:
        """Begins to work, and to watch."""
        self._thread.start()
        self.watcher.start()
        return self

    def end(self) -> None:
        """Says that it will be closed; returns at once, takes no lock: for a signal handler."""
        self._closing = True

    @property
    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        """Ends the job under way and its processes; returns when they are gone."""
        with self._changed:
            self._closing = True
            if self._running is not None:
                self._running.control.stop()
            self._changed.notify_all()
        self.watcher.close()
        if self._thread.ident is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def status(self) -> Status:
        """Everything, as it is now."""
        with self._changed:
            jobs = [*([self._running] if self._running else []), *self._queue, *self._over]
            return Status(
                self._version,
                self._paused,
                tuple(job.status for job in jobs),
                self.watcher.growing,
                self.watcher.absent,
                self.watcher.looked,
            )

    def wait(self, version: int, within_s: float) -> Status:
        """The status as soon as it is another than that of a version; the same one after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version or self._closing, within_s)
        return self.status

    def index(self, paths: Sequence[str], *, retry: bool = False, again: bool = False) -> JobStatus:
        """Asks for files and folders to be brought up to date, see `indexer.pipeline.index`.

        Raises:
            NotFound: one of them does not exist; nothing is done
        """
        found = roots(paths)
        self.watcher.wanted(found)
        return self._enqueue(found, retry=retry, again=again, asked=True)

    def pause(self, paused: bool = True) -> None:
        """No further video is begun until this is taken back; those under way are finished."""
        with self._changed:
            self._paused = paused
            if self._running is not None:
                self._running.control.pause(paused)
                self._refresh(self._running)
            self._bump()

    def cancel(self, job_id: int, number: int | None = None) -> None:
        """Ends a job, or lets one of its videos be. What was finished is kept.

        Raises:
            NotFound: there is no such job, or no such video in it that has not ended
        """
        with self._changed:
            jobs = [job for job in (self._running, *self._queue) if job]
            job = next((job for job in jobs if job.status.id == job_id), None)
            if job is None:
                raise NotFound("no job %(job_id)s is under way or waits", job_id=job_id)
            if number is not None:
                self._cancel_one(job, number)
            elif job is self._running:
                self.watcher.unwanted(job.left())
                job.control.stop()
            else:
                self._queue.remove(job)
                self._end(job, JobState.CANCELLED)
            self._bump()

    def forget(self, paths: Sequence[str]) -> None:
        """Lets files be that wait or are being done; nothing is remembered of them."""
        with self._changed:
            if self._running is not None:
                for path in paths:
                    self._running.control.forget(path)

    def do(self, errand: Callable[[], T]) -> T:
        """Has something done that needs the library's lock, also while a job holds it.

        Raises:
            LibraryBusy: another process writes, or it takes too long
            and whatever the errand raises
        """
        with self._changed:
            running = self._running
            future = running.control.do(errand) if running is not None else None
        try:
            return errand() if future is None else future.result(ERRAND_S)
        except TimeoutError as error:
            raise LibraryBusy(Message("the library is busy with indexing; try again in a moment")) from error

    def _cancel_one(self, job: Job, number: int) -> None:
        path = job.path_of(number)
        if path is None:
            raise NotFound(
                "no video %(number)s waits or is being done in job %(id)s", number=number, id=job.status.id
            )
        job.control.cancel(path)
        job.cancelling(path)
        self._refresh(job)

    def _from_watching(self, paths: Sequence[str]) -> None:
        self._enqueue(paths, retry=False, again=False, asked=False)

    def _enqueue(self, paths: Sequence[str], *, retry: bool, again: bool, asked: bool) -> JobStatus:
        with self._changed:
            for job in self._queue:
                same = (job.status.paths, job.status.retry, job.status.again)
                if same == (tuple(paths), retry, again):
                    return job.status
            status = JobStatus(
                next(self._ids), tuple(paths), JobState.WAITING, asked, retry, again, datetime.now(UTC)
            )
            self._queue.append(Job(status, _Reins(self)))
            self._bump()
            return status

    def _is_planned(self, path: str) -> bool:
        """Whether a job that is under way or waits has a file already."""
        with self._changed:
            if self._running is not None and self._running.is_planned:
                return path in self._running.left()
            jobs = [job for job in (self._running, *self._queue) if job]
            return any(Path(path).is_relative_to(top) for job in jobs for top in job.status.paths)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or (self._queue and not self._paused), 1.0)
                if self._closing:
                    return
                if not self._queue or self._paused:
                    continue
                job = self._running = self._queue.popleft()
                self._refresh(job, JobState.LOOKING)
            state, message = self._run(job)
            with self._changed:
                self._running = None
                self._end(job, state, message)
            job.control.turn()  # errands that came when it had ended

    def _run(self, job: Job) -> tuple[JobState, str]:
        """How the job ended, and why."""
        while not job.control.is_stopped:
            try:
                self._follow(job)
            except LibraryBusy as busy:
                self._wait_for_others(job, busy)
            except ShotseekError as error:
                return JobState.FAILED, str(error)
            except Exception as error:  # whatever it is must be seen, and the next job have its turn
                logger.exception("indexing %s failed", ", ".join(job.status.paths))
                return JobState.FAILED, describe(error)
            else:
                break
        if job.control.is_stopped:
            return JobState.CANCELLED, ""
        is_empty = not job.status.counts and not self.watcher.growing
        return JobState.DONE, "there is no video in it" if is_empty else ""

    def _follow(self, job: Job) -> None:
        status = job.status
        steps = self._indexing(status.paths, retry=status.retry, again=status.again, control=job.control)
        with closing(steps):
            for progress in steps:
                video = self._video(progress)
                with self._changed:
                    job.hear(progress, video)
                    self._refresh(job)
                    self._bump()
                if self._on_progress:
                    self._on_progress(progress)
                job.control.turn()
                if job.control.is_stopped:
                    return

    def _video(self, progress: Progress) -> int | None:
        if progress.stage not in ("done", "partial", "moved"):
            return None
        found = self._library.catalog.files(progress.path).get(progress.path)
        return found.id if found else None

    def _wait_for_others(self, job: Job, busy: LibraryBusy) -> None:
        who = f"process {busy.process}" if busy.process else "another process"
        with self._changed:
            job.restart()
            self._refresh(job, JobState.BLOCKED, f"{who} is writing to this library")
            self._bump()
        until = time.monotonic() + BUSY_S
        while time.monotonic() < until and not job.control.is_stopped:
            job.control.turn()
            with self._changed:
                self._changed.wait(0.1)

    def _refresh(self, job: Job, state: JobState | None = None, message: str = "") -> None:
        """Under the lock."""
        if state is None:
            state = JobState.WORKING if job.is_planned else JobState.LOOKING
            if job.control.is_paused:
                state = JobState.PAUSED
        job.refresh(state, message)

    def _end(self, job: Job, state: JobState, message: str = "") -> None:
        """Under the lock."""
        job.refresh(state, message)
        # a look that found nothing to do is no news
        if job.status.asked or job.status.message or set(job.status.counts) - {"unchanged"}:
            self._over.appendleft(job)
        self._bump()

    def _touch(self) -> None:
        with self._changed:
            self._bump()

    def _bump(self) -> None:
        self._version += 1
        self._changed.notify_all()

    def _planned(self, control: Control) -> None:
        """The run has looked, and says what is to be done."""
        with self._changed:
            if (job := self._running) is not None and job.control is control:
                job.plan(control.planned)
                self._refresh(job)
                self._bump()

    def _started(self, control: Control, path: str) -> None:
        with self._changed:
            if (job := self._running) is not None and job.control is control:
                job.started(path)
                self._refresh(job)
                self._bump()


class _Reins(Control):
    """Those of a job: what the run says goes to the service."""

    def __init__(self, service: IndexService) -> None:
        super().__init__(service.watcher.leaves)
        self._service = service

    def plan(self, planned: Mapping[str, int]) -> None:
        super().plan(planned)
        self._service._planned(self)

    def started(self, path: str) -> None:
        self._service._started(self, path)
