"""What is alike lies together, the same rows make the same layout, and one that grows stays where it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.values import Ids, Matrix
from search.layout import KNOTS, Positions, Projection, arrange, nearest, place

KINDS, EACH, DIM = 6, 40, 48


def quiet(_done: float) -> None:
    """Nobody listens."""


def rows_of(kinds: Ids, seed: int = 3) -> Matrix:
    """Rows about one of a few directions, which differ from each other in three ways."""
    rng = np.random.default_rng(seed)
    middles, ways = rng.normal(size=(KINDS, DIM)), rng.normal(0, 0.5, (KINDS, 3, DIM))
    rows = middles[kinds] + np.einsum("nw,nwd->nd", rng.normal(size=(len(kinds), 3)), ways[kinds])
    unit: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.fixture(scope="module")
def kinds() -> Ids:
    return np.repeat(np.arange(KINDS), EACH)


@pytest.fixture(scope="module")
def rows(kinds: Ids) -> Matrix:
    made = rows_of(kinds)
    return Projection(made)(made)


@pytest.fixture(scope="module")
def laid_out(rows: Matrix) -> Positions:
    return arrange(rows, None, quiet)


def around(positions: Positions, count: int) -> Ids:
    """The nearest of each on the map, without itself."""
    found, _ = nearest(positions, positions, count + 1)
    return found[:, 1:]


def test_what_is_alike_lies_together(kinds: Ids, laid_out: Positions) -> None:
    assert (kinds[around(laid_out, 10)] == kinds[:, None]).mean() > 0.98


def test_neighbours_stay_neighbours_better_than_in_the_two_main_directions(
    rows: Matrix, laid_out: Positions
) -> None:
    truth = around(rows, 10)

    def kept(positions: Positions) -> float:
        found = around(np.ascontiguousarray(positions), 20)
        return float(np.mean([np.isin(one, other).mean() for one, other in zip(truth, found, strict=True)]))

    assert kept(laid_out) > kept(rows[:, :2]) + 0.1


def test_the_same_rows_make_the_same_layout(rows: Matrix, laid_out: Positions) -> None:
    assert np.array_equal(arrange(rows, None, quiet), laid_out)


def test_a_layout_that_is_begun_with_stays(rows: Matrix, laid_out: Positions) -> None:
    moved = np.linalg.norm(arrange(rows, laid_out, quiet) - laid_out, axis=1)
    assert np.median(moved) < 0.07 * np.ptp(laid_out, axis=0).max()


def test_others_are_placed_among_their_like(kinds: Ids, laid_out: Positions) -> None:
    known, more = rows_of(kinds), rows_of(kinds, seed=3)[::5] + 0.01
    projection = Projection(known)
    placed = place(*nearest(projection(more), projection(known), KNOTS), laid_out)
    found, _ = nearest(placed, laid_out, 5)
    assert (kinds[found] == kinds[::5, None]).mean() > 0.98


@settings(max_examples=20)
@given(st.integers(0, 25), st.integers(1, 4), st.booleans())
def test_any_number_of_rows_has_a_layout(count: int, different: int, grown: bool) -> None:
    rows = rows_of(np.arange(count) % min(different, KINDS))[np.arange(count) % different]
    if not count:
        return
    projected = Projection(rows)(rows)
    start = np.zeros((count, 2), np.float32) if grown else None
    positions = arrange(projected, start, quiet)
    assert positions.shape == (count, 2)
    assert np.isfinite(positions).all()


def test_progress_ends_at_the_end(rows: Matrix) -> None:
    said: list[float] = []
    arrange(rows[:20], None, said.append)
    assert said == sorted(said)
    assert said[-1] == 1
