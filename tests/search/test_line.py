"""The line of times is found wherever it runs, and only what both show is kept."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from search.line import Track, fit
from search.match import longest

STEP_US = 80_000.0


def track(seed: int, seconds: float, still: float = 0.0) -> Track:
    """Numbers that wander smoothly, around a part that stands still."""
    random = np.random.default_rng(seed)
    times = np.arange(0, seconds * 1e6, STEP_US)
    steps = random.normal(size=(len(times), 24)).cumsum(axis=0)
    rows = still * random.normal(size=24) + steps
    return Track(times, (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    start_s=st.floats(0, 9),
    rate=st.floats(0.92, 1.08),
    still=st.sampled_from([0.0, 20.0]),
    noise=st.floats(0, 0.02),
)
def test_a_piece_is_found_at_its_offset_and_rate(
    seed: int, start_s: float, rate: float, still: float, noise: float
) -> None:
    """Seen failing when the rows were not freed of what stands still: where most of the picture does, the
    offset was seconds away."""
    whole = track(seed, 20, still)
    since = np.arange(0, 8e6, STEP_US)
    rows = whole.at(start_s * 1e6 + rate * since)
    moving = (rows - rows.mean(axis=0)).std()
    disturbed = rows + np.random.default_rng(seed).normal(scale=10 * noise * moving, size=rows.shape)
    line = fit(Track(since, disturbed.astype(np.float32)), whole, STEP_US)
    assert line is not None
    assert abs(line.start_us - start_s * 1e6) < 60_000
    assert abs(line.at(8e6) - (start_s + rate * 8) * 1e6) < 60_000
    assert line.score > 0.9


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_stranger_does_not_fit(seed: int) -> None:
    line = fit(track(seed + 5_000, 8), track(seed, 20), STEP_US)
    assert line is not None
    assert line.score < 0.8


def test_a_piece_longer_than_the_whole_has_no_line() -> None:
    assert fit(track(1, 20), track(1, 8), STEP_US) is None


@given(st.lists(st.floats(-1, 1).map(lambda value: round(value, 2)), max_size=30))
def test_the_run_that_is_kept_has_the_largest_sum(gains: list[float]) -> None:
    kept = longest(np.array(gains, np.float64))
    runs = [(first, last) for first in range(len(gains)) for last in range(first, len(gains) + 1)]
    best = max((sum(gains[first:last]) for first, last in runs), default=0.0)
    assert abs(sum(gains[kept]) - max(0.0, best)) < 1e-5
