"""Where to look inside a video: groups of pictures whose ends and packets say that nothing happened are
passed over, a cut that the video's encoder has found for us is believed, and everything else is decoded.

A cut or a dissolve has to be paid for: what was not there before costs bytes. So a group may be passed over
when the key frames at its two ends are alike and no frame of it is large. And a key frame begins a shot when
it is unlike the one before, came earlier than it had to, and everything before it was cheap, or took the same
from its beginning to its end where the encoder is known to look for cuts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from indexer.groups import Group, Groups
from indexer.picture import TINY, Picture
from plugins.values import SECOND

Floats = NDArray[np.float32]

ALIKE, UNLIKE = 0.05, 0.1
"""mean difference of two pictures, of 1, below which they show the same and above which something else"""
LONGEST_US = 12 * SECOND
"""A longer group is looked into whatever it shows: something small may come and go in it."""
FLAT = 0.08
"""standard deviation, of 1, below which a picture is no witness: black, or in the middle of a fade"""
WINDOW = 8
"""frames whose mean size says how much is going on"""
STILL, CALM, CHEAP, DEAR = 0.12, 0.2, 0.3, 0.6
"""of the size of a key frame: what the busiest frames of a drifting, calm, ordinary and wild group take"""
EVEN = 1.5
"""how many times what it usually takes a group may take where it is busiest; in a dissolve it takes more"""
LARGE, JUMP, AROUND = 0.8, 3.0, 12
"""A frame is suspicious when it takes so much of the size of a key frame, and so many times as much as the
usual one of so many before and after it."""
LEVEL = 0.15
"""by how much the size of a frame may change, of itself, where all are key frames"""


class Verdict(Enum):
    """What is to be done with a group."""

    PASS = auto()
    """nothing happens in it"""
    CUT = auto()
    """nothing happens in it, and the next one is another shot"""
    LOOK = auto()
    """it must be decoded"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A group on its way."""

    group: Group
    following: Group | None
    verdict: Verdict

    @property
    def next_us(self) -> int:
        """When the next key frame is shown; where there is a cut, there is one."""
        assert self.following is not None
        assert self.following.key is not None
        return self.following.key.time_us

    @property
    def frames(self) -> int:
        """How many are shown from its key frame to the next."""
        borrowed = self.following.leading[1:] if self.following else []
        shown = [packet for packet in (*self.group.packets, *borrowed) if not packet.is_discard]
        return len(shown) - len(self.group.leading[1:])


@dataclass(frozen=True, slots=True)
class Activity:
    """What goes on in a group, by the sizes of its frames."""

    busy: float
    """what its busiest stretch takes a frame, of a key frame"""
    bump: float
    """the same, of what a stretch usually takes"""
    large: int
    """suspicious frames"""


class Judge:
    """Judges groups in their order."""

    def __init__(self, cut_before: int) -> None:
        """``cut_before``: see `Groups`."""
        self._is_known = cut_before > 0
        self._longest = cut_before
        """frames from one key frame to the next where none comes early, as far as is known"""

    def judge(self, group: Group, following: Group | None, end_us: int) -> Verdict:
        """
        Args:
            following: the next group; None at the end
            end_us: when the last frame that was read is no longer shown
        """
        longest, self._longest = self._longest, max(self._longest, group.reach)
        if group.key is None:
            return Verdict.LOOK
        if following is None:
            seen = _activity(group.sizes, group.sizes[0])
            still = end_us - group.key.time_us <= LONGEST_US and seen.busy < STILL and seen.bump < EVEN
            return Verdict.PASS if still and not seen.large else Verdict.LOOK
        if following.key is None or following.key.time_us - group.key.time_us > LONGEST_US:
            return Verdict.LOOK
        one, other = _tiny(group.key), _tiny(following.key)
        apart = float(np.abs(one - other).mean())
        if group.is_intra:
            return Verdict.PASS if apart < ALIKE and _is_level(group.sizes) else Verdict.LOOK
        seen = _activity(group.sizes, following.sizes[0])
        if seen.large:
            return Verdict.LOOK
        if min(one.std(), other.std()) < FLAT:
            return Verdict.PASS if apart < ALIKE and seen.busy < STILL else Verdict.LOOK
        if apart < UNLIKE:
            return Verdict.PASS if seen.busy < CALM else Verdict.LOOK
        return Verdict.CUT if group.reach < longest and self._ends_alone(seen) else Verdict.LOOK

    def _ends_alone(self, seen: Activity) -> bool:
        """Whether nothing but the cut at its end happens in a group."""
        if seen.busy < CALM:
            return True
        return seen.bump < EVEN and seen.busy < (DEAR if self._is_known else CHEAP)


def _tiny(picture: Picture) -> Floats:
    return np.divide(picture.rgb(TINY), 255, dtype=np.float32)


def _activity(sizes: list[int], next_key: int) -> Activity:
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


def _is_level(sizes: list[int]) -> bool:
    """Whether key frames take the same one after the other."""
    steps = np.diff(np.log(np.maximum(sizes, 1)))
    return bool(np.abs(steps).max(initial=0.0) < LEVEL)


def judged(groups: Groups) -> Iterator[Piece]:
    """Every group with what is to be done with it."""
    judge, before = Judge(groups.cut_before), None
    for group in groups:
        if before is not None:
            yield Piece(before, group, judge.judge(before, group, groups.end_us))
        before = group
        if group.rest is not None:  # must be decoded before the next can be read
            yield Piece(group, None, Verdict.LOOK)
            before = None
    if before is not None:
        yield Piece(before, None, judge.judge(before, None, groups.end_us))
