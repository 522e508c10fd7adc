"""Several decoding processes at work, each on a file of its own; all that comes of them in one bounded queue.

A thread for each process reads what it sends, so that a process is given its next file at once, whatever the
caller is busy with. What waits for the caller is bounded in bytes; when that much waits, the processes wait.
"""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from indexer.decoder import Decoder
from indexer.media import Limits
from indexer.messages import Message
from indexer.scan import ScannedShot
from plugins.errors import MediaError
from plugins.values import Frame

MAX_WAITING_BYTES = 32 << 20
"""of messages, some thirty keyframes, that wait for the caller"""
MESSAGE_BYTES = 1 << 10
"""of a message without its pictures, about"""
BEAT_S = 0.25
"""in which the caller hears that nothing has come"""
PATIENCE_S = 0.1
"""between two attempts to end a process that may only be starting"""

Job = TypeVar("Job")
Ask = Callable[[Decoder], Generator[Message | Frame, None, None]]


@dataclass(frozen=True, slots=True)
class Task(Generic[Job]):
    """What is to be done with one file."""

    job: Job
    """whatever the caller knows it by"""
    ask: Ask
    """what is asked of a decoding process, see `indexer.decoder.Decoder`"""


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more comes of a task."""

    error: MediaError | None = None
    """why it failed"""
    cancelled: bool = False
    """nobody wants it any more"""


class Cancelled(Exception):
    """Raised by what a task asks: nobody wants it any more."""


_Said = tuple[Job, Message | Frame | Ended]


def decode(
    tasks: Iterable[Task[Job]], limits: Limits, workers: int
) -> "Generator[_Said[Job] | None, None, None]":
    """Runs tasks in so many processes. Closing this iterator ends them all.

    Args:
        tasks: taken in order, each when a process is free for it, and in the thread of that process
        workers: processes, at most

    Yields:
        what comes of each task, in its order, and last an `Ended`; those of several tasks mix. None
        where nothing more has come yet, again and again while that is so

    Raises:
        whatever a task raises besides `MediaError`, which is in its `Ended`
    """
    queue: _Queue[_Said[Job] | _LaneEnded] = _Queue(MAX_WAITING_BYTES)
    todo = _Shared(tasks)
    lanes = [_Lane(queue, todo, limits) for _ in range(workers)]
    running = len(lanes)
    try:
        for lane in lanes:
            lane.thread.start()
        while running:
            if queue.is_empty:
                yield None
            if (item := queue.get(BEAT_S)) is None:
                continue
            if not isinstance(item, _LaneEnded):
                yield item
            elif item.error is not None:
                raise item.error
            else:
                running -= 1
    finally:
        queue.close()
        for lane in lanes:
            lane.end()


class _Closed(Exception):
    """Nobody wants to hear more."""


@dataclass(frozen=True, slots=True)
class _LaneEnded:
    error: BaseException | None


class _Lane(Generic[Job]):
    """One process and the thread that reads from it, one task after the other."""

    def __init__(
        self, queue: "_Queue[_Said[Job] | _LaneEnded]", todo: "_Shared[Task[Job]]", limits: Limits
    ) -> None:
        self._queue = queue
        self._todo = todo
        self._decoder = Decoder(limits)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def end(self) -> None:
        """Ends the process, whatever it is doing. The queue must be closed."""
        while self.thread.is_alive():
            self._decoder.interrupt()
            self.thread.join(PATIENCE_S)

    def _run(self) -> None:
        ended = _LaneEnded(None)
        try:
            with self._decoder as decoder:
                for task in self._todo:
                    self._do(task, decoder)
        except _Closed:
            return
        except BaseException as error:  # it is raised again where the queue is read
            ended = _LaneEnded(error)
        with suppress(_Closed):
            self._queue.put(ended, 0)

    def _do(self, task: Task[Job], decoder: Decoder) -> None:
        ended = Ended()
        try:
            with closing(task.ask(decoder)) as messages:
                for message in messages:
                    self._queue.put((task.job, message), _size(message))
        except MediaError as error:
            ended = Ended(error)
        except Cancelled:
            ended = Ended(cancelled=True)
        self._queue.put((task.job, ended), MESSAGE_BYTES)


Item = TypeVar("Item")


class _Shared(Generic[Item]):
    """An iterator that several threads take from."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        with self._lock:
            return next(self._items)


class _Queue(Generic[Item]):
    """First in, first out. Putting waits while there are too many bytes; one item may be of any size."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._items: deque[tuple[Item, int]] = deque()
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: Item, size: int) -> None:
        """Raises `_Closed` once the queue is closed, also where it waits."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._bytes + size <= self._max_bytes or not self._items
            )
            if self._closed:
                raise _Closed
            self._items.append((item, size))
            self._bytes += size
            self._changed.notify_all()

    def get(self, within_s: float) -> Item | None:
        """The next item; None if there is none in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._items), within_s):
                return None
            item, size = self._items.popleft()
            self._bytes -= size
            self._changed.notify_all()
            return item

    @property
    def is_empty(self) -> bool:
        return not self._items

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()


def _size(message: Message | Frame) -> int:
    """Bytes, about."""
    match message:
        case ScannedShot():
            images = sum(keyframe.image.nbytes for keyframe in message.keyframes)
            return MESSAGE_BYTES + images
        case Frame():
            return MESSAGE_BYTES + message.image.nbytes
    return MESSAGE_BYTES
