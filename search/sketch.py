"""A piece of video as a strip of tiny grey pictures, and each of them as a few numbers that compare well.

A picture's numbers are those of its cosine transform, low frequencies only: what is left of it after another
codec, another size or a logo. The lowest is left out and the others are weighted by their frequency, since
pictures of anything are alike in their broad gradients; brightness, contrast and gamma then change little. A
mirrored picture has the same numbers, some with the other sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from indexer.decoder import Decoder
from plugins.values import Ids, Matrix, Span

Greys: TypeAlias = NDArray[np.uint8]
"""(n, height, width), of 255"""
Rect: TypeAlias = tuple[float, float, float, float]
"""left, top, right, bottom as fractions of a picture"""

WHOLE: Rect = (0.0, 0.0, 1.0, 1.0)
SIZE = (36, 64)
"""(height, width) of a tiny picture, whatever the shape of the video"""
NO_GREYS: Greys = np.zeros((0, *SIZE), np.uint8)
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
BORDER = 26
"""of 255: rows and columns that never get brighter are no part of the picture"""
MOST_BORDER = 0.4
"""of the height or width: what is dark beyond that is a dark picture"""
FAINT = 1.5
"""of 255: detail below this is noise, and is not enlarged to look like more"""


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """Tiny pictures of a piece of video and when they are shown."""

    times_us: Ids
    """int64 (n,), ascending strictly; in the video's own time"""
    greys: Greys

    def __len__(self) -> int:
        return len(self.times_us)

    def picked(self, indices: NDArray[np.signedinteger] | slice) -> "Strip":
        return Strip(self.times_us[indices], self.greys[indices])


def strip(decoder: Decoder, path: str, roots: Sequence[str], span: Span | None, rate: float) -> Strip:
    """Tiny pictures of a piece of video.

    Args:
        rate: how many a second, at most

    Raises:
        MediaError: the file cannot be used
    """
    times: list[int] = []
    greys: list[Greys] = []
    for frame in decoder.watch(path, roots, span, fps=rate, short_side=SIZE[0]):
        grey = np.matmul(frame.image, LUMA)
        times.append(frame.time_us)
        greys.append((grey if grey.shape == SIZE else cells(grey[None], WHOLE, SIZE)[0]).astype(np.uint8))
    return Strip(np.array(times, np.int64), np.stack(greys) if greys else NO_GREYS)


def joined(strips: Sequence[Strip]) -> Strip:
    """Several that follow each other, as one."""
    times = [item.times_us for item in strips] or [np.zeros(0, np.int64)]
    return Strip(np.concatenate(times), np.concatenate([item.greys for item in strips] or [NO_GREYS]))


def inner(greys: Greys) -> Rect:
    """Where the picture is inside dark bars; all of it where there are none."""
    high = greys.max(axis=0) if len(greys) < 3 else np.sort(greys, axis=0)[-2]
    (top, bottom), (left, right) = (_lit(np.quantile(high, 0.75, axis=axis)) for axis in (1, 0))
    return left, top, right, bottom


def _lit(lines: NDArray[np.float64]) -> tuple[float, float]:
    """From the first bright line to the last, as fractions."""
    bright = np.flatnonzero(lines > BORDER)
    if not len(bright) or bright[-1] + 1 - bright[0] < (1 - MOST_BORDER) * len(lines):
        return 0.0, 1.0
    return bright[0] / len(lines), (bright[-1] + 1) / len(lines)


def spectra(greys: Greys | Matrix, rect: Rect, order: int) -> Matrix:
    """The cosine transform of a part of each picture.

    Args:
        greys: (n, height, width), of 255
        rect: the part; where it reaches beyond the picture there is nothing
        order: how many frequencies each way

    Returns:
        float32 (n, order * order) of unit length, less where there is hardly any detail
    """
    left, top, right, bottom = rect
    across = _covered(greys.shape[2], left, right) * _waves(greys.shape[2], left, right, order)
    down = _covered(greys.shape[1], top, bottom) * _waves(greys.shape[1], top, bottom, order)
    raw = np.matmul(np.matmul(down, greys.astype(np.float32)), across.T)
    rows = (raw * _weights(order)).reshape(len(greys), -1)
    length: Matrix = np.sqrt(np.square(rows).sum(axis=1, keepdims=True) + FAINT**2)
    unit: Matrix = np.divide(rows, length, dtype=np.float32)
    return unit


def cells(greys: Greys | Matrix, rect: Rect, grid: tuple[int, int]) -> Matrix:
    """A part of each picture as an even grid of means, float32 (n, rows, columns)."""
    left, top, right, bottom = rect
    rows, columns = grid
    across = np.stack([_covered(greys.shape[2], *edges) for edges in _parts(left, right, columns)])
    down = np.stack([_covered(greys.shape[1], *edges) for edges in _parts(top, bottom, rows)])
    grids: Matrix = np.matmul(np.matmul(down, greys.astype(np.float32)), across.T)
    return grids


def _parts(start: float, end: float, count: int) -> list[tuple[float, float]]:
    edges = np.linspace(start, end, count + 1).tolist()
    return list(pairwise(edges))


def mirror(order: int) -> Matrix:
    """What turns the numbers of a picture into those of its mirror image, (order * order,)."""
    signs = np.where(np.arange(order) % 2, -1, 1)
    return np.tile(signs, order).astype(np.float32)


def _covered(pixels: int, start: float, end: float) -> Matrix:
    """How much of a part of a line lies in each pixel, (pixels,)."""
    edges = np.arange(pixels + 1) / pixels
    covered = np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0, None) / (end - start)
    shares: Matrix = covered.astype(np.float32)
    return shares


def _waves(pixels: int, start: float, end: float, order: int) -> Matrix:
    """Each cosine between two places of a line of pixels, (order, pixels)."""
    middles = (np.arange(pixels) + 0.5) / pixels
    phases = np.outer(np.arange(order), (middles - start) / (end - start))
    waves: Matrix = np.cos(np.pi * phases).astype(np.float32)
    return waves


def _weights(order: int) -> Matrix:
    """0 for the mean, more for finer detail, (order, order)."""
    steps = np.arange(order)
    weights: Matrix = np.hypot(steps[:, None], steps[None, :]).astype(np.float32)
    return weights
