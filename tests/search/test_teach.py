"""What a person says of answers changes the next ones: marks, concepts, and the names they are kept by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.errors import InvalidQuery, QuerySyntax
from plugins.queries import Concept, LikeShot, Text
from plugins.values import Matrix
from search.syntax import parse
from search.teach import asked, key, refined


def unit(rows: Matrix) -> Matrix:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def drawn(count: int, seed: int, dim: int = 16) -> Matrix:
    return unit(np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32))


NONE = np.zeros((0, 16), np.float32)
LIBRARY = drawn(300, 1)
QUERY = drawn(1, 2)


def test_right_marks_draw_a_query_and_wrong_ones_repel_it() -> None:
    """Seen to fail with the signs of the two exchanged."""
    others = drawn(6, 3)
    right, wrong = others[:3], others[3:]
    before = others @ QUERY[0]
    turned = refined(QUERY, right, wrong, LIBRARY)
    assert turned is not None
    change = others @ turned[0] - before
    assert change[:3].mean() > 0.1 > -0.1 > change[3:].mean()


def test_what_all_the_library_shares_is_not_learned() -> None:
    """Seen to fail with the mean of the examples in place of the discriminant."""
    noisy = LIBRARY.copy()
    noisy[:, 0] *= 10  # along this axis rows differ widely, and it means nothing
    right = unit(np.eye(16, dtype=np.float32)[[0]] * 0.9 + np.eye(16, dtype=np.float32)[[1]] * 0.4)
    turned = refined(None, right, NONE, unit(noisy))
    assert turned is not None
    assert turned[0, 1] > turned[0, 0]


def test_without_anything_wanted_there_is_no_row() -> None:
    assert refined(None, NONE, drawn(2, 4), LIBRARY) is None
    same = np.repeat(QUERY, 5, axis=0)
    for query, right in ((QUERY, NONE), (None, QUERY), (QUERY, QUERY)):
        turned = refined(query, right, NONE, same)
        assert turned is not None
        np.testing.assert_allclose(turned, QUERY, atol=1e-5)


@given(right=st.integers(0, 5), wrong=st.integers(0, 5), rows=st.integers(1, 40), seed=st.integers(0, 99))
def test_a_refined_query_is_one_row_of_unit_length(right: int, wrong: int, rows: int, seed: int) -> None:
    turned = refined(QUERY, drawn(right, seed), drawn(wrong, seed + 1), drawn(rows, seed + 2))
    assert turned is not None
    assert turned.shape == (1, 16)
    assert turned.dtype == np.float32
    assert abs(float(np.linalg.norm(turned)) - 1) < 1e-5


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A  red Ball", "a red ball"),
        ("a dog folder:/x longer:5s", "a dog"),
        ("beach -people", "beach -people"),
        ("2*sunset sea", "2*sunset sea"),
        ("-(at night) beach", "-(at night) beach"),
        ('"Good Morning"', '"good morning"'),
        ('concept:"My dog"', 'concept:"My dog"'),
    ],
)
def test_a_query_is_marked_by_its_words_alone(text: str, name: str) -> None:
    assert asked(text) == name
    assert asked(name) == name
    assert key(parse(text).terms) == name


def test_what_cannot_be_marked_says_so() -> None:
    assert key((Text("dog"), LikeShot(3))) is None
    assert key(()) is None
    assert key((Concept("x", -0.5),)) == '-0.5*concept:"x"'
    for text in ("a >> b", "like:3", "", "folder:/x"):
        with pytest.raises(InvalidQuery):
            asked(text)
    with pytest.raises(QuerySyntax):
        asked("nonsense:1")
