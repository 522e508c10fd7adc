"""Cuts, dissolves and fades, found in very small pictures.

A cut is a step between two frames that is larger than the steps around it, once what mere motion explains
has been taken away, and after which the old picture does not come back (a flash goes, a cut stays). In a
dissolve or a fade every frame in between is a mixture of the two ends: what the best mixture leaves
unexplained is small although the ends have little in common.

The numbers were chosen with ``benchmarks/shots.py``; docs/benchmarks.md has the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugins.contracts import Media, ShotDetector
from plugins.values import Image

Floats = NDArray[np.float32]

SIZE = (48, 27)
"""(width, height) of the pictures that are compared"""
COARSE = 3
"""pixels of them that are one of the still smaller ones in which mixtures are looked for"""
USUAL_RATE = 25
"""frames a second for which the lengths below are meant; higher rates stretch them"""
MAX_STRETCH = 4
AROUND = 4
"""frames before and after a step with which it is compared"""
RETURN = 5
"""frames within which a flash is over"""
SEARCH = 3
"""pixels by which a part of the picture may have moved from one frame to the next"""
BLOCK = (9, 8)
"""(height, width) of such a part"""
_ACROSS = np.kron(np.eye(SIZE[0] // BLOCK[1]), np.full((BLOCK[1], 1), 1 / BLOCK[1])).astype(np.float32)
"""(48, 6): times this, a row becomes the means of its parts"""
TINT = 0.3
"""weight of a part's change of colour beside that of its brightness"""
STEP = 0.06
"""least difference of the two sides of a cut, of 1, before and after motion has been taken away"""
STEP_RATIO = 1.2
"""how much larger than the steps on its calmer side a cut is"""
BANG_RATIO = 1.05
"""and than those on its other side"""
SAME, LIT = 0.85, 0.4
"""correlation of two pictures above which they may be one in another light, and what of their difference that
may leave"""
STAYS = 0.55
"""of its difference, that a cut must keep when other frames from either side are compared"""
HALF_WIDTHS = (4, 6, 9, 13, 19)
"""frames from the middle of a mixture to its ends, as they are tried"""
ENDS_DIFFER = 0.08
"""least difference of the two ends, of 1"""
ENDS_ALIKE = 0.5
"""correlation of the two ends above which they show the same thing, brighter or moved"""
UNEXPLAINED = 0.3
"""part of the ends' difference that the best mixture may leave"""
FLAT = 0.045
"""standard deviation, of 1, below which an end shows nothing: black, white, a blur"""
BLACK = 0.1
"""mean, of 1, below which a flat picture is black"""
GAP = 8
"""frames between two finds of one and the same transition"""
APART = 20
"""frames from the end of a transition within which another is still part of it: a fade has two halves"""


@dataclass(slots=True)
class Mixture:
    """A stretch of finds of one gradual transition."""

    first: int
    last: int
    at: int
    """frame at which the new shot begins, by the mixture that explains most"""
    unexplained: float
    """what the best mixture leaves, of the ends' difference"""


class ContentDetector(ShotDetector):
    """The default: cuts at the new shot's first frame, dissolves and fades at their middle."""

    reads_pieces = True

    def cuts(self, media: Media) -> Iterator[int]:
        rate = float(media.video.frame_rate or USUAL_RATE)
        series = Series(min(MAX_STRETCH, max(1.0, rate / USUAL_RATE)))
        for frame in media.frames(size=SIZE):
            series.add(frame.time_us, frame.image)
            yield from series.found()
        yield from series.finish()


class Series:
    """The last few seconds of a video. Frames are numbered from its beginning; only the newest are kept."""

    def __init__(self, stretch: float) -> None:
        """
        Args:
            stretch: how much longer than at the usual rate everything takes, in frames
        """
        self._around = round(AROUND * stretch)
        self._return = round(RETURN * stretch)
        self._gap = round(GAP * stretch)
        self._apart = round(APART * stretch)
        self._half_widths = [round(width * stretch) for width in HALF_WIDTHS]
        self._stride = max(1, round(2 * stretch))
        self._settled = self._return + 1
        """frames after which it is known whether a step is a cut"""
        self._behind = self._half_widths[-1] + self._settled
        self._keep = 2 * self._behind + self._gap
        self._count = 0
        self._now = 0
        self._opened = -2
        """last frame of the black with which the video begins"""
        self._times: dict[int, int] = {}
        self._pictures: dict[int, NDArray[np.int16]] = {}
        self._coarse: dict[int, Floats] = {}
        self._steps: dict[int, float] = {}
        self._moved: dict[int, float] = {}
        self._cuts: list[int] = []
        self._mixture: Mixture | None = None
        self._ended = -self._keep
        self._pending: list[int] = []

    def add(self, time_us: int, image: Image) -> None:
        """Takes the next frame, (27, 48, 3)."""
        number, picture = self._count, image.astype(np.int16)
        self._times[number] = time_us
        self._pictures[number] = picture
        self._coarse[number] = _coarse(picture)
        if time_us == 0:
            self._opened = -1
        if self._opened == number - 1 and _is_black(self._coarse[number]):
            self._opened = number
        before = self._pictures.get(number - 1)
        self._steps[number] = 0.0 if before is None else _difference(before, picture)
        self._count += 1
        for kept in (self._times, self._pictures, self._coarse, self._steps, self._moved):
            kept.pop(number - self._keep, None)

    def found(self) -> Iterator[int]:
        """Times of cuts and transitions, ascending, that no later frame can change."""
        self._advance()
        yield from self._ready()

    def finish(self) -> Iterator[int]:
        """The rest, when no frame is left."""
        for _ in range(self._behind + self._gap + 1):
            self._advance()
            yield from self._ready()

    def _advance(self) -> None:
        self._now += 1
        step = self._now - self._settled
        if 0 < step < self._count and self._is_cut(step):
            self._cuts.append(step)
            self._pending.append(step)
        middle = self._now - self._behind
        if middle > 0 and middle % self._stride == 0:
            self._look_for_mixture(middle)

    def _ready(self) -> Iterator[int]:
        """What lies before everything that is still open."""
        open_from = self._mixture.first if self._mixture else self._now - self._behind
        ready = sorted(number for number in self._pending if number <= open_from)
        self._pending = [number for number in self._pending if number > open_from]
        self._cuts = [number for number in self._cuts if number > self._now - self._keep]
        yield from (self._times[number] for number in ready)

    def _is_cut(self, number: int) -> bool:
        step = self._steps[number]
        around = self._neighbours(number, self._around)
        if step < STEP or step < max((self._steps[item] for item in around), default=0.0):
            return False
        moved = self._motion(number)
        if moved < STEP or not self._stands_out(number, moved):
            return False
        before, after = self._pictures[number - 1], self._pictures[number]
        same = _correlation(self._coarse[number - 1], self._coarse[number]) > SAME
        if same and _unmoved(_relit(before, after), after) < LIT * moved:
            return False
        later = [item for item in self._neighbours(number, self._return) if item > number]
        earlier = [item for item in self._neighbours(number, self._return + 1) if item < number - 1]
        apart = [_unmoved(before, self._pictures[item]) for item in later]
        apart += [_unmoved(self._pictures[item], after) for item in earlier]
        return min(apart, default=moved) >= STAYS * moved

    def _stands_out(self, number: int, moved: float) -> bool:
        """Whether a step is larger than those around it, and much larger than those on one side of it: a shot
        that ends in calm may be followed by one that begins with a bang."""
        sides: tuple[list[float], list[float]] = ([], [])
        for item in self._neighbours(number, self._around):
            sides[item > number].append(self._motion(item))
        most = [max(side, default=0.0) for side in sides]
        return moved >= STEP_RATIO * (min(most) + 0.01) and moved >= BANG_RATIO * (max(most) + 0.01)

    def _neighbours(self, number: int, reach: int) -> list[int]:
        around = range(max(0, number - reach), min(self._count, number + reach + 1))
        return [item for item in around if item != number]

    def _motion(self, number: int) -> float:
        """What of the step to a frame is left when every block may come from somewhere near."""
        if self._steps[number] < STEP / 2:
            return self._steps[number]
        if number not in self._moved:
            self._moved[number] = _unmoved(self._pictures[number - 1], self._pictures[number])
        return self._moved[number]

    def _look_for_mixture(self, middle: int) -> None:
        unexplained, at = self._best_mixture(middle)
        mixture = self._mixture
        if mixture and (
            middle - mixture.last > self._gap or middle - mixture.first > 2 * self._half_widths[-1]
        ):
            if mixture.at - self._ended > self._apart:
                self._pending.append(mixture.at)
            self._ended = mixture.last
            self._mixture = mixture = None
        if unexplained > UNEXPLAINED:
            return
        if mixture is None:
            self._mixture = Mixture(middle, middle, at, unexplained)
            return
        mixture.last = middle
        if unexplained < mixture.unexplained:
            mixture.at, mixture.unexplained = at, unexplained

    def _best_mixture(self, middle: int) -> tuple[float, int]:
        """What the best mixture of two ends leaves of the frames between them, and where the new shot begins;
        1 where there is none."""
        room = min(middle, self._count - 1 - middle)
        for cut in self._cuts:
            room = min(room, middle - cut if cut <= middle else cut - 1 - middle)
        widths = [width for width in self._half_widths if width <= room]
        if not widths:
            return 1.0, middle
        start = np.stack([self._coarse[middle - width] for width in widths])
        end = np.stack([self._coarse[middle + width] for width in widths])
        ends = end - start
        apart = np.abs(ends).mean(axis=1)
        if apart.max() < ENDS_DIFFER:
            return 1.0, middle
        likely = (
            (apart >= ENDS_DIFFER) & (_correlations(start, end) <= ENDS_ALIKE) & (end.std(axis=1) >= FLAT)
        )
        mixed = [self._mixed(middle, widths[at], start[at], ends[at]) for at in np.flatnonzero(likely)]
        return min(mixed, default=(1.0, middle))

    def _mixed(self, middle: int, width: int, start: Floats, ends: Floats) -> tuple[float, int]:
        """The same for one pair of ends. A fade to nothing ends no shot yet; a fade from nothing begins one
        where it begins, unless nothing was shown before."""
        total = float(ends @ ends)
        between = [self._coarse[middle + at] - start for at in (-(width // 2), 0, width // 2)]
        shares = [float(item @ ends) / total for item in between]
        if not (shares[0] < 0.4 and 0.3 < shares[1] < 0.7 and shares[2] > 0.6):
            return 1.0, middle
        rests = (item - share * ends for item, share in zip(between, shares, strict=True))
        unexplained = float(max(np.linalg.norm(rest) for rest in rests)) / total**0.5
        sides = self._pictures[middle - width], self._pictures[middle + width]
        if unexplained > UNEXPLAINED or _unmoved(*sides) < STEP / 2:  # a fine pattern that slowly moves
            return 1.0, middle
        if not _is_black(start):
            return unexplained, middle
        return (unexplained, middle - width) if middle - width > self._opened else (1.0, middle)


def _coarse(picture: NDArray[np.int16]) -> Floats:
    """Means of `COARSE` pixels by as many, of 1, in one row. By slices: reducing short axes is slow."""
    rows = picture[::COARSE] + picture[1::COARSE] + picture[2::COARSE]
    sums = rows[:, ::COARSE] + rows[:, 1::COARSE] + rows[:, 2::COARSE]
    means: Floats = np.divide(sums.ravel(), COARSE**2 * 255, dtype=np.float32)
    return means


def _relit(before: NDArray[np.int16], after: NDArray[np.int16]) -> NDArray[np.int16]:
    """The earlier picture in the light of the later one: the gain and the offset that bring them together."""
    x, y = before.ravel().astype(np.float32), after.ravel().astype(np.float32)
    centred = x - x.mean()
    gain = max(0.0, float(centred @ (y - y.mean())) / (float(centred @ centred) + 1.0))
    lit: NDArray[np.int16] = (gain * (before - x.mean()) + y.mean()).clip(0, 255).astype(np.int16)
    return lit


def _difference(one: NDArray[np.int16], other: NDArray[np.int16]) -> float:
    """Mean absolute difference, of 1."""
    return int(np.abs(one - other).sum()) / one.size / 255


def _is_black(picture: Floats) -> bool:
    return bool(picture.mean() < BLACK and picture.std() < FLAT)


def _correlation(one: Floats, other: Floats) -> float:
    return float(_correlations(one[None], other[None])[0])


def _correlations(one: Floats, other: Floats) -> Floats:
    """(n,): of each row with the row beside it."""
    one, other = one - one.mean(axis=1, keepdims=True), other - other.mean(axis=1, keepdims=True)
    lengths: Floats = np.sqrt(_products(one, one) * _products(other, other)) + np.float32(1e-3)
    return np.divide(_products(one, other), lengths, dtype=np.float32)


def _products(one: Floats, other: Floats) -> Floats:
    rows: Floats = np.einsum("ij,ij->i", one, other)
    return rows


def _unmoved(before: NDArray[np.int16], after: NDArray[np.int16]) -> float:
    """Mean difference, of 1, when every block of the later picture is compared with the place in the
    earlier one, up to `SEARCH` pixels away, whose brightness it resembles most; and by how much its colour
    changed."""
    earlier, later = before.mean(axis=2, dtype=np.float32), after.mean(axis=2, dtype=np.float32)
    height, width = later.shape
    padded = np.pad(earlier, SEARCH, mode="edge")
    places = np.lib.stride_tricks.sliding_window_view(padded, (height, width)).reshape(-1, height, width)
    blocks = (height // BLOCK[0], BLOCK[0], width // BLOCK[1], BLOCK[1])
    apart = places - later
    wide = (
        np.abs(apart, out=apart).reshape(-1, width) @ _ACROSS
    )  # reducing short axes is slow, a product is not
    light = wide.reshape(-1, *blocks[:3]).mean(axis=2).min(axis=0)
    tint = (after - before - (later - earlier)[:, :, None]).reshape(*blocks, 3).mean(axis=(1, 3))
    return float(light.mean() + TINT * np.abs(tint).mean()) / 255
