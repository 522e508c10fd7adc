"""Which part of one video's picture another shows: borders, crops of either, mirror images.

Coarse: every plausible part is compared at every offset in time, with few numbers a picture. Fine: the edges
of the best are moved until the pictures fit best.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from plugins.values import Matrix
from search.sketch import WHOLE, Greys, Rect, Strip, inner, mirror, spectra

COARSE = 8
"""frequencies each way while looking for the part"""
FINE = 12
"""and once it is known"""
COMPARED = 12
"""pictures of the clip, while looking for the part"""
SHARES = (0.92, 0.84)
"""of the width or height that a crop may have left"""
RATES = (0.95, 1.0, 1.05)
STEPS = (0.03, 0.012, 0.005)
"""by which edges are moved, of the width or height"""
ROUNDS = 6
"""in which they are moved by one step, at most"""


@dataclass(frozen=True, slots=True)
class Fit:
    """How the pictures of a clip lie in those of another video."""

    clip: Rect
    """the part of the clip's picture that is compared"""
    other: Rect
    """the part of the other's that shows the same"""
    mirrored: bool
    score: float
    """mean cosine of the pictures compared"""
    start_us: int
    """roughly, of the clip in the other video"""
    rate: float
    """roughly, microseconds of the other video that pass in one of the clip"""


def sides(shares: tuple[float, ...] = SHARES) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Along one side: parts of the clip and of the other video that may show the same."""
    yield (0.0, 1.0), (0.0, 1.0)
    for share in shares:
        for start in (0.0, (1 - share) / 2, 1 - share):
            yield (0.0, 1.0), (start, start + share)
    for start in (0.0, (1 - shares[-1]) / 2, 1 - shares[-1]):
        yield (start, start + shares[-1]), (0.0, 1.0)


def within(outer: Rect, part: Rect) -> Rect:
    """A part of a part."""
    width, height = outer[2] - outer[0], outer[3] - outer[1]
    return (
        outer[0] + part[0] * width,
        outer[1] + part[1] * height,
        outer[0] + part[2] * width,
        outer[1] + part[3] * height,
    )


def hypotheses(clip: Greys, other: Greys) -> Iterator[tuple[Rect, Rect]]:
    """Every plausible pair of parts."""
    frames = dict.fromkeys(product((inner(clip), WHOLE), (inner(other), WHOLE)))
    ways = list(sides())
    for frame, frame_of_other in frames:
        for (across, across_other), (down, down_other) in product(ways, ways):
            yield (
                within(frame, (across[0], down[0], across[1], down[1])),
                within(frame_of_other, (across_other[0], down_other[0], across_other[1], down_other[1])),
            )


def register(clip: Strip, other: Strip, step_us: int) -> Fit:
    """The best fit of a clip somewhere in another piece of video.

    Args:
        clip: at least one picture
        other: at least one picture
        step_us: between two pictures of the other
    """
    chosen = clip.picked(np.unique(np.linspace(0, len(clip) - 1, COMPARED).round().astype(int)))
    lines = _Lines(chosen, other, step_us)
    signs = mirror(COARSE)
    spectra_of: dict[Rect, Matrix] = {}
    best: tuple[float, Fit] | None = None
    for part, part_of_other in hypotheses(clip.greys, other.greys):
        if part not in spectra_of:
            spectra_of[part] = spectra(chosen.greys, part, COARSE)
        mine, theirs = spectra_of[part], spectra(other.greys, part_of_other, COARSE)
        for mirrored in (False, True):
            score, start_us, rate = lines.best(np.matmul(mine * signs if mirrored else mine, theirs.T))
            if best is None or score > best[0]:
                best = score, Fit(part, part_of_other, mirrored, score, start_us, rate)
    assert best
    return best[1]


class _Lines:
    """The straight lines on which a clip may run through another piece of video."""

    def __init__(self, clip: Strip, other: Strip, step_us: int) -> None:
        since = (clip.times_us - clip.times_us[0]) / step_us
        first = float(other.times_us[0])
        self._lines: list[tuple[int, float]] = []
        rows = []
        for rate in RATES:
            reach = int(since[-1] * rate)
            for start in range(-reach // 2, max(1, len(other) - reach // 2)):
                rows.append(start + since * rate)
                self._lines.append((round(first + start * step_us), rate))
        at = np.array(rows)
        self._inside = (at > -0.5) & (at < len(other) - 0.5)
        self._at = np.clip(at.round().astype(np.intp), 0, len(other) - 1)
        self._rows = np.arange(len(clip))

    def best(self, cosines: Matrix) -> tuple[float, int, float]:
        """The mean cosine on the best line, its start, and its rate."""
        means = (cosines[self._rows, self._at] * self._inside).mean(axis=1)
        best = int(means.argmax())
        return float(means[best]), *self._lines[best]


def sharpened(fit: Fit, clip: Greys, other: Greys) -> Fit:
    """The same with the edges of the other's part moved until the pictures fit best.

    Args:
        clip, other: pictures that show the same moments, as many of the one as of the other
    """
    mine = spectra(clip, fit.clip, FINE)
    if fit.mirrored:
        mine *= mirror(FINE)

    def score(part: Rect) -> float:
        return float((mine * spectra(other, part, FINE)).sum(axis=1).mean())

    part, best = fit.other, score(fit.other)
    for step in STEPS:
        for _ in range(ROUNDS):
            tried = [(score(moved), moved) for moved in _moves(part, step)]
            better, moved = max(tried)
            if better <= best:
                break
            part, best = moved, better
    return replace(fit, other=part, score=best)


def _moves(part: Rect, step: float) -> Iterator[Rect]:
    """A part with one edge moved, or two opposite ones together."""
    for moved in product((-step, 0.0, step), repeat=2):
        if any(moved):
            first, last = moved
            yield part[0] + first, part[1], part[2] + last, part[3]
            yield part[0], part[1] + first, part[2], part[3] + last
