"""Pictures through a model side by side."""

from collections.abc import Iterator, Sequence
from threading import Thread, current_thread

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.encoders._threads import _pool, side_by_side
from plugins.tensors import unset
from plugins.values import Matrix

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    _pool.cache_clear()
    yield
    torch.set_num_threads(before)


def squares(items: Sequence[int]) -> Matrix:
    return np.square(np.array(items, np.float32))[:, None]


@given(st.lists(st.integers(-99, 99), min_size=1, max_size=20))
@settings(max_examples=50)
def test_rows_come_in_the_order_of_the_items(items: list[int]) -> None:
    assert np.array_equal(side_by_side(items, squares, CPU), squares(items))


def test_each_thread_takes_a_part_in_which_torch_has_one_thread() -> None:
    seen: list[tuple[str, int, int]] = []

    def work(items: Sequence[int]) -> Matrix:
        seen.append((current_thread().name, torch.get_num_threads(), len(items)))
        return squares(items)

    side_by_side(range(10), work, CPU)
    assert sorted(count for _, _, count in seen) == [3, 3, 4]
    assert {threads for _, threads, _ in seen} == {1}
    assert all(name != current_thread().name for name, _, _ in seen)


@pytest.mark.parametrize(("count", "device"), [(2, "cpu"), (10, "meta")])
def test_few_items_and_those_for_a_gpu_stay_together(count: int, device: str) -> None:
    parts: list[int] = []

    def work(items: Sequence[int]) -> Matrix:
        parts.append(len(items))
        return squares(items)

    side_by_side(range(count), work, torch.device(device))
    assert parts == [count]


def test_torch_keeps_its_threads_everywhere_else() -> None:
    side_by_side(range(10), squares, CPU)
    later: list[int] = []
    thread = Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert (torch.get_num_threads(), later) == (3, [3])


def test_a_failure_in_one_part_is_told() -> None:
    def work(items: Sequence[int]) -> Matrix:
        if 7 in items:
            raise ValueError("seven")
        return squares(items)

    with pytest.raises(ValueError, match="seven"):
        side_by_side(range(10), work, CPU)


def test_weights_that_are_to_be_read_are_not_drawn_first() -> None:
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    with unset():
        model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Linear(8, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(model[1].weight, torch.ones(8)), "what is no chance is set"
    torch.nn.Linear(8, 2)
    assert not torch.equal(before, torch.random.get_rng_state()), "only inside"
