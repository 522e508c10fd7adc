"""One decoded frame, and what can be read off it without converting the whole of it.

Scaling a frame costs as much as decoding it, so a detector's 48x27 picture is averaged from a few rows of the
decoder's own planes, and sharpness is measured on them too.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from plugins.values import Frame, Image

SAMPLES = (3, 2, 2)
"""rows, and in each of them pixels, that are read for one pixel of a tiny picture: of Y, U and V"""
TINY = (48, 27)
"""(width, height) of the pictures that are compared"""
MAX_ASPECT = 4
ROWS_FOR_SHARPNESS = 32
YUV_TO_RGB = np.array([[1.0, 1.0, 1.0], [0.0, -0.344, 1.772], [1.402, -0.714, 0.0]], np.float32)


@dataclass(slots=True, eq=False)
class Picture:
    """A decoded frame at its time."""

    raw: av.VideoFrame
    ticks: int
    """presentation time in units of ``time_base``, counted from the video's first frame"""
    time_base: Fraction
    """seconds"""
    time_us: int
    scaler: VideoReformatter
    """shared by all pictures of one pass, which is read by one thread"""
    _tiny: dict[tuple[int, int], Image] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) when upright."""
        return upright_size(self.raw)

    def frame(self, size: tuple[int, int] | None = None) -> Frame:
        """As plugins are given it, scaled to (width, height) where asked."""
        return Frame(self.rgb(size or self.size), self.ticks, self.time_base)

    def shrunk(self, short_side: int | None) -> Image:
        """RGB whose shorter side is at most so many pixels, and the longer `MAX_ASPECT` times as many; never
        enlarged."""
        width, height = self.size
        short, long = sorted(self.size)
        scale = 1.0 if short_side is None else min(1.0, short_side / short, MAX_ASPECT * short_side / long)
        return self.rgb((max(1, round(width * scale)), max(1, round(height * scale))))

    def rgb(self, size: tuple[int, int]) -> Image:
        """uint8 (height, width, 3), upright, of that (width, height)."""
        if size in self._tiny:
            return self._tiny[size]
        turns = quarter_turns(self.raw)
        width, height = size[::-1] if turns % 2 else size
        if not self._has_cells(width, height):
            stored = self.scaler.reformat(
                self.raw, width, height, "rgb24", interpolation=Interpolation.AREA
            ).to_ndarray()
            return np.ascontiguousarray(np.rot90(stored, turns)).astype(np.uint8, copy=False)
        self._tiny[size] = np.ascontiguousarray(np.rot90(self._cells(width, height), turns))
        return self._tiny[size]

    def sharpness(self) -> float:
        """How much neighbouring pixels differ, of 1. Comparable within one video only."""
        plane, peak = _samples(self.raw, 0)
        rows = plane[:: max(1, plane.shape[0] // ROWS_FOR_SHARPNESS)].astype(np.int32)
        if rows.shape[1] < 3:
            return 0.0
        return float(np.square(rows[:, 2:] - rows[:, :-2]).mean()) / peak**2

    def _has_cells(self, width: int, height: int) -> bool:
        """Whether a picture of that size is small enough to be averaged from the planes."""
        layout = _layout(self.raw.format.name)
        return layout is not None and self.raw.width >= 4 * width and self.raw.height >= 4 * height

    def _cells(self, width: int, height: int) -> Image:
        """RGB as it is stored (not yet upright): every pixel the mean of samples inside its cell."""
        planes = np.empty((height, width, 3), np.float32)
        for index, count in enumerate(SAMPLES):
            plane, peak = _samples(self.raw, index)
            rows = plane[_spread(plane.shape[0], count * height)]
            sums = _summed(rows.take(_spread(plane.shape[1], count * width), axis=1), count)
            np.multiply(sums, 255 / peak / count**2, out=planes[:, :, index])
        planes -= (0, 128, 128)
        if not _is_full_range(self.raw):
            planes[:, :, 0] -= 16
            planes *= (255 / 219, 255 / 224, 255 / 224)
        return (planes @ YUV_TO_RGB).clip(0, 255).astype(np.uint8)


def quarter_turns(raw: av.VideoFrame) -> int:
    """How often a player turns the stored picture by 90 degrees counter-clockwise: 0 to 3."""
    return round(raw.rotation / 90) % 4


def upright_size(raw: av.VideoFrame) -> tuple[int, int]:
    """(width, height) as a player shows it."""
    return (raw.height, raw.width) if quarter_turns(raw) % 2 else (raw.width, raw.height)


def _summed(samples: NDArray[Any], count: int) -> NDArray[Any]:
    """Sums of so many rows by so many columns. By slices: reducing short axes is many times slower."""
    wide: NDArray[Any] = samples[::count].astype(np.uint16 if samples.dtype == np.uint8 else np.uint32)
    for at in range(1, count):
        wide += samples[at::count]
    sums = wide[:, ::count].copy()
    for at in range(1, count):
        sums += wide[:, at::count]
    return sums


@lru_cache
def _spread(length: int, count: int) -> NDArray[np.intp]:
    """Indices of so many samples, evenly spread over a length."""
    return (2 * np.arange(count) + 1) * length // (2 * count)


@lru_cache
def _layout(name: str) -> int | None:
    """Bits of a sample where the format keeps Y, U and V in planes of their own, else None."""
    layout = av.VideoFormat(name)
    if not name.startswith("yuv") or not layout.is_planar or layout.is_big_endian:
        return None
    return layout.components[0].bits


def _is_full_range(raw: av.VideoFrame) -> bool:
    return raw.format.name.startswith("yuvj") or raw.color_range == 2


def _samples(raw: av.VideoFrame, index: int) -> tuple[NDArray[Any], int]:
    """One plane as (height, width) without copying, and the highest value a sample can have."""
    bits = _layout(raw.format.name)
    if bits is None:  # packed or palette: there is no plane of brightness to read, so one is made
        raw, bits = raw.reformat(format="gray"), 8
    plane = raw.planes[index]
    dtype = np.dtype(np.uint8 if bits == 8 else "<u2")
    samples = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, -1)
    return samples[:, : plane.width], (1 << bits) - 1
