"""FAISS over 8-bit vectors. Its answer is only a list of candidates: their scores are computed from the rows,
so a score is always exact, and a damaged index can cost recall but never name a wrong row.

By size, so that neither is chosen by hand: rows alone, a flat index, an inverted file. How many lists of the
inverted file are looked at is measured when it is built.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import faiss
import numpy as np

from plugins.contracts import Matches
from plugins.errors import DamagedIndex
from plugins.stores.nearest import Rows, nearest
from plugins.stores.snapshot import Manifest, Publication
from plugins.stores.snapshotstore import Mask, Snapshot, SnapshotStore, State
from plugins.values import Ids, Matrix

_INDEX = "index.faiss"
_BLOCK = 1 << 14
_CORES = os.cpu_count() or 1
_SAMPLE = 256
"""rows of its own that measure an index"""
_TRAINING_ROWS_PER_LIST = 50
_PARALLEL_QUERIES = 8
"""From so many on, threads are worth starting: for one query they cost more than they save."""


class FaissStore(SnapshotStore):
    """The default."""

    kind = "faiss"
    flat_from: ClassVar[int] = 1_000
    """rows; below, multiplying them all is as fast"""
    inverted_from: ClassVar[int] = 200_000
    """rows; a flat search takes about 3 ms for every 100,000 of 512 dimensions"""
    exact_below: ClassVar[int] = 2_000
    """So few allowed rows are compared one by one."""
    recall: ClassVar[float] = 0.97
    """share of the true ten nearest that an inverted file must find among its own rows when it is built; a
    little above the promised 0.95, for it is measured on a sample"""

    def _search_snapshot(self, snapshot: Snapshot, queries: Matrix, k: int, mask: Mask | None) -> Matches:
        allowed = len(snapshot.ids) if mask is None else int(mask.sum())
        if snapshot.index is None or (mask is not None and allowed <= self.exact_below):
            positions = None if mask is None else np.flatnonzero(mask)
            return nearest(queries, k, snapshot.ids, snapshot.rows, positions)
        parameters = _parameters(snapshot, mask, allowed)
        faiss.omp_set_num_threads(_CORES if len(queries) >= _PARALLEL_QUERIES else 1)
        _, candidates = snapshot.index.search(queries, min(2 * k + 50, allowed), params=parameters)
        return _rescored(snapshot, queries, candidates, k)

    def _row_type(self, state: State) -> Any:
        """float16 where it loses nothing, as it never does for rows that come from the catalog."""
        if len(state.snapshot.ids) and state.snapshot.rows.dtype != np.float16:
            return np.float32
        for start in range(0, state.tail.count, _BLOCK):
            rows = state.tail.rows[start : start + _BLOCK]
            if (rows.astype(np.float16) != rows).any():
                return np.float32
        return np.float16

    def _build(self, publication: Publication, rows: Rows) -> Mapping[str, Any]:
        if len(rows) < self.flat_from:
            return {"index": "none"}
        faiss.omp_set_num_threads(_CORES)
        inverted = len(rows) >= self.inverted_from
        index = _inverted(rows) if inverted else _flat(rows)
        for start in range(0, len(rows), _BLOCK):
            index.add(np.ascontiguousarray(rows[start : start + _BLOCK], np.float32))
        publication.write(_INDEX, lambda path: _write(index, path), lambda path: _check(path, rows))
        return self._tuned(index, rows) if inverted else {"index": "flat"}

    @classmethod
    def _load(cls, folder: Path, manifest: Manifest) -> Snapshot:
        snapshot = super()._load(folder, manifest)
        if _INDEX not in manifest.files:
            return snapshot
        path = manifest.path(folder, _INDEX)
        try:
            index = _check(path, snapshot.rows)
        except OSError as error:
            raise DamagedIndex(str(error)) from error
        return replace(snapshot, index=index)

    def _tuned(self, index: Any, rows: Rows) -> Mapping[str, Any]:
        """How many lists must be looked at to find what an exact search finds."""
        ids = np.arange(len(rows), dtype=np.int64)
        own = np.sort(np.random.default_rng(0).choice(len(rows), _SAMPLE, replace=False))
        queries = np.asarray(rows[own], np.float32)
        truth = nearest(queries, 11, ids, rows)  # each row finds itself, and ten more
        found = 0.0
        for probes in _ladder(index.nlist):
            notes = {"index": "inverted", "lists": index.nlist, "probes": probes}
            snapshot = Snapshot(0, ids, rows, index, notes)
            scores = self._search_snapshot(snapshot, queries, 11, None).scores
            found = float(((scores >= truth.scores[:, -1:] - 1e-6).sum(axis=1) - 1).mean() / 10)
            if found >= self.recall:
                break
        return {**notes, "recall": round(found, 4)}


def _parameters(snapshot: Snapshot, mask: Mask | None, allowed: int) -> Any:
    selector: dict[str, Any] = {}
    if mask is not None:
        bitmap = np.packbits(mask, bitorder="little")
        selector["sel"] = faiss.IDSelectorBitmap(bitmap)  # type: ignore[arg-type, call-arg]  # stubs of C++
    notes = snapshot.notes or {}
    if notes["index"] != "inverted":
        return faiss.SearchParameters(**selector)
    # the fewer rows a filter leaves, the more lists, so that as many rows as without it are compared
    probes = math.ceil(notes["probes"] * len(snapshot.ids) / allowed)
    probes = min(probes, notes["lists"])
    return faiss.SearchParametersIVF(nprobe=probes, **selector)  # type: ignore[call-arg]  # stubs of C++


def _rescored(snapshot: Snapshot, queries: Matrix, candidates: Ids, k: int) -> Matches:
    """The candidates by their true scores."""
    parts = []
    for query, positions in zip(queries, candidates, strict=True):
        known = np.sort(positions[(positions >= 0) & (positions < len(snapshot.ids))])
        parts.append(nearest(query[None], k, snapshot.ids, snapshot.rows, known))
    ids = np.concatenate([part.ids for part in parts]) if parts else np.empty((0, k), np.int64)
    scores = np.concatenate([part.scores for part in parts]) if parts else np.empty((0, k), np.float32)
    return Matches(ids, scores)


def _flat(rows: Rows) -> Any:
    bits = faiss.ScalarQuantizer.QT_8bit
    index = faiss.IndexScalarQuantizer(rows.shape[1], bits, faiss.METRIC_INNER_PRODUCT)
    index.train(_sample(rows, 20_000))
    return index


def _inverted(rows: Rows) -> Any:
    dim = rows.shape[1]
    lists = 2 ** round(math.log2(2 * math.sqrt(len(rows))))
    bits, metric = faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(dim), dim, lists, bits, metric)
    index.cp.niter = 10
    index.train(_sample(rows, lists * _TRAINING_ROWS_PER_LIST))
    return index


def _sample(rows: Rows, count: int) -> Matrix:
    chosen = np.random.default_rng(0).choice(len(rows), min(count, len(rows)), replace=False)
    return np.ascontiguousarray(rows[np.sort(chosen)], np.float32)


def _ladder(top: int) -> list[int]:
    """Ascending numbers up to the top, each about half as much again as the one before."""
    steps = {min(top, round(1.5**step)) for step in range(40)}
    return sorted(steps)


def _write(index: Any, path: Path) -> None:
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(f"{path} cannot be written: {error}") from error


def _check(path: Path, rows: Rows) -> Any:
    """Maps an index from its file. On a full disk FAISS may write nothing without a word: only reading tells.

    Raises:
        OSError: it is not an index of those rows
    """
    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise OSError(f"{path} is not an index: {error}") from error
    if (index.ntotal, index.d) != rows.shape:
        raise OSError(f"{path} has {index.ntotal} rows of {index.d}, not {rows.shape}")
    return index
