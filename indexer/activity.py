"""What goes on in a group of pictures, by the bytes that its frames take."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

WINDOW = 8
"""frames whose mean size says how much is going on"""
CALM, DEAR = 0.2, 0.6
"""of the size of a key frame: what the busiest frames of a calm and of a wild group take"""
LARGE, JUMP, AROUND = 0.8, 3.0, 12
"""A frame is suspicious when it takes so much of the size of a key frame, and so many times as much as the
usual one of so many before and after it."""
HARMLESS = 3
"""large frames of a group of which that may be known; more are no accident"""


@dataclass(frozen=True, slots=True)
class Activity:
    """What goes on in a group, by the sizes of its frames."""

    busy: float
    """what its busiest stretch takes a frame, of a key frame"""
    bump: float
    """the same, of what a stretch usually takes"""
    large: int
    """suspicious frames"""

    @property
    def is_calm(self) -> bool:
        """Whether so little goes on that the first frame stands for it as well as one a little later."""
        return self.large == 0 and self.busy < CALM

    @property
    def is_wild(self) -> bool:
        """Whether so much goes on that it must be looked at."""
        return self.large > 0 or self.busy >= DEAR


class Course:
    """The bytes that the frames of a group take, one after the other as they are shown."""

    def __init__(self, sizes: list[int], key: int, is_harmless: Callable[[int], bool]) -> None:
        """
        Args:
            sizes: of its frames, but for the key frame
            key: size of a key frame
            is_harmless: whether a frame of these is known to show nothing new however large it is
        """
        usual = {at: _usual(sizes, at) for at, size in enumerate(sizes) if size > LARGE * key}
        large = [at for at, size in usual.items() if sizes[at] > JUMP * size]
        inside = np.array(sizes, np.float64)
        if 0 < len(large) <= HARMLESS and all(map(is_harmless, large)):
            inside[large] = [usual[at] for at in large]
            large = []
        window = max(1, min(WINDOW, len(sizes)))
        self._key, self._large, self._count = key, large, len(sizes)
        self._taken = np.convolve(inside, np.full(window, 1 / window), "valid") if sizes else inside
        self._median = float(np.median(self._taken)) if sizes else 0.0

    def activity(self, first: int = 0) -> Activity:
        """What goes on from a frame on; what is usual is said by all."""
        if first >= self._count:
            return Activity(0.0, 1.0, 0)
        most = float(self._taken[min(first, len(self._taken) - 1) :].max())
        return Activity(most / self._key, most / self._median, sum(at >= first for at in self._large))


def _usual(sizes: list[int], at: int) -> float:
    return median(sizes[max(0, at - AROUND) : at + AROUND + 1])
