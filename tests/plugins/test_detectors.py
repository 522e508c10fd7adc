"""The shot detectors that come with it: the contract, and transitions whose frames are known."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from indexer.media import MediaFile, open_media
from indexer.scan import ScannedShot, scan
from plugins.contracts import Media, ShotDetector
from plugins.detectors._frames import SIZE
from plugins.detectors.content import ContentDetector, Series
from plugins.detectors.fixed import FixedDetector
from plugins.errors import InvalidValue
from plugins.registry import Kind, create
from plugins.testing import ShotDetectorContract
from plugins.values import SECOND, Image, Span
from shotseek.draw import write_video
from tests.videos import FPS, REAL, black, clip, dissolve, fade, flash, scene

Found = Callable[[list[Image]], list[float]]


@pytest.fixture
def media(tmp_path: Path) -> Iterator[MediaFile]:
    clip(tmp_path / "a.mp4", 3, seconds=2)
    with open_media(str(tmp_path / "a.mp4"), [str(tmp_path)]) as opened:
        yield opened


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """Frame numbers that the content detector names in a clip of such frames."""

    def detect(frames: list[Image], fps: int = FPS) -> list[float]:
        write_video(tmp_path / "clip.mp4", frames, fps=fps)
        with open_media(str(tmp_path / "clip.mp4"), [str(tmp_path)]) as opened:
            return [cut * fps / SECOND for cut in ContentDetector().cuts(opened)]

    return detect


class TestContent(ShotDetectorContract):
    @pytest.fixture
    def detector(self) -> ShotDetector:
        return ContentDetector()


class TestFixed(ShotDetectorContract):
    @pytest.fixture
    def detector(self) -> ShotDetector:
        return FixedDetector("1.5")


def test_cuts_to_the_frame(found: Found) -> None:
    assert found(scene(1, 40) + scene(2, 20) + scene(3, 7) + scene(4, 40)) == [40, 60, 67]


@pytest.mark.parametrize("gain", [0.6, 1.35])
def test_a_change_of_light_is_no_cut(found: Found, gain: float) -> None:
    """Seen failing with `SAME` above 1: what is no longer asked counts as a cut."""
    frames = scene(1, 40)
    assert found(frames[:20] + [(gain * one).clip(0, 255).astype(np.uint8) for one in frames[20:]]) == []
    assert found(scene(1, 20) + [np.full_like(frames[0], 90)] * 20) == [20]  # anything may become a wall


def test_a_calm_shot_before_a_bang() -> None:
    """Seen failing when a cut must stand out from the steps on both of its sides alike."""
    path = REAL / "mdn" / "tears-of-steel-battle-clip-medium.webm"
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    with open_media(str(path), [str(path)]) as media:
        span = Span(31 * SECOND, 35 * SECOND)
        series, found = Series(1), list[int]()
        for frame in media.frames(span, size=SIZE):
            series.add([frame.time_us], frame.image[None])
            found += series.found()
        found += series.finish()
    assert 788 in [round(us * 24 / SECOND) for us in found]


def test_no_cut_in_motion_however_fast(found: Found) -> None:
    for speed in (1, 4, 9):
        assert found(scene(1, 44, speed=speed)) == []
    assert found(scene(1, 40, speed=8) + scene(2, 40, speed=8)) == [40]


def test_a_flash_is_no_cut(found: Found) -> None:
    assert found(flash(scene(1, 60), 20)) == []
    assert found(flash(scene(1, 40), 20) + scene(2, 40)) == [40]


@pytest.mark.parametrize("length", [6, 12, 20])
def test_a_dissolve_is_one_change_inside_it(length: int, found: Found) -> None:
    frames = dissolve(scene(1, 50, speed=0), scene(2, 50, speed=0), length)
    (at,) = found(frames)
    assert 50 - length <= at <= 50


def test_a_fade_through_black_is_one_change_inside_it(found: Found) -> None:
    (at,) = found(fade(scene(1, 50), scene(2, 50), 12))
    assert 38 <= at <= 62


def test_a_fade_at_an_end_separates_nothing(found: Found) -> None:
    assert found(dissolve(scene(1, 60), black(30), 12)) == []
    assert found(dissolve(black(40), scene(1, 60), 12)) == []


def test_nothing_happens_in_a_still(found: Found) -> None:
    assert found(scene(1, 1) * 60) == []
    assert found(black(60)) == []
    assert found(scene(1, 1)) == []


def test_a_light_that_changes_is_no_new_shot(found: Found) -> None:
    frames = [(image * (1 - 0.6 * at / 60)).astype(image.dtype) for at, image in enumerate(scene(1, 1) * 60)]
    assert found(frames) == []


def test_high_rates(found: Callable[..., list[float]]) -> None:
    assert found(scene(1, 90) + scene(2, 90), fps=60) == [90]


@pytest.mark.parametrize("rate", [Fraction(1, 60), Fraction(1, 4), 1, 5])
def test_very_low_rates(tmp_path: Path, rate: Fraction) -> None:
    """A picture a minute, as time lapses and slides have. Seen failing when a cut may come ten seconds late
    only: the whole video was refused."""
    path = tmp_path / "slides.mp4"
    write_video(path, [frame for seed in range(1, 7) for frame in scene(seed, 40)], fps=rate)
    shots: list[ScannedShot] = []
    with open_media(str(path), [str(path)]) as media:
        scan(media, ContentDetector(), shots.append, max_shot_us=20 * SECOND, frames_per_shot=1, exact=True)
    starts = {round(shot.span.start_us * rate / SECOND, 3) for shot in shots}
    assert starts >= {40, 80, 120, 160, 200}


def test_cuts_come_soon_after_their_frame(tmp_path: Path) -> None:
    """However long the video: what has been decoded when a cut is yielded."""
    clip(tmp_path / "a.mp4", 6, seconds=2)
    seen = 0

    class Watched:
        def __init__(self, media: Media) -> None:
            self.video = media.video
            self._media = media

        def frames(self, *args: object, **options: object) -> Iterator[object]:
            nonlocal seen
            for frame in self._media.frames(*args, **options):  # type: ignore[arg-type]
                seen = frame.time_us
                yield frame

    with open_media(str(tmp_path / "a.mp4"), [str(tmp_path)]) as media:
        late = [seen - cut for cut in ContentDetector().cuts(Watched(media))]  # type: ignore[arg-type]
    assert len(late) == 5
    assert max(late) < 3 * SECOND


def test_fixed_cuts_on_the_clock(media: MediaFile) -> None:
    assert list(FixedDetector("1.5").cuts(media)) == [1_500_000, 3_000_000, 4_500_000]
    assert list(FixedDetector().cuts(media)) == [5 * SECOND]
    assert list(FixedDetector("7").cuts(media)) == []


@pytest.mark.parametrize("argument", ["0", "-1", "nan", "inf", "soon", "0.01"])
def test_fixed_refuses_nonsense(argument: str) -> None:
    with pytest.raises(InvalidValue, match="fixed takes seconds"):
        create(Kind.SHOT_DETECTOR, f"fixed:{argument}")


LABELLED = {
    "androidx-media/roadtrip-vp92-10bit.webm": [42],
    "moviepy/big_buck_bunny_0_30.webm": [283, 376, 551],
    "sam2/05_default_juggle.mp4": [],
    "moviepy/chaplin.mp4": [],
}


@pytest.mark.parametrize("name", LABELLED)
def test_cuts_labelled_by_eye(name: str) -> None:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    with open_media(str(path), [str(path)]) as opened:
        assert opened.video.frame_rate is not None
        cuts = [cut * opened.video.frame_rate / SECOND for cut in ContentDetector().cuts(opened)]
    assert [round(cut) for cut in cuts] == LABELLED[name]


def test_plain_colours_of_one_brightness_are_told_apart(found: Found) -> None:
    colours = ((180, 30, 30), (30, 180, 30), (30, 30, 180))
    frames = [np.full((64, 96, 3), colour, np.uint8) for colour in colours for _ in range(20)]
    assert found(frames) == [20, 40]
