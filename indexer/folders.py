"""Adding a folder to a library: which may be added, and how its name is completed while it is typed."""

import os
from pathlib import Path

from indexer.catalog import FolderRecord
from indexer.library import Library
from plugins.errors import InvalidValue, NotFound
from plugins.values import as_path_text, printable

NEVER = ("/dev", "/proc", "/sys")
"""Folders of the system, whose files are no one's videos."""
MAX_COMPLETIONS = 50


def add(library: Library, path: str, *, watched: bool) -> FolderRecord:
    """Enters a folder, or a single file, among those that are looked at.

    Args:
        path: absolute, or below ``~``
        watched: new files in it are to be indexed by themselves

    Raises:
        InvalidValue: it is not absolute, of the system or the library, or in a folder of it already
        NotFound: it does not exist, or cannot be read
    """
    real = _checked(library, path)
    home = library.catalog.home_of(real)
    if home is not None and home != real:
        raise InvalidValue(
            "%(real)s is in %(home)s, which is in the library already",
            real=printable(real),
            home=printable(home),
        )
    library.catalog.add_root(real)
    found = next(item for item in library.catalog.library_folders() if item.path == real)
    library.catalog.set_watched(found.id, watched)
    return library.catalog.folder(found.id)


def _checked(library: Library, path: str) -> str:
    if not path.startswith(("/", "~")):
        raise InvalidValue("%(path)s is not a whole path; begin it with / or ~", path=printable(path))
    try:
        real = as_path_text(Path(path).expanduser())
    except (RuntimeError, ValueError) as error:  # no such user, a loop of links, a NUL in the name
        raise InvalidValue("%(path)s is no path that can be followed", path=printable(path)) from error
    if any(Path(real).is_relative_to(never) for never in NEVER):
        raise InvalidValue("%(real)s belongs to the system and holds no videos", real=printable(real))
    if real == "/":
        raise InvalidValue("name a folder of videos, not the whole machine")
    if Path(real).is_relative_to(library.folder):
        raise InvalidValue("%(real)s is part of the library itself", real=printable(real))
    if not os.path.lexists(real):
        raise NotFound("no such file or folder: %(real)s", real=printable(real))
    if not os.access(real, os.R_OK | (os.X_OK if Path(real).is_dir() else 0)):
        raise NotFound("%(real)s cannot be read: permission denied", real=printable(real))
    return real


def complete(typed: str) -> list[str]:
    """Folders whose path begins with what was typed, by name; hidden ones only where a dot was typed. Names
    that are not UTF-8 are left out: they cannot be sent back."""
    head, _, start = typed.rpartition("/")
    if not typed.startswith(("/", "~")) or "\0" in typed:
        return []
    if not head and typed.startswith("~"):
        return ["~/"]
    try:
        with os.scandir(Path(head or "/").expanduser()) as entries:
            names = sorted(entry.name for entry in entries if _fits(entry, start))
    except (OSError, RuntimeError):
        return []
    return [f"{head}/{name}/" for name in names[:MAX_COMPLETIONS]]


def _fits(entry: "os.DirEntry[str]", start: str) -> bool:
    if not entry.name.lower().startswith(start.lower()) or (entry.name[0] == "." and not start):
        return False
    try:
        entry.name.encode()
        return entry.is_dir()
    except (OSError, UnicodeEncodeError):
        return False
