"""Whatever the cuts, the shots touch, never overlap, and cover the video."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.shots import LATEST_US, SHORTEST_US, Cutter
from plugins.errors import BrokenPlugin
from plugins.values import SECOND, Span

FRAME_US = SECOND // 25


def spans(cuts: list[int], end_us: int, max_us: int, lag_us: int = 0) -> list[Span]:
    """As of a pass over 25 frames a second, with a detector that names a cut so much after its frame."""
    cutter, left = Cutter(max_us), list(cuts)
    found: list[Span] = []
    for now in range(0, end_us, FRAME_US):
        found += cutter.reach(now)
        while left and left[0] + lag_us <= now:
            cutter.cut(left.pop(0))
    for cut in left:
        cutter.cut(cut)
    return found + list(cutter.finish(end_us))


ENDS = st.integers(1, 60 * SECOND)
CUTS = st.lists(st.integers(0, 70 * SECOND), unique=True).map(sorted)
LENGTHS = st.integers(SECOND // 2, 100 * SECOND)
LAGS = st.integers(0, LATEST_US - SECOND)


@given(CUTS, ENDS, LENGTHS, LAGS)
def test_shots_touch_cover_and_keep_to_their_length(
    cuts: list[int], end: int, longest: int, lag: int
) -> None:
    found = spans(cuts, end, longest, lag)
    assert found[0].start_us == 0
    assert found[-1].end_us == end
    assert all(one.end_us == other.start_us for one, other in pairwise(found))
    assert all(span.duration_us <= longest for span in found)


@given(CUTS, ENDS, LAGS)
def test_every_cut_is_an_edge_except_at_the_very_ends(cuts: list[int], end: int, lag: int) -> None:
    edges = {span.start_us for span in spans(cuts, end, 1000 * SECOND, lag)}
    assert edges == {0} | {cut for cut in cuts if SHORTEST_US <= cut <= end - SHORTEST_US}


@given(ENDS, LENGTHS)
def test_a_long_take_leaves_no_sliver(end: int, longest: int) -> None:
    found = spans([], end, longest)
    assert len(found) == 1 or min(span.duration_us for span in found) >= longest // 2 - 1


@given(CUTS, ENDS, LENGTHS, LAGS)
def test_a_detector_that_is_late_but_not_too_late_changes_little(
    cuts: list[int], end: int, longest: int, lag: int
) -> None:
    """Where a take was given away before its end was known it is split elsewhere; never is a cut lost."""
    wanted = {cut for cut in cuts if SHORTEST_US <= cut <= end - SHORTEST_US}
    assert wanted <= {span.start_us for span in spans(cuts, end, longest, lag)}


def test_spans_come_while_the_file_is_read() -> None:
    cutter = Cutter(5 * SECOND)
    assert list(cutter.reach(9 * SECOND)) == []
    cutter.cut(4 * SECOND)
    assert list(cutter.reach(9 * SECOND)) == [Span(0, 4 * SECOND)]
    endless = [span for now in range(9 * SECOND, 3600 * SECOND, SECOND) for span in cutter.reach(now)]
    assert endless[0] == Span(4 * SECOND, 9 * SECOND)
    assert 3600 * SECOND - endless[-1].end_us < 22 * SECOND


def test_cuts_that_break_the_contract() -> None:
    cutter = Cutter(SECOND)
    cutter.cut(2 * SECOND)
    with pytest.raises(BrokenPlugin, match=r"got 0:00:02.000 after 0:00:02.000"):
        cutter.cut(2 * SECOND)
    late = Cutter(SECOND)
    assert list(late.reach(60 * SECOND))
    with pytest.raises(BrokenPlugin, match="came more than 10 s and 128 frames after its frame"):
        late.cut(2 * SECOND)
