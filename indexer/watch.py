"""Watched folders: what is new in them is indexed once it is complete; what has vanished is marked.

Folders are looked at again and again. What the system could tell of changes is not asked for: network drives
say nothing, and a look costs a `stat` a file (docs/decisions.md).
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from indexer.catalog import FolderRecord
from indexer.decoder import Decoder
from indexer.discover import candidates, doubts, is_gone
from indexer.jobs import Growing
from indexer.library import Library
from plugins.errors import MediaError, ShotseekError

COST = 20
"""A look that has taken long is followed by a pause so many times as long."""
OPEN_PATIENCE_S = 60.0
"""A file that cannot be opened and was changed so lately may be incomplete: a copy that stands still."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as it was when it was last seen to change."""

    size: int
    mtime_ns: int
    since: float
    """by the steady clock"""


class Watcher:
    """Looks at folders in a thread of its own, and asks for what is ready."""

    def __init__(
        self,
        library: Library,
        ask: Callable[[Sequence[str]], None],
        changed: Callable[[], None],
        is_planned: Callable[[str], bool],
        *,
        look_s: float,
        settle_s: float,
    ) -> None:
        """
        Args:
            ask: has files and folders indexed
            changed: hears that there is something new to be read from this
            is_planned: whether a file is going to be indexed anyway
            look_s: seconds between two looks; 0 for none
            settle_s: seconds in which a file must not change
        """
        self.looked: Mapping[str, datetime] = {}
        """when each watched folder was last looked at, UTC"""
        self.absent: tuple[str, ...] = ()
        """watched folders that were not there, or empty, though something is known to be in them"""
        self._catalog = library.catalog
        self._own = str(library.folder)
        self._ask, self._changed, self._is_planned = ask, changed, is_planned
        self._look_s, self._settle_s = look_s, settle_s
        self._pending: dict[str, _Seen] = {}
        self._unwanted: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ended = False
        self._due = 0.0
        self._decoder = Decoder()
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._ended = True
        self._wake.set()
        if self._thread.ident is not None:
            while self._thread.is_alive():
                self._decoder.interrupt()
                self._thread.join(0.1)

    @property
    def growing(self) -> tuple[Growing, ...]:
        """Files that are not complete yet."""
        with self._lock:
            return tuple(Growing(path, seen.size) for path, seen in sorted(self._pending.items()))

    def leaves(self, path: str) -> bool:
        """Whether a file is to be left for later, since it is just being written. If so, it is waited for."""
        try:
            status = Path(path).stat()
        except OSError:
            return False
        with self._lock:
            if self._pending.get(path) is not None:
                return True
            if self._unwanted.get(path) == (status.st_size, status.st_mtime_ns):
                return True
            if not 0 <= time.time() - status.st_mtime < self._settle_s:
                return False
            self._pending[path] = _Seen(status.st_size, status.st_mtime_ns, time.monotonic())
        self._wake.set()
        return True

    def wanted(self, paths: Sequence[str]) -> None:
        """A person asks for files and folders: what was cancelled in them is wanted again."""
        with self._lock:
            for path in list(self._unwanted):
                if any(Path(path).is_relative_to(top) for top in paths):
                    del self._unwanted[path]

    def unwanted(self, paths: Sequence[str]) -> None:
        """A person has cancelled files: they are left alone until they change or somebody asks for them."""
        found = {}
        for path in paths:
            try:
                status = Path(path).stat()
            except OSError:
                continue
            found[path] = (status.st_size, status.st_mtime_ns)
        with self._lock:
            self._unwanted |= found
            for path in found:
                self._pending.pop(path, None)

    def look_now(self) -> None:
        """Does not wait for the next look."""
        self._due = 0.0
        self._wake.set()

    def _run(self) -> None:
        while not self._ended:
            try:
                self._settle()
                if self._look_s and time.monotonic() >= self._due:
                    started = time.monotonic()
                    self._look()
                    took = time.monotonic() - started
                    self._due = time.monotonic() + max(self._look_s, COST * took)
            except ShotseekError as error:  # the catalog is busy: the next look may do
                logger.warning("watching: %s", error)
                self._due = time.monotonic() + self._look_s
            self._wake.wait(self._pause())
            self._wake.clear()
        self._decoder.close()

    def _pause(self) -> float:
        until = max(0.05, self._due - time.monotonic()) if self._look_s else 3600.0
        return min(until, self._settle_s / 2) if self._pending else until

    def _look(self) -> None:
        """Compares every watched folder with what is known."""
        left = {item.path for item in self._catalog.left_out()}
        looked, absent = {}, []
        for folder in self._catalog.library_folders():
            if not folder.watched:
                continue
            if self._ended:
                return
            if self._compare(folder, left):
                looked[folder.path] = datetime.now(UTC)
            else:
                absent.append(folder.path)
                if folder.path in self.looked:
                    looked[folder.path] = self.looked[folder.path]
        self.looked, self.absent = looked, tuple(absent)
        self._changed()

    def _compare(self, folder: FolderRecord, left: set[str]) -> bool:
        """Whether the folder is there; one that suddenly seems empty is taken for one that is not."""
        known = self._catalog.stamps(folder.path)
        found = set()
        if os.path.lexists(folder.path):
            found = {path for path in candidates(folder.path, without=self._own) if not self._ended}
        if not found and (known or not Path(folder.path).exists()):
            return False
        for path in found - left:
            size, mtime_ns = _stamp(path)
            stamp = known.get(path)
            if stamp is None or stamp.missing or (stamp.size, stamp.mtime_ns) != (size, mtime_ns):
                self._meet(path, size, mtime_ns)
        alive = [path for path, stamp in known.items() if not stamp.missing]
        gone = sum(is_gone(path) for path in alive if path not in found)
        if doubts(folder.path, gone, len(alive), bool(found)):
            return False
        if gone and not self._is_planned(folder.path):
            self._ask([folder.path])
        return True

    def _meet(self, path: str, size: int, mtime_ns: int) -> None:
        with self._lock:
            if path in self._pending or self._unwanted.get(path) == (size, mtime_ns):
                return
        if not self._is_planned(path):
            with self._lock:
                self._pending[path] = _Seen(size, mtime_ns, time.monotonic())

    def _settle(self) -> None:
        """Asks for the files that have stopped changing."""
        with self._lock:
            pending = dict(self._pending)
        if not pending:
            return
        ready = [path for path, seen in pending.items() if self._has_settled(path, seen)]
        with self._lock:
            for path in ready:
                self._pending.pop(path, None)
        there = [path for path in ready if os.path.lexists(path)]
        if there:
            self._ask(there)
        if not self._pending:
            self._decoder.close()
        self._changed()

    def _has_settled(self, path: str, seen: _Seen) -> bool:
        if not os.path.lexists(path):
            return True
        size, mtime_ns = _stamp(path)
        if (size, mtime_ns) != (seen.size, seen.mtime_ns):
            with self._lock:
                self._pending[path] = _Seen(size, mtime_ns, time.monotonic())
            return False
        if time.monotonic() - seen.since < self._settle_s:
            return False
        return self._opens(path) or not 0 <= time.time() - mtime_ns / 1e9 < OPEN_PATIENCE_S

    def _opens(self, path: str) -> bool:
        root = self._catalog.home_of(path) or path
        try:
            return any(True for _ in self._decoder.frames(path, [root], [0]))
        except MediaError:
            return False


def _stamp(path: str) -> tuple[int, int]:
    """Size and time as the catalog has them; zeros for what cannot be looked at."""
    try:
        status = Path(path).stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns
