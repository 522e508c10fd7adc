"""From folders to a library: discover -> scan -> encode -> publish, several videos at a time, resumable.

Videos are scanned in processes of their own while this thread encodes, in batches that several may share.
A video is published when its scan has ended and its last vector has come, all of it in one transaction: so
whatever interrupts a run, a video is either wholly there or not at all, and the next run goes on with those
that are not.
"""

import os
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from indexer.batches import Batches, encode_stage
from indexer.catalog import FileRecord, State
from indexer.control import Control
from indexer.decoder import Decoder
from indexer.discover import Action, Change, candidates, compare, doubts, is_gone, roots
from indexer.job import CANCELLED, SCAN, Job, Outcome, VectorsJob, VideoJob, annotate_stage
from indexer.library import Library
from indexer.media import Limits
from indexer.messages import Message
from indexer.pool import Cancelled, Ended, Task, decode
from plugins.contracts import Context, Encoder
from plugins.errors import Reason
from plugins.registry import Kind, create, encoder
from plugins.values import SECOND, Frame, Progress, printable

T = TypeVar("T")

MAX_WAIT_S = 5.0
"""after its last picture, in which a video is published, though no full batch has come together"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How videos are turned into shots, vectors and text. Every name is a plugin's reference."""

    encoders: tuple[str, ...]
    detector: str = "content"
    annotators: tuple[str, ...] = ("subtitles",)
    max_shot_us: int = 20 * SECOND
    """a longer take becomes several shots"""
    exact: bool = False
    """decode every frame, also where nothing seems to happen"""


def index(
    library: Library,
    paths: Sequence[str | os.PathLike[str]],
    recipe: Recipe,
    *,
    context: Context | None = None,
    limits: Limits | None = None,
    retry: bool = False,
    again: bool = False,
    accept_missing: bool = False,
    workers: int = 1,
    control: Control | None = None,
) -> Generator[Progress, None, None]:
    """Brings a library up to date with files and folders: new and changed files only.

    Args:
        paths: what is inside a folder that is looked at already belongs to that; any other is one from now on
        retry: also try again what failed before
        again: also do again what is done
        accept_missing: believe that files are gone where that is doubtful, see `indexer.discover.doubts`
        control: by which the caller makes the run wait, leaves files out of it, or ends it
        workers: videos that are decoded at the same time, each in a process of its own

    Yields:
        for every file how far it is, and last how it ended (see `Progress.stage`); those of several files mix

    Raises:
        NotFound: one of the paths does not exist; nothing was done
        PluginError, Unsupported: an encoder, detector or annotator cannot be had; nothing was done
        LibraryBusy: another process is writing to the library
    """
    where = roots(paths)
    encoders = [encoder(reference, context) for reference in dict.fromkeys(recipe.encoders)]
    for item in encoders:
        item.space  # noqa: B018  what has no weights says so before anything is done
    create(Kind.SHOT_DETECTOR, recipe.detector, context).check()
    for annotator in recipe.annotators:
        create(Kind.ANNOTATOR, annotator, context).check()
    run = _Run(library, encoders, recipe, context, retry, again, control)
    with library.writing():
        work: dict[str, _Work] = {}
        library.catalog.bring_back(where)
        for path in where:
            if (root := library.catalog.home_of(path)) is None:
                library.catalog.add_root(root := path)
            yield from run.look(path, root, work, accept_missing)
            if not run.is_stopped:
                library.catalog.looked(path)
        yield from run.work(work.values(), limits or Limits(), workers)
        library.publish_snapshots()


def add_encoder(
    library: Library,
    reference: str,
    *,
    context: Context | None = None,
    limits: Limits | None = None,
    workers: int = 1,
    control: Control | None = None,
) -> Generator[Progress, None, None]:
    """Makes the vectors of one more encoder for all videos that are known, beside those that are there. The
    new space is not asked until somebody says so. Goes on where it was stopped, and tries again what failed.

    Yields:
        as `index`, for the videos that lack them

    Raises:
        PluginError, Unsupported: the encoder cannot be had; nothing was done
        LibraryBusy: another process is writing to the library
    """
    made = encoder(reference, context)
    space = made.space
    run = _Run(library, [made], Recipe((reference,)), context, control=control)
    with library.writing():
        library.catalog.add_space(space)
        work: dict[str, _Work] = {}
        yield from run.look_at_known(made, work)
        yield from run.work(work.values(), limits or Limits(), workers)
        library.publish_snapshots()


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be done for one file."""

    change: Change
    known: FileRecord | None = None
    """where its shots are known, and only the vectors of some encoders are missing"""
    encoders: Sequence[Encoder] = ()
    """those"""


class _Run:
    """One call of `index`."""

    def __init__(
        self,
        library: Library,
        encoders: Sequence[Encoder],
        recipe: Recipe,
        context: Context | None,
        retry: bool = False,
        again: bool = False,
        control: Control | None = None,
    ) -> None:
        self._library = library
        self._catalog = library.catalog
        self._batches = {item: Batches(item) for item in encoders}
        self._recipe = recipe
        self._context = context
        self._retry = retry
        self._again = again
        self._control = control or Control()
        self._not_taken: deque[Job] = deque()
        self._finishing: deque[tuple[Job, float]] = deque()

    @property
    def is_stopped(self) -> bool:
        return self._control.is_stopped

    def look(self, top: str, root: str, work: dict[str, _Work], accept: bool) -> Iterator[Progress]:
        """Does at once what needs no decoding, and writes down the rest, by path: a file below two of the
        paths is done once.

        Args:
            top: the file or folder that is looked at
            root: the folder of the library that it is in, or is
            accept: believe that files are gone
        """
        closed: list[OSError] = []
        found = candidates(top, without=str(self._library.folder), unreadable=closed.append)
        files = list(self._unless_stopped(found))
        left = {item.path for item in self._catalog.left_out()}
        wanted = [path for path in files if path not in work and path not in left]
        wanted = [path for path in wanted if not self._control.leaves(path)]
        changes = list(self._unless_stopped(compare(wanted, root, self._catalog.files())))
        if self._control.is_stopped:
            return
        for change in changes:
            if (to_do := self._to_do(change)) is not None:
                work[change.path] = to_do
            else:
                yield self._as_it_was(change)
        moved = {change.known.path for change in changes if change.action is Action.MOVE and change.known}
        yield from self._mark_missing(top, bool(files), moved, accept)
        for error in closed:
            text = f"cannot be looked into: {error.strerror}; what is known of it was left as it is"
            yield Progress(str(error.filename), "failed", 0, 0, text, Reason.UNREADABLE.value)

    def _unless_stopped(self, items: Iterable[T]) -> Iterator[T]:
        for item in items:
            self._control.turn()
            if self._control.is_stopped:
                return
            yield item

    def look_at_known(self, item: Encoder, work: dict[str, _Work]) -> Iterator[Progress]:
        """Writes down the videos that lack the vectors of an encoder, by path, and names those that cannot
        get them now."""
        known = self._catalog.files()
        for path, record in known.items():
            if record.stages[SCAN].state is State.FAILED:
                continue
            if not _wants(item, record) and not _failed(item, record):
                continue
            (change,) = compare([path], str(Path(path).parent), known)
            if change.action in (Action.KEEP, Action.TOUCH):
                work[path] = _Work(change, record, [item])
            else:
                detail = "changed or gone since it was indexed; run `shotseek index` for it"
                yield Progress(path, "failed", 0, 0, detail, Reason.NOT_FOUND.value)

    def _mark_missing(self, root: str, any_left: bool, moved: set[str], accept: bool) -> Iterator[Progress]:
        known = [item for item in self._catalog.files(root).values() if item.path not in moved]
        absent = [item for item in known if is_gone(item.path)]
        new = sum(not item.missing for item in absent)
        doubt = doubts(root, new, sum(not item.missing for item in known), any_left)
        if doubt and not accept:
            yield Progress(root, "failed", 0, 0, doubt, Reason.NOT_FOUND.value)
            return
        self._catalog.mark_missing([item.id for item in absent if not item.missing], True)
        for item in absent:
            yield Progress(item.path, "missing", 0, 0, "not found; what is known of it is kept")

    def _to_do(self, change: Change) -> _Work | None:
        """What cannot be done at once; what can, is."""
        known = change.known
        if change.action is Action.INDEX or known is None:
            return _Work(change)
        if change.action is Action.MOVE:
            self._catalog.move(known.id, change.path, change.mtime_ns)
        elif change.action is Action.TOUCH:
            self._catalog.touch(known.id, change.mtime_ns)
        if known.missing:
            self._catalog.mark_missing([known.id], False)
        if self._again:
            return _Work(change)
        if self._retry and any(stage.state is not State.DONE for stage in known.stages.values()):
            return _Work(change)
        if known.stages[SCAN].state is not State.FAILED and not self._is_annotated(known):
            return _Work(change)
        wanted = [item for item in self._batches if _wants(item, known)]
        return (
            _Work(change, known, wanted) if wanted and known.stages[SCAN].state is not State.FAILED else None
        )

    def _is_annotated(self, known: FileRecord) -> bool:
        """Whether every annotator has had the video; one that has failed had it too."""
        return all(annotate_stage(reference) in known.stages for reference in self._recipe.annotators)

    def _as_it_was(self, change: Change) -> Progress:
        """The last word on a file for which nothing is to be done."""
        assert change.known is not None
        scan = change.known.stages[SCAN]
        if scan.state is State.FAILED:
            return Progress(change.path, "unchanged", 0, 0, f"failed before: {scan.detail}", scan.reason)
        if change.action is Action.MOVE:
            return Progress(change.path, "moved", 0, 0, f"was {printable(change.known.path)}")
        return Progress(change.path, "unchanged", 0, 0)

    def work(self, work: Iterable[_Work], limits: Limits, workers: int) -> Iterator[Progress]:
        """Decodes files, several at a time, and encodes and publishes what comes of them."""
        todo = list(work)
        self._control.plan({item.change.path: item.change.size for item in todo})
        with closing(decode(self._tasks(todo), limits, workers)) as messages:
            for said in messages:
                self._control.turn()
                if self._control.is_stopped:
                    return
                if said is None:
                    for batches in self._batches.values():
                        batches.idle()
                elif (shown := self._heard(*said)) is not None:
                    yield shown
                if self._finishing and time.monotonic() - self._finishing[0][1] > MAX_WAIT_S:
                    self._flush()
                yield from self._publish()
        self._flush()
        yield from self._publish()

    def _tasks(self, work: Iterable[_Work]) -> Iterator[Task[Job]]:
        """Each when a process is free for it, and in the thread of that process."""
        for item in work:
            if not self._control.may_take():
                return
            if self._control.is_cancelled(item.change.path):
                self._not_taken.append(self._job(item))
                continue
            self._control.started(item.change.path)
            yield self._task(item)

    def _heard(self, job: Job, message: Message | Frame | Ended) -> Progress | None:
        if not isinstance(message, Ended):
            return job.take(message)
        if message.cancelled:
            return self._cancel(job)
        if message.error is not None:
            return _final(job, job.fail(message.error))
        self._finishing.append((job, time.monotonic()))
        return Progress(job.change.path, "encode", *job.encoded)

    def _flush(self) -> None:
        for batches in self._batches.values():
            batches.flush()

    def _publish(self) -> Iterator[Progress]:
        """Publishes the jobs whose last vector has come; those that nobody wants any more are let go."""
        while self._not_taken:
            yield self._cancel(self._not_taken.popleft())
        for _ in range(len(self._finishing)):
            job, since = self._finishing.popleft()
            if self._control.is_cancelled(job.change.path):
                yield self._cancel(job)
            elif job.is_waiting:
                self._finishing.append((job, since))
            else:
                yield _final(job, job.publish())

    def _cancel(self, job: Job) -> Progress:
        if self._control.is_forgotten(job.change.path):
            job.drop()
        else:
            job.cancel()
        return Progress(job.change.path, "cancelled", 0, 0, CANCELLED, Reason.CANCELLED.value)

    def _job(self, work: _Work) -> VideoJob | VectorsJob:
        if work.known is None:
            return VideoJob(self._library, work.change, list(self._batches.values()))
        batches = [self._batches[item] for item in work.encoders]
        shots = self._catalog.shots(work.known.id)
        return VectorsJob(self._library, work.change, batches, work.known.id, shots)

    def _task(self, work: _Work) -> Task[Job]:
        change, job = work.change, self._job(work)
        if isinstance(job, VideoJob):
            return Task(job, lambda decoder: self._wanted(change, self._scan(change, decoder)))
        times_us = job.times_us
        return Task(
            job,
            lambda decoder: self._wanted(change, decoder.frames(change.path, [change.root], times_us)),
        )

    def _wanted(
        self, change: Change, messages: Generator[Message | Frame, None, None]
    ) -> Generator[Message | Frame, None, None]:
        """Messages, as long as somebody wants them."""
        with closing(messages):
            for message in messages:
                if self._control.is_cancelled(change.path):
                    raise Cancelled
                yield message

    def _scan(self, change: Change, decoder: Decoder) -> Generator[Message, None, None]:
        return decoder.scan(
            change.path,
            [change.root],
            detector=self._recipe.detector,
            annotators=self._recipe.annotators,
            max_shot_us=self._recipe.max_shot_us,
            exact=self._recipe.exact,
            context=self._context,
            frames_per_shot=max((item.frames_per_shot for item in self._batches), default=1),
        )


def _wants(item: Encoder, known: FileRecord) -> bool:
    stage = known.stages.get(encode_stage(item.reference))
    return stage is None or stage.revision != item.revision


def _failed(item: Encoder, known: FileRecord) -> bool:
    return known.stages[encode_stage(item.reference)].state is State.FAILED


def _final(job: Job, ended: Outcome) -> Progress:
    return Progress(job.change.path, ended.state.value, 0, 0, ended.detail, ended.reason)
