"""Finds are counted as the tally says."""

from pathlib import Path

import pytest

from benchmarks.edits import Labelled, Transition
from benchmarks.shots import nearest
from benchmarks.tally import Score, Tally

CUT = Transition("cut", 50, 50)
DISSOLVE = Transition("dissolve", 100, 119)


def tally(*named: int, transitions: tuple[Transition, ...] = (CUT, DISSOLVE)) -> Tally:
    counted = Tally()
    counted.add(Labelled(Path("made.mp4"), transitions), named, 200)
    return counted


@pytest.mark.parametrize(
    ("named", "found", "wrong"),
    [
        ((50, 110), 2, 0),
        ((49, 99), 2, 0),
        ((51, 120), 2, 0),
        ((48, 98), 0, 2),
        ((52, 121), 0, 2),
        ((50, 51), 1, 1),
        ((101, 110, 118), 1, 2),
        ((), 0, 0),
    ],
)
def test_one_frame_of_tolerance_and_one_boundary_for_each(
    named: tuple[int, ...], found: int, wrong: int
) -> None:
    assert tally(*named).score() == Score(found, 2, wrong)


def test_wrong_ones_are_held_against_each_kind() -> None:
    counted = tally(50, 110, 150)
    assert counted.score(["cut"]) == counted.score(["dissolve"]) == Score(1, 1, 1)
    assert counted.score(["cut"]).f1 == pytest.approx(2 / 3)


def test_fades_at_either_end_count_neither_way() -> None:
    ends = Transition("gradual", 0, 20), Transition("gradual", 180, 199)
    assert tally(10, 190, transitions=ends).score() == Score(0, 0, 0)
    assert tally(transitions=ends).score() == Score(0, 0, 0)
    assert tally(60, transitions=ends).score() == Score(0, 0, 1)


def test_precision_recall_and_f1() -> None:
    score = Score(found=6, wanted=8, wrong=2)
    assert (score.precision, score.recall, score.f1) == (0.75, 0.75, 0.75)
    assert Score(0, 0, 0).f1 == 1
    assert Score(0, 3, 0).f1 == 0


def test_sums_over_videos() -> None:
    counted = tally(50, 110)
    counted.add(Labelled(Path("other.mp4"), (CUT,)), [], 200)
    assert counted.score() == Score(2, 3, 0)
    assert counted.misses == ["other.mp4: missed cut 50-50"]


def test_says_what_it_was_fooled_by() -> None:
    tricks = Transition("flash", 70, 72), Transition("title", 150, 150)
    counted = Tally()
    counted.add(Labelled(Path("made.mp4"), (CUT,), tricks), [50, 71, 90], 200)
    assert counted.tricks == {"flash": 1, "title": 1}
    assert counted.fooled == {"flash": 1, "title": 0}
    assert counted.wrong == 2


@pytest.mark.parametrize(("us", "number"), [(0, 0), (19, 0), (21, 1), (40, 1), (75, 2), (1000, 3)])
def test_a_time_is_that_of_the_nearest_frame(us: int, number: int) -> None:
    assert nearest([0, 40, 70, 120], us) == number
