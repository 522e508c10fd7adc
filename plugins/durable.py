"""Writes files that are wholly there or not at all, whatever interrupts the writing.

A temporary file in the same folder is written, flushed to the disk and read back; only then does it take its
name. No other module writes files that must survive.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TEMPORARY = ".tmp"
"""Suffix of files being written; one that is found later was left by a process that died."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a file is, as far as the disk can say."""

    size: int
    """bytes"""
    mtime_ns: int
    sha256: str
    """hexadecimal"""


def write(path: Path, data: bytes) -> Written:
    """Writes bytes durably.

    Raises:
        OSError: the disk is full, or does not give back what was written; ``path`` is as it was
    """

    def is_data(temporary: Path) -> None:
        if _digest(temporary) != hashlib.sha256(data).hexdigest():
            raise OSError(f"{path}: the disk does not give back what was written to it")

    return publish(path, lambda temporary: _write(temporary, data), is_data)


def publish(path: Path, fill: Callable[[Path], None], verify: Callable[[Path], None]) -> Written:
    """Lets a function write a file, and gives it its name once it is safely on the disk.

    Args:
        fill: writes the temporary file that it is given
        verify: reads it again, and raises if it is not what was meant

    Raises:
        OSError, or whatever ``fill`` and ``verify`` raise; ``path`` is as it was
    """
    temporary = _temporary(path)
    try:
        fill(temporary)
        _sync(temporary)
        verify(temporary)
        written = inspect(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(path.parent)
    return written


def write_cache(path: Path, data: bytes) -> None:
    """Writes a file that can be made again: never seen half-written, but not forced to the disk."""
    temporary = _temporary(path)
    try:
        _write(temporary, data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def inspect(path: Path) -> Written:
    """Reads a file in full and says what it is.

    Raises:
        OSError
    """
    status = path.stat()
    return Written(status.st_size, status.st_mtime_ns, _digest(path))


def _temporary(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}{TEMPORARY}")


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
