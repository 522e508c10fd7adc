"""Encoders of strangers, well and badly behaved, named in tests as ``tests.indexer.encoders:Class``."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from plugins.contracts import Encoder
from plugins.values import Image, Matrix


class Small(Encoder):
    """Mean colour of the four quarters."""

    dim = 12
    revision = "1"

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        return np.array([self._quarters(image) for image in images], np.float32).reshape(-1, 12)

    def _quarters(self, image: Image) -> Matrix:
        height, width = (max(1, side // 2) for side in image.shape[:2])
        parts = [
            image[:height, :width],
            image[:height, -width:],
            image[-height:, :width],
            image[-height:, -width:],
        ]
        return np.concatenate([part.mean(axis=(0, 1)) + 1 for part in parts])


class Wide(Small):
    """The same in another dimension."""

    dim = 24

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        return np.repeat(super().encode_images(images), 2, axis=1)


class Hasty(Small):
    """Waits for no second picture, so that a video is done as soon as it is decoded."""

    batch_size = 1


class NotANumber(Small):
    """Returns NaN while the file given as its argument exists."""

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        rows = super().encode_images(images)
        return rows * np.float32(np.nan) if Path(self.argument).exists() else rows


WRONG: dict[str, Callable[[Matrix], object]] = {
    "nan": lambda rows: rows * np.float32(np.nan),
    "infinity": lambda rows: rows * np.float32(np.inf),
    "zero": lambda rows: rows * 0,
    "width": lambda rows: rows[:, :-1],
    "few": lambda rows: rows[:-1],
    "many": lambda rows: np.concatenate([rows, rows]),
    "float64": lambda rows: rows.astype(np.float64),
    "flat": lambda rows: rows.ravel(),
    "none": lambda rows: None,
    "empty": lambda rows: rows[:0],
    "list": lambda rows: rows.tolist(),
}


class Wrong(Small):
    """Returns what its contract forbids, in the way its argument names, for pictures that are mostly red."""

    batch_size = 1

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        rows = super().encode_images(images)
        red, green, blue = images[0].mean(axis=(0, 1)) if len(images) else (0, 0, 0)
        return WRONG[self.argument](rows) if red > 2 * max(green, blue) else rows  # type: ignore[return-value]


class AfraidOfRed(Small):
    """Fails at a picture that is mostly red, whatever it came with."""

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        for image in images:
            red, green, blue = image.mean(axis=(0, 1))
            if red > 2 * max(green, blue):
                raise ValueError("red")
        return super().encode_images(images)


class Later(Small):
    """Another revision of `Small`, when asked for under its name."""

    revision = "2"
