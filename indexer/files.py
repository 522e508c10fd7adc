"""Files that may be media, looked at from outside: their names, their place, their bytes."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from plugins.errors import MediaError, Reason

# fmt: off
VIDEO_SUFFIXES = frozenset([
    ".3g2", ".3gp", ".asf", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mj2", ".mkv", ".mov", ".mp4", ".mpeg",
    ".mpg", ".mts", ".mxf", ".ogg", ".ogv", ".qt", ".ts", ".vob", ".webm", ".wmv",
])
# fmt: on
SOUND_SUFFIXES = frozenset([".aac", ".flac", ".m4a", ".mp3", ".oga", ".opus", ".wav", ".wma"])
"""Looked at too, so that a person is told that they hold no video."""
WHOLE = 64 << 20
"""bytes up to which a fingerprint reads all of a file"""
BLOCKS, BLOCK = 64, 1 << 20


def is_candidate(path: str) -> bool:
    """Whether a file's suffix says that it may hold video or sound."""
    return Path(path).suffix.lower() in VIDEO_SUFFIXES | SOUND_SUFFIXES


def fingerprint(path: str) -> str:
    """A digest that knows a file's content whatever its name: of all of it up to `WHOLE` bytes, above that of
    its size and evenly spaced blocks from its first to its last byte.

    Raises:
        MediaError: it is no regular file, or cannot be read
    """
    size = regular(Path(path), path).st_size
    digest = blake2b(str(size).encode(), digest_size=16)
    try:
        with Path(path).open("rb") as file:
            if size <= WHOLE:
                while block := file.read(BLOCK):
                    digest.update(block)
            else:
                for index in range(BLOCKS):
                    file.seek((size - BLOCK) * index // (BLOCKS - 1))
                    digest.update(file.read(BLOCK))
    except OSError as error:
        raise MediaError(Reason.UNREADABLE, path, f"cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def inside(path: str, roots: Sequence[str]) -> Path:
    """The file behind a path, links resolved."""
    try:
        real = Path(path).resolve()
        if any(real.is_relative_to(Path(root).resolve()) for root in roots):
            return real
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL in the name
        raise MediaError(Reason.NOT_FOUND, path, "is no path that can be followed") from error
    raise MediaError(Reason.OUTSIDE_ROOT, path, "lies outside the folders that are indexed")


def regular(real: Path, path: str) -> os.stat_result:
    """Looks without opening: a pipe would never open."""
    try:
        status = real.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise MediaError(Reason.NOT_FOUND, path, "does not exist") from error
    except OSError as error:
        raise MediaError(Reason.UNREADABLE, path, f"cannot be read: {error.strerror}") from error
    return _judged(status, path)


@contextmanager
def handle(real: Path, path: str) -> Iterator[int]:
    """A file open for reading, judged after it was opened, so that nobody can exchange it in between.

    Args:
        real: where it is, links resolved
        path: what messages name

    Raises:
        MediaError: it cannot be read, is not a regular file, or is no longer what lies there
    """
    try:
        number = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError as error:
        raise MediaError(Reason.UNREADABLE, path, "may not be read by this user") from error
    except OSError as error:
        raise MediaError(Reason.UNREADABLE, path, f"cannot be read: {error.strerror}") from error
    try:
        opened = _judged(os.fstat(number), path)
        if not (_is(real, opened) and os.path.realpath(real) == str(real)):
            raise MediaError(Reason.NOT_FOUND, path, "was exchanged while it was opened")
        yield number
    finally:
        os.close(number)


def _is(real: Path, opened: os.stat_result) -> bool:
    try:
        return os.path.samestat(real.lstat(), opened)
    except OSError:
        return False


def _judged(status: os.stat_result, path: str) -> os.stat_result:
    if not stat.S_ISREG(status.st_mode):
        raise MediaError(Reason.NOT_A_FILE, path, "is not a regular file")
    if status.st_size == 0:
        raise MediaError(Reason.EMPTY, path, "is empty")
    return status
