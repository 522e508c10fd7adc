"""Very small pictures, averaged from the planes of frames."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.picture import TINY, Picture, Scaler
from indexer.planes import cells, has_cells, sharpness

FORMATS = ("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuv420p10le", "rgb24", "nv12")


def frame(seed: int, size: tuple[int, int] = (320, 180), form: str = "yuv420p") -> av.VideoFrame:
    """A coloured slope with a square in it, both drawn by the seed."""
    width, height = size
    rng = np.random.default_rng(seed)
    image = np.linspace(rng.integers(60), 255, width * 3).reshape(1, width, 3).repeat(height, axis=0)
    top, left = rng.integers(height // 2), rng.integers(width // 2)
    image[top : top + height // 3, left : left + width // 3] = rng.integers(0, 255, 3)
    return av.VideoFrame.from_ndarray(image.astype(np.uint8), "rgb24").reformat(format=form)


def picture(raw: av.VideoFrame, at: int = 0) -> Picture:
    return Picture(raw, at, at, Fraction(1, 25), at * 40_000, Scaler())


@st.composite
def frames(draw: st.DrawFn) -> list[av.VideoFrame]:
    """Of one kind, as of one video, or of several."""
    kinds = st.tuples(
        st.sampled_from(FORMATS), st.sampled_from([(320, 180), (640, 480)]), st.sampled_from([1, 2])
    )
    several = draw(st.lists(kinds, min_size=1, max_size=2))
    raws = []
    for seed in draw(st.lists(st.integers(0, 99), min_size=1, max_size=20)):
        form, size, colour_range = several[seed % len(several)]
        raws.append(frame(seed, size, form))
        raws[-1].color_range = colour_range
    return raws


@given(frames())
@settings(max_examples=40, deadline=None)
def test_a_few_at_a_time_are_what_each_is_alone(raws: list[av.VideoFrame]) -> None:
    together = list(Picture.reduced((picture(raw, at) for at, raw in enumerate(raws)), TINY))
    assert [item.ticks for item in together] == list(range(len(raws)))
    for item, raw in zip(together, raws, strict=True):
        assert np.array_equal(item.rgb(TINY), picture(raw).rgb(TINY))


def test_frames_that_differ_in_nothing_but_their_range_are_not_taken_together() -> None:
    raws = [frame(1), frame(1)]
    raws[0].color_range, raws[1].color_range = 1, 2
    limited, full = Picture.reduced(map(picture, raws), TINY)
    assert np.abs(limited.rgb(TINY).astype(int) - full.rgb(TINY)).mean() > 3


@pytest.mark.parametrize("form", FORMATS[:5])
def test_cells_are_what_the_scaler_makes_of_the_whole_frame(form: str) -> None:
    raw = frame(3, form=form)
    assert has_cells(raw, TINY)
    averaged, scaled = cells([raw], TINY)[0].astype(int), Scaler().rgb(raw, TINY).astype(int)
    assert np.abs(averaged - scaled).mean() < 4


def test_a_blurred_frame_is_less_sharp() -> None:
    raw = frame(5)
    blurred = raw.reformat(40, 24).reformat(320, 180)
    assert 0 < sharpness(blurred) < sharpness(raw) / 2


def test_sharpness_is_the_mean_square_of_what_lies_two_apart() -> None:
    grey = np.zeros((64, 64), np.uint8)
    grey[:, 32:] = 255
    raw = av.VideoFrame.from_ndarray(grey, "gray8").reformat(format="yuvj420p")
    assert sharpness(raw) == pytest.approx(2 / 62)
