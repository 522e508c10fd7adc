from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from indexer.clock import MAX_GAP_US, Clock
from plugins.values import SECOND

BASE = Fraction(1, 1000)


def shown(labels: list[int | None], origin: int = 0, rate: int = 25) -> list[int]:
    clock = Clock(origin, BASE, Fraction(rate))
    return [found[1] // 1000 for label in labels if (found := clock.show(label))]


def test_times_count_from_the_first_frame() -> None:
    assert shown([7000, 7040, 7080], origin=7000) == [0, 40, 80]


def test_a_jump_goes_on_one_frame_later() -> None:
    assert shown([0, 40, 9_000_000, 9_000_040, 10]) == [0, 40, 80, 120, 160]


def test_a_frame_without_a_time_comes_one_frame_later() -> None:
    assert shown([0, None, 80, None]) == [0, 40, 80, 120]


def test_what_comes_a_little_too_late_is_not_shown() -> None:
    assert shown([0, 40, 20, 80]) == [0, 40, 80]


def test_what_jumps_is_known_before_it_is_shown() -> None:
    clock = Clock(0, BASE, None)
    assert not clock.jumps(9_000_000)  # nothing was shown yet
    clock.show(0)
    assert clock.jumps(MAX_GAP_US // 1000 + 1)
    assert not clock.jumps(MAX_GAP_US // 1000)


@given(
    st.lists(st.none() | st.integers(-(2**40), 2**40), max_size=30),
    st.integers(-(2**33), 2**33),
    st.sampled_from([BASE, Fraction(1, 90_000), Fraction(1001, 30_000)]),
)
def test_times_always_ascend(labels: list[int | None], origin: int, base: Fraction) -> None:
    clock = Clock(origin, base, None)
    times = [found[1] for label in labels if (found := clock.show(label))]
    assert times == sorted(set(times))
    assert all(b - a <= max(MAX_GAP_US, SECOND) for a, b in pairwise(times))
