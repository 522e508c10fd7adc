"""When a clip runs in another video: the straight line of their times on which they fit best.

Both are rows of numbers, one a picture. What stands still in them says nothing about time, so what is the
same throughout is taken away from either: a fixed camera, a logo, borders and most of a change of
brightness. What is left is what moves and what is cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, overload

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from plugins.values import Matrix

Floats: TypeAlias = NDArray[np.floating]

RATES = tuple(float(rate) for rate in np.linspace(0.9, 1.1, 17))
"""of the other video's time to the clip's, where looking begins"""
PLAIN = 0.04
"""Score that a rate must gain for each unit by which it is not 1: where little moves, any rate fits."""
NOISE = 0.003
"""mean square by which rows of one picture differ: motion smaller than that counts for nothing"""
LEEWAY_US = 200_000.0
"""beyond the ends of the other video, whose first and last rows are taken to last so much longer"""
ROUNDS = 12
"""in which a line is moved, by half as much each time"""


@dataclass(frozen=True, slots=True)
class Line:
    """Where a clip's time runs in another video's."""

    start_us: float
    """of the clip's first row in the other video, microseconds"""
    rate: float
    """microseconds of the other video that pass in one of the clip"""
    score: float
    """-1 to 1: how well what changes fits what changes; 1 also where nothing changes in either"""

    @overload
    def at(self, us: float) -> float: ...
    @overload
    def at(self, us: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def at(self, us: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
        """The other video's time at a time since the clip's first row."""
        return self.start_us + self.rate * us


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Rows of numbers and their times."""

    times_us: NDArray[np.float64]
    """(n,), ascending"""
    rows: Matrix
    """(n, dim)"""

    def at(self, times_us: NDArray[np.float64]) -> Matrix:
        """Rows at any times, straight between two rows, the first or last beyond the ends."""
        place = np.interp(times_us, self.times_us, np.arange(len(self.times_us)))
        below = np.minimum(place.astype(np.intp), max(0, len(self.rows) - 2))
        share = (place - below).astype(np.float32)[:, None]
        above = np.minimum(below + 1, len(self.rows) - 1)
        rows: Matrix = self.rows[below] * (1 - share) + self.rows[above] * share
        return rows


def fit(clip: Track, other: Track, step_us: float) -> Line | None:
    """The line on which all of a clip fits best inside another video; None where it has no room there.

    Args:
        clip: at least two rows
        other: at least two rows; its ends may be missing by `LEEWAY_US`
        step_us: time between two rows that are compared, in the clip's time
    """
    since = np.arange(0, clip.times_us[-1] - clip.times_us[0] + 1, step_us)
    mine = _moving(clip.at(clip.times_us[0] + since))
    lines = [line for rate in RATES for line in _lines(mine, other, step_us, rate)]
    if not lines:
        return None
    return _refined(mine, other, since, max(lines, key=_worth), step_us)


def _lines(mine: Matrix, other: Track, step_us: float, rate: float) -> Iterator[Line]:
    """The best line of one rate, if the clip has room in the other video."""
    times = np.arange(other.times_us[0] - LEEWAY_US, other.times_us[-1] + LEEWAY_US + 1, step_us * rate)
    count = len(mine)
    if len(times) < count:
        return
    rows = other.at(times)
    runs = sliding_window_view(rows.ravel(), mine.size)[:: mine.shape[1]]
    shifted = np.einsum("ij,j->i", runs, mine.ravel())  # not a product of matrices, which would start threads
    energies = _energies(rows, count)
    scores = _agreement(shifted, float(np.square(mine).sum()), energies, count)
    at = int(scores.argmax())
    yield Line(float(times[at]), rate, float(scores[at]))


def _refined(mine: Matrix, other: Track, since: NDArray[np.float64], line: Line, step_us: float) -> Line:
    """The line moved and turned around its middle as long as that makes it fit better."""
    move, turn, middle = step_us / 2, (RATES[1] - RATES[0]) / 2, since[-1] / 2
    for _ in range(ROUNDS):
        around = [
            Line(line.start_us + move * m - middle * turn * t, line.rate + turn * t, 0.0)
            for m in (-1, 0, 1)
            for t in (-1, 0, 1)
            if m or t
        ]
        better = max((_scored(mine, other, since, item) for item in around), key=_worth)
        if _worth(better) > _worth(line) and RATES[0] <= better.rate <= RATES[-1]:
            line = better
        else:
            move, turn = move / 2, turn / 2
    return line


def _worth(line: Line) -> float:
    """The score, less for a rate other than 1."""
    return line.score - PLAIN * abs(line.rate - 1)


def _scored(mine: Matrix, other: Track, since: NDArray[np.float64], line: Line) -> Line:
    theirs = _moving(other.at(line.start_us + line.rate * since))
    score = _agreement(
        (mine * theirs).sum(), float(np.square(mine).sum()), np.square(theirs).sum(), len(mine)
    )
    return Line(line.start_us, line.rate, float(score))


def _moving(rows: Matrix) -> Matrix:
    """Rows without what is the same in all."""
    moving: Matrix = rows - rows.mean(axis=0)
    return moving


def _energies(rows: Matrix, count: int) -> Floats:
    """Of each run of so many rows: the sum of squares of what is not the same in all of it."""
    sums = np.cumsum(np.vstack([np.zeros_like(rows[:1]), rows]), axis=0, dtype=np.float64)
    squares = np.cumsum(np.concatenate([[0.0], np.square(rows).sum(axis=1, dtype=np.float64)]))
    totals = sums[count:] - sums[:-count]
    energies: Floats = squares[count:] - squares[:-count] - np.square(totals).sum(axis=1) / count
    return energies


def _agreement(products: Floats, energy: float, energies: Floats, count: int) -> Floats:
    """2 x.y / (x.x + y.y), with a little noise that both share (Dice's coefficient of two signals)."""
    noise = NOISE * count
    agreed: Floats = (2 * products + noise) / (energy + energies + noise)
    return agreed
