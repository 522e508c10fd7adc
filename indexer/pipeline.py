"""From folders to a library: discover -> scan -> encode -> publish, one video at a time, resumable.

All of a video enters the catalog in one transaction when its last stage has ended, so whatever interrupts a
run, a video is either wholly there or not at all, and the next run goes on with the first that is not.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from indexer.catalog import FileRecord, StageRecord, State
from indexer.decoder import AnnotatorEnded, Decoder, Position, Scanned
from indexer.discover import Action, Change, candidates, compare, roots
from indexer.job import SCAN, EncodeStage, Outcome, VideoJob, counted, encode_stage, outcome
from indexer.library import Library
from indexer.media import Limits
from indexer.scan import Keyframe, ScannedShot
from plugins.contracts import Context, Encoder
from plugins.errors import MediaError, Reason
from plugins.registry import Kind, create, encoder, load, split
from plugins.values import SECOND, Annotation, Progress, Shot, Video, printable


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
) -> Iterator[Progress]:
    """Brings a library up to date with files and folders: new and changed files only.

    Args:
        retry: also try again what failed before

    Yields:
        for every file how far it is, and last how it ended (see `Progress.stage`)

    Raises:
        NotFound: one of the paths does not exist; nothing was done
        PluginError: an encoder, detector or annotator cannot be had; nothing was done
        LibraryBusy: another process is writing to the library
    """
    where = roots(paths)
    encoders = [encoder(reference, context) for reference in dict.fromkeys(recipe.encoders)]
    for item in encoders:
        item.space  # noqa: B018  what has no weights says so before anything is done
    create(Kind.SHOT_DETECTOR, recipe.detector, context).check()
    for annotator in recipe.annotators:
        load(Kind.ANNOTATOR, split(Kind.ANNOTATOR, annotator)[0])
    with library.writing(), Decoder(limits or Limits()) as decoder:
        run = _Run(library, decoder, encoders, recipe, context, retry)
        for root in where:
            library.catalog.add_root(root)
            yield from run.root(root)
        library.publish_snapshots()


class _Run:
    """One call of `index`."""

    def __init__(
        self,
        library: Library,
        decoder: Decoder,
        encoders: Sequence[Encoder],
        recipe: Recipe,
        context: Context | None,
        retry: bool,
    ) -> None:
        self._library = library
        self._catalog = library.catalog
        self._decoder = decoder
        self._encoders = encoders
        self._recipe = recipe
        self._context = context
        self._retry = retry

    def root(self, root: str) -> Iterator[Progress]:
        files = list(candidates(root, without=str(self._library.folder)))
        known = self._catalog.files()
        changes = list(compare(files, root, known))
        for change in changes:
            yield from self._file(change)
        moved = {change.known.path for change in changes if change.action is Action.MOVE and change.known}
        yield from self._mark_missing(root, bool(files), moved)

    def _mark_missing(self, root: str, any_left: bool, moved: set[str]) -> Iterator[Progress]:
        known = self._catalog.files(root).values()
        absent = [item for item in known if item.path not in moved and not os.path.lexists(item.path)]
        if not absent:
            return
        if not any_left and Path(root).is_dir():
            text = f"the folder seems empty; its {len(absent)} known videos were left as they are"
            yield Progress(root, "failed", 0, 0, text, Reason.NOT_FOUND.value)
            return
        self._catalog.mark_missing([item.id for item in absent], True)
        for item in absent:
            yield Progress(item.path, "missing", 0, 0, "not found; what is known of it is kept")

    def _file(self, change: Change) -> Iterator[Progress]:
        known = change.known
        if change.action is Action.INDEX or known is None:
            yield from self._index(change)
            return
        if change.action is Action.MOVE:
            self._catalog.move(known.id, change.path, change.mtime_ns)
        elif change.action is Action.TOUCH:
            self._catalog.touch(known.id, change.mtime_ns)
        if known.missing:
            self._catalog.mark_missing([known.id], False)
        yield from self._complete(change, known)

    def _complete(self, change: Change, known: FileRecord) -> Iterator[Progress]:
        """Does what is still to be done for a file whose content is known."""
        scan = known.stages[SCAN]
        if self._retry and any(stage.state is not State.DONE for stage in known.stages.values()):
            yield from self._index(change)
        elif scan.state is State.FAILED:
            yield Progress(change.path, "unchanged", 0, 0, f"failed before: {scan.detail}", scan.reason)
        elif wanted := [item for item in self._encoders if _wants(item, known)]:
            yield from self._encode(change, known, wanted)
        elif change.action is Action.MOVE:
            yield Progress(change.path, "moved", 0, 0, f"was {printable(known.path)}")
        else:
            yield Progress(change.path, "unchanged", 0, 0)

    def _index(self, change: Change) -> Iterator[Progress]:
        job = VideoJob(self._library, change, self._encoders)
        messages = self._decoder.scan(
            change.path,
            [change.root],
            detector=self._recipe.detector,
            annotators=self._recipe.annotators,
            max_shot_us=self._recipe.max_shot_us,
            exact=self._recipe.exact,
            context=self._context,
            frames_per_shot=max((item.frames_per_shot for item in self._encoders), default=1),
        )
        try:
            with closing(messages):
                for message in messages:
                    match message:
                        case Position(done_us, total_us):
                            yield Progress(change.path, SCAN, done_us, total_us)
                        case Video():
                            job.probed(message)
                        case ScannedShot():
                            job.shot(message)
                        case Annotation():
                            job.annotation(message)
                        case AnnotatorEnded(name, error):
                            job.annotator_ended(name, error)
                        case Scanned():
                            yield _final(change, job.publish(message))
        except MediaError as error:
            yield self._failed(change, error)

    def _failed(self, change: Change, error: MediaError) -> Progress:
        stage = StageRecord(SCAN, State.FAILED, error.reason.value, error.detail)
        self._catalog.publish_failure(
            change.path,
            root=change.root,
            size=change.size,
            mtime_ns=change.mtime_ns,
            fingerprint=change.fingerprint,
            stage=stage,
        )
        return _final(change, Outcome(State.FAILED, error.detail, error.reason.value))

    def _encode(self, change: Change, known: FileRecord, encoders: Sequence[Encoder]) -> Iterator[Progress]:
        """Adds the vectors of further encoders to a video whose shots are known."""
        shots = self._catalog.shots(known.id)
        stages = [EncodeStage(item) for item in encoders]
        started = time.monotonic()
        try:
            for shot, pictures in self._pictures(change, shots):
                for stage in stages:
                    stage.add(shot.index, pictures)
                yield Progress(change.path, "encode", shot.span.end_us, shots[-1].span.end_us)
        except MediaError as error:
            for stage in stages:
                self._catalog.set_stage(known.id, stage.fail(error))
            yield _final(change, Outcome(State.FAILED, error.detail, error.reason.value))
            return
        for stage in stages:
            gathered = stage.finish()
            if gathered is None:
                self._catalog.set_stage(known.id, stage.record())
            else:
                self._catalog.add_vectors(known.id, stage.encoder.space, *gathered, stage.record())
        names = ", ".join(item.reference for item in encoders)
        summary = f"{counted(len(shots), 'shot')} through {names} in {time.monotonic() - started:.1f} s"
        yield _final(change, outcome([stage.record() for stage in stages], summary))

    def _pictures(self, change: Change, shots: Sequence[Shot]) -> Iterator[tuple[Shot, ScannedShot]]:
        times = [us for shot in shots for us in shot.keyframes_us]
        frames = self._decoder.frames(change.path, [change.root], times)
        with closing(frames):
            for shot in shots:
                keyframes = tuple(Keyframe(us, next(frames).image, b"") for us in shot.keyframes_us)
                yield shot, ScannedShot(shot.span, keyframes)


def _wants(item: Encoder, known: FileRecord) -> bool:
    stage = known.stages.get(encode_stage(item.reference))
    return stage is None or stage.revision != item.revision


def _final(change: Change, ended: Outcome) -> Progress:
    return Progress(change.path, ended.state.value, 0, 0, ended.detail, ended.reason)
