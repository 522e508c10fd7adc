"""The yardstick: compares with every row. Right by construction, and fast enough for tens of thousands."""

from typing import Any

import numpy as np

from plugins.contracts import Matches
from plugins.stores.nearest import nearest
from plugins.stores.snapshotstore import Mask, Snapshot, SnapshotStore, State


class ExactStore(SnapshotStore):
    """NumPy alone."""

    kind = "exact"

    def _search_snapshot(self, snapshot: Snapshot, queries: Any, k: int, mask: Mask | None) -> Matches:
        positions = None if mask is None else np.flatnonzero(mask)
        return nearest(queries, k, snapshot.ids, snapshot.rows, positions)

    def _row_type(self, state: State) -> Any:
        return np.float32
