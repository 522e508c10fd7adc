"""What is gathered of one video while its stages run, and how it enters the catalog: all or nothing."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from indexer.catalog import Row, StageRecord, State
from indexer.decoder import Scanned
from indexer.discover import Change
from indexer.encode import ShotVectors
from indexer.library import Library
from indexer.scan import ScannedShot
from plugins.contracts import Encoder
from plugins.errors import MediaError, PluginError, Reason
from plugins.values import Annotation, Shot, Vectors, Video

SCAN = "scan"
"""The stage in which a file is opened, cut into shots and its keyframes chosen."""


def encode_stage(reference: str) -> str:
    """The stage in which one encoder turns the keyframes into vectors."""
    return f"encode:{reference}"


def annotate_stage(name: str) -> str:
    """The stage in which one annotator writes its text."""
    return f"annotate:{name}"


class EncodeStage:
    """One encoder over one video. An encoder that fails is out for this video, and its stage says why."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.error = ""
        self._gathered = ShotVectors(encoder)
        self._seconds = 0.0

    def add(self, index: int, shot: ScannedShot) -> None:
        with self._guarded():
            self._gathered.add(index, shot)

    def finish(self) -> tuple[list[Row], Vectors] | None:
        """Every vector and where it belongs; None after a failure."""
        vectors = None
        with self._guarded():
            vectors = self._gathered.finish()
        return None if vectors is None else ([Row(*row) for row in self._gathered.rows], vectors)

    def fail(self, error: MediaError) -> StageRecord:
        """The stage when its pictures could not be had."""
        reference, revision = encode_stage(self.encoder.reference), self.encoder.revision
        return StageRecord(reference, State.FAILED, error.reason.value, error.detail, revision, self._seconds)

    def record(self) -> StageRecord:
        return StageRecord(
            encode_stage(self.encoder.reference),
            State.FAILED if self.error else State.DONE,
            reason=Reason.ENCODER.value if self.error else "",
            detail=self.error,
            revision=self.encoder.revision,
            seconds=self._seconds,
        )

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        if self.error:
            return
        started = time.monotonic()
        try:
            yield
        except PluginError as error:
            self.error = str(error)
        finally:
            self._seconds += time.monotonic() - started


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a video ended."""

    state: State
    detail: str
    reason: str = ""


class VideoJob:
    """One file on its way into the library."""

    def __init__(self, library: Library, change: Change, encoders: Sequence[Encoder]) -> None:
        self._library = library
        self._change = change
        self._stages = [EncodeStage(encoder) for encoder in encoders]
        self._video: Video | None = None
        self._shots: list[Shot] = []
        self._annotations: list[Annotation] = []
        self._records: list[StageRecord] = []
        self._started = time.monotonic()

    def probed(self, video: Video) -> None:
        self._video = replace(video, fingerprint=self._change.fingerprint)

    def shot(self, shot: ScannedShot) -> None:
        """Takes the next shot: its thumbnails to the disk, its pictures to the encoders."""
        assert self._video is not None, "the probe comes first"
        index = len(self._shots)
        times = tuple(keyframe.time_us for keyframe in shot.keyframes)
        self._shots.append(Shot(0, 0, index, shot.span, times))
        for keyframe in shot.keyframes:
            self._library.save_thumbnail(self._video, keyframe.time_us, keyframe.thumbnail)
        for stage in self._stages:
            stage.add(index, shot)

    def annotation(self, annotation: Annotation) -> None:
        self._annotations.append(annotation)

    def annotator_ended(self, name: str, error: str) -> None:
        state, reason = (State.FAILED, Reason.ANNOTATOR.value) if error else (State.DONE, "")
        self._records.append(StageRecord(annotate_stage(name), state, reason, error))

    def publish(self, scanned: Scanned) -> Outcome:
        """Enters everything into the catalog in one transaction. A packet lost makes the video partial."""
        gathered = {stage.encoder.space: stage.finish() for stage in self._stages}
        scan = StageRecord(
            SCAN,
            State.PARTIAL if scanned.lost else State.DONE,
            detail=scanned.detail,
            seconds=time.monotonic() - self._started,
        )
        encodes = [stage.record() for stage in self._stages]
        change = self._change
        self._library.catalog.publish(
            replace(scanned.video, fingerprint=change.fingerprint),
            root=change.root,
            size=change.size,
            mtime_ns=change.mtime_ns,
            stages=[scan, *encodes, *self._records],
            shots=self._shots,
            vectors={space: rows for space, rows in gathered.items() if rows is not None},
            annotations=self._annotations,
        )
        return outcome([scan, *encodes, *self._records], self._summary())

    def _summary(self) -> str:
        keyframes = sum(len(shot.keyframes_us) for shot in self._shots)
        parts = [counted(len(self._shots), "shot"), counted(keyframes, "keyframe")]
        if self._annotations:
            parts.append(f"{counted(len(self._annotations), 'line')} of text")
        return f"{', '.join(parts)} in {time.monotonic() - self._started:.1f} s"


def counted(number: int, thing: str) -> str:
    """``1 shot``, ``2 shots``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def outcome(records: Sequence[StageRecord], summary: str) -> Outcome:
    """The worst of the stages: a video whose words are missing is not done, it is partial."""
    for record in records:
        if record.state is not State.DONE:
            return Outcome(State.PARTIAL, f"{summary}; {record.detail}", record.reason)
    return Outcome(State.DONE, summary)
