"""What an encoder may do wrong ends here, and says who did it."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from indexer.encode import encode_images, encode_texts, spread
from plugins.contracts import Encoder
from plugins.errors import BrokenPlugin, Unsupported
from plugins.values import Image, Matrix


class Mean(Encoder):
    """Mean colour: a real encoder, and a small one."""

    dim = 3
    revision = "1"

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        return np.array([image.mean(axis=(0, 1)) + 1 for image in images], np.float32).reshape(-1, 3)


def test_nothing_to_encode_is_no_rows() -> None:
    assert encode_images(Mean(), []).data.shape == (0, 3)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [2]), (2, [1, 3]), (4, [0, 1, 3, 4]), (5, [0, 1, 2, 3, 4]), (9, [0, 1, 2, 3, 4])],
)
def test_fewer_frames_are_spread_evenly(count: int, expected: list[int]) -> None:
    assert list(spread(range(5), count)) == expected


WRONG: dict[str, Callable[[int], object]] = {
    "NaN": lambda n: np.full((n, 3), np.nan, np.float32),
    "infinity": lambda n: np.full((n, 3), np.inf, np.float32),
    "zero rows": lambda n: np.zeros((n, 3), np.float32),
    "another width": lambda n: np.ones((n, 4), np.float32),
    "too few rows": lambda n: np.ones((n - 1, 3), np.float32),
    "too many rows": lambda n: np.ones((n + 1, 3), np.float32),
    "float64": lambda n: np.ones((n, 3)),
    "one dimension": lambda n: np.ones(n, np.float32),
    "nothing": lambda n: None,
    "a list": lambda n: [[1.0, 1.0, 1.0]] * n,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_the_contract_forbids_names_the_encoder(wrong: Callable[[int], object]) -> None:
    class Liar(Mean):
        def encode_images(self, images: Sequence[Image]) -> Matrix:
            return wrong(len(images))  # type: ignore[return-value]

    with pytest.raises(BrokenPlugin, match="Liar"):
        encode_images(Liar(), [np.zeros((4, 4, 3), np.uint8)] * 2)


def test_an_encoder_that_raises_is_named_with_its_cause() -> None:
    class Failing(Mean):
        def encode_images(self, images: Sequence[Image]) -> Matrix:
            raise RuntimeError("out of\nmemory")

    with pytest.raises(BrokenPlugin, match="Failing failed: RuntimeError: out of memory"):
        encode_images(Failing(), [np.zeros((4, 4, 3), np.uint8)])


def test_an_encoder_that_reads_no_text_says_so_in_the_common_voice() -> None:
    assert not Mean().reads_text
    with pytest.raises(Unsupported, match="reads no text"):
        encode_texts(Mean(), ["red"])
