"""Counts which transitions were found.

A cut is found by a boundary at its frame or one beside it, a gradual transition by one inside it or one frame
from its ends; one boundary finds one transition, and whatever is left is wrong. A fade at the very beginning
or end of a video separates nothing and counts neither way.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from benchmarks.edits import Labelled, Transition

TOLERANCE = 1
"""frames"""


@dataclass(frozen=True, slots=True)
class Score:
    """How good a list of boundaries is."""

    found: int
    wanted: int
    wrong: int

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.wrong) if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.found / self.wanted if self.wanted else 1.0

    @property
    def f1(self) -> float:
        """1 where there was nothing to find and nothing was named."""
        total = self.found + self.wrong + self.wanted
        return 2 * self.found / total if total else 1.0


@dataclass(slots=True)
class Tally:
    """Sums over a set of videos, by kind of transition."""

    found: Counter[str] = field(default_factory=Counter)
    wanted: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    tricks: Counter[str] = field(default_factory=Counter)
    """what only looked like a transition"""
    fooled: Counter[str] = field(default_factory=Counter)
    """wrong boundaries there"""
    misses: list[str] = field(default_factory=list)

    def add(self, video: Labelled, named: Sequence[int], frames: int) -> None:
        """Takes the boundaries of one video.

        Args:
            named: frame numbers
            frames: in the whole video
        """
        left = sorted(named)
        for item in video.transitions:
            near = [at for at in left if _is_near(at, item, TOLERANCE)]
            if item.kind != "cut" and (item.first == 0 or item.last >= frames - 1):
                left = [at for at in left if at not in near]
                continue
            self.wanted[item.kind] += 1
            if near:
                self.found[item.kind] += 1
                left.remove(min(near, key=lambda at: abs(2 * at - item.first - item.last)))
            else:
                self.misses.append(f"{video.path.name}: missed {item.kind} {item.first}-{item.last}")
        self.wrong += len(left)
        for item in video.tricks:
            self.tricks[item.kind] += 1
            self.fooled[item.kind] += sum(_is_near(at, item, 2 * TOLERANCE) for at in left)
        self.misses += [f"{video.path.name}: wrong {at}" for at in left]

    def score(self, kinds: Collection[str] = ()) -> Score:
        """Of some kinds of transition, or of all. Every wrong boundary is held against each kind, since
        nobody says of what kind it was meant to be."""
        chosen = kinds or self.wanted
        found, wanted = (sum(counts[kind] for kind in chosen) for counts in (self.found, self.wanted))
        return Score(found, wanted, self.wrong)


def _is_near(at: int, item: Transition, tolerance: int) -> bool:
    return item.first - tolerance <= at <= item.last + tolerance
