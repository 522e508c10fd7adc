"""Whether two pieces of video show the same, and if so, when and how: the answer to one candidate.

Two numbers decide. `picture`: how alike the pictures of one moment are; scenes of one camera are alike at any
moment. `motion`: how well what changes agrees, which only the same moments do.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from plugins.values import Matrix, Span
from search.line import Line, Track, fit
from search.register import FINE, Fit, register, sharpened
from search.sketch import WHOLE, Greys, Strip, cells, spectra

STEP_US = 80_000
"""between two looks at a video that is aligned"""
THINNED = 2
"""Of so many looks one is compared while the place is sought."""
PAIRS = 12
"""of pictures by which the edges of the picture are found"""
PROMISING = 0.35
"""mean cosine below which a fit is not looked into"""
ALIKE = 0.45
"""cosine of two pictures above which they may show the same moment"""
PICTURE, MOTION = 0.6, 0.6
"""of each, what is accepted"""
LEAST = 10
"""looks that both must share"""
LEAST_CUT = 8
"""looks at either end of a clip that must be plainly different to be no part of it"""
SMOOTHED = 5
"""looks over which that is smoothed"""
TURNS = 2
"""in which a place in the picture and a time are found, one by the other"""
GRID = (18, 32)
"""(rows, columns) of cells in which two pictures are compared place by place"""
MOST_COVERED = 0.12
"""of a picture that a logo may hide"""
CLEARLY, LEAST_COVERED = 3.0, 0.35
"""how much more than others, and how much of the contrast, cells under a logo differ"""


@dataclass(frozen=True, slots=True)
class Match:
    """The same moments in two pieces of video."""

    clip: Span
    """what of the clip the other shows too"""
    other: Span
    """when the other shows it"""
    rate: float
    """microseconds of the other that pass in one of the clip"""
    mirrored: bool
    picture: float
    """-1 to 1"""
    motion: float
    """-1 to 1"""

    @property
    def score(self) -> float:
        """0 to 1."""
        return max(0.0, min(1.0, (self.picture + self.motion) / 2))

    @property
    def is_convincing(self) -> bool:
        return self.picture >= PICTURE and self.motion >= MOTION


def match(clip: Strip, other: Strip) -> Match | None:
    """The best alignment of two pieces of video, convincing or not; None where there is hardly any.

    Args:
        clip, other: looks every `STEP_US`
    """
    if min(len(clip), len(other)) < LEAST:
        return None
    rough = register(clip, other.picked(slice(None, None, THINNED)), THINNED * STEP_US)
    if rough.score < PROMISING:
        return None
    line = Line(rough.start_us - rough.rate * float(clip.times_us[0]), rough.rate, rough.score)
    found = None
    for shared in (_inside(clip, other, line), _alike(clip, other, line, rough)):
        if shared.stop - shared.start >= LEAST:
            again = _aligned(clip, other, line, rough, shared)
            if again and (found is None or again.score > found.score):
                found = again
        if found and found.is_convincing:
            break
    return found


def _aligned(clip: Strip, other: Strip, line: Line, rough: Fit, shared: slice) -> Match | None:
    """Some looks of the clip aligned finely: in turns where in the picture, and when."""
    for _ in range(TURNS):
        pairs = _pairs(clip.picked(shared), other, line)
        rough = sharpened(rough, *pairs)
        mine, theirs = _tracks(rough, clip, other, covered(rough, *pairs))
        found = fit(Track(mine.times_us[shared], mine.rows[shared]), theirs, STEP_US)
        if found is None:
            return None
        line = replace(found, start_us=found.start_us - found.rate * float(clip.times_us[shared.start]))
    kept = _shown(mine, theirs, line)
    if kept.stop - kept.start < LEAST:
        return None
    times = line.at(mine.times_us[kept])
    picture = float((mine.rows[kept] * theirs.at(times)).sum(axis=1).mean())
    return _matched(clip, other, line, kept, rough.mirrored, picture)


def _inside(clip: Strip, other: Strip, line: Line) -> slice:
    """The clip's looks that fall into the other piece of video."""
    times = line.at(clip.times_us.astype(np.float64))
    inside = np.flatnonzero((times >= other.times_us[0] - STEP_US) & (times <= other.times_us[-1] + STEP_US))
    return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0)


def _alike(clip: Strip, other: Strip, line: Line, rough: Fit) -> slice:
    """Those of them that look roughly like what is shown then."""
    mine, theirs = _tracks(rough, clip, other, np.zeros(GRID, bool))
    return longest(_gains(mine, theirs, line))


def _shown(mine: Track, theirs: Track, line: Line) -> slice:
    """The clip's looks that the other shows too. What is left out at an end must be plainly different for a
    while: a flash or a fade is not."""
    gains = np.convolve(_gains(mine, theirs, line), np.full(SMOOTHED, 1 / SMOOTHED), mode="same")
    kept = longest(gains)
    first = 0 if kept.start < LEAST_CUT else kept.start
    return slice(first, len(gains) if len(gains) - kept.stop < LEAST_CUT else kept.stop)


def _pairs(shared: Strip, other: Strip, line: Line) -> tuple[Greys, Greys]:
    """Pictures of the same moments, from all over what is shared."""
    chosen = shared.picked(np.unique(np.linspace(0, len(shared) - 1, PAIRS).round().astype(np.intp)))
    return chosen.greys, other.greys[_nearest(other, line.at(chosen.times_us.astype(np.float64)))]


def _nearest(strip: Strip, times: NDArray[np.float64]) -> NDArray[np.intp]:
    after = np.clip(np.searchsorted(strip.times_us, times), 1, len(strip) - 1)
    before = after - 1
    nearer = times - strip.times_us[before] < strip.times_us[after] - times
    return np.where(nearer, before, after)


def covered(rough: Fit, clip: Greys, other: Greys) -> NDArray[np.bool_]:
    """The cells in which two always differ although the rest agrees, as under a logo: none, or a few.

    Args:
        clip, other: pictures of the same moments
    """
    mine, theirs = (
        _even(cells(greys, part, GRID)) for greys, part in ((clip, rough.clip), (other, rough.other))
    )
    differ = np.median(np.abs((mine[:, :, ::-1] if rough.mirrored else mine) - theirs), axis=0)
    few = np.quantile(differ, 1 - MOST_COVERED)
    hidden: NDArray[np.bool_] = differ > max(few, CLEARLY * float(np.median(differ)), LEAST_COVERED)
    return hidden


def _even(grids: Matrix) -> Matrix:
    """Pictures of one mean and contrast."""
    contrast = grids.std(axis=(1, 2), keepdims=True)
    even: Matrix = (grids - grids.mean(axis=(1, 2), keepdims=True)) / (contrast + 1)
    return even


def _tracks(rough: Fit, clip: Strip, other: Strip, hidden: NDArray[np.bool_]) -> tuple[Track, Track]:
    """Both as numbers that can be compared, without the cells that are hidden in one."""
    tracks = []
    for piece, part, mirrored in ((clip, rough.clip, rough.mirrored), (other, rough.other, False)):
        grids = cells(piece.greys, part, GRID)
        grids = grids[:, :, ::-1] if mirrored else grids
        plain = grids[:, ~hidden].mean(axis=1)[:, None, None]
        rows = spectra(np.where(hidden, plain, grids), WHOLE, FINE)
        tracks.append(Track(piece.times_us.astype(np.float64), rows))
    return tracks[0], tracks[1]


def _gains(mine: Track, theirs: Track, line: Line) -> NDArray[np.float64]:
    """What each look of the clip says for its being shown by the other then: nothing where there is nothing
    to see, as in a fade."""
    times = line.at(mine.times_us)
    rows = theirs.at(times)
    cosines = (mine.rows * rows).sum(axis=1)
    seen = np.linalg.norm(mine.rows, axis=1) * np.linalg.norm(rows, axis=1)
    inside = (times >= theirs.times_us[0] - STEP_US) & (times <= theirs.times_us[-1] + STEP_US)
    return np.where(inside, cosines - ALIKE * seen, -1.0)


def longest(gains: NDArray[np.floating]) -> slice:
    """The run with the largest sum (Kadane); of equals the longest. Empty where nothing is gained."""
    sums = np.concatenate([[0.0], np.cumsum(gains, dtype=np.float64)]).round(6)
    lowest, best = 0, slice(0, 0)
    most = (0.0, 0)
    for at in range(1, len(sums)):
        gained = (float(sums[at] - sums[lowest]), at - lowest)
        if gained[0] > 0 and gained > most:
            most, best = gained, slice(lowest, at)
        if sums[at] < sums[lowest]:
            lowest = at
    return best


def _matched(clip: Strip, other: Strip, line: Line, kept: slice, mirrored: bool, picture: float) -> Match:
    """In whole microseconds, and not beyond the other's ends."""
    start, end = int(clip.times_us[kept.start]), int(clip.times_us[kept.stop - 1]) + STEP_US
    first, last = max(0, round(line.at(start))), round(line.at(end))
    span = Span(first, max(first + 1, min(last, int(other.times_us[-1]) + STEP_US)))
    return Match(Span(start, end), span, line.rate, mirrored, picture, line.score)
