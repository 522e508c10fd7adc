"""The public API's share of backups."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from shotseek.settings import load

if TYPE_CHECKING:
    from indexer.backup import Backup
    from indexer.library import Library

AnyPath = str | os.PathLike[str]


class Backups:
    """A library that can be backed up."""

    library: "Library"

    def backup(self, folder: AnyPath) -> "Backup":
        """Copies everything that cannot be made again into a new folder, and reads the copy again. May run
        while the library is searched and indexed into.

        Raises:
            InvalidValue: the folder is there and not empty
            LibraryError: the catalog is damaged, or the disk is full
            Unsupported: the catalog is in PostgreSQL
        """
        from indexer.backup import backup

        return backup(self.library, Path(folder).expanduser().resolve())


def restore(source: AnyPath, folder: AnyPath | None = None, *, replace: bool = False) -> "Backup":
    """Makes a library of a backup; what is not in a backup is made again when it is needed.

    Args:
        folder: of the library; the one that the settings name by default
        replace: put it in place of the library that is there; a copy of its catalog is kept

    Raises:
        NotFound: there is no backup in that folder
        InvalidValue: there is a library already
        LibraryError: the backup is damaged or newer than this version; nothing was done
        Unsupported: the library's catalog is in PostgreSQL
    """
    from indexer.backup import restore

    chosen = load(library=folder)
    target = chosen.library.expanduser().resolve()
    source = Path(source).expanduser().resolve()
    return restore(source, target, replace=replace, address=chosen.database)
