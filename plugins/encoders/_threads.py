"""Pictures through a model of torch side by side: every thread has some of its own.

Torch shares each operation out to its threads, which wait for each other in a loop. Beside a decoder that
wants the processors one of them is always late, and the others burn the time it needs. Threads that have
pictures of their own meet only at the end. Preparing pictures, which torch does not share out, is shared too.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from threading import Barrier
from typing import Any

import numpy as np

from plugins.values import Matrix


def side_by_side(items: Sequence[Any], work: Callable[[Sequence[Any]], Matrix], device: Any) -> Matrix:
    """What ``work`` makes of items, a row for each: of a part of them in each of as many threads as torch has
    for a processor. Fewer items are left to torch, and so are all where a GPU computes.

    Args:
        work: called in several threads at once, in which torch has one thread
        device: of torch
    """
    import torch

    threads = torch.get_num_threads() if device.type == "cpu" else 1
    if threads == 1 or len(items) < threads:
        return work(items)
    edges = [len(items) * part // threads for part in range(threads + 1)]
    parts = _pool(threads).map(work, [items[begin:end] for begin, end in pairwise(edges)])
    return np.concatenate(list(parts))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads in which torch has no others. What it is told in one of them others begin with, when they are
    first asked; so each is asked before it is told, and torch is told again what it had."""
    import torch

    pool, begun = ThreadPoolExecutor(threads, "encode"), Barrier(threads)

    def begin(_: int) -> None:
        torch.get_num_threads()
        torch.set_num_threads(1)
        begun.wait()

    list(pool.map(begin, range(threads)))
    torch.set_num_threads(threads)
    return pool
