"""Decodes in a process of its own, which may crash or hang on a hostile file without harm to anybody else.

The process is spawned, never forked: a fresh interpreter that imports only what decoding needs, so that it
also works from a notebook or from a script without a main guard. It serves one file after the other, is
killed when nothing more comes from it, and is started again when it is needed again. What it sends is read
by an unpickler that knows our own values only, so that a decoder taken over by a file does not take over
its parent.
"""

import pickle
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from typing import Any, Self, TypeVar

from indexer import wire
from indexer.media import Limits
from indexer.messages import (
    Done,
    Failed,
    Job,
    Look,
    Make,
    Message,
    Pick,
    Position,
    Scan,
    Scanned,
    Watch,
)
from indexer.playback import Playback
from indexer.proxy import Segment
from indexer.task import Task
from plugins.contracts import Context
from plugins.errors import MediaError, Reason, ShotseekError
from plugins.registry import safe_mode
from plugins.values import Frame, Span

BOOT = (
    "import sys; fd, safe, *sys.path = sys.argv[1:];"
    "from indexer.worker import serve; serve(int(fd), safe == 'safe')"
)
START_S = 60.0
"""seconds in which the process must be ready"""
END_S = 5.0
"""seconds in which a process whose pipe has closed must be gone"""
R = TypeVar("R")


class Decoder:
    """A decoding process, started when first needed.

    One job at a time: a second thread waits until the first has taken its last message or has closed its
    iterator. Closing an iterator early ends the process; the next job starts another.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        """what one file may cost"""
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._process: _Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process, if there is one. The decoder may be used again."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def interrupt(self) -> None:
        """Ends the process, from any thread: whoever waits for its messages sees it crash."""
        if (process := self._process) is not None:
            process.interrupt()

    def scan(
        self,
        path: str,
        roots: Sequence[str],
        *,
        detector: str,
        annotators: Sequence[str] = (),
        max_shot_us: int,
        frames_per_shot: int,
        exact: bool = False,
        context: Context | None = None,
    ) -> Generator[Message, None, None]:
        """Everything about one file, while it is being decoded.

        Args:
            path: of the file, inside one of ``roots``
            detector: reference of a shot detector
            annotators: references
            max_shot_us: longer takes become several shots
            frames_per_shot: keyframes of a shot, at most
            exact: decode every frame, also where nothing seems to happen
            context: what the plugins are told about where they run

        Yields:
            first the video as its container describes it, then its shots as they become final, with positions
            in between; then for each annotator what it wrote and how it ended; last a `Scanned`

        Raises:
            MediaError: the file cannot be used, the detector failed, or the process crashed or hung
        """
        job = Scan(
            path,
            tuple(roots),
            self.limits,
            detector,
            tuple(annotators),
            max_shot_us,
            frames_per_shot,
            exact,
            context,
        )
        with self._running(job) as process:
            message: Any = None
            while not isinstance(message, Scanned):
                message = process.receive(path, self.limits.stall_s)
                if isinstance(message, Scanned):
                    process.finish()
                yield message

    def frames(
        self, path: str, roots: Sequence[str], times_us: Sequence[int], *, short_side: int | None = 480
    ) -> Generator[Frame, None, None]:
        """One frame for each of these ascending times: the one shown then.

        Args:
            short_side: pixels of a frame's shorter side, at most; None for all there are

        Raises:
            MediaError: the file cannot be used, or the process crashed or hung
        """
        with self._running(Pick(path, tuple(roots), self.limits, tuple(times_us), short_side)) as process:
            for left in reversed(range(len(times_us))):
                while isinstance(message := process.receive(path, self.limits.stall_s), Position):
                    pass
                if left == 0:
                    process.finish()
                yield message

    def watch(
        self, path: str, roots: Sequence[str], span: Span | None = None, *, fps: float, short_side: int | None
    ) -> Generator[Frame, None, None]:
        """The frames of a piece of video in order of time; none where it lies behind the end.

        Args:
            span: only frames shown inside it; all by default
            fps: at most so many a second, the first of each period
            short_side: as `frames`

        Raises:
            MediaError: the file cannot be used, or the process crashed or hung
        """
        with self._running(Watch(path, tuple(roots), self.limits, span, fps, short_side)) as process:
            yield from self._results(process, path, Frame)

    def playback(self, path: str, roots: Sequence[str]) -> Playback:
        """How a file is stored.

        Raises:
            MediaError: the file cannot be used, or the process crashed or hung
        """
        with self._running(Look(path, tuple(roots), self.limits)) as process:
            found: list[Playback] = list(self._results(process, path, Playback))
        return found[0]

    def proxy(
        self,
        path: str,
        roots: Sequence[str],
        numbers: range,
        duration_us: int,
        *,
        has_sound: bool,
        copied: bool = False,
    ) -> Generator[Segment, None, None]:
        """Some segments of a proxy, see `indexer.proxy.segments`.

        Raises:
            MediaError: the file cannot be used, or the process crashed or hung
        """
        job = Make(path, tuple(roots), self.limits, numbers, duration_us, has_sound, copied)
        with self._running(job) as process:
            yield from self._results(process, path, Segment)

    def run(self, task: Task) -> Generator[Any, None, None]:
        """What a task says while it is done, see `indexer.cuts`.

        Raises:
            MediaError: a file cannot be used, or the process crashed or hung
        """
        with self._running(task) as process:
            while process.busy:
                message = process.receive(task.path, self.limits.stall_s)
                if not isinstance(message, Done | Position):
                    yield message

    def _results(self, process: "_Process", path: str, kind: type[R]) -> Iterator[R]:
        """All messages of a kind, until the job is done."""
        while process.busy:
            message = process.receive(path, self.limits.stall_s)
            if isinstance(message, kind):
                yield message

    @contextmanager
    def _running(self, job: Job) -> "Iterator[_Process]":
        """The process at work on a job; ended if the job is not done when this is left."""
        if self._owner == threading.get_ident():
            raise ShotseekError("a decoder does one job at a time; close the iterator of the first")
        with self._lock:
            self._owner = threading.get_ident()
            try:
                if self._process is None:
                    self._process = _Process()
                self._process.send(job)
                yield self._process
            finally:
                self._owner = None
                if self._process is not None and self._process.busy:
                    self.close()


class _Process:
    """The parent's end of the decoding process (the other is `indexer.worker`)."""

    def __init__(self) -> None:
        self.busy = True
        """whether more is to come of the job it was given"""
        self._pipe, theirs = Pipe()
        safe = "safe" if safe_mode() else "all"
        with theirs:
            # a session of its own: an interrupt at the keyboard is for the parent, which then ends this one
            self._child = subprocess.Popen(  # noqa: S603  our own interpreter, no shell
                [sys.executable, "-c", BOOT, str(theirs.fileno()), safe, *sys.path],
                stdin=subprocess.DEVNULL,
                stdout=2,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        # also where nobody closes the decoder any more: a thread that is late when its server stops
        weakref.finalize(self, _end, self._child)
        self.receive("decoder", START_S)

    def send(self, job: Job) -> None:
        self.busy = True
        self._pipe.send(job)

    def receive(self, path: str, within_s: float) -> Any:
        """The next message.

        Raises:
            MediaError: what the process reports, or its death or silence
        """
        if not self._pipe.poll(within_s):
            self.kill()
            raise MediaError(Reason.TIMEOUT, path, f"no frame came out of it for {within_s:g} s")
        try:
            message = wire.receive(self._pipe)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise MediaError(Reason.CRASHED, path, f"the decoder {self._death()}") from error
        if isinstance(message, Failed):
            self.finish()
            raise MediaError(message.reason, message.path or path, message.detail)
        if isinstance(message, Done):
            self.busy = False
        return message

    def finish(self) -> None:
        """Waits until the process is ready for another job, so that it need not be ended. If it dies instead,
        the next job starts another."""
        with suppress(MediaError):
            while self.busy and self._pipe.poll(END_S):
                self.receive("decoder", END_S)

    def interrupt(self) -> None:
        """Ends the process; whoever waits for a message sees it die."""
        self._child.kill()

    def kill(self) -> None:
        """Ends the process and waits until it is gone."""
        _end(self._child)
        self._pipe.close()

    def _death(self) -> str:
        try:
            code = self._child.wait(END_S)
        except subprocess.TimeoutExpired:
            return "talks nonsense"
        return f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    child.wait()
