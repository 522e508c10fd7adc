"""How well rows of one space answer what is asked: one number for all the terms of a step.

A cosine of one query says nothing beside a cosine of another: some sentences are near everything. So where
several terms meet, each is measured against a sample of the library's own rows: how many standard deviations
above what any row scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from plugins.values import Matrix, Space, Vectors

Floats = NDArray[np.float32]

LEAST_DEVIATION = 1e-3
"""of scores over a sample: below that all rows are the same, and nothing stands out"""


@dataclass(frozen=True, slots=True)
class Weighted:
    """A term as rows of the space, of which the best counts."""

    rows: Vectors
    weight: float = 1.0


@dataclass(frozen=True)
class Scorer:
    """The terms of one step in one space."""

    space: Space
    wanted: Sequence[Weighted]
    """at least one"""
    sample: Matrix
    """float32 (n, dim): some rows of the library, n at least 1"""

    @property
    def is_plain(self) -> bool:
        """Whether the score is a cosine, which a store can rank by itself."""
        return len(self.wanted) == 1

    @cached_property
    def background(self) -> tuple[float, float]:
        """Mean and standard deviation of the scores of the sample."""
        return _moments(self.score(self.sample))

    def score(self, rows: Matrix) -> Floats:
        """Of rows (n, dim): (n,), higher is better; a cosine where the scorer is plain."""
        if self.is_plain:
            return best(rows, self.wanted[0].rows.data)
        total = sum(abs(item.weight) for item in self.wanted)
        held = zip(self.wanted, self._wanted_moments, strict=True)
        parts = [_standing(item, rows, usual) * (item.weight / total) for item, usual in held]
        summed: Floats = np.sum(parts, axis=0, dtype=np.float32)
        return summed

    def standing(self, rows: Matrix) -> Floats:
        """Of rows (n, dim): (n,), deviations above what any row of the library scores."""
        scores = self.score(rows)
        mean, deviation = self.background
        return (scores - mean) / deviation if self.is_plain else scores

    @cached_property
    def _wanted_moments(self) -> list[tuple[float, float]]:
        return [_moments(best(self.sample, item.rows.data)) for item in self.wanted]


def _standing(item: Weighted, rows: Matrix, usual: tuple[float, float]) -> Floats:
    """How far rows stand out for one term, in deviations above what it usually scores."""
    mean, deviation = usual
    standing: Floats = (best(rows, item.rows.data) - mean) / deviation
    return standing


def best(rows: Matrix, query: Matrix) -> Floats:
    """Of rows (n, dim) the cosine with the nearest of the query's: (n,)."""
    scores: Floats = (rows @ query.T).max(axis=1, initial=-1.0)
    return scores


def _moments(scores: Floats) -> tuple[float, float]:
    return float(scores.mean()), max(float(scores.std()), LEAST_DEVIATION)
