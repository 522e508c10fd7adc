"""Failing at the n-th step that reaches the disk, see `plugins.durable.step`."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from plugins import durable
from plugins.errors import DiskFull


class Died(BaseException):
    """As if the process had been ended there: nothing that comes after reaches the disk."""


@dataclass
class Steps:
    """The steps so far; at one of them and at every later one something happens."""

    at: int = 1 << 62
    seen: list[str] = field(default_factory=list)

    def __call__(self, what: str, path: Path) -> None:
        self.seen.append(f"{what} {path.name}")
        if len(self.seen) >= self.at:
            self.fail(what, path)

    def fail(self, what: str, path: Path) -> None:
        raise Died(self.seen[-1])

    @property
    def struck(self) -> bool:
        return len(self.seen) >= self.at


class FullDisk(Steps):
    """There is no room from the n-th step on; what only deletes, or is done already, goes well."""

    def fail(self, what: str, path: Path) -> None:
        if what == "write":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        if what == "commit":
            raise DiskFull.at(path)  # what becomes of SQLite's own words, see test_disk_full.py


class Kill(Steps):
    """The process ends in that instant, with no clean-up at all."""

    def fail(self, what: str, path: Path) -> None:
        os._exit(9)


@dataclass
class PowerCut(Steps):
    """The process ends, and with it goes whatever was written and not yet forced to the disk: files are empty
    then, and a name that was just changed is the old one again."""

    def __post_init__(self) -> None:
        self._unsynced: set[Path] = set()
        self._last = ("", Path())
        self._renamed: tuple[Path, bytes | None] | None = None

    def __call__(self, what: str, path: Path) -> None:
        self._settle()
        super().__call__(what, path)
        if what == "rename":
            self._renamed = (path, path.read_bytes() if path.exists() else None)
        self._last = (what, path)

    def fail(self, what: str, path: Path) -> None:
        if self._renamed is not None:
            renamed, before = self._renamed
            if before is None:
                renamed.unlink(missing_ok=True)
            else:
                renamed.write_bytes(before)
        for lost in self._unsynced:
            if lost.exists():
                os.truncate(lost, 0)
        os._exit(9)

    def _settle(self) -> None:
        """What the last step has done by now."""
        what, path = self._last
        if what == "write":
            self._unsynced.add(path)
        elif what == "sync" and path.is_dir():
            self._renamed = None
        elif what == "sync":
            self._unsynced.discard(path)
        elif what == "rename":
            temporary = {item for item in self._unsynced if item.name.startswith(f"{path.name}.")}
            self._unsynced -= temporary
            if temporary:
                self._unsynced.add(path)
                self._renamed = None  # a cache: its own content is what is lost
            else:
                self._unsynced.discard(path)


@contextmanager
def steps(counting: Steps) -> Iterator[Steps]:
    """Has every step go through it."""
    before = durable.step
    durable.step = counting
    try:
        yield counting
    finally:
        durable.step = before
