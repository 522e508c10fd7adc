"""One encoder fed in full batches, whatever videos its pictures are of, and what each video gets of it.

A folder of short videos would give an encoder few pictures at a time, and a model makes most of a processor
with many. So the pictures of all videos under way wait together; when there are enough of them they are
encoded, and the vectors go back to their videos in the order in which the pictures came.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from indexer.catalog import Row, StageRecord, State
from indexer.encode import encode_images, encode_shots, parts, spread
from indexer.scan import ScannedShot
from plugins.contracts import Encoder
from plugins.errors import MediaError, PluginError, Reason
from plugins.values import Image, Vectors

ENOUGH = 4
"""a batch so many times too small costs a processor hardly more a picture, see `Batches.idle`"""


def encode_stage(reference: str) -> str:
    """The stage in which one encoder turns the keyframes into vectors."""
    return f"encode:{reference}"


class Batches:
    """Pictures that wait for one encoder: fewer than it takes at once, but for those of one shot."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._waiting: list[_Waiting] = []

    def add(self, stage: "EncodeStage", pictures: Sequence[Sequence[Image]]) -> None:
        """Takes pictures, together those that become one row, and encodes while there is a full batch."""
        self._waiting += [_Waiting(stage, images) for images in pictures]
        while sum(len(item.images) for item in self._waiting) >= self.encoder.batch_size:
            self._encode_next()

    def idle(self) -> None:
        """There is nothing better to do than to encode what waits, if it is enough of a batch."""
        if sum(len(item.images) for item in self._waiting) * ENOUGH >= self.encoder.batch_size:
            self._encode_next()

    def flush(self) -> None:
        """Encodes all that wait."""
        while self._waiting:
            self._encode_next()

    def forget(self, stage: "EncodeStage") -> None:
        """Lets the pictures of one video go."""
        self._waiting = [item for item in self._waiting if item.stage is not stage]

    def _encode_next(self) -> None:
        count = taken = 0
        for item in self._waiting:
            taken += len(item.images)
            if count and taken > self.encoder.batch_size:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        self._encode(batch)

    def _encode(self, batch: "Sequence[_Waiting]") -> None:
        """A batch of several videos that fails is done again video by video: only those at fault fail."""
        stages = dict.fromkeys(item.stage for item in batch)
        started = time.monotonic()
        try:
            vectors = self._vectors([item.images for item in batch])
        except PluginError as error:
            if len(stages) == 1:
                batch[0].stage.fail(error)
                return
            for stage in stages:
                self._encode([item for item in batch if item.stage is stage])
            return
        seconds = (time.monotonic() - started) / len(batch)
        for stage in stages:
            rows = [at for at, item in enumerate(batch) if item.stage is stage]
            stage.take(Vectors(vectors.space, vectors.data[rows]), seconds * len(rows))

    def _vectors(self, pictures: Sequence[Sequence[Image]]) -> Vectors:
        if self.encoder.sees_motion:
            return encode_shots(self.encoder, pictures)
        return encode_images(self.encoder, [images[0] for images in pictures])


class EncodeStage:
    """One encoder over one video. An encoder that fails is out for this video, and its stage says why.

    An encoder that sees pictures gives one row a keyframe, and one for each of its parts where it sees those,
    so that a shot can be scored by its best moment; one that sees motion gives one row a shot.
    """

    def __init__(self, batches: Batches) -> None:
        self.encoder = batches.encoder
        self.error: PluginError | MediaError | None = None
        self._batches = batches
        self._rows: list[Row] = []
        self._vectors = np.zeros((0, self.encoder.dim), np.float32)
        self._missing = 0
        self._seconds = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether vectors are still to come."""
        return self._missing > 0 and self.error is None

    @property
    def total(self) -> int:
        """Vectors that will have come when it is done."""
        return len(self._rows)

    @property
    def done(self) -> int:
        """Vectors that have come."""
        return len(self._rows) - self._missing

    def add(self, index: int, shot: ScannedShot) -> None:
        """Hands the keyframes of the next shot to the encoder, which may take them later."""
        if self.error is not None:
            return
        keyframes = spread(shot.keyframes, self.encoder.frames_per_shot)
        images = [keyframe.image for keyframe in keyframes]
        if self.encoder.sees_motion:
            rows, pictures = [Row(index, keyframes[len(keyframes) // 2].time_us)], [images]
        else:
            shown = [parts(image) if self.encoder.sees_parts else [image] for image in images]
            times = [item.time_us for item, seen in zip(keyframes, shown, strict=True) for _ in seen]
            rows = [Row(index, time_us) for time_us in times]
            pictures = [[image] for seen in shown for image in seen]
        self._rows += rows
        self._missing += len(rows)
        self._batches.add(self, pictures)

    def take(self, vectors: Vectors, seconds: float) -> None:
        """Takes the next vectors, and the time they have cost."""
        count = len(self._vectors)
        # in place: of a long film they would be held twice when they are put together
        self._vectors.resize((count + len(vectors), self.encoder.dim), refcheck=False)
        self._vectors[count:] = vectors.data
        self._missing -= len(vectors)
        self._seconds += seconds

    def fail(self, error: PluginError | MediaError) -> None:
        """Ends the stage: its encoder has failed, or its pictures cannot be had."""
        self.error = error
        self._vectors = self._vectors[:0].copy()
        self._batches.forget(self)

    def gathered(self) -> tuple[list[Row], Vectors] | None:
        """Every vector and where it belongs; None after a failure."""
        if self.error is not None:
            return None
        return self._rows, Vectors(self.encoder.space, self._vectors)

    def record(self) -> StageRecord:
        name, revision = encode_stage(self.encoder.reference), self.encoder.revision
        if self.error is None:
            return StageRecord(name, State.DONE, revision=revision, seconds=self._seconds)
        if isinstance(self.error, MediaError):
            reason, detail = self.error.reason, self.error.detail
        else:
            reason, detail = Reason.ENCODER, str(self.error)
        return StageRecord(name, State.FAILED, reason.value, detail, revision, self._seconds)


class _Waiting(NamedTuple):
    """What becomes one row."""

    stage: EncodeStage
    images: Sequence[Image]
