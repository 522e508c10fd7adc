"""Looks at a video, and the frames that stand for its shots.

A look costs little: a 48x27 picture (which a detector may want anyway) and the sharpness of a few rows. Looks
at the same thing are put together, held by the first and the sharpest; only what becomes a keyframe is
converted.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from indexer.picture import TINY, Picture
from plugins.values import SECOND, Image, Span

SHORT_SIDE = 480
"""pixels of a keyframe, at most"""
THUMBNAIL_SIZE = (320, 960)
"""(width, height), pixels, into which a thumbnail fits"""
THUMBNAIL_QUALITY = 80
LOOK_US = SECOND // 12
"""between two looks"""
CANDIDATE_US = SECOND // 2
"""over which looks are put together, unless the picture changes"""
CHANGED = 0.08
"""mean difference of two pictures, of 1, above which they show different things"""
DARK = 0.06
"""mean brightness, of 1, below which an even picture is black"""
EVEN = 0.03
"""standard deviation, of 1, below which a picture is even"""
EDGE_US = SECOND // 4
"""of a shot, at either end, where a transition may still be going on"""
MAX_CANDIDATES = 96
MAX_SPARE = 6
"""first looks that are kept until it is known that no cut comes behind them"""
MAX_RAW_BYTES = 32 << 20
"""of frames that wait unconverted"""


@dataclass(frozen=True, slots=True, eq=False)
class Keyframe:
    """A frame that stands for its shot."""

    time_us: int
    image: Image
    """the shorter side at most `SHORT_SIDE` pixels"""
    thumbnail: bytes
    """JPEG, 320 pixels wide, see `THUMBNAIL_SIZE`"""


class Candidate:
    """A look at the video that may become a keyframe."""

    def __init__(self, picture: Picture) -> None:
        self.time_us = picture.time_us
        self.tiny: NDArray[np.float32] = np.divide(picture.rgb(TINY), 255, dtype=np.float32)
        self.sharpness = picture.sharpness()
        self._picture: Picture | None = picture
        self._images: tuple[Image, Image] | None = None

    @property
    def is_black(self) -> bool:
        return bool(self.tiny.mean() < DARK and self.tiny.std() < EVEN)

    @property
    def raw_bytes(self) -> int:
        """Of the unconverted frame; 0 once it has been let go."""
        return sum(plane.buffer_size for plane in self._picture.raw.planes) if self._picture else 0

    def let_go(self) -> None:
        """It will never be a keyframe."""
        if self._picture is not None:
            self._picture.let_go()

    def images(self) -> tuple[Image, Image]:
        """Converts the frame, once, and lets it go: the keyframe, and what becomes its thumbnail."""
        if self._picture is not None:
            self._images = self._picture.shrunk(SHORT_SIDE), self._picture.fitted(THUMBNAIL_SIZE)
            self._picture = None
        assert self._images is not None
        return self._images

    def differs(self, other: "Candidate") -> float:
        """Mean difference of the two pictures, of 1."""
        return float(np.abs(self.tiny - other.tiny).mean())


@dataclass(slots=True)
class Window:
    """Looks at the same thing, put together."""

    first: Candidate
    best: Candidate

    def holds(self, look: Candidate) -> bool:
        """Whether one more belongs to them."""
        return look.time_us - self.first.time_us < CANDIDATE_US and look.differs(self.first) <= CHANGED

    def add(self, look: Candidate) -> Candidate | None:
        """Returns the one that is not needed any more."""
        if look.sharpness <= self.best.sharpness:
            return look
        less, self.best = self.best, look
        return None if less is self.first else less


def windows(pictures: Iterable[Picture], size: tuple[int, int]) -> Iterator[list[Picture]]:
    """Pictures as they come, those of a window together. They are left at this size and at `TINY`; what may
    become a keyframe stays as it is, the others are let go."""
    window: Window | None = None
    together: list[Picture] = []
    next_us = 0
    for picture in Picture.reduced(Picture.reduced(pictures, size), TINY):
        if together and picture.time_us < next_us:
            picture.let_go()
        else:
            next_us = picture.time_us + LOOK_US
            look = Candidate(picture)
            if window is None or not window.holds(look):
                if together:
                    yield together
                window, together = Window(look, look), []
            elif spent := window.add(look):
                spent.let_go()
        together.append(picture)
    if together:
        yield together


class Looks:
    """The candidates of which no shot is known yet."""

    def __init__(self) -> None:
        self._closed: list[Candidate] = []
        self._spare: list[Candidate] = []
        self._window: Window | None = None
        self._next_us = 0

    def see(self, picture: Picture) -> None:
        if picture.time_us < self._next_us or picture.is_let_go:
            return
        self._next_us = picture.time_us + LOOK_US
        look = Candidate(picture)
        if self._window and self._window.holds(look):
            self._window.add(look)
            return
        if self._window:
            self._close(self._window)
        self._window = Window(look, look)

    def take(self, end_us: int) -> list[Candidate]:
        """Hands over the candidates before a time."""
        if self._window and self._window.first.time_us < end_us:
            self._close(self._window)
            self._window = None
        taken, self._closed = _parted(self._closed, end_us)
        spare, self._spare = _parted(self._spare, end_us)
        return taken or spare

    def _close(self, window: Window) -> None:
        """Keeps the sharpest look, and the first to spare: a cut between the two may still become known, and
        then the first may be all that its shot has."""
        self._closed.append(window.best)
        if window.best is not window.first:
            self._spare.append(window.first)
        if len(self._closed) >= MAX_CANDIDATES:
            pairs = zip(self._closed[::2], self._closed[1::2], strict=False)
            self._closed = [max(pair, key=lambda item: item.sharpness) for pair in pairs]
        del self._spare[:-MAX_SPARE]
        self._let_go()

    def _let_go(self) -> None:
        """Of the frames that wait, those that are too many: spare ones, then the oldest, by converting."""
        waiting = sum(candidate.raw_bytes for candidate in [*self._spare, *self._closed])
        while waiting > MAX_RAW_BYTES and len(self._spare) > 1:
            waiting -= self._spare.pop(0).raw_bytes
        for candidate in self._closed:
            if waiting <= MAX_RAW_BYTES:
                break
            waiting -= candidate.raw_bytes
            candidate.images()


def _parted(candidates: list[Candidate], end_us: int) -> tuple[list[Candidate], list[Candidate]]:
    """Those before a time, and the rest; they ascend."""
    count = sum(candidate.time_us < end_us for candidate in candidates)
    return candidates[:count], candidates[count:]


def choose(candidates: Sequence[Candidate], span: Span, count: int) -> list[Candidate]:
    """The candidates that stand for a shot: the sharp one that is most like all of them, then, while any
    shows something else, the one that is least like those already chosen. Black ones and those near a cut
    are taken only if there are no others.

    Args:
        candidates: at least one
        count: how many at most; at least 1

    Returns:
        ascending in time
    """
    edge = min(EDGE_US, span.duration_us // 8)
    inner = [item for item in candidates if span.start_us + edge <= item.time_us < span.end_us - edge]
    lit = [item for item in inner or candidates if not item.is_black] or inner or list(candidates)
    least = median(item.sharpness for item in lit) / 2
    sharp = [item for item in lit if item.sharpness >= least]
    mean = np.mean([item.tiny for item in sharp], axis=0)
    chosen = [min(sharp, key=lambda item: float(np.abs(item.tiny - mean).mean()))]
    while len(chosen) < count:
        nearest = [min(item.differs(other) for other in chosen) for item in sharp]
        farthest = max(range(len(sharp)), key=nearest.__getitem__)
        if nearest[farthest] <= CHANGED:
            break
        chosen.append(sharp[farthest])
    return sorted(chosen, key=lambda item: item.time_us)


def keyframe(candidate: Candidate) -> Keyframe:
    image, small = candidate.images()
    return Keyframe(candidate.time_us, image, thumbnail(small))


def thumbnail(image: Image) -> bytes:
    """A small JPEG of a picture, see `THUMBNAIL_SIZE`."""
    height, width = image.shape[:2]
    scale = min(THUMBNAIL_SIZE[0] / width, THUMBNAIL_SIZE[1] / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = Pillow.fromarray(image)
    if scale != 1:
        small = small.resize(size, Pillow.Resampling.BILINEAR, reducing_gap=1.0)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=THUMBNAIL_QUALITY)
    return file.getvalue()
