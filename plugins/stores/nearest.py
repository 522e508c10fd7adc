"""Exact search over rows in memory or mapped from a file: what stores fall back on and are measured by."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plugins.contracts import Matches
from plugins.values import Ids, Matrix

Rows = NDArray[np.float32] | NDArray[np.float16]
"""(n, dim), unit length"""
_BLOCK = 1 << 16
"""rows multiplied at once: bounds memory, whatever the number of rows"""


def nearest(queries: Matrix, k: int, ids: Ids, rows: Rows, positions: Ids | None = None) -> Matches:
    """The k best of some rows for each query.

    Args:
        queries: float32 (q, dim)
        ids: of the rows, (n,)
        positions: look at these rows only, (m,); at all by default
    """
    found = nothing(len(queries), k)
    count = len(ids) if positions is None else len(positions)
    for start in range(0, count, _BLOCK):
        part: slice | Ids = slice(start, min(start + _BLOCK, count))
        if positions is not None:
            part = positions[part]
        scores = queries @ np.asarray(rows[part], np.float32).T
        found = merge([found, _best(scores, ids[part], k)], k)
    return found


def merge(parts: Sequence[Matches], k: int) -> Matches:
    """The k best of several answers to the same queries; of equal scores the lower id first."""
    ids = np.concatenate([part.ids for part in parts], axis=1)
    scores = np.concatenate([part.scores for part in parts], axis=1)
    order = np.lexsort((ids, -scores))[:, :k]
    return Matches(np.take_along_axis(ids, order, 1), np.take_along_axis(scores, order, 1))


def nothing(queries: int, k: int) -> Matches:
    """An answer without rows."""
    return Matches(np.full((queries, k), -1, np.int64), np.full((queries, k), -np.inf, np.float32))


def _best(scores: Matrix, ids: Ids, k: int) -> Matches:
    """The best columns of each line of scores, in any order."""
    if scores.shape[1] <= k:
        return Matches(np.broadcast_to(ids, scores.shape), scores)
    top = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    return Matches(ids[top], np.take_along_axis(scores, top, 1))
