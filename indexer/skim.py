"""Where to look inside a video: groups of pictures whose ends and packets say that nothing happened are
passed over, a cut that the video's encoder has found for us is believed, and everything else is decoded.

A cut or a dissolve has to be paid for: what was not there before costs bytes. So a group may be passed over
when the key frames at its two ends are alike, or half of their detail is still in its place, and no frame of
it is large. And a key frame begins a shot when it is unlike the one before, came earlier than it had to, and
everything before it was cheap, or took the same from its beginning to its end where the encoder is known to
look for cuts.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.activity import CALM, DEAR, Activity, Course
from indexer.groups import Group, Groups
from indexer.picture import TINY, Picture
from plugins.values import SECOND

if TYPE_CHECKING:
    from indexer.groups import Packet

Floats = NDArray[np.float32]

ALIKE, UNLIKE = 0.05, 0.1
"""mean difference of two pictures, of 1, below which they show the same and above which something else"""
DETAIL, UNCHANGED = 0.04, 0.06
"""step to a neighbour, of 1, from which on a pixel is a detail, and difference up to which it stayed"""
DETAILED, KEPT = 0.05, 0.5
"""part of a picture that must be detail before that is a witness, and part of the detail that stays while the
shot does: where a cut or a whole dissolve lay between two pictures, at most 0.19 stayed"""
SAME_LIGHT = 0.03
"""of 1, by which the brightness of a picture may change of itself in half a second"""
BAR = 0.03
"""standard deviation, of 1, below which a row or a column may be a bar that stands beside the picture"""
LONGEST_US = 12 * SECOND
"""A longer group is looked into whatever it shows: something small may come and go in it."""
BEHIND = 12
"""frames that are decoded behind what must be looked into"""
FLAT = 0.08
"""standard deviation, of 1, below which a picture is no witness: black, or in the middle of a fade"""
STILL, CHEAP = 0.12, 0.3
"""of the size of a key frame: what the busiest frames of a drifting and of an ordinary group take"""
EVEN = 1.5
"""how many times what it usually takes a group may take where it is busiest; in a dissolve it takes more"""
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


@dataclass(slots=True)
class Piece:
    """A group on its way, and what is to be done with it."""

    group: Group
    following: Group | None
    """None at the end"""
    end_us: int
    """when the last frame that was read is no longer shown"""
    is_known: bool
    """whether the video's encoder is known to look for cuts"""
    verdict: Verdict = field(init=False)
    _shown: "list[Packet]" = field(init=False)
    """what `Group.shown` says"""
    _course: Course = field(init=False)
    passed_over: int | None = field(init=False, default=None)
    """frames at its end that were not needed, where it was left before its end; see `needed`"""

    def __post_init__(self) -> None:
        self._shown = self.group.shown(self.following)
        self._course = self.group.course(self.following)
        if self.group.key is None or self.group.rest is not None:
            self.verdict = Verdict.LOOK
        else:
            self.verdict = self.behind(self.group.key) if self.following else self._at_the_end()

    @property
    def next_us(self) -> int:
        """When the next key frame is shown; where there is a cut, there is one."""
        assert self.following is not None
        assert self.following.key is not None
        return self.following.key.time_us

    @property
    def frames(self) -> int:
        """How many are shown from its key frame to the next."""
        return sum(not packet.is_discard for packet in self._shown)

    def needed(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """Of its pictures those until the rest of it may be passed over, as it might if there were a key
        frame, and `BEHIND` frames more. A cut at the end is looked at: that a key frame came early says
        little where much was going on."""
        start = self.group.key
        for at, picture in enumerate(pictures, 1):
            yield picture
            if at % BEHIND or start is None:
                continue
            if self.behind(start) is Verdict.PASS:
                self.passed_over = self.frames - at
                return
            start = picture

    def behind(self, picture: Picture) -> Verdict:
        """What is to be done behind a picture of it: the key frame, or any other as if it were one."""
        pts, following = picture.pts, self.following
        if pts is None or following is None or following.key is None:
            return Verdict.LOOK
        if following.key.time_us - picture.time_us > LONGEST_US:
            return Verdict.LOOK
        one, other = _tiny(picture), _tiny(following.key)
        apart = float(np.abs(one - other).mean())
        if self.group.is_intra:
            stays = apart < ALIKE or (apart < UNLIKE and _stays(one, other))
            is_level = _is_level([packet.size for packet in self._shown])
            return Verdict.PASS if stays and is_level else Verdict.LOOK
        seen = self._course.activity(
            bisect_right(self._shown, pts, 1, key=lambda packet: packet.pts or 0) - 1
        )
        if seen.large:
            return Verdict.LOOK
        if not seen.is_wild and kept(one, other) >= KEPT:
            return Verdict.PASS
        if min(one.std(), other.std()) < FLAT:
            return Verdict.PASS if apart < ALIKE and seen.busy < STILL else Verdict.LOOK
        if apart < UNLIKE:
            return Verdict.PASS if seen.busy < CALM else Verdict.LOOK
        return Verdict.CUT if following.is_early and _ends_alone(seen, self.is_known) else Verdict.LOOK

    def _at_the_end(self) -> Verdict:
        assert self.group.key is not None
        if self.end_us - self.group.key.time_us > LONGEST_US:
            return Verdict.LOOK
        seen = self._course.activity()
        return Verdict.PASS if seen.busy < STILL and seen.bump < EVEN and not seen.large else Verdict.LOOK


def _ends_alone(seen: Activity, is_known: bool) -> bool:
    """Whether nothing but the cut at its end happens in a group."""
    if seen.busy < CALM:
        return True
    return seen.bump < EVEN and seen.busy < (DEAR if is_known else CHEAP)


def _tiny(picture: Picture) -> Floats:
    return np.divide(picture.rgb(TINY), 255, dtype=np.float32)


def kept(one: Floats, other: Floats) -> float:
    """How much of the detail of two pictures, (h, w, 3) of 1, is in both of them, in the same place; 0 where
    there is too little. Bars beside the picture are no detail, and neither are their edges."""
    light, other_light = _light(one), _light(other)
    detail = _inside(light, other_light) & (np.maximum(_steps(light), _steps(other_light)) > DETAIL)
    if detail.mean() < DETAILED:
        return 0.0
    red, green, blue = np.moveaxis(np.abs(one - other), 2, 0)
    return float((np.maximum(np.maximum(red, green), blue)[detail] < UNCHANGED).mean())


def _stays(one: Floats, other: Floats) -> bool:
    """Whether two pictures show the same in the same light: in a fade, too, details keep their place."""
    return abs(float(one.mean()) - float(other.mean())) < SAME_LIGHT and kept(one, other) >= KEPT


def _light(picture: Floats) -> Floats:
    """(h, w). By slices: reducing short axes is slow."""
    mean: Floats = (picture[..., 0] + picture[..., 1] + picture[..., 2]) / np.float32(3)
    return mean


def _inside(light: Floats, other_light: Floats) -> NDArray[np.bool_]:
    """(h, w): what is no bar of both pictures, nor beside one."""
    sides = []
    for axis in (1, 0):
        lit = np.logical_or(light.std(axis=axis) > BAR, other_light.std(axis=axis) > BAR)
        lit[1:-1] &= lit[:-2] & lit[2:]
        sides.append(lit)
    inside: NDArray[np.bool_] = sides[0][:, None] & sides[1][None, :]
    return inside


def _steps(light: Floats) -> Floats:
    """(h, w): the larger step of each pixel from the one above and the one to the left."""
    down, across = np.zeros_like(light), np.zeros_like(light)
    down[1:], across[:, 1:] = np.abs(np.diff(light, axis=0)), np.abs(np.diff(light, axis=1))
    larger: Floats = np.maximum(down, across)
    return larger


def _is_level(sizes: list[int]) -> bool:
    """Whether key frames take the same one after the other."""
    steps = np.diff(np.log(np.maximum(sizes, 1)))
    return bool(np.abs(steps).max(initial=0.0) < LEVEL)


def judged(groups: Groups) -> Iterator[Piece]:
    """Every group with what is to be done with it."""

    def piece(group: Group, following: Group | None) -> Piece:
        return Piece(group, following, groups.end_us, groups.cut_before > 0)

    before: Group | None = None
    for group in groups:
        if before is not None:
            yield piece(before, group)
        before = group
        if group.rest is not None:  # must be decoded before the next can be read
            yield piece(group, None)
            before = None
    if before is not None:
        yield piece(before, None)
