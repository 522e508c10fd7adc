"""What goes on in a group of pictures, by the bytes that its frames take."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW = 8
"""frames whose mean size says how much is going on"""
DEAR = 0.6
"""of the size of a key frame: what the busiest frames of a wild group take"""
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
    def is_wild(self) -> bool:
        """Whether so much goes on that it must be looked at."""
        return self.large > 0 or self.busy >= DEAR


def activity(sizes: list[int], key: int, is_harmless: Callable[[int], bool], first: int = 0) -> Activity:
    """
    Args:
        sizes: of its frames, but for the key frame, in the order in which they are shown
        key: size of a key frame
        is_harmless: whether a frame, numbered in that order, is known to show nothing new however large it is
        first: from which frame on it is asked; what is usual is said by all
    """
    inside = np.array(sizes, np.float64)
    if first >= len(inside):
        return Activity(0.0, 1.0, 0)
    usual = {at: _usual(inside, at) for at in np.flatnonzero(inside > LARGE * key).tolist()}
    large = [at for at, size in usual.items() if inside[at] > JUMP * size]
    if 0 < len(large) <= HARMLESS and all(is_harmless(at) for at in large):
        inside[large] = [usual[at] for at in large]
        large = []
    window = min(WINDOW, len(inside))
    taken = np.convolve(inside, np.full(window, 1 / window), "valid")
    most = float(taken[min(first, len(taken) - 1) :].max())
    return Activity(most / key, most / float(np.median(taken)), sum(at >= first for at in large))


def _usual(sizes: NDArray[np.float64], at: int) -> float:
    return float(np.median(sizes[max(0, at - AROUND) : at + AROUND + 1]))
