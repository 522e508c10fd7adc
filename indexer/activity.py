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


def activity(sizes: list[int], next_key: int, is_harmless: Callable[[int], bool]) -> Activity:
    """
    Args:
        sizes: of its frames in the order in which they are shown, the key frame's first
        next_key: size of the key frame behind it
        is_harmless: whether a frame, numbered in that order, is known to show nothing new however large it is
    """
    key, inside = min(sizes[0], next_key), np.array(sizes[1:], np.float64)
    if not len(inside):
        return Activity(0.0, 1.0, 0)
    usual = {at: _usual(inside, at) for at in np.flatnonzero(inside > LARGE * key).tolist()}
    large = [at for at, size in usual.items() if inside[at] > JUMP * size]
    if 0 < len(large) <= HARMLESS and all(is_harmless(at + 1) for at in large):
        inside[large] = [usual[at] for at in large]
        large = []
    window = min(WINDOW, len(inside))
    taken = np.convolve(inside, np.full(window, 1 / window), "valid")
    return Activity(float(taken.max() / key), float(taken.max() / np.median(taken)), len(large))


def _usual(sizes: NDArray[np.float64], at: int) -> float:
    return float(np.median(sizes[max(0, at - AROUND) : at + AROUND + 1]))
