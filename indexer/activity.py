"""What goes on in a group of pictures, by the bytes that its frames take."""

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


def activity(sizes: list[int], next_key: int) -> Activity:
    """
    Args:
        sizes: of its frames in the order in which they are shown, the key frame's first
        next_key: size of the key frame behind it
    """
    key, inside = min(sizes[0], next_key), np.array(sizes[1:], np.float64)
    if not len(inside):
        return Activity(0.0, 1.0, 0)
    window = min(WINDOW, len(inside))
    taken = np.convolve(inside, np.full(window, 1 / window), "valid")
    large = sum(_juts_out(inside, at) for at in np.flatnonzero(inside > LARGE * key).tolist())
    return Activity(float(taken.max() / key), float(taken.max() / np.median(taken)), large)


def _juts_out(sizes: NDArray[np.float64], at: int) -> bool:
    around = sizes[max(0, at - AROUND) : at + AROUND + 1]
    return bool(sizes[at] > JUMP * np.median(around))
