"""Compares folders with what the catalog knows of them, and says what there is to do. Decodes nothing."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from indexer.catalog import FileRecord
from indexer.files import fingerprint, is_candidate
from plugins.errors import MediaError, NotFound
from plugins.values import as_path_text, printable

FEW_LOST = 10
"""so many files may vanish at once without a question"""
LOST_SHARE = 0.2
"""of a folder's files; when more vanish, it is more likely that a disk did"""
ACCEPT = "if they are gone for good: `shotseek index --accept-missing`"


class Action(Enum):
    """What a file needs."""

    INDEX = "index"
    """new, or its content changed"""
    MOVE = "move"
    """content known under a path that is gone"""
    TOUCH = "touch"
    """other time stamp, same content"""
    KEEP = "keep"
    """nothing changed"""


@dataclass(frozen=True, slots=True)
class Change:
    """One file on disk against the catalog."""

    action: Action
    path: str
    root: str
    size: int
    mtime_ns: int
    fingerprint: str
    """empty where the file cannot be read; opening it will say why"""
    known: FileRecord | None
    """what the catalog knows of it; for `MOVE`, under its old path"""


def roots(paths: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Absolute files and folders to look at.

    Raises:
        NotFound: one of them does not exist
    """
    found = [as_path_text(path) for path in paths]
    for path in found:
        if not os.path.lexists(path):
            raise NotFound("no such file or folder: %(path)s", path=printable(path))
    return list(dict.fromkeys(found))


def candidates(
    root: str, *, without: str, unreadable: Callable[[OSError], object] | None = None
) -> Iterator[str]:
    """Files below a root that may be video, by name, in order; hidden ones and the library itself are not.

    Args:
        unreadable: told of each folder that cannot be looked into
    """
    if not Path(root).is_dir():
        yield root
        return
    for folder, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and str(Path(folder, name)) != without
        )
        for name in sorted(names):
            path = str(Path(folder, name))
            if not name.startswith(".") and is_candidate(path):
                yield path


def is_gone(path: str) -> bool:
    """Whether there is certainly no such file. One that cannot be looked at, for want of permission or
    because a server does not answer, is not gone."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def doubts(root: str, gone: int, known: int, any_left: bool) -> str:
    """Why files that are not there should be left as they are all the same; empty where there is no reason.

    Args:
        gone: how many of the ``known`` files below ``root`` have vanished since the last look
        any_left: whether there is any candidate below it
    """
    if gone and not any_left and Path(root).is_dir():
        return f"the folder seems empty; its {gone} known videos were left as they are; {ACCEPT}"
    if gone > FEW_LOST and gone > LOST_SHARE * known:
        what = f"{gone} of {known} known videos are not there, as if a disk were not connected"
        return f"{what}; they were left as they are; {ACCEPT}"
    return ""


def compare(paths: Sequence[str], root: str, known: Mapping[str, FileRecord]) -> Iterator[Change]:
    """What each file needs. Only files whose size or time stamp differ from the catalog's are read."""
    by_content = {
        record.fingerprint: record for record in known.values() if record.fingerprint and is_gone(record.path)
    }
    for path in paths:
        yield _compare(path, root, known.get(path), by_content)


def _compare(path: str, root: str, record: FileRecord | None, by_content: Mapping[str, FileRecord]) -> Change:
    try:
        status = Path(path).stat()
    except OSError:  # gone since it was listed, or a dangling link: opening it gives the reason
        return Change(Action.INDEX, path, root, 0, 0, "", record)
    size, mtime = status.st_size, status.st_mtime_ns
    if record and (record.size, record.mtime_ns) == (size, mtime):
        return Change(Action.KEEP, path, root, size, mtime, record.fingerprint, record)
    content = _fingerprint(path) if stat.S_ISREG(status.st_mode) else ""
    if record and content and record.fingerprint == content:
        return Change(Action.TOUCH, path, root, size, mtime, content, record)
    if not record and content in by_content:
        return Change(Action.MOVE, path, root, size, mtime, content, by_content[content])
    return Change(Action.INDEX, path, root, size, mtime, content, record)


def _fingerprint(path: str) -> str:
    try:
        return fingerprint(path)
    except MediaError:  # empty, or no permission: opening it gives the reason
        return ""
