"""One decoded frame at its time, at the sizes in which it is asked for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Self

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from indexer.planes import cells, has_cells, kind, sharpness
from plugins.values import SECOND, Frame, Image

TINY = (48, 27)
"""(width, height) of the pictures that are compared"""
MAX_ASPECT = 4
TOGETHER, TOGETHER_PIXELS = 16, 8_000_000
"""frames that are made tiny at a time, and pixels of them, since they wait as they are"""


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
        stored = self._stored(size)
        if has_cells(self.raw, stored):
            return self._keep(cells([self.raw], stored)[0], size)
        return self._keep(self.scaler.rgb(self.raw, stored), size)

    def _stored(self, size: tuple[int, int]) -> tuple[int, int]:
        """An upright size as it is in the stored picture."""
        return size[::-1] if quarter_turns(self.raw) % 2 else size

    def _keep(self, stored: Image, size: tuple[int, int]) -> Image:
        """Turns a picture upright, and remembers it at that size."""
        turns = quarter_turns(self.raw)
        image = np.ascontiguousarray(np.rot90(stored, turns) if turns else stored)
        if size != self.size:
            self._scaled[size] = image
        return image

    def sharpness(self) -> float:
        """As of `indexer.planes`."""
        if self._sharpness is None:
            self._sharpness = sharpness(self.raw)
        return self._sharpness

    @classmethod
    def reduced(cls, pictures: Iterable[Self], size: tuple[int, int]) -> Iterator[Self]:
        """The same, each made to that (width, height); a few at a time where they can be averaged."""
        pictures = iter(pictures)
        for first in pictures:
            several = min(TOGETHER, TOGETHER_PIXELS // (first.raw.width * first.raw.height))
            few = [first, *islice(pictures, max(several, 1) - 1)]
            new = [picture for picture in few if size not in picture._scaled]
            if len({(kind(picture.raw), picture._stored(size)) for picture in new}) == 1:
                cls._average(new, size)
            for picture in few:
                picture.rgb(size)
                yield picture

    @classmethod
    def _average(cls, pictures: Sequence[Self], size: tuple[int, int]) -> None:
        stored = pictures[0]._stored(size)
        if has_cells(pictures[0].raw, stored):
            small = cells([picture.raw for picture in pictures], stored)
            for picture, image in zip(pictures, small, strict=True):
                picture._keep(image, size)


def quarter_turns(raw: av.VideoFrame) -> int:
    """How often a player turns the stored picture by 90 degrees counter-clockwise: 0 to 3."""
    return round(raw.rotation / 90) % 4


def upright_size(raw: av.VideoFrame) -> tuple[int, int]:
    """(width, height) as a player shows it."""
    return (raw.height, raw.width) if quarter_turns(raw) % 2 else (raw.width, raw.height)
