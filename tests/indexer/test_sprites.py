"""Small pictures of a whole video on one sheet: every moment has one, and there are never too many."""

from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from indexer.sprites import CELL, MAX_CELLS, layout, version, webvtt
from plugins.values import SECOND, Shot, Span, Video


def video(width: int = 640, height: int = 360, seconds: int = 10, fingerprint: str = "abcd") -> Video:
    return Video(
        id=1,
        path="/v/a.mp4",
        fingerprint=fingerprint,
        duration_us=seconds * SECOND,
        width=width,
        height=height,
        frame_rate=Fraction(25),
        codec="h264",
        has_audio=False,
        created=datetime(2024, 1, 1, tzinfo=UTC),
    )


def shots(count: int) -> list[Shot]:
    """Of a second, with one keyframe each."""
    return [
        Shot(n + 1, 1, n, Span(n * SECOND, (n + 1) * SECOND), (n * SECOND + SECOND // 2,))
        for n in range(count)
    ]


@given(count=st.integers(1, 3 * MAX_CELLS), width=st.integers(1, 8192), height=st.integers(1, 8192))
def test_cells_cover_the_video_and_never_overlap(count: int, width: int, height: int) -> None:
    """Seen failing with cues that begin at their keyframe: the time before the first had no picture."""
    cells = layout(video(width, height, seconds=count), shots(count))
    assert 1 <= len(cells) <= MAX_CELLS
    assert (cells[0].span.start_us, cells[-1].span.end_us) == (0, count * SECOND)
    for before, after in pairwise(cells):
        assert before.span.end_us == after.span.start_us
    assert all(cell.span.start_us <= cell.time_us < cell.span.end_us for cell in cells)
    assert len({(cell.x, cell.y) for cell in cells}) == len(cells)
    assert all(cell.x % cell.width == 0 and cell.y % cell.height == 0 for cell in cells)
    assert max(cells[0].width, cells[0].height) == CELL


def test_a_cue_is_a_media_fragment() -> None:
    lines = webvtt(layout(video(seconds=3601), shots(3601)), "sprites.jpg").splitlines()
    assert lines[:4] == ["WEBVTT", "", "00:00:00.000 --> 00:00:10.500", "sprites.jpg#xywh=0,0,160,90"]
    assert lines[-2].endswith("--> 01:00:01.000")


def test_another_content_and_other_keyframes_are_another_version() -> None:
    same, other = layout(video(), shots(3)), layout(video(), shots(4))
    kinds = {version(video(), same), version(video(), other), version(video(fingerprint="dcba"), same)}
    assert len(kinds) == 3
