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

from plugins.values import SECOND, Frame, Image

SAMPLES = (3, 2, 2)
"""rows, and in each of them pixels, that are read for one pixel of a tiny picture: of Y, U and V"""
MAX_CELLS = 8_000
"""pixels: above that the scaler is faster"""
TINY = (48, 27)
"""(width, height) of the pictures that are compared"""
MAX_ASPECT = 4
ROWS_FOR_SHARPNESS = 32
Floats = NDArray[np.float32]
YUV_TO_RGB = np.array([[1.0, 1.0, 1.0], [0.0, -0.344, 1.772], [1.402, -0.714, 0.0]], np.float32)


class Scaler:
    """Scales frames. Every size has its own context, since making one takes longer than a frame."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], VideoReformatter] = {}

    def rgb(self, raw: av.VideoFrame, size: tuple[int, int]) -> Image:
        """uint8 (height, width, 3) of that (width, height), as the frame is stored."""
        made = self._made.setdefault(size, VideoReformatter())
        scaled = made.reformat(raw, *size, "rgb24", interpolation=Interpolation.AREA)
        return scaled.to_ndarray().astype(np.uint8, copy=False)


@dataclass(slots=True, eq=False)
class Picture:
    """A decoded frame at its time."""

    _raw: av.VideoFrame | None
    pts: int | None
    """presentation time as the stream says it, in units of ``time_base``"""
    ticks: int
    """presentation time in units of ``time_base``, counted from the video's first frame"""
    time_base: Fraction
    """seconds"""
    time_us: int
    scaler: Scaler
    """shared by all pictures of one pass, which is read by one thread"""
    _scaled: dict[tuple[int, int], Image] = field(default_factory=dict)
    _sharpness: float | None = None
    _duration: int = 0
    """in units of ``time_base``, once the frame was let go"""

    @property
    def raw(self) -> av.VideoFrame:
        assert self._raw is not None, "a picture was let go, and is still needed"
        return self._raw

    @property
    def is_let_go(self) -> bool:
        return self._raw is None

    @property
    def shown_us(self) -> int:
        """How long it is shown, microseconds; 0 where the stream does not say it."""
        duration = self._raw.duration if self._raw else self._duration
        return int((duration or 0) * self.time_base * SECOND)

    def let_go(self) -> None:
        """Keeps of the frame only what it has been asked for so far."""
        if self._raw:
            self._duration, self._raw = self.raw.duration or 0, None

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
        short, long = sorted(self.size)
        if short_side is None:
            return self.rgb(self.size)
        return self._scaled_by(min(short_side / short, MAX_ASPECT * short_side / long))

    def fitted(self, size: tuple[int, int]) -> Image:
        """RGB that is at most (width, height) large; never enlarged."""
        return self._scaled_by(min(most / own for most, own in zip(size, self.size, strict=True)))

    def _scaled_by(self, scale: float) -> Image:
        if scale >= 1:
            return self.rgb(self.size)
        width, height = (
            2 * round(length * scale / 2) or 1 for length in self.size
        )  # odd takes twice as long
        return self.rgb((width, height))

    def rgb(self, size: tuple[int, int]) -> Image:
        """uint8 (height, width, 3), upright, of that (width, height)."""
        if size in self._scaled:
            return self._scaled[size]
        turns = quarter_turns(self.raw)
        width, height = size[::-1] if turns % 2 else size
        if self._has_cells(width, height):
            stored = self._cells(width, height)
        else:
            stored = self.scaler.rgb(self.raw, (width, height))
        image = np.ascontiguousarray(np.rot90(stored, turns) if turns else stored)
        if size != self.size:
            self._scaled[size] = image
        return image

    def sharpness(self) -> float:
        """How much neighbouring pixels differ, of 1. Comparable within one video only."""
        if self._sharpness is None:
            self._sharpness = self._measured_sharpness()
        return self._sharpness

    def _measured_sharpness(self) -> float:
        memory, wide, bits = _plane(self.raw, 0)
        rows = memory[:: max(1, len(memory) // ROWS_FOR_SHARPNESS), :wide].astype(np.int32)
        if rows.shape[1] < 3:
            return 0.0
        return float(np.square(rows[:, 2:] - rows[:, :-2]).mean()) / ((1 << bits) - 1) ** 2

    def _has_cells(self, width: int, height: int) -> bool:
        """Whether a picture of that size is small enough to be averaged from the planes."""
        layout = _layout(self.raw.format.name)
        is_reduced = self.raw.width >= 4 * width and self.raw.height >= 4 * height
        return layout is not None and is_reduced and width * height <= MAX_CELLS

    def _cells(self, width: int, height: int) -> Image:
        """RGB as it is stored (not yet upright): every pixel the mean of samples inside its cell."""
        sums = np.empty((3, height * width), np.float32)
        for index, count in enumerate(SAMPLES):
            memory, wide, bits = _plane(self.raw, index)
            places = _places(*memory.shape, wide, (height, width), count)
            sums[index] = memory.ravel().take(places).sum(axis=0, dtype=np.uint32)
        gains, offsets = _to_rgb(bits, _is_full_range(self.raw))
        colours = gains @ sums
        colours += offsets
        np.clip(colours, 0, 255, out=colours)
        return colours.astype(np.uint8).T.copy().reshape(height, width, 3)


def quarter_turns(raw: av.VideoFrame) -> int:
    """How often a player turns the stored picture by 90 degrees counter-clockwise: 0 to 3."""
    return round(raw.rotation / 90) % 4


def upright_size(raw: av.VideoFrame) -> tuple[int, int]:
    """(width, height) as a player shows it."""
    return (raw.height, raw.width) if quarter_turns(raw) % 2 else (raw.width, raw.height)


@lru_cache
def _spread(length: int, count: int) -> NDArray[np.intp]:
    """Indices of so many samples, evenly spread over a length."""
    return (2 * np.arange(count) + 1) * length // (2 * count)


@lru_cache
def _places(height: int, stride: int, width: int, cells: tuple[int, int], count: int) -> NDArray[np.intp]:
    """(count², cells): where in the memory of a plane the samples lie, those of a cell below each other.
    Such a table is summed many times faster than one whose cells lie in rows."""
    rows = _spread(height, count * cells[0]) * stride
    columns = _spread(width, count * cells[1])
    places = rows.reshape(cells[0], 1, count, 1) + columns.reshape(1, cells[1], 1, count)
    return np.ascontiguousarray(places.reshape(-1, count**2).T)


@lru_cache
def _to_rgb(bits: int, is_full_range: bool) -> tuple[Floats, Floats]:
    """(3, 3) and (3, 1): by what sums of samples are multiplied, and what is added, to give RGB of 255."""
    swing = np.array([255.0, 255.0, 255.0] if is_full_range else [219.0, 224.0, 224.0])
    zero = np.array([0.0 if is_full_range else 16.0, 128.0, 128.0])
    gains = YUV_TO_RGB.T * (255 / swing)
    scale = 255 / ((1 << bits) - 1) / np.square(SAMPLES)
    return (gains * scale).astype(np.float32), -(gains @ zero[:, None]).astype(np.float32)


@lru_cache
def _layout(name: str) -> int | None:
    """Bits of a sample where the format keeps Y, U and V in planes of their own, else None."""
    layout = av.VideoFormat(name)
    if not name.startswith("yuv") or not layout.is_planar or layout.is_big_endian:
        return None
    return layout.components[0].bits


def _is_full_range(raw: av.VideoFrame) -> bool:
    return raw.format.name.startswith("yuvj") or raw.color_range == 2


def _plane(raw: av.VideoFrame, index: int) -> tuple[NDArray[Any], int, int]:
    """One plane without copying, as its memory lies: (height, samples of a row and what fills it up), how
    many samples a row has, and the bits of a sample."""
    bits = _layout(raw.format.name)
    if bits is None:  # packed or palette: there is no plane of brightness to read, so one is made
        raw, bits = raw.reformat(format="gray"), 8
    plane = raw.planes[index]
    dtype = np.dtype(np.uint8 if bits == 8 else "<u2")
    return np.frombuffer(memoryview(plane), dtype).reshape(plane.height, -1), plane.width, bits
