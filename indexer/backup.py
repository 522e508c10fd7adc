"""A copy of what cannot be made again, and the way back.

catalog.db     everything that is known: videos, vectors, words, and all that a person has said
backup.json    what it is and holds; written last, so that a backup without it is not whole

Index files, thumbnails and the like are not in it: they are made again.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from indexer import schema
from indexer.address import Address
from indexer.catalog.dialects import file
from indexer.library import CACHES, DATABASE, Library, database_of, locked, make_folder
from plugins import durable
from plugins.errors import InvalidValue, LibraryError, NotFound

RECORD = "backup.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup is and holds."""

    made: str
    """ISO 8601, UTC"""
    shotseek: str
    """the version that made it"""
    schema: str
    size: int
    """bytes"""
    sha256: str
    rows: Mapping[str, int]
    """by table"""


def backup(library: Library, folder: Path) -> Backup:
    """Copies the catalog into a new folder, as it is at one moment, and reads the copy again. The library may
    be in use meanwhile, also by a process that writes. Nobody but the owner may read what is made.

    Raises:
        InvalidValue: the folder is not empty
        DiskFull
        LibraryError: the catalog is damaged, or the folder cannot be made
        Unsupported: it is in PostgreSQL, which has programs of its own for this
    """
    library.catalog.database.refuse_file("backup")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidValue(f"{folder} is there already; name a folder that is new or empty")
    make_folder(folder)
    written = file.copy(library.catalog.path, folder / DATABASE)
    made = Backup(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        shotseek=version("shotseek"),
        schema=schema.current(folder / DATABASE) or "",
        size=written.size,
        sha256=written.sha256,
        rows=file.rows(folder / DATABASE),
    )
    content = {"format": _FORMAT, **asdict(made)}
    durable.write(folder / RECORD, json.dumps(content, indent=1).encode(), private=True)
    return check(folder)


def check(folder: Path) -> Backup:
    """Reads a backup in full, and says what it holds.

    Raises:
        NotFound: there is none
        LibraryError: it is not what was written
    """
    database = folder / DATABASE
    made = _record(folder)
    try:
        found = durable.inspect(database)
    except OSError as error:
        raise LibraryError(f"the backup is damaged: {database} cannot be read: {error.strerror}") from error
    if (found.size, found.sha256) != (made.size, made.sha256):
        raise LibraryError(f"the backup is damaged: {database} is not the file that was written")
    if damage := file.faults(database):
        raise LibraryError(f"the backup is damaged: {damage[0]}")
    if file.rows(database) != made.rows:
        raise LibraryError(f"the backup is damaged: {database} has other rows than {RECORD} says")
    return made


def restore(source: Path, folder: Path, *, replace: bool = False, address: Address | None = None) -> Backup:
    """Makes a library of a backup. Processes that have the library open go on with what was restored.

    Args:
        folder: of the library
        replace: put it in place of the library that is there, of which a copy is kept
        address: of its catalog, where that is in PostgreSQL

    Raises:
        NotFound: there is no backup
        SchemaTooNew: a newer Shotseek has made it
        InvalidValue: there is a library, and it is not to be replaced
        LibraryBusy: another process is writing to it
        DiskFull
        LibraryError: the backup is damaged; nothing was done
        Unsupported: the library's catalog is in PostgreSQL, which has programs of its own for this
    """
    database_of(folder, address).refuse_file("restore")
    made = check(source)
    schema.refuse_newer(source / DATABASE)
    database = folder / DATABASE
    if database.exists() and not replace:
        raise InvalidValue(f"there is a library in {folder}; name another folder, or add --replace")
    make_folder(folder)
    with locked(folder):
        if database.exists() and file.faults(database):
            for path in folder.glob(f"{DATABASE}*"):
                if path.name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
                    path.replace(path.with_name(path.name.replace(DATABASE, f"{DATABASE}.damaged", 1)))
        for name in CACHES:  # before the catalog: they may hold ids that will be given anew
            shutil.rmtree(folder / name, ignore_errors=True)
        if database.exists():
            _replace(database, source / DATABASE)
        else:
            _lay(source / DATABASE, database)
    Library.open(folder).close()  # brings an older schema up to date
    return made


def _lay(source: Path, target: Path) -> None:
    """Copies a file."""

    def fill(unfinished: Path) -> None:
        durable.make_private(unfinished)
        shutil.copyfile(source, unfinished)

    def verify(unfinished: Path) -> None:
        if durable.inspect(unfinished).sha256 != durable.inspect(source).sha256:
            raise OSError(f"{target}: the disk does not give back what was written to it")

    durable.publish(target, fill, verify)


def _replace(database: Path, source: Path) -> None:
    """Puts a catalog in place of the one that is there, of which a copy stays."""
    file.backup(database, "before-restore")
    prepared = database.with_name(f"{DATABASE}.restoring{durable.TEMPORARY}")
    try:
        _lay(source, prepared)
        file.replace(database, prepared)
    finally:
        prepared.unlink(missing_ok=True)


def _record(folder: Path) -> Backup:
    path = folder / RECORD
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise NotFound(
            "no whole backup in %(folder)s: %(record)s is not there", folder=folder, record=RECORD
        ) from error
    except (OSError, ValueError) as error:
        raise LibraryError(f"the backup is damaged: {path} cannot be read: {error}") from error
    if not isinstance(content, dict) or content.pop("format", None) != _FORMAT:
        raise LibraryError(f"{path} is no record of a backup that this version knows")
    try:
        return Backup(**content)
    except TypeError as error:
        raise LibraryError(f"the backup is damaged: {path}: {error}") from error
