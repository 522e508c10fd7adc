"""What stores that keep snapshots share: a snapshot, a tail of newer rows, and a mask of removed ones.

All three stand in one immutable state that a change replaces by reference, so readers take no lock and never
see half of anything. A subclass says how the snapshot is searched, and may build an index for it.
"""

import threading
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from plugins.contracts import Matches, VectorStore
from plugins.errors import DamagedIndex, InvalidValue
from plugins.stores.nearest import Rows, merge, nearest
from plugins.stores.snapshot import Manifest, Publication, load_rows, read, trust, verify
from plugins.stores.tail import Tail
from plugins.values import Ids, Space, Vectors

Mask = NDArray[np.bool_]
_BLOCK = 1 << 14
"""rows written at once"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows of a generation, and what its store has built over them."""

    generation: int
    ids: Ids
    """(n,), ascending"""
    rows: Rows
    """(n, dim)"""
    index: Any = None
    notes: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class State:
    """All that a search looks at."""

    snapshot: Snapshot
    alive: Mask | None
    """rows of the snapshot that were not removed; None when none was"""
    tail: Tail
    highest_id: int
    changed: bool = False
    """holds what no snapshot has"""

    def __len__(self) -> int:
        kept = len(self.snapshot.ids) if self.alive is None else int(self.alive.sum())
        return kept + self.tail.count


class SnapshotStore(VectorStore):
    """A store that maps its files and is changed in memory, until `flush` publishes the next files."""

    kind: ClassVar[str]
    """what a manifest calls this store"""

    def __init__(self, folder: Path, space: Space, state: State) -> None:
        self.space = space
        self._folder = folder
        self._state = state
        self._changing = threading.Lock()

    @classmethod
    def open(cls, folder: Path, space: Space) -> Self:
        manifest = read(folder, cls.kind, space)
        while manifest is not None:
            try:
                trust(folder, manifest)
                snapshot = cls._load(folder, manifest)
            except DamagedIndex:
                newer = read(folder, cls.kind, space)
                if newer is None or newer.generation == manifest.generation:
                    raise
                manifest = newer  # while we looked, another process published and cleaned up
            else:
                return cls(folder, space, State(snapshot, None, Tail.empty(space.dim), manifest.highest_id))
        snapshot = Snapshot(0, np.empty(0, np.int64), np.empty((0, space.dim), np.float32))
        return cls(folder, space, State(snapshot, None, Tail.empty(space.dim), 0))

    @classmethod
    def verify(cls, folder: Path, space: Space) -> None:
        """Reads every file in full.

        Raises:
            DamagedIndex: one is not what was published, or belongs to another space
        """
        manifest = read(folder, cls.kind, space)
        if manifest is not None:
            verify(folder, manifest)
            cls._load(folder, manifest)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        self._check_space(vectors)
        if len(ids) != len(vectors):
            raise InvalidValue(f"{len(ids)} ids for {len(vectors)} vectors")
        if not len(ids):
            return
        with self._changing:
            state = self._state
            if ids[0] <= state.highest_id or (np.diff(ids) <= 0).any():
                raise InvalidValue(f"ids must ascend and be above {state.highest_id}, got {ids}")
            tail = state.tail.extended(ids, vectors.data)
            self._state = replace(state, tail=tail, highest_id=int(ids[-1]), changed=True)

    def remove(self, ids: Ids) -> None:
        with self._changing:
            state = self._state
            alive = self._alive_without(state, ids)
            tail = state.tail.without(ids)
            if alive is not state.alive or tail is not state.tail:
                self._state = replace(state, alive=alive, tail=tail, changed=True)

    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> Matches:
        self._check_space(queries)
        if k < 1:
            raise InvalidValue(f"k must be positive, got {k}")
        state = self._state
        mask = _mask(state, allowed)
        found = self._search_snapshot(state.snapshot, queries.data, k, mask)
        positions = None if allowed is None else np.flatnonzero(np.isin(state.tail.ids, allowed))
        newer = nearest(queries.data, k, state.tail.ids, state.tail.rows, positions)
        return merge([found, newer], k)

    def flush(self) -> None:
        with self._changing:
            state = self._state
            if not state.changed:
                return
            publication = Publication(self._folder, self.kind, self.space, state.snapshot.generation)
            ids = np.concatenate([state.snapshot.ids[_alive(state)], state.tail.ids])
            shape, dtype = (len(ids), self.space.dim), self._row_type(state)
            publication.write_array("ids.npy", [ids], ids.shape, np.int64)
            rows = publication.write_array("rows.npy", _blocks(state), shape, dtype)
            notes = self._build(publication, np.load(rows, mmap_mode="r", allow_pickle=False))
            manifest = publication.finish(len(ids), state.highest_id, notes)
            snapshot = self._load(self._folder, manifest)
            self._state = State(snapshot, None, Tail.empty(self.space.dim), state.highest_id)

    def __len__(self) -> int:
        return len(self._state)

    @property
    def highest_id(self) -> int:
        return self._state.highest_id

    @abstractmethod
    def _search_snapshot(self, snapshot: Snapshot, queries: Any, k: int, mask: Mask | None) -> Matches:
        """The k best rows of a snapshot, among those of the mask (all by default)."""

    @abstractmethod
    def _row_type(self, state: State) -> Any:
        """float16 or float32: how the rows of the next snapshot are written."""

    def _build(self, publication: Publication, rows: Rows) -> Mapping[str, Any]:
        """Writes further files of a generation; returns what to remember of them."""
        return {}

    @classmethod
    def _load(cls, folder: Path, manifest: Manifest) -> Snapshot:
        """A published generation.

        Raises:
            DamagedIndex
        """
        ids, rows = load_rows(folder, manifest)
        return Snapshot(manifest.generation, ids, rows, notes=manifest.notes)

    def _check_space(self, vectors: Vectors) -> None:
        if vectors.space != self.space:
            raise InvalidValue(f"vectors of {vectors.space} do not belong into {self.space}")

    @staticmethod
    def _alive_without(state: State, ids: Ids) -> Mask | None:
        positions = _positions(state.snapshot.ids, ids)
        if not len(positions):
            return state.alive
        alive = np.ones(len(state.snapshot.ids), bool) if state.alive is None else state.alive.copy()
        alive[positions] = False
        return alive


def _positions(ids: Ids, some: Ids) -> Ids:
    """Where some ids stand among ascending ones; those that do not are left out."""
    places = np.searchsorted(ids, some)
    inside = places < len(ids)
    places, some = places[inside], some[inside]
    found: Ids = places[ids[places] == some]
    return found


def _mask(state: State, allowed: Ids | None) -> Mask | None:
    if allowed is None:
        return state.alive
    mask = np.zeros(len(state.snapshot.ids), bool)
    mask[_positions(state.snapshot.ids, allowed)] = True
    return mask if state.alive is None else mask & state.alive


def _alive(state: State) -> slice | Mask:
    return slice(None) if state.alive is None else state.alive


def _blocks(state: State) -> Iterator[Rows]:
    """The rows that the next snapshot has, in order of their ids."""
    rows = state.snapshot.rows
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        yield rows[part] if state.alive is None else rows[part][state.alive[part]]
    for start in range(0, state.tail.count, _BLOCK):
        yield state.tail.rows[start : start + _BLOCK]
