"""One pass: shots where the cuts are, keyframes that are sharp, lit, different and inside."""

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from indexer.keyframes import SHORT_SIDE, Candidate, choose
from indexer.media import open_media
from indexer.scan import ScannedShot, scan
from plugins.contracts import Media, ShotDetector
from plugins.values import SECOND, Image, Span
from shotseek.draw import write_video
from tests.videos import FPS, black, clip, differs, dissolve, scene


class Given(ShotDetector):
    """Cuts as they are told, a comma between them, in milliseconds."""

    def cuts(self, media: Media) -> Iterator[int]:
        left = [int(part) * 1000 for part in self.argument.split(",") if part]
        for frame in media.frames(size=(8, 8)):
            while left and left[0] <= frame.time_us:
                yield left.pop(0)


def scanned(path: Path, cuts: str = "", longest_s: float = 10, count: int = 3) -> list[ScannedShot]:
    found: list[ScannedShot] = []
    with open_media(str(path), [str(path.parent)]) as media:
        scan(media, Given(cuts), found.append, max_shot_us=round(longest_s * SECOND), frames_per_shot=count)
    return found


def drawn(path: Path, frames: list[Image], **options: object) -> Path:
    write_video(path, frames, fps=FPS, **options)  # type: ignore[arg-type]
    return path


def test_shots_and_keyframes(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", 3)
    found = scanned(tmp_path / "a.mp4", "1000,2000")
    assert [shot.span for shot in found] == [Span(n * SECOND, (n + 1) * SECOND) for n in range(3)]
    for seed, shot in enumerate(found):
        assert 1 <= len(shot.keyframes) <= 3
        times = [item.time_us for item in shot.keyframes]
        assert times == sorted(set(times))
        assert all(time in shot.span for time in times)
        for item in shot.keyframes:
            at = round((item.time_us - shot.span.start_us) * FPS / SECOND)
            assert differs(item.image, scene(seed, FPS)[at]) < 25


def test_measured_length_and_count(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.mkv", scene(1, 3), times_us=[0, 40_000, 3 * SECOND])
    with open_media(str(path), [str(tmp_path)]) as media:
        measured = scan(media, Given(), lambda _: None, max_shot_us=SECOND, frames_per_shot=1)
    assert (measured.frames, measured.lost) == (3, 0)
    assert 3 * SECOND < measured.end_us < 4 * SECOND


class Late(Given):
    """The same, told a second after, by which time the looks have been put together."""

    def cuts(self, media: Media) -> Iterator[int]:
        left = [int(part) * 1000 for part in self.argument.split(",")]
        for frame in media.frames(size=(8, 8)):
            while left and left[0] + SECOND <= frame.time_us:
                yield left.pop(0)


def test_no_shot_is_lost_because_a_look_behind_its_end_was_sharper(tmp_path: Path) -> None:
    """Seen failing when only the sharpest look of each half second was kept: a cut among them took it away
    from the shot before, which was then given to its neighbour, or had none."""
    picture = scene(5, 1)[0]
    soft = np.asarray(Pillow.fromarray(picture).resize((80, 48)).resize(picture.shape[1::-1]))
    frames = [picture if 8 <= number % 50 < 12 else soft for number in range(100)]
    path = drawn(tmp_path / "a.mp4", frames, options={"crf": "10"})
    found: list[ScannedShot] = []
    with open_media(str(path), [str(tmp_path)]) as media:
        scan(media, Late("280,2280"), found.append, max_shot_us=10 * SECOND, frames_per_shot=2)
    assert [shot.span.start_us for shot in found] == [0, 280_000, 2_280_000]


def test_one_frame_is_a_shot(tmp_path: Path) -> None:
    (shot,) = scanned(drawn(tmp_path / "a.mp4", scene(1, 1)))
    assert shot.span.start_us == 0 < shot.span.end_us
    assert [item.time_us for item in shot.keyframes] == [0]


def test_a_picture_that_stands_for_minutes_is_one_shot(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.mkv", scene(1, 2), times_us=[0, 600 * SECOND])
    found = scanned(path, longest_s=5)
    assert len(found) == 2
    assert found[0].span.end_us == found[1].span.start_us
    assert [shot.keyframes[0].time_us for shot in found] == [0, 600 * SECOND]


def test_the_sharp_frame_is_chosen(tmp_path: Path) -> None:
    picture = scene(5, 1)[0]
    soft = np.asarray(Pillow.fromarray(picture).resize((20, 12)).resize(picture.shape[1::-1]))
    path = drawn(tmp_path / "a.mp4", [soft] * 20 + [picture] * 5 + [soft] * 20, options={"crf": "10"})
    (shot,) = scanned(path, count=1)
    assert 20 <= shot.keyframes[0].time_us * FPS / SECOND < 25


def test_black_only_where_there_is_nothing_else(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.mp4", black(60) + scene(1, 15))
    (shot,) = scanned(path, count=4)
    assert all(item.image.mean() > 30 for item in shot.keyframes)
    (shot,) = scanned(drawn(tmp_path / "b.mp4", black(25)), count=4)
    assert len(shot.keyframes) == 1


def test_not_in_the_middle_of_a_dissolve(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.mp4", dissolve(scene(1, 50), scene(2, 50), 10))
    first, second = scanned(path, "1800")
    assert all(item.time_us < 1_600_000 for item in first.keyframes)
    assert all(item.time_us > 2_000_000 for item in second.keyframes)


def test_as_many_keyframes_as_there_is_to_see(tmp_path: Path) -> None:
    still = drawn(tmp_path / "still.mp4", scene(1, 1) * 100)
    (shot,) = scanned(still, count=4)
    assert len(shot.keyframes) == 1
    varied = drawn(tmp_path / "varied.mp4", [frame for seed in range(4) for frame in scene(seed, 1) * 25])
    (shot,) = scanned(varied, count=4)
    assert [item.time_us // SECOND for item in shot.keyframes] == [0, 1, 2, 3]
    (shot,) = scanned(varied, count=2)
    assert len(shot.keyframes) == 2


def test_sizes_of_keyframes_and_thumbnails(tmp_path: Path) -> None:
    large = drawn(tmp_path / "large.mp4", scene(1, 2, (1280, 720)))
    wide = drawn(tmp_path / "wide.mp4", scene(1, 2, (2400, 16)), options={"preset": "ultrafast"})
    tall = drawn(tmp_path / "tall.mp4", scene(1, 2, (90, 160)))
    images, thumbnails = {}, {}
    for path in (large, wide, tall):
        (shot,) = scanned(path)
        images[path.stem] = shot.keyframes[0].image.shape[1::-1]
        thumbnails[path.stem] = Pillow.open(io.BytesIO(shot.keyframes[0].thumbnail)).size
    assert images == {"large": (854, SHORT_SIDE), "wide": (1920, 12), "tall": (90, 160)}
    assert thumbnails == {"large": (320, 180), "wide": (320, 2), "tall": (320, 569)}


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """No frame outlives its shot, even if no cut ever comes."""
    path = drawn(tmp_path / "long.mp4", scene(1, 300, (64, 48), speed=3) * 4)

    def peak(until_s: int) -> int:
        held: list[int] = []
        tracemalloc.start()
        with open_media(str(path), [str(tmp_path)]) as media:
            scan(media, Given(), lambda shot: held.append(0), max_shot_us=SECOND, frames_per_shot=3)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(held) >= until_s
        return most

    assert peak(48) < 12 << 20


class Look(Candidate):
    """A candidate without a video."""

    def __init__(self, time_us: int, shade: float, sharpness: float) -> None:
        self.time_us = time_us
        self.tiny = np.full((27, 48, 3), shade, np.float32)
        self.sharpness = sharpness


LOOKS = st.lists(
    st.builds(Look, st.integers(0, 999_999), st.floats(0, 1, width=32), st.floats(0, 1)),
    min_size=1,
    max_size=20,
    unique_by=lambda look: look.time_us,
).map(lambda looks: sorted(looks, key=lambda look: look.time_us))


@settings(max_examples=50)
@given(LOOKS, st.integers(1, 5))
def test_a_choice_is_never_empty_never_too_large_and_in_order(looks: list[Look], count: int) -> None:
    chosen = choose(looks, Span(0, SECOND), count)
    assert 1 <= len(chosen) <= count
    assert [item.time_us for item in chosen] == sorted({item.time_us for item in chosen})
    assert set(chosen) <= set(looks)


@pytest.mark.parametrize("shade", [0.0, 1.0])
def test_a_choice_prefers_the_inside(shade: float) -> None:
    looks = [Look(0, 0.5, 1), Look(500_000, shade, 1), Look(999_000, 0.5, 1)]
    assert [item.time_us for item in choose(looks, Span(0, SECOND), 1)] == [500_000]
