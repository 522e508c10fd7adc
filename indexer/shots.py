"""Cuts, as a detector yields them, become spans that touch, never overlap, and cover a video."""

from collections.abc import Iterator
from itertools import pairwise
from math import ceil

from plugins.errors import BrokenPlugin
from plugins.values import SECOND, Span, timecode

SHORTEST_US = SECOND // 5
"""A first or last shot shorter than this is part of its neighbour: a flash of leader, the tail of an edit."""
LATEST_US, LATEST_FRAMES = 10 * SECOND, 128
"""How long after its frame was decoded, or so many frames after it, a cut may still be yielded."""


class Cutter:
    """Turns cuts into the spans of shots while the video is being decoded.

    A take (what lies between two cuts) longer than ``max_us`` is split evenly. Of a take whose end is not in
    sight, pieces of ``max_us`` are given away once more than twice as much is waiting, so that an endless one
    needs no endless memory and still does not end in a sliver.
    """

    def __init__(self, max_us: int) -> None:
        """
        Args:
            max_us: how long a shot may be, microseconds; at least `SHORTEST_US`
        """
        self._max_us = max(max_us, SHORTEST_US)
        self._start = 0
        self._cuts: list[int] = []
        self._newest = -1

    def cut(self, us: int) -> None:
        """Takes the next cut.

        Raises:
            BrokenPlugin: it does not ascend, or comes so late that what it cuts has been given away
        """
        if us <= self._newest:
            raise BrokenPlugin(
                "cuts must ascend, got %(at)s after %(before)s",
                at=timecode(us),
                before=timecode(self._newest),
            )
        if 0 < us < self._start:
            after = f"{LATEST_US // SECOND} s and {LATEST_FRAMES} frames"
            late = f"the cut at {timecode(us)} came more than {after} after its frame"
            raise BrokenPlugin(late)
        self._newest = us
        if us >= SHORTEST_US:
            self._cuts.append(us)

    def reach(self, us: int, open_us: int | None = None) -> Iterator[Span]:
        """Spans that nothing can change any more once frames up to ``us`` have been decoded.

        Args:
            open_us: from when on a detector still has to say where cuts are; `LATEST_US` ago by default
        """
        while self._cuts and us >= self._cuts[0] + SHORTEST_US:
            yield from self._take(self._cuts.pop(0))
        settled_us = us - LATEST_US if open_us is None else min(us - LATEST_US, open_us)
        while not self._cuts and settled_us - self._start > 2 * self._max_us:
            yield from self._take(self._start + self._max_us)

    def finish(self, end_us: int) -> Iterator[Span]:
        """The rest, up to the end of the video."""
        for cut in self._cuts:
            if cut <= end_us - SHORTEST_US:
                yield from self._take(cut)
        yield from self._take(end_us)

    def _take(self, end_us: int) -> Iterator[Span]:
        start, self._start = self._start, end_us
        if end_us <= start:
            return
        count = ceil((end_us - start) / self._max_us)
        edges = [start + (end_us - start) * index // count for index in range(count + 1)]
        yield from (Span(*edge) for edge in pairwise(edges))
