"""Rows of a space laid out in two dimensions, so that what is alike lies together.

The method is that of UMAP (McInnes, Healy and Melville, 2018) in its plainest form: every row is drawn to its
nearest neighbours, pushed from rows met at random, and the forces fall off as those of t-SNE do. NumPy over
whole arrays, with FAISS for the neighbours; docs/decisions.md says why, and what it measures. The same rows
make the same layout.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from plugins.values import Ids, Matrix

Positions = NDArray[np.float32]
"""(n, 2)"""
Say = Callable[[float], None]
"""Is told how far the work is, 0 to 1."""

NEIGHBOURS = 15
PUSHES = 5
"""rows met at random for each neighbour"""
EPOCHS, EPOCHS_AGAIN = 200, 60
"""passes over all neighbours: from nothing, and from where most rows lie already"""
STRIDE, STRIDE_AGAIN = 1.0, 0.2
"""how far a row goes for one force at first"""
LONGEST = 4.0
"""of one force"""
GRAVITY = 0.02
"""of the distance from the middle, as a force: keeps islands that nothing draws to others from drifting"""
WIDTH = 10.0
"""half of the layout at the beginning"""
KNOTS = 5
"""neighbours between which a row is placed"""
SEED = 20


class Projection:
    """The directions in which some rows differ most: distances in them are nearly those of the rows."""

    DIM = 64

    def __init__(self, rows: Matrix) -> None:
        """
        Args:
            rows: (n, dim), n at least 1
        """
        self.mean = rows.mean(axis=0)
        centred = (rows - self.mean).astype(np.float64)
        _, vectors = np.linalg.eigh(centred.T @ centred)
        largest = vectors[:, ::-1][:, : self.DIM]
        signs = np.sign(largest[np.abs(largest).argmax(axis=0), np.arange(largest.shape[1])])
        self.directions: Matrix = (largest * signs).astype(np.float32)

    def __call__(self, rows: Matrix) -> Matrix:
        return np.ascontiguousarray((rows - self.mean) @ self.directions)


def nearest(rows: Matrix, among: Matrix, count: int) -> tuple[Ids, Matrix]:
    """The nearest of some rows to each of others: their numbers and their distances, (n, count) each."""
    import faiss

    index = faiss.IndexFlatL2(among.shape[1])
    index.add(among)
    squares, found = index.search(rows, count)
    return found, np.sqrt(np.maximum(squares, 0))


def arrange(rows: Matrix, start: Positions | None, say: Say) -> Positions:
    """Lays rows out.

    Args:
        rows: projected, (n, dim)
        start: where they lie already; from nothing if None

    Returns:
        about the middle, in no unit
    """
    count = len(rows)
    rng = np.random.default_rng(SEED)
    if count < 3:
        return np.stack([np.arange(count), np.zeros(count)], axis=1).astype(np.float32)
    again = start is not None
    at = np.array(_spread(rows, rng) if start is None else start, np.float64)
    around = min(NEIGHBOURS, count - 1)
    heads, tails, weights = _pulls(*nearest(rows, rows, around + 1))
    epochs, stride = (EPOCHS_AGAIN, STRIDE_AGAIN) if again else (EPOCHS, STRIDE)
    for epoch in range(epochs):
        met = rng.random(len(weights)) < weights
        _step(at, heads[met], tails[met], rng, stride * (1 - epoch / epochs))
        say((epoch + 1) / epochs)
    return (at if again else _turned(at)).astype(np.float32)


def place(found: Ids, distances: Matrix, positions: Positions) -> Positions:
    """Where rows lie between their nearest neighbours, the nearer the more.

    Args:
        found, distances: as `nearest` returns them
        positions: of those among which was looked
    """
    scale = distances[:, -1:] + 1e-6
    weights = np.exp(-4 * (distances - distances[:, :1]) / scale)
    weights /= weights.sum(axis=1, keepdims=True)
    placed: Positions = np.einsum("nk,nkd->nd", weights, positions[found]).astype(np.float32)
    return placed


def _spread(rows: Matrix, rng: np.random.Generator) -> NDArray[np.float64]:
    """The two directions in which rows differ most, so that the rough order is right from the beginning."""
    flat = np.zeros((len(rows), 2))
    flat[:, : min(2, rows.shape[1])] = rows[:, :2]
    flat *= WIDTH / (np.abs(flat).max() + 1e-9)
    flat += rng.normal(0, 1e-3, flat.shape)  # equal rows must be able to part
    return flat


def _turned(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """About its middle, the longest way across: screens are wide."""
    at = at - at.mean(axis=0)
    (x, y), _ = np.linalg.eigh(at.T @ at)[1].T[::-1]
    turned: NDArray[np.float64] = at @ np.array([[x, -y], [y, x]]) * (1 if x >= 0 else -1)
    return turned


def _pulls(found: Ids, distances: Matrix) -> tuple[Ids, Ids, NDArray[np.float64]]:
    """Who is drawn to whom, and how strongly, 0 to 1: so that each has as many neighbours as any other, in
    crowded and in lonely places alike."""
    count, around = found.shape
    own = found == np.arange(count)[:, None]
    own[~own.any(axis=1), -1] = True  # of many equal rows, itself may not be among the first
    found = found[~own].reshape(count, around - 1)
    distances = distances[~own].reshape(count, around - 1).astype(np.float64)
    beyond = distances - distances[:, :1]
    low, high = np.full((count, 1), 1e-6), np.full((count, 1), 1e3)
    for _ in range(40):
        middle = np.sqrt(low * high)
        enough = np.exp(-beyond / middle).sum(axis=1, keepdims=True) > np.log2(around)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    weights = np.exp(-beyond / low)
    heads = np.repeat(np.arange(count), around - 1)
    return heads, found.ravel(), weights.ravel()


def _step(at: NDArray[np.float64], heads: Ids, tails: Ids, rng: np.random.Generator, stride: float) -> None:
    """Moves all by the forces of one pass."""
    count = len(at)
    apart = at[heads] - at[tails]
    pull = np.clip(-2 * apart / (1 + _square(apart)), -LONGEST, LONGEST)
    moves = _summed(heads, pull, count) - _summed(tails, pull, count)
    for _ in range(PUSHES):
        apart = at[heads] - at[rng.integers(0, count, len(heads))]
        square = _square(apart)
        push = np.clip(2 * apart / ((0.001 + square) * (1 + square)), -LONGEST, LONGEST)
        moves += _summed(heads, push, count)
    moves -= GRAVITY * at
    length = np.sqrt(_square(moves))
    at += moves * (stride * np.minimum(1, LONGEST / np.maximum(length, 1e-9)))


def _square(apart: NDArray[np.float64]) -> NDArray[np.float64]:
    square: NDArray[np.float64] = (apart * apart).sum(axis=1, keepdims=True)
    return square


def _summed(to: Ids, forces: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return np.stack([np.bincount(to, forces[:, axis], count) for axis in (0, 1)], axis=1)
