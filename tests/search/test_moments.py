"""The part of a shot that answers: by the frames' scores, in one shot and in long takes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.queries import Query, Text
from plugins.values import SECOND, Image, Span
from search.engine import Engine
from search.moments import around
from shotseek.draw import write_video

FPS = 5
GREY, RED = (120, 120, 120), (200, 20, 20)


@given(
    st.lists(
        st.tuples(st.integers(0, 99), st.floats(-3, 6)), min_size=1, max_size=8, unique_by=lambda f: f[0]
    )
)
def test_a_moment_lies_in_its_shot_and_around_its_best_frame(frames: list[tuple[int, float]]) -> None:
    shot, ascending = Span(0, 100), sorted(frames)
    moment = around(shot, ascending)
    best = max(ascending, key=lambda frame: frame[1])[0]
    assert shot.start_us <= moment.start_us <= best <= moment.end_us <= shot.end_us
    assert moment.duration_us > 0


@pytest.mark.parametrize(
    ("scores", "moment"),
    [
        ((0, 0, 4, 0), (40, 60)),
        ((0, 3, 4, 3), (20, 80)),
        ((4, 1, 4, 4), (0, 20)),  # the first of two that are as good
        ((2, 2, 2, 2), (0, 80)),
        ((-1, -2, -3, -4), (0, 20)),
    ],
)
def test_frames_that_stand_out_half_as_far_belong_to_the_moment(
    scores: tuple[float, ...], moment: tuple[int, int]
) -> None:
    frames = [(10 + 20 * at, score) for at, score in enumerate(scores)]
    assert around(Span(0, 80), frames) == Span(*moment)


def stretch(colour: tuple[int, int, int], seconds: int) -> list[Image]:
    noise = np.random.default_rng(1).integers(0, 12, (48, 64, 1), dtype=np.uint8)
    return [np.full((48, 64, 3), colour, np.uint8) + noise] * (FPS * seconds)


def test_a_long_take_answers_with_the_moments_in_it(tmp_path: Path) -> None:
    """Without a cut, and red twice. Seen failing with the span of the shot as the moment."""
    (tmp_path / "videos").mkdir()
    take = [(GREY, 8), (RED, 4), (GREY, 16), (RED, 4), (GREY, 8)]
    write_video(tmp_path / "videos/a.mp4", [f for part in take for f in stretch(*part)], fps=FPS)
    with Library.open(tmp_path / "library", create=True) as library:
        recipe = Recipe(("palette",), detector="fixed:60", max_shot_us=20 * SECOND)
        for _ in index(library, [tmp_path / "videos"], recipe):
            pass
        with Engine(library) as engine:
            hits = engine.search(Query((Text("red"),))).hits
    assert len(hits) == 2
    for hit, (start, end) in zip(sorted(hits, key=lambda hit: hit.at_us), [(8, 12), (28, 32)], strict=True):
        assert start * SECOND <= hit.at_us < end * SECOND
        assert hit.at_us in hit.span
        assert hit.span.duration_us < 16 * SECOND < hit.shot.span.duration_us
