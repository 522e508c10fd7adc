"""What can be read off the planes of a decoder's frames without converting them.

Scaling a frame costs as much as decoding it, so a detector's 48x27 picture is averaged from a few rows of the
planes, and sharpness is measured on them too.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from plugins.values import Image

SAMPLES = (3, 2, 2)
"""rows, and in each of them pixels, that are read for one pixel of a tiny picture: of Y, U and V"""
MAX_CELLS = 8_000
"""pixels: above that the scaler is faster"""
ROWS_FOR_SHARPNESS = 32
YUV_TO_RGB = np.array([[1.0, 1.0, 1.0], [0.0, -0.344, 1.772], [1.402, -0.714, 0.0]], np.float32)
Floats = NDArray[np.float32]


def kind(raw: av.VideoFrame) -> tuple[object, ...]:
    """What frames must have in common that `cells` may take them together."""
    return raw.format.name, raw.width, raw.height, _is_full_range(raw)


def has_cells(raw: av.VideoFrame, size: tuple[int, int]) -> bool:
    """Whether a picture of that (width, height) is small enough to be averaged from the planes."""
    width, height = size
    is_reduced = raw.width >= 4 * width and raw.height >= 4 * height
    return is_reduced and width * height <= MAX_CELLS and _bits(raw.format.name) is not None


def cells(raws: Sequence[av.VideoFrame], size: tuple[int, int]) -> Image:
    """Frames of one `kind` as small RGB pictures, not yet upright: every pixel is the mean of samples inside
    its cell. Of a few frames the calls of NumPy take hardly longer than of one.

    Args:
        size: (width, height), for which `has_cells` is true

    Returns:
        uint8 (n, height, width, 3)
    """
    width, height = size
    bits = _bits(raws[0].format.name)
    assert bits is not None
    sums = np.empty((3, len(raws), height * width), np.float32)
    planes = [raw.planes for raw in raws]
    for index, count in enumerate(SAMPLES):
        samples = np.stack([_samples(frame[index], bits, (height, width), count) for frame in planes])
        sums[index] = np.add.reduce(samples, axis=1, dtype=np.uint32)
    gains, offsets = _to_rgb(bits, _is_full_range(raws[0]))
    colours = gains @ sums.reshape(3, -1)
    colours += offsets
    np.clip(colours, 0, 255, out=colours)
    return colours.astype(np.uint8).T.copy().reshape(len(raws), height, width, 3)


def sharpness(raw: av.VideoFrame) -> float:
    """How much neighbouring pixels differ, of 1. Comparable within one video only."""
    bits = _bits(raw.format.name)
    if bits is None:  # packed or palette: there is no plane of brightness to read, so one is made
        raw, bits = raw.reformat(format="gray"), 8
    plane = raw.planes[0]
    every = max(1, plane.height // ROWS_FOR_SHARPNESS)
    rows = _memory(plane, bits)[::every, : plane.width].astype(np.float32)
    if rows.shape[1] < 3:
        return 0.0
    steps = rows[:, 2:] - rows[:, :-2]
    return float(np.einsum("ij,ij->", steps, steps)) / steps.size / ((1 << bits) - 1) ** 2


def _samples(plane: Any, bits: int, cells: tuple[int, int], count: int) -> NDArray[Any]:
    """(count², cells)"""
    memory = _memory(plane, bits)
    return memory.ravel().take(_places(*memory.shape, plane.width, cells, count))


@lru_cache
def _places(height: int, stride: int, width: int, cells: tuple[int, int], count: int) -> NDArray[np.intp]:
    """(count², cells): where in the memory of a plane the samples lie, those of a cell below each other.
    Such a table is summed many times faster than one whose cells lie in rows."""
    rows = _spread(height, count * cells[0]) * stride
    columns = _spread(width, count * cells[1])
    places = rows.reshape(cells[0], 1, count, 1) + columns.reshape(1, cells[1], 1, count)
    return np.ascontiguousarray(places.reshape(-1, count**2).T)


def _spread(length: int, count: int) -> NDArray[np.intp]:
    """Indices of so many samples, evenly spread over a length."""
    return (2 * np.arange(count) + 1) * length // (2 * count)


@lru_cache
def _to_rgb(bits: int, is_full_range: bool) -> tuple[Floats, Floats]:
    """(3, 3) and (3, 1): by what sums of samples are multiplied, and what is added, to give RGB of 255."""
    swing = np.array([255.0, 255.0, 255.0] if is_full_range else [219.0, 224.0, 224.0])
    zero = np.array([0.0 if is_full_range else 16.0, 128.0, 128.0])
    gains = YUV_TO_RGB.T * (255 / swing)
    scale = 255 / ((1 << bits) - 1) / np.square(SAMPLES)
    return (gains * scale).astype(np.float32), -(gains @ zero[:, None]).astype(np.float32)


@lru_cache
def _bits(name: str) -> int | None:
    """Of a sample where the format keeps Y, U and V in planes of their own, else None."""
    layout = av.VideoFormat(name)
    if not name.startswith("yuv") or not layout.is_planar or layout.is_big_endian:
        return None
    return layout.components[0].bits


def _is_full_range(raw: av.VideoFrame) -> bool:
    return raw.format.name.startswith("yuvj") or raw.color_range == 2


def _memory(plane: Any, bits: int) -> NDArray[Any]:
    """A plane as it lies, without copying: (height, samples of a row and what fills it up)."""
    return np.frombuffer(plane, np.uint8 if bits == 8 else "<u2").reshape(plane.height, -1)
