"""Keeps a vector store in step with the catalog, which other processes change too."""

import logging
import shutil
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from indexer.catalog import Catalog, Watermark
from plugins.contracts import VectorStore
from plugins.errors import DamagedIndex, LibraryBusy
from plugins.values import Space, Vectors

log = logging.getLogger(__name__)

FILL = 4_000
"""rows read from the catalog at once"""
MIN_PENDING = 2_000
"""So few new rows are quicker read from the catalog than worth a snapshot."""
PENDING_SHARE = 20
"""A snapshot is due when a twentieth of it is new, so that a row costs the same however many there are."""


class StoreKeeper:
    """The store of one space."""

    def __init__(
        self,
        catalog: Catalog,
        store_class: type[VectorStore],
        folder: Path,
        space: Space,
        writing: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """
        Args:
            folder: where the store keeps its files
            writing: keeps other processes from writing, see `Library.writing`
        """
        self._catalog = catalog
        self._class = store_class
        self._folder = folder
        self._space = space
        self._writing = writing
        self._held: tuple[VectorStore, Watermark] | None = None
        """the store, and how far it has followed the catalog: one reference, read without the lock"""
        self._pending = 0
        """rows added and removed since the last snapshot"""
        self._lock = threading.Lock()

    def current(self) -> VectorStore:
        """The store with everything that the catalog has now.

        Raises:
            NotFound: the catalog has no such space
        """
        held = self._held
        if held and held[1] == self._catalog.watermark(self._space):
            return held[0]
        with self._lock:
            return self._caught_up()

    def publish(self) -> None:
        """Publishes a snapshot if enough rows are new. Only the process that may write does this."""
        with self._lock:
            store = self._caught_up()
            if self._pending >= max(MIN_PENDING, len(store) // PENDING_SHARE):
                self._flush(store)

    def rebuild(self) -> None:
        """Throws the files away and makes them again from the catalog."""
        with self._lock:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._held = None
            self._flush(self._caught_up())

    def _caught_up(self) -> VectorStore:
        while True:
            now = self._catalog.watermark(self._space)
            if self._held and self._held[1].generation == now.generation:
                store, seen = self._held
            else:
                store, seen, self._pending = self._open(), Watermark(now.generation, 0, 0), 0
            self._fill(store, seen, now)
            self._held = store, now
            if self._catalog.watermark(self._space).generation == now.generation:
                return store  # and no snapshot came between, whose removals are forgotten

    def _flush(self, store: VectorStore) -> None:
        assert self._held, "only a store that has caught up is published"
        seen = self._held[1]
        store.flush()
        self._catalog.snapshot_published(self._space, seen.removed)
        self._pending = 0
        self._held = store, replace(seen, generation=self._catalog.watermark(self._space).generation)

    def _open(self) -> VectorStore:
        try:
            return self._class.open(self._folder, self._space)
        except DamagedIndex as error:
            log.warning("%s; it is made again from the catalog", error)
        try:
            with self._writing():
                shutil.rmtree(self._folder)
        except LibraryBusy:  # and the other process may be publishing there: search without files meanwhile
            return self._class.open(self._folder.with_name(f"{self._folder.name}-none"), self._space)
        return self._class.open(self._folder, self._space)

    def _fill(self, store: VectorStore, seen: Watermark, now: Watermark) -> None:
        while now.highest_id > store.highest_id:
            ids, rows = self._catalog.vectors_after(self._space, store.highest_id, FILL)
            if not len(ids):
                break  # removed in this very moment
            store.add(ids, Vectors(self._space, rows))
            self._pending += len(ids)
        if now.removed > seen.removed:
            gone, _ = self._catalog.removed_after(self._space, seen.removed)
            before = len(store)
            store.remove(gone)
            self._pending += before - len(store)
