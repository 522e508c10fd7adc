"""What is gathered of one video while its stages run, and how it enters the catalog: all or nothing."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.batches import Batches, EncodeStage
from indexer.catalog import StageRecord, State
from indexer.discover import Action, Change
from indexer.keyframes import Keyframe
from indexer.library import Library
from indexer.messages import AnnotatorEnded, Message, Position, Scanned
from indexer.scan import ScannedShot
from plugins.errors import MediaError, Reason
from plugins.values import Annotation, Frame, Progress, Shot, Video

SCAN = "scan"
"""The stage in which a file is opened, cut into shots and its keyframes chosen."""
CANCELLED = "cancelled before it was done"


def annotate_stage(name: str) -> str:
    """The stage in which one annotator writes its text."""
    return f"annotate:{name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a video ended."""

    state: State
    detail: str
    reason: str = ""


class Job(ABC):
    """One file on its way into the library: takes what its decoding process says, and publishes it."""

    def __init__(self, library: Library, change: Change, batches: Sequence[Batches]) -> None:
        self.change = change
        self.stages = [EncodeStage(item) for item in batches]
        self.started = time.monotonic()
        self._library = library

    @property
    def is_waiting(self) -> bool:
        """Whether vectors of pictures that it has handed over are still to come."""
        return any(stage.is_waiting for stage in self.stages)

    @property
    def encoded(self) -> tuple[int, int]:
        """Vectors that have come, and that will have come in the end."""
        return sum(stage.done for stage in self.stages), sum(stage.total for stage in self.stages)

    @abstractmethod
    def take(self, message: Message | Frame) -> Progress | None:
        """Takes the next message; how far it is, where the message says that."""

    @abstractmethod
    def publish(self) -> Outcome:
        """Enters everything into the catalog. Its last message has come, and its last vector."""

    def fail(self, error: MediaError) -> Outcome:
        """Enters into the catalog that the file cannot be used."""
        for stage in self.stages:
            stage.fail(error)
        self._record_failure(error)
        return Outcome(State.FAILED, error.detail, error.reason.value)

    def drop(self) -> None:
        """Lets go of what was gathered; the catalog hears nothing of it."""
        for stage in self.stages:
            stage.fail(MediaError(Reason.CANCELLED, self.change.path, CANCELLED))

    def cancel(self) -> None:
        """Enters into the catalog that nobody wants this done, unless it is known as it was before."""
        if self._leaves_a_gap:
            self.fail(MediaError(Reason.CANCELLED, self.change.path, CANCELLED))
        else:
            self.drop()

    @property
    def _leaves_a_gap(self) -> bool:
        """Whether the file would be done again at the next look if nothing were written down."""
        return True

    @abstractmethod
    def _record_failure(self, error: MediaError) -> None: ...

    def _took(self) -> str:
        return f"in {time.monotonic() - self.started:.1f} s"


class VideoJob(Job):
    """A file whose content is not known: everything about it is to be found out."""

    def __init__(self, library: Library, change: Change, batches: Sequence[Batches]) -> None:
        super().__init__(library, change, batches)
        self._video: Video | None = None
        self._shots: list[Shot] = []
        self._annotations: list[Annotation] = []
        self._scanned: StageRecord | None = None
        self._annotators: list[StageRecord] = []

    def take(self, message: Message | Frame) -> Progress | None:
        match message:
            case Position(done_us, total_us, annotator):
                stage = annotate_stage(annotator) if annotator else SCAN
                return Progress(self.change.path, stage, done_us, total_us)
            case Video():
                self._video = replace(message, fingerprint=self.change.fingerprint)
            case ScannedShot():
                self._take_shot(message)
            case Annotation():
                self._annotations.append(message)
            case AnnotatorEnded(name, error):
                state, reason = (State.FAILED, Reason.ANNOTATOR.value) if error else (State.DONE, "")
                self._annotators.append(StageRecord(annotate_stage(name), state, reason, error))
            case Scanned():
                self._take_end(message)
        return None

    def publish(self) -> Outcome:
        """In one transaction."""
        assert self._video is not None
        assert self._scanned is not None
        gathered = {stage.encoder.space: stage.gathered() for stage in self.stages}
        records = [self._scanned, *(stage.record() for stage in self.stages), *self._annotators]
        self._library.catalog.publish(
            self._video,
            root=self.change.root,
            size=self.change.size,
            mtime_ns=self.change.mtime_ns,
            stages=records,
            shots=self._shots,
            vectors={space: rows for space, rows in gathered.items() if rows is not None},
            annotations=self._annotations,
        )
        return outcome(records, self._summary())

    def _take_shot(self, shot: ScannedShot) -> None:
        """Takes the next shot: its thumbnails to the disk, its pictures to the encoders."""
        assert self._video is not None, "the probe comes first"
        index = len(self._shots)
        times = tuple(keyframe.time_us for keyframe in shot.keyframes)
        self._shots.append(Shot(0, 0, index, shot.span, times))
        for keyframe in shot.keyframes:
            self._library.save_thumbnail(self._video, keyframe.time_us, keyframe.thumbnail)
        for stage in self.stages:
            stage.add(index, shot)

    def _take_end(self, scanned: Scanned) -> None:
        """A packet lost makes the video partial."""
        self._video = replace(scanned.video, fingerprint=self.change.fingerprint)
        state = State.PARTIAL if scanned.lost else State.DONE
        seconds = time.monotonic() - self.started
        self._scanned = StageRecord(SCAN, state, detail=scanned.detail, seconds=seconds)

    @property
    def _leaves_a_gap(self) -> bool:
        return self.change.action is Action.INDEX

    def _record_failure(self, error: MediaError) -> None:
        self._library.catalog.publish_failure(
            self.change.path,
            root=self.change.root,
            size=self.change.size,
            mtime_ns=self.change.mtime_ns,
            fingerprint=self.change.fingerprint,
            stage=StageRecord(SCAN, State.FAILED, error.reason.value, error.detail),
        )

    def _summary(self) -> str:
        keyframes = sum(len(shot.keyframes_us) for shot in self._shots)
        parts = [counted(len(self._shots), "shot"), counted(keyframes, "keyframe")]
        if self._annotations:
            parts.append(f"{counted(len(self._annotations), 'line')} of text")
        return f"{', '.join(parts)} {self._took()}"


class VectorsJob(Job):
    """A video whose shots are known, to which the vectors of further encoders are added."""

    def __init__(
        self,
        library: Library,
        change: Change,
        batches: Sequence[Batches],
        video_id: int,
        shots: Sequence[Shot],
    ) -> None:
        super().__init__(library, change, batches)
        self._video_id = video_id
        self._shots = shots
        self._index = 0
        self._keyframes: list[Keyframe] = []

    @property
    def times_us(self) -> list[int]:
        """Of the keyframes, whose pictures it takes in this order."""
        return [time_us for shot in self._shots for time_us in shot.keyframes_us]

    def take(self, message: Message | Frame) -> Progress | None:
        assert isinstance(message, Frame)
        shot = self._shots[self._index]
        self._keyframes.append(Keyframe(shot.keyframes_us[len(self._keyframes)], message.image, b""))
        if len(self._keyframes) < len(shot.keyframes_us):
            return None
        for stage in self.stages:
            stage.add(shot.index, ScannedShot(shot.span, tuple(self._keyframes)))
        self._keyframes.clear()
        self._index += 1
        return Progress(self.change.path, "encode", shot.span.end_us, self._shots[-1].span.end_us)

    def publish(self) -> Outcome:
        """In one transaction an encoder."""
        catalog = self._library.catalog
        for stage in self.stages:
            gathered = stage.gathered()
            if gathered is None:
                catalog.set_stage(self._video_id, stage.record())
            else:
                catalog.add_vectors(self._video_id, stage.encoder.space, *gathered, stage.record())
        names = ", ".join(stage.encoder.reference for stage in self.stages)
        summary = f"{counted(len(self._shots), 'shot')} through {names} {self._took()}"
        return outcome([stage.record() for stage in self.stages], summary)

    def _record_failure(self, error: MediaError) -> None:
        for stage in self.stages:
            self._library.catalog.set_stage(self._video_id, stage.record())


def counted(number: int, thing: str) -> str:
    """``1 shot``, ``2 shots``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def outcome(records: Sequence[StageRecord], summary: str) -> Outcome:
    """The worst of the stages: a video whose words are missing is not done, it is partial."""
    for record in records:
        if record.state is not State.DONE:
            return Outcome(State.PARTIAL, f"{summary}; {record.detail}", record.reason)
    return Outcome(State.DONE, summary)
