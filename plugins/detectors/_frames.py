"""Very small pictures of frames, many at a time, and what can be measured between two of them.

Of many frames one call costs hardly more than of one, so everything that every frame needs is made here
together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pictures = NDArray[np.int16]

SIZE = (48, 27)
"""(width, height) of the pictures that are compared"""
COARSE = 3
"""pixels of them that are one of the still smaller ones in which mixtures are looked for"""
SEARCH = 3
"""pixels by which a part of the picture may have moved from one frame to the next"""
BLOCK = (9, 8)
"""(height, width) of such a part"""
TINT = 0.3
"""weight of a part's change of colour beside that of its brightness"""
FLAT = 0.045
"""standard deviation, of 1, below which a picture shows nothing: black, white, a blur"""
BLACK = 0.1
"""mean, of 1, below which a flat picture is black"""

_DOWN, _ACROSS = SIZE[1] // BLOCK[0], SIZE[0] // BLOCK[1]
"""parts of a picture, one below and one beside the other"""
_ROUND = np.pad(np.arange(SIZE[0] * SIZE[1]).reshape(SIZE[::-1]), SEARCH, mode="edge")
"""(33, 54): which pixel stands where when a picture is continued beyond its edges"""


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames that follow each other, numbered from the beginning of the video."""

    first: int
    """number of the first of them"""
    times_us: list[int]
    pictures: Pictures
    """(n, 27, 48, 3)"""
    coarse: Floats
    """(n, 432): 9 rows of 16 colours, of 1"""
    light: Pictures
    """(n, 27, 48): red, green and blue together"""
    tint: Floats
    """(n, 18, 3): how the colour of each part differs from grey"""
    steps: NDArray[np.float64]
    """(n,): mean difference of each from the one before, of 1; 0 of the very first"""

    @classmethod
    def none(cls) -> Self:
        pictures = np.zeros((0, *SIZE[::-1], 3), np.int16)
        return cls(0, [], pictures, coarse(pictures), light(pictures), tint(pictures), np.zeros(0))

    @property
    def end(self) -> int:
        """Number behind the last."""
        return self.first + len(self.times_us)

    def followed(self, times_us: Sequence[int], images: NDArray[np.uint8], keep: int) -> Self:
        """The last ``keep`` of these, and more behind them: images (n, 27, 48, 3)."""
        pictures = images.astype(np.int16)
        last = self.pictures[-1:]
        steps = np.zeros(len(last) + len(pictures))
        steps[1:] = _steps(np.concatenate([last, pictures]))
        old = slice(max(0, len(self.times_us) - keep), None)
        return type(self)(
            self.first + old.start,
            [*self.times_us[old], *times_us],
            np.concatenate([self.pictures[old], pictures]),
            np.concatenate([self.coarse[old], coarse(pictures)]),
            np.concatenate([self.light[old], light(pictures)]),
            np.concatenate([self.tint[old], tint(pictures)]),
            np.concatenate([self.steps[old], steps[len(last) :]]),
        )

    def unmoved(self, before: int, after: int) -> float:
        """What of the difference of two frames, given by their numbers, no motion explains; see `unmoved`."""
        one, other = before - self.first, after - self.first
        return unmoved(self.light[one], self.tint[one], self.light[other], self.tint[other])

    def relit(self, before: int, after: int) -> float:
        """The same where the earlier one is first brought into the light of the later one."""
        one, other = self.pictures[before - self.first], self.pictures[after - self.first]
        lit = _relit(one, other)[None]
        at = after - self.first
        return unmoved(light(lit)[0], tint(lit)[0], self.light[at], self.tint[at])


def unmoved(earlier: Pictures, earlier_tint: Floats, later: Pictures, later_tint: Floats) -> float:
    """Mean difference, of 1, when every block of the later picture is compared with the place in the
    earlier one, up to `SEARCH` pixels away, whose brightness it resembles most; and by how much its colour
    changed.

    Args:
        earlier, later: as `Frames.light` of one frame
        earlier_tint, later_tint: as `Frames.tint`
    """
    around = earlier.take(_ROUND)
    places = np.lib.stride_tricks.sliding_window_view(around, later.shape)
    apart = places - later
    nearest = _blocks(np.abs(apart, out=apart).reshape(-1, *later.shape, 1)).min(axis=0)
    moved = nearest.mean() / (3 * BLOCK[0] * BLOCK[1])
    return float(moved + TINT * np.abs(later_tint - earlier_tint).mean()) / 255


def _blocks(pictures: Pictures) -> NDArray[np.int32]:
    """(n, 27, 48, k) to (n, 18, k): the sum of each part. By slices: reducing short axes is slow."""
    count, _, width, kinds = pictures.shape
    wide = pictures.reshape(count, _DOWN, BLOCK[0], width * kinds).sum(axis=2, dtype=np.int32)
    sums: NDArray[np.int32] = wide.reshape(count, _DOWN * _ACROSS, BLOCK[1], kinds)
    while sums.shape[2] > 1:
        sums = sums[:, :, ::2] + sums[:, :, 1::2]
    return sums[:, :, 0]


def coarse(pictures: Pictures) -> Floats:
    """(n, 432): means of `COARSE` pixels by as many, of 1. By slices: reducing short axes is slow."""
    rows = pictures[:, ::COARSE] + pictures[:, 1::COARSE] + pictures[:, 2::COARSE]
    sums = rows[:, :, ::COARSE] + rows[:, :, 1::COARSE] + rows[:, :, 2::COARSE]
    means: Floats = np.divide(
        sums.reshape(len(sums), 3 * SIZE[0] * SIZE[1] // COARSE**2), COARSE**2 * 255, dtype=np.float32
    )
    return means


def light(pictures: Pictures) -> Pictures:
    """(n, 27, 48): red, green and blue together."""
    return pictures[..., 0] + pictures[..., 1] + pictures[..., 2]


def tint(pictures: Pictures) -> Floats:
    """(n, 18, 3): of each part, how its mean colour differs from grey."""
    parts = np.divide(_blocks(pictures), BLOCK[0] * BLOCK[1], dtype=np.float32)
    grey = np.divide(parts[..., :1] + parts[..., 1:2] + parts[..., 2:], 3, dtype=np.float32)
    away: Floats = parts - grey
    return away


def is_black(picture: Floats) -> bool:
    """``picture``: of 1"""
    return bool(picture.mean() < BLACK and picture.std() < FLAT)


def correlations(one: Floats, other: Floats) -> Floats:
    """(n,): of each row with the row beside it."""
    one, other = one - one.mean(axis=1, keepdims=True), other - other.mean(axis=1, keepdims=True)
    lengths: Floats = np.sqrt(_products(one, one) * _products(other, other)) + np.float32(1e-3)
    return np.divide(_products(one, other), lengths, dtype=np.float32)


def _products(one: Floats, other: Floats) -> Floats:
    rows: Floats = np.einsum("ij,ij->i", one, other)
    return rows


def _relit(before: Pictures, after: Pictures) -> Pictures:
    """The earlier picture in the light of the later one: the gain and the offset that bring them together."""
    x, y = before.ravel().astype(np.float32), after.ravel().astype(np.float32)
    centred = x - x.mean()
    gain = max(0.0, float(centred @ (y - y.mean())) / (float(centred @ centred) + 1.0))
    lit: Pictures = (gain * (before - x.mean()) + y.mean()).clip(0, 255).astype(np.int16)
    return lit


def _steps(pictures: Pictures) -> NDArray[np.float64]:
    """(n - 1,): mean absolute difference of each picture from the one before, of 1."""
    apart = np.abs(np.diff(pictures, axis=0))
    sums: NDArray[np.int32] = apart.reshape(len(apart), 3 * SIZE[0] * SIZE[1]).sum(axis=1, dtype=np.int32)
    return sums / (3 * SIZE[0] * SIZE[1]) / 255
