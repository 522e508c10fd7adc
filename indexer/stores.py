"""Keeps a vector store in step with the catalog, which other processes change too."""

import logging
import shutil
import threading
from pathlib import Path

from indexer.catalog import Catalog, Watermark
from plugins.contracts import VectorStore
from plugins.errors import DamagedIndex
from plugins.values import Space, Vectors

log = logging.getLogger(__name__)

FILL = 20_000
"""rows read from the catalog at once"""
MIN_PENDING = 2_000
"""So few new rows are quicker read from the catalog than worth a snapshot."""
PENDING_SHARE = 20
"""A snapshot is due when a twentieth of it is new, so that a row costs the same however many there are."""


class StoreKeeper:
    """The store of one space."""

    def __init__(self, catalog: Catalog, store_class: type[VectorStore], folder: Path, space: Space) -> None:
        self.folder = folder
        self.space = space
        self._catalog = catalog
        self._class = store_class
        self._store: VectorStore | None = None
        self._seen = Watermark(-1, 0, 0)
        self._pending = 0
        self._lock = threading.Lock()

    def current(self) -> VectorStore:
        """The store with everything that the catalog has now.

        Raises:
            NotFound: the catalog has no such space
        """
        store = self._store
        if store is not None and self._catalog.watermark(self.space) == self._seen:
            return store
        with self._lock:
            return self._caught_up()

    def publish(self, *, at_once: bool = False) -> None:
        """Publishes a snapshot if enough rows are new. Only the process that may write does this.

        Args:
            at_once: however few are new
        """
        with self._lock:
            store = self._caught_up()
            due = self._pending >= max(MIN_PENDING, len(store) // PENDING_SHARE)
            if not (due or (at_once and self._pending)):
                return
            store.flush()
            self._catalog.snapshot_published(self.space, self._seen.removed)
            self._pending = 0
            now = self._catalog.watermark(self.space)
            self._seen = Watermark(now.generation, self._seen.highest_id, self._seen.removed)

    def rebuild(self) -> None:
        """Throws the files away and makes them again from the catalog."""
        with self._lock:
            self._store = None
            shutil.rmtree(self.folder, ignore_errors=True)
        self.publish(at_once=True)

    def _caught_up(self) -> VectorStore:
        while True:
            now = self._catalog.watermark(self.space)
            store = self._store
            if store is None or now.generation != self._seen.generation:
                store, self._pending = self._open(), 0
                self._seen = Watermark(now.generation, 0, 0)
            self._fill(store, now)
            self._store, self._seen = store, now
            if self._catalog.watermark(self.space).generation == now.generation:
                return store  # and no snapshot came between, whose removals are forgotten

    def _open(self) -> VectorStore:
        try:
            return self._class.open(self.folder, self.space)
        except DamagedIndex as error:
            log.warning("%s; it is made again from the catalog", error)
            shutil.rmtree(self.folder)
            return self._class.open(self.folder, self.space)

    def _fill(self, store: VectorStore, now: Watermark) -> None:
        while now.highest_id > store.highest_id:
            ids, rows = self._catalog.vectors_after(self.space, store.highest_id, FILL)
            if not len(ids):
                break  # removed in this very moment
            store.add(ids, Vectors(self.space, rows))
            self._pending += len(ids)
        if now.removed > self._seen.removed:
            gone, _ = self._catalog.removed_after(self.space, self._seen.removed)
            before = len(store)
            store.remove(gone)
            self._pending += before - len(store)
