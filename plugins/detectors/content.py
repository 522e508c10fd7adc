"""Cuts, dissolves and fades, found in very small pictures.

A cut is a step between two frames that is larger than the steps around it, once what mere motion explains
has been taken away, and after which the old picture does not come back (a flash goes, a cut stays). In a
dissolve or a fade every frame in between is a mixture of the two ends: what the best mixture leaves
unexplained is small although the ends have little in common.

The numbers were chosen with ``benchmarks/shots.py``; docs/benchmarks.md has the table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from plugins.contracts import Media, ShotDetector
from plugins.detectors._frames import FLAT, SIZE, Floats, Frames, correlations, is_black

TOGETHER = 16
"""frames that are judged at a time"""
USUAL_RATE = 25
"""frames a second for which the lengths below are meant; higher rates stretch them"""
MAX_STRETCH = 4
AROUND = 4
"""frames before and after a step with which it is compared"""
RETURN = 5
"""frames within which a flash is over"""
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

    piece_size = SIZE

    def cuts(self, media: Media) -> Iterator[int]:
        rate = float(media.video.frame_rate or USUAL_RATE)
        series = Series(min(MAX_STRETCH, max(1.0, rate / USUAL_RATE)))
        frames = iter(media.frames(size=SIZE))
        while batch := list(islice(frames, TOGETHER)):
            series.add([frame.time_us for frame in batch], np.stack([frame.image for frame in batch]))
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
        self._half_widths = np.array([round(width * stretch) for width in HALF_WIDTHS])
        self._stride = max(1, round(2 * stretch))
        self._settled = self._return + 1
        """frames after which it is known whether a step is a cut"""
        self._behind = int(self._half_widths[-1]) + self._settled
        self._keep = 2 * self._behind + self._gap
        self._frames = Frames.none()
        self._now = 0
        """so many frames are judged"""
        self._opened = -2
        """last frame of the black with which the video begins"""
        self._moved: dict[int, float] = {}
        self._cuts: list[int] = []
        self._mixture: Mixture | None = None
        self._ended = -self._keep
        self._pending: list[int] = []

    def add(self, times_us: Sequence[int], images: NDArray[np.uint8]) -> None:
        """Takes the next frames, (n, 27, 48, 3). What is found is to be taken before more are added."""
        begin = self._frames.end
        self._frames = self._frames.followed(times_us, images, self._keep)
        for number, time_us in enumerate(times_us, begin):
            if time_us == 0:
                self._opened = -1
            if self._opened == number - 1 and is_black(self._frames.coarse[number - self._frames.first]):
                self._opened = number
        self._moved = {number: moved for number, moved in self._moved.items() if number > self._frames.first}

    def found(self) -> Iterator[int]:
        """Times of cuts and transitions, ascending, that no later frame can change."""
        self._judge(self._frames.end)
        yield from self._ready()

    def finish(self) -> Iterator[int]:
        """The rest, when no frame is left."""
        self._judge(self._frames.end + self._behind + self._gap + 1)
        yield from self._ready()

    def _judge(self, now: int) -> None:
        """Judges what so many frames, counted from the beginning, have made known."""
        begun, self._now = self._now, now
        for step in self._largest(begun - self._settled + 1, now - self._settled + 1):
            if self._is_cut(step):
                self._cuts.append(step)
                self._pending.append(step)
        middles = np.arange(max(1, begun - self._behind + 1), now - self._behind + 1)
        middles = middles[middles % self._stride == 0]
        for middle, (unexplained, at) in zip(middles.tolist(), self._best_mixtures(middles), strict=True):
            self._follow_mixture(middle, unexplained, at)

    def _ready(self) -> Iterator[int]:
        """What lies before everything that is still open."""
        open_from = self._mixture.first if self._mixture else self._now - self._behind
        ready = sorted(number for number in self._pending if number <= open_from)
        self._pending = [number for number in self._pending if number > open_from]
        self._cuts = [number for number in self._cuts if number > self._now - self._keep]
        yield from (self._frames.times_us[number - self._frames.first] for number in ready)

    def _largest(self, begin: int, end: int) -> list[int]:
        """The steps of a range that are large, and the largest around them."""
        first, steps = self._frames.first, self._frames.steps
        begin, end = max(1, begin), min(end, self._frames.end)
        large = [number for number in range(begin, end) if steps[number - first] >= STEP]
        return [
            number
            for number in large
            if steps[number - first]
            >= steps[max(0, number - first - self._around) : number - first + self._around + 1].max()
        ]

    def _is_cut(self, number: int) -> bool:
        """Whether one of the largest steps is a cut."""
        frames, moved = self._frames, self._motion(number)
        if moved < STEP or not self._stands_out(number, moved):
            return False
        coarse = frames.coarse[number - 1 - frames.first : number + 1 - frames.first]
        same = correlations(coarse[:1], coarse[1:])[0] > SAME
        if same and frames.relit(number - 1, number) < LIT * moved:
            return False
        later = [item for item in self._neighbours(number, self._return) if item > number]
        earlier = [item for item in self._neighbours(number, self._return + 1) if item < number - 1]
        apart = [frames.unmoved(number - 1, item) for item in later]
        apart += [frames.unmoved(item, number) for item in earlier]
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
        around = range(max(self._frames.first, number - reach), min(self._frames.end, number + reach + 1))
        return [item for item in around if item != number]

    def _motion(self, number: int) -> float:
        """What of the step to a frame is left when every block may come from somewhere near."""
        step = float(self._frames.steps[number - self._frames.first])
        if step < STEP / 2:
            return step
        if number not in self._moved:
            self._moved[number] = self._frames.unmoved(number - 1, number)
        return self._moved[number]

    def _follow_mixture(self, middle: int, unexplained: float, at: int) -> None:
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

    def _best_mixtures(self, middles: NDArray[np.int_]) -> list[tuple[float, int]]:
        """For each of these frames, what the best mixture of two ends leaves of the frames between them, and
        where the new shot begins; 1 where there is none."""
        best = {middle: (1.0, middle) for middle in middles.tolist()}
        fits = self._half_widths <= self._room(middles)[:, None]
        middle, width = (table[fits] for table in np.broadcast_arrays(middles[:, None], self._half_widths))
        first, coarse = self._frames.first, self._frames.coarse
        start, end = coarse[middle - width - first], coarse[middle + width - first]
        differ = np.flatnonzero(np.abs(end - start).mean(axis=1) >= ENDS_DIFFER)
        start, end = start[differ], end[differ]
        likely = (correlations(start, end) <= ENDS_ALIKE) & (end.std(axis=1) >= FLAT)
        for at in np.flatnonzero(likely):
            pair = differ[at]
            mixed = self._mixed(int(middle[pair]), int(width[pair]), start[at], end[at] - start[at])
            best[int(middle[pair])] = min(best[int(middle[pair])], mixed)
        return list(best.values())

    def _room(self, middles: NDArray[np.int_]) -> NDArray[np.int_]:
        """How many frames there are on either side of each, up to a cut or the end."""
        room = np.minimum(middles, self._frames.end - 1 - middles)
        for cut in self._cuts:
            room = np.minimum(room, np.where(cut <= middles, middles - cut, cut - 1 - middles))
        return room

    def _mixed(self, middle: int, width: int, start: Floats, ends: Floats) -> tuple[float, int]:
        """The same for one pair of ends. A fade to nothing ends no shot yet; a fade from nothing begins one
        where it begins, unless nothing was shown before."""
        total = float(ends @ ends)
        at = middle - self._frames.first
        between = self._frames.coarse[[at - width // 2, at, at + width // 2]] - start
        shares = [float(item @ ends) / total for item in between]
        if not (shares[0] < 0.4 and 0.3 < shares[1] < 0.7 and shares[2] > 0.6):
            return 1.0, middle
        rests = (item - share * ends for item, share in zip(between, shares, strict=True))
        unexplained = float(max(np.linalg.norm(rest) for rest in rests)) / total**0.5
        if unexplained > UNEXPLAINED or self._frames.unmoved(middle - width, middle + width) < STEP / 2:
            return 1.0, middle  # a fine pattern that slowly moves
        if not is_black(start):
            return unexplained, middle
        return (unexplained, middle - width) if middle - width > self._opened else (1.0, middle)
