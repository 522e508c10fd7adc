"""Writes files that are wholly there or not at all, whatever interrupts the writing.

A temporary file in the same folder is written, flushed to the disk and read back; only then does it take its
name. No other module writes files that must survive.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plugins.errors import DiskFull

TEMPORARY = ".tmp"
"""Suffix of files being written; one that is found later was left by a process that died."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


def step(what: str, path: Path) -> None:
    """Called before everything that changes what is on the disk, the catalog's transactions included. Does
    nothing; tests put something in its place that fails, or ends the process, at each step in turn.

    Args:
        what: ``write``, ``sync``, ``rename`` or ``delete`` a file, ``commit`` a transaction; ``committed`` is
            called when that is done
    """


@dataclass(frozen=True, slots=True)
class Written:
    """What a file is, as far as the disk can say."""

    size: int
    """bytes"""
    mtime_ns: int
    sha256: str
    """hexadecimal"""


def write(path: Path, data: bytes, *, private: bool = False) -> Written:
    """Writes bytes durably.

    Args:
        private: nobody but the owner may read the file

    Raises:
        DiskFull, or OSError: the disk does not give back what was written; ``path`` is as it was
    """

    def is_data(temporary: Path) -> None:
        if _digest(temporary) != hashlib.sha256(data).hexdigest():
            raise OSError(f"{path}: the disk does not give back what was written to it")

    def fill(temporary: Path) -> None:
        if private:
            make_private(temporary)
        _write(temporary, data)

    return publish(path, fill, is_data)


def publish(path: Path, fill: Callable[[Path], None], verify: Callable[[Path], None]) -> Written:
    """Lets a function write a file, and gives it its name once it is safely on the disk.

    Args:
        fill: writes the temporary file that it is given
        verify: reads it again, and raises if it is not what was meant

    Raises:
        DiskFull, OSError, or whatever ``fill`` and ``verify`` raise; ``path`` is as it was
    """
    with _temporary(path) as temporary:
        step("write", temporary)
        fill(temporary)
        _sync(temporary)
        verify(temporary)
        written = inspect(temporary)
        step("rename", path)
        temporary.replace(path)
    _sync(path.parent)
    return written


def write_cache(path: Path, data: bytes) -> None:
    """Writes a file that can be made again: never seen half-written, but not forced to the disk, so that a
    power cut may leave it empty.

    Raises:
        DiskFull, OSError
    """
    with _temporary(path) as temporary:
        step("write", temporary)
        _write(temporary, data)
        step("rename", path)
        temporary.replace(path)


def delete(path: Path) -> None:
    """Deletes a file if it is there."""
    step("delete", path)
    path.unlink(missing_ok=True)


def inspect(path: Path) -> Written:
    """Reads a file in full and says what it is.

    Raises:
        OSError
    """
    status = path.stat()
    return Written(status.st_size, status.st_mtime_ns, _digest(path))


def make_private(path: Path) -> None:
    """An empty file, to be filled, that nobody but its owner may read."""
    path.touch(0o600, exist_ok=False)


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A name in the same folder to write under, which is gone at the end."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}{TEMPORARY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
    except Exception as error:
        if _is_full(error, path.parent):
            raise DiskFull.at(path) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def has_no_room(folder: Path) -> bool:
    """Whether not a single block is left on the disk of a folder."""
    return os.statvfs(folder).f_bavail == 0


def _is_full(error: Exception, folder: Path) -> bool:
    """Whether a file could not be written for want of room; FAISS does not say so itself."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    return has_no_room(folder)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    step("sync", path)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
