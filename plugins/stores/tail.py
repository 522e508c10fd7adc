"""Rows that no snapshot has yet."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from plugins.values import Ids, Matrix

_FIRST = 256


@dataclass(frozen=True, slots=True)
class Tail:
    """A view of the first rows of a buffer that only grows: a longer tail shares it, and a reader of this one
    never looks past its own end. Tails follow one another in one line: none is extended twice."""

    count: int
    _ids: Ids = field(repr=False)
    _rows: Matrix = field(repr=False)

    @classmethod
    def empty(cls, dim: int) -> Self:
        return cls(0, np.empty(0, np.int64), np.empty((0, dim), np.float32))

    @property
    def ids(self) -> Ids:
        return self._ids[: self.count]

    @property
    def rows(self) -> Matrix:
        return self._rows[: self.count]

    def extended(self, ids: Ids, rows: Matrix) -> "Tail":
        """With further rows, whose ids are higher."""
        count = self.count + len(ids)
        grown = self if count <= len(self._ids) else self._with_room(max(_FIRST, 2 * count))
        grown._ids[self.count : count] = ids
        grown._rows[self.count : count] = rows
        return Tail(count, grown._ids, grown._rows)

    def without(self, ids: Ids) -> "Tail":
        """Without some rows."""
        kept: NDArray[np.bool_] = ~np.isin(self.ids, ids)
        if kept.all():
            return self
        return Tail(int(kept.sum()), self.ids[kept], self.rows[kept])

    def _with_room(self, capacity: int) -> "Tail":
        ids = np.empty(capacity, np.int64)
        rows = np.empty((capacity, self._rows.shape[1]), np.float32)
        ids[: self.count], rows[: self.count] = self.ids, self.rows
        return Tail(self.count, ids, rows)
