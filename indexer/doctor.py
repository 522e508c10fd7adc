"""Looks over a library for everything that could be wrong with it, and makes again what can be made again.

The catalog is checked and never changed: what is wrong with it is said, with the copy to go back to.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from indexer.catalog.vectors import STORED
from indexer.discover import is_gone
from indexer.filesystem import NETWORK, kind
from indexer.library import Library
from plugins import durable
from plugins.errors import DamagedIndex
from plugins.registry import Kind, load
from plugins.stores.snapshotstore import SnapshotStore
from plugins.values import Space, printable

FFMPEG_FLOOR = {7: (7, 1, 5), 8: (8, 1, 2)}
"""The first release of each major version without the holes of June 2026; newer ones have none of them."""
_NORM_TOLERANCE = 0.01


class Severity(StrEnum):
    """How bad a finding is."""

    NOTICE = "notice"
    """nothing is lost and nothing is wrong"""
    WARNING = "warning"
    """something that can be made again is not there"""
    ERROR = "error"
    """answers are incomplete or wrong"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    severity: Severity
    what: str
    cure: str
    """what was done, or what to do"""


Check = Callable[[Library, bool], Iterator[Finding]]


def examine(library: Library, *, repair: bool = False) -> list[Finding]:
    """Everything that is wrong, the worst first. Reads all vectors and every index file. Of a catalog that is
    damaged nothing further is asked.

    Args:
        repair: make again what can be made again

    Raises:
        LibraryBusy: another process is writing
    """
    with library.writing():
        return _examine(library, repair)


def _examine(library: Library, repair: bool) -> list[Finding]:
    if damage := list(_database(library)):
        return damage
    checks: list[Check] = [
        _words,
        _vectors,
        _indexes,
        _strange_indexes,
        _thumbnails,
        _missing_files,
        _network_drive,
        _leftovers,
        _ffmpeg,
    ]
    order = list(Severity)
    found = [finding for check in checks for finding in check(library, repair)]
    return sorted(found, key=lambda finding: -order.index(finding.severity))


def _database(library: Library) -> Iterator[Finding]:
    copies = sorted(library.folder.glob(f"{library.catalog.path.name}.before-*"))
    cure = f"go back to {copies[-1]}" if copies else "`shotseek restore` a backup, or index again"
    for fault in library.catalog.database.faults():
        yield Finding(Severity.ERROR, f"the catalog is damaged: {fault}", cure)


def _words(library: Library, repair: bool) -> Iterator[Finding]:
    for index in library.catalog.database.check_words(repair=repair):
        what = f"the full-text index of {index} does not agree with the annotations"
        yield Finding(Severity.ERROR, what, _cure(repair))


def _vectors(library: Library, _repair: bool) -> Iterator[Finding]:
    for record in library.catalog.spaces():
        space = record.space
        bad = sum(_not_unit(blobs, space.dim) for blobs in library.catalog.stored(space))
        if bad:
            what = f"{bad} vectors of {space.encoder} are not {space.dim} finite numbers of unit length"
            yield Finding(Severity.ERROR, what, _index_again(space))


def _not_unit(blobs: list[bytes], dim: int) -> int:
    whole = [blob for blob in blobs if len(blob) == STORED.itemsize * dim]
    rows = np.frombuffer(b"".join(whole), STORED).reshape(-1, dim).astype(np.float32)
    norms = np.linalg.norm(rows, axis=1)
    return len(blobs) - int((np.abs(norms - 1) < _NORM_TOLERANCE).sum())  # a NaN is never near


def _indexes(library: Library, repair: bool) -> Iterator[Finding]:
    store_class = load(Kind.VECTOR_STORE, library.store_name)
    for record in library.catalog.spaces():
        try:
            if issubclass(store_class, SnapshotStore):
                store_class.verify(library.space_folder(record.space), record.space)
            held = len(library.store(record.space))
        except DamagedIndex as error:
            if repair:
                library.rebuild(record.space)
            yield Finding(Severity.WARNING, str(error), _cure(repair))
            continue
        if held != record.rows:
            if repair:
                library.rebuild(record.space)
            what = f"the index of {record.space.encoder} has {held} rows, the catalog {record.rows}"
            yield Finding(Severity.ERROR, what, _cure(repair))


def _strange_indexes(library: Library, repair: bool) -> Iterator[Finding]:
    known = {library.space_folder(record.space) for record in library.catalog.spaces()}
    for folder in _children(library.folder / "vectors"):
        for path in _children(folder):
            if path not in known:
                if repair:
                    shutil.rmtree(path)
                cure = "deleted" if repair else "`shotseek doctor --repair` deletes it"
                yield Finding(Severity.NOTICE, f"{path} belongs to no space or to another store", cure)


def _thumbnails(library: Library, repair: bool) -> Iterator[Finding]:
    known = {record.fingerprint for record in library.catalog.files().values()}
    strange = [
        folder
        for group in _children(library.folder / "thumbs")
        for folder in _children(group)
        if folder.name not in known
    ]
    if strange:
        if repair:
            for folder in strange:
                shutil.rmtree(folder)
        cure = "deleted" if repair else "`shotseek doctor --repair` deletes them"
        yield Finding(Severity.NOTICE, f"the thumbnails of {len(strange)} videos that are gone", cure)


def _missing_files(library: Library, _repair: bool) -> Iterator[Finding]:
    missing = [path for path in library.catalog.files() if is_gone(path)]
    if missing:
        what = f"{len(missing)} files are not there, the first is {printable(missing[0])}"
        cure = "connect the disk they are on, or `shotseek remove` them"
        yield Finding(Severity.WARNING, what, cure)


def _network_drive(library: Library, _repair: bool) -> Iterator[Finding]:
    if kind(library.folder) in NETWORK:
        what = f"{library.folder} is on a network drive, where several machines may write to it"
        yield Finding(Severity.WARNING, what, "move the library to a disk of this machine")


def _leftovers(library: Library, repair: bool) -> Iterator[Finding]:
    left = [path for path in library.folder.rglob(f"*{durable.TEMPORARY}") if path.is_file()]
    if left:
        if repair:
            for path in left:
                path.unlink(missing_ok=True)
        cure = "deleted" if repair else "`shotseek doctor --repair` deletes them"
        yield Finding(
            Severity.NOTICE, f"{len(left)} files were left half-written by a process that died", cure
        )


def _ffmpeg(_library: Library, _repair: bool) -> Iterator[Finding]:
    import av

    if not is_safe_ffmpeg(av.ffmpeg_version_info):
        what = f"PyAV {av.__version__} carries FFmpeg {av.ffmpeg_version_info}, which has known holes"
        yield Finding(Severity.WARNING, what, "`pip install --upgrade av`")


def is_safe_ffmpeg(version: str) -> bool:
    """Whether a version of FFmpeg has none of the holes that crafted videos were seen to use."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    if not numbers:
        return True  # a build from source, named by its commit
    if numbers[:2] == (8, 0):
        return numbers >= (8, 0, 3)
    return numbers >= FFMPEG_FLOOR.get(numbers[0], (7,))


def _children(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_dir())


def _cure(repaired: bool) -> str:
    return "made again" if repaired else "`shotseek doctor --repair` makes it again"


def _index_again(space: Space) -> str:
    return f"`shotseek remove` the videos and index them again with {space.encoder}"
