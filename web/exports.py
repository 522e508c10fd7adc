"""Exports that take a while: one after the other in a thread, so that a page can say how far they are.

Their files lie in the library's folder until later ones push them out; nothing of them is worth keeping.
"""

import queue
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from indexer.decoder import Decoder
from plugins.errors import InvalidValue, LibraryBusy, MediaError, NotFound, ShotseekError
from plugins.messages import Message
from plugins.values import printable
from search.engine import Engine
from search.export.editlist import Moment, edit_list
from search.export.formats import Format, export
from search.export.studio import Studio
from web.explain import WORDS

KEPT = 8
"""finished exports whose files are kept"""
MAX_WAITING = 8
MAX_WATCHERS = 2
PATIENCE_S = 0.1
"""between two attempts to end a decoding process that may only be starting"""
DAY_S = 24 * 3600.0
STOPPED = "stopped"
"""the error of an export that somebody has stopped, for programs"""


@dataclass(slots=True)
class Job:
    """One export."""

    id: str
    name: str
    """of what is exported"""
    form: Format
    moments: Sequence[Moment]
    path: Path
    share: float = 0.0
    """that is done, 0 to 1"""
    error: str = ""
    """a message: why there is no file; empty if there is one, or may still be"""
    notes: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    stopped: bool = False

    @property
    def is_done(self) -> bool:
        """Whether its file is there."""
        return self.ended.is_set() and not self.error


class Exports:
    """The exports of one server. Safe to use from many threads."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._folder = folder
        self._engine = engine
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._waiting: queue.Queue[Job | None] = queue.Queue(MAX_WAITING)
        """None comes last"""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._running: tuple[Job, Decoder] | None = None
        self._watchers = threading.BoundedSemaphore(MAX_WATCHERS)
        self._closing = False

    def start(self, name: str, moments: Sequence[Moment], form: Format) -> Job:
        """
        Raises:
            LibraryBusy: too many are waiting, or the server ends
        """
        id_ = secrets.token_hex(16)
        job = Job(id_, name, form, moments, self._folder / f"{id_}{form.suffix}")
        with self._lock:
            if self._closing:
                raise LibraryBusy(Message("the server is ending; try again when it is back"))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="exports", daemon=True)
                self._thread.start()
            try:
                self._waiting.put_nowait(job)
            except queue.Full as error:
                what = Message("%(count)s exports are waiting already; try again later", count=MAX_WAITING)
                raise LibraryBusy(what) from error
            self._jobs[id_] = job
            self._forget()
        return job

    def job(self, id_: str) -> Job:
        """
        Raises:
            NotFound
        """
        with self._lock:
            if (job := self._jobs.get(id_)) is None:
                raise NotFound("that export is no longer kept; start it again")
            return job

    def wait(self, job: Job) -> None:
        """Until an export has ended.

        Raises:
            LibraryBusy: as many as may are waiting like this already, each in one of the server's threads
        """
        if not self._watchers.acquire(blocking=False):
            self.stop(job.id)
            raise LibraryBusy(Message("other exports are being waited for; try again when they are done"))
        try:
            job.ended.wait()
        finally:
            self._watchers.release()

    def stop(self, id_: str) -> None:
        """Ends an export that runs or waits, and forgets any other.

        Raises:
            NotFound
        """
        job = self.job(id_)
        job.stopped = True
        with self._lock:
            if self._running is not None and self._running[0] is job:
                self._running[1].interrupt()

    def end(self) -> None:
        """Says that it will be closed; returns at once, takes no lock: for a signal handler."""
        self._closing = True
        if (running := self._running) is not None:
            running[0].stopped = True
            running[1].interrupt()

    def close(self) -> None:
        """Ends all exports, those that wait as well; returns when their processes are gone."""
        with self._lock:
            self._closing = True
            thread = self._thread
        while thread is not None and thread.is_alive():
            self.end()
            with suppress(queue.Full):
                self._waiting.put_nowait(None)
            thread.join(PATIENCE_S)

    def _work(self) -> None:
        self._sweep()
        while (job := self._waiting.get()) is not None:
            try:
                job.stopped |= self._closing
                if not job.stopped:
                    self._make(job)
            except MediaError as error:
                name, why = printable(Path(error.path).name), Message(WORDS[error.reason][0])
                job.error = Message("%(name)s: %(why)s", name=name, why=why)
            except ShotseekError as error:
                job.error = error.message
            except OSError as error:
                job.error = Message("its file cannot be written: %(why)s", why=error.strerror)
            except Exception:  # whatever it is, the thread must go on and the page must hear of it
                job.error = Message("Something went wrong here.")
            if job.stopped:
                job.error = STOPPED
            job.ended.set()

    def _make(self, job: Job) -> None:
        with Decoder(self._engine.decoder.limits) as decoder:
            with self._lock:
                self._running = job, decoder
            try:
                studio = Studio(decoder, self._engine.library.catalog.roots(), notes=job.notes)
                studio.on_progress = lambda share: _proceed(job, share)
                cuts = edit_list(job.name, job.moments, studio.timecodes(job.moments))
                export(cuts, job.form, job.path, studio)
            finally:
                with self._lock:
                    self._running = None

    def _forget(self) -> None:
        """Of the oldest that have ended, until few are left."""
        ended = [job for job in self._jobs.values() if job.ended.is_set()]
        for job in ended[:-KEPT]:
            del self._jobs[job.id]
            job.path.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Of what an earlier server has left."""
        for path in self._folder.glob("*"):
            if path.stat().st_mtime < time.time() - DAY_S:
                path.unlink(missing_ok=True)


def _proceed(job: Job, share: float) -> None:
    if job.stopped:
        raise InvalidValue(STOPPED)
    job.share = share
