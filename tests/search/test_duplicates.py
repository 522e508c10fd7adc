"""Copies and overlaps among drawn videos are found with their intervals, and nothing else is."""

from collections.abc import Iterator

import numpy as np
import pytest

from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.values import SECOND
from search.duplicates import Looking, Overlap, groups
from search.engine import Engine
from shotseek.draw import write_video
from tests.search.test_align import FPS, film


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    videos = tmp_path_factory.mktemp("videos")
    long = film(1, 2, 3, 4, 5, 6)
    write_video(videos / "long.mp4", long, fps=FPS)
    write_video(
        videos / "copy.ts", [frame[::2, ::2] for frame in long], fps=FPS, codec="mpeg2video", options={}
    )
    part = [np.ascontiguousarray(frame[:, ::-1]) for frame in long[150:450]]
    write_video(videos / "part.mp4", [*film(7), *part], fps=FPS)
    write_video(videos / "other.mp4", film(8, 9), fps=FPS)
    (videos / "same.mp4").write_bytes((videos / "other.mp4").read_bytes())
    library = Library.open(tmp_path_factory.mktemp("library"), create=True)
    for _ in index(library, [videos], Recipe(("palette",))):
        pass
    with library, Engine(library) as made:
        yield made


@pytest.fixture(scope="module")
def overlaps(engine: Engine) -> dict[tuple[str, ...], Overlap]:
    looking = Looking(engine)
    found = [item for known in engine.library.catalog.videos() for item in looking.of(known.video)]
    assert looking.notes == []
    by_pair = {tuple(sorted((item.one.name, item.other.name))): item for item in found}
    assert len(by_pair) == len(found), "each pair is found once"
    return by_pair


def intervals(overlap: Overlap) -> dict[str, tuple[float, float]]:
    return {
        video.name: (span.start_us / SECOND, span.end_us / SECOND)
        for video, span in ((overlap.one, overlap.one_span), (overlap.other, overlap.other_span))
    }


def test_each_pair_that_shares_something_is_found_and_no_other(
    overlaps: dict[tuple[str, ...], Overlap],
) -> None:
    assert set(overlaps) == {
        ("copy.ts", "long.mp4"),
        ("copy.ts", "part.mp4"),
        ("long.mp4", "part.mp4"),
        ("other.mp4", "same.mp4"),
    }


def test_an_overlap_is_followed_to_its_ends(overlaps: dict[tuple[str, ...], Overlap]) -> None:
    """Seen failing when the piece by which it was found was all that was told of it."""
    whole = intervals(overlaps["copy.ts", "long.mp4"])
    assert whole["long.mp4"] == pytest.approx((0, 24), abs=0.3)
    assert whole["copy.ts"] == pytest.approx((0, 24), abs=0.3)
    part = overlaps["long.mp4", "part.mp4"]
    assert part.mirrored
    assert intervals(part)["long.mp4"] == pytest.approx((6, 18), abs=0.5)
    assert intervals(part)["part.mp4"] == pytest.approx((4, 16), abs=0.5)


def test_groups_join_what_shares_anything(overlaps: dict[tuple[str, ...], Overlap]) -> None:
    names = [{video.name for video in group.videos} for group in groups(overlaps.values())]
    assert names == [{"long.mp4", "copy.ts", "part.mp4"}, {"other.mp4", "same.mp4"}]


def test_one_video_is_compared_with_all_others(engine: Engine) -> None:
    """Also with those that were indexed before it."""
    (video,) = engine.library.catalog.find_videos("part.mp4")
    found = list(Looking(engine, all_pairs=True).of(video))
    assert {item.other.name for item in found} == {"long.mp4", "copy.ts"}
