"""Files of a space's rows, published by generation and never changed afterwards.

A generation is ``ids-N.npy`` (int64, ascending), ``rows-N.npy`` (float16 where that loses nothing, else
float32) and what the store adds; ``manifest.json`` names the files of the current one, and replacing it is
what publishes. The generation before is kept, for readers that have just read its name.

A file whose size and time are those in the manifest is trusted, so that opening costs no reading; any other,
as after a restore, is read in full and must have the manifest's checksum. `verify` always reads everything.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from plugins import durable
from plugins.durable import Written
from plugins.errors import DamagedIndex
from plugins.stores.nearest import Rows
from plugins.values import Ids, Space

MANIFEST = "manifest.json"
_FORMAT = 1
_FILE = re.compile(r"[a-z]+-(\d+)\.[a-z]+")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation consists of."""

    kind: str
    """the store that made it"""
    space: Space
    generation: int
    rows: int
    highest_id: int
    """ever added, whether or not it is still there"""
    files: Mapping[str, Written]
    """by the part's name: ``ids.npy``"""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """what the store wants to remember of it"""

    def path(self, folder: Path, part: str) -> Path:
        return folder / _file_name(part, self.generation)


def _file_name(part: str, generation: int) -> str:
    stem, suffix = part.split(".")
    return f"{stem}-{generation:06d}.{suffix}"


def read(folder: Path, kind: str, space: Space) -> Manifest | None:
    """The manifest of a folder; None if nothing was ever published there.

    Raises:
        DamagedIndex: it cannot be read, or belongs to another store or space
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DamagedIndex(f"{path} cannot be read: {error}") from error
    try:
        manifest = _parse(content)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedIndex(f"{path} is not a manifest of this version: {error!r}") from error
    if (manifest.kind, manifest.space) != (kind, space):
        raise DamagedIndex(f"{path} belongs to {manifest.kind} of {manifest.space}, not to {kind} of {space}")
    return manifest


def trust(folder: Path, manifest: Manifest) -> None:
    """Makes sure that the files of a generation are what was published, see the module.

    Raises:
        DamagedIndex
    """
    for part, written in manifest.files.items():
        path = manifest.path(folder, part)
        try:
            status = path.stat()
            if (status.st_size, status.st_mtime_ns) == (written.size, written.mtime_ns):
                continue
            found = durable.inspect(path)
        except OSError as error:
            raise DamagedIndex(f"{path} cannot be read: {error.strerror}") from error
        _compare(path, found, written)


def verify(folder: Path, manifest: Manifest) -> None:
    """Reads every file of a generation in full.

    Raises:
        DamagedIndex
    """
    for part, written in manifest.files.items():
        path = manifest.path(folder, part)
        try:
            _compare(path, durable.inspect(path), written)
        except OSError as error:
            raise DamagedIndex(f"{path} cannot be read: {error.strerror}") from error


def load_rows(folder: Path, manifest: Manifest) -> tuple[Ids, Rows]:
    """The ids, in memory, and the rows, mapped from the file and shared with every other reader.

    Raises:
        DamagedIndex
    """
    try:
        ids = np.load(manifest.path(folder, "ids.npy"), allow_pickle=False)
        rows = np.load(manifest.path(folder, "rows.npy"), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DamagedIndex(f"{folder}: {error}") from error
    if ids.dtype != np.int64 or ids.shape != (manifest.rows,):
        raise DamagedIndex(f"{folder} has {ids.dtype} {ids.shape} for the ids of {manifest.rows} rows")
    if rows.shape != (manifest.rows, manifest.space.dim):
        raise DamagedIndex(f"{folder} has rows of shape {rows.shape}, not {manifest.rows}")
    return ids, rows


class Publication:
    """Writes the next generation part by part; `finish` publishes it."""

    def __init__(self, folder: Path, kind: str, space: Space, after: int) -> None:
        """
        Args:
            after: the generation that this one follows
        """
        self._folder, self._kind, self._space, self._after = folder, kind, space, after
        self.generation = max([after, *_generations(folder)]) + 1
        self._files: dict[str, Written] = {}

    def path(self, part: str) -> Path:
        return self._folder / _file_name(part, self.generation)

    def write(self, part: str, fill: Callable[[Path], None], check: Callable[[Path], None]) -> Path:
        """Writes one file durably, see `durable.publish`."""
        path = self.path(part)
        self._files[part] = durable.publish(path, fill, check)
        return path

    def write_array(self, part: str, blocks: Iterable[Any], shape: tuple[int, ...], dtype: Any) -> Path:
        """Writes an array that comes in blocks, without ever having it whole."""

        def fill(path: Path) -> None:
            with path.open("wb") as file:
                _write_header(file, shape, dtype)
                for block in blocks:
                    file.write(np.ascontiguousarray(block, dtype).data)

        def check(path: Path) -> None:
            found = np.load(path, mmap_mode="r", allow_pickle=False)
            if found.shape != shape or found.dtype != dtype:
                raise OSError(f"{path}: the disk does not give back what was written to it")

        return self.write(part, fill, check)

    def finish(self, rows: int, highest_id: int, notes: Mapping[str, Any]) -> Manifest:
        """Publishes, and deletes what neither this generation nor the one before needs."""
        manifest = Manifest(
            self._kind, self._space, self.generation, rows, highest_id, dict(self._files), dict(notes)
        )
        content = {"format": _FORMAT, **asdict(manifest)}
        durable.write(self._folder / MANIFEST, json.dumps(content, indent=1).encode())
        _collect(self._folder, (self._after, self.generation))
        return manifest


def _parse(content: Any) -> Manifest:
    if content["format"] != _FORMAT:
        raise ValueError(f"format {content['format']}")
    return Manifest(
        kind=content["kind"],
        space=Space(**content["space"]),
        generation=int(content["generation"]),
        rows=int(content["rows"]),
        highest_id=int(content["highest_id"]),
        files={part: Written(**written) for part, written in content["files"].items()},
        notes=dict(content["notes"]),
    )


def _compare(path: Path, found: Written, written: Written) -> None:
    if (found.size, found.sha256) != (written.size, written.sha256):
        raise DamagedIndex(f"{path} is not the file that was published")


def _write_header(file: BinaryIO, shape: tuple[int, ...], dtype: Any) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_2_0(file, header)


def _generations(folder: Path) -> list[int]:
    return [int(found[1]) for path in folder.glob("*") if (found := _FILE.fullmatch(path.name))]


def _collect(folder: Path, kept: tuple[int, ...]) -> None:
    """Deletes the files of other generations, and what writers that died have left."""
    for path in folder.iterdir():
        found = _FILE.fullmatch(path.name)
        if (found and int(found[1]) not in kept) or path.name.endswith(durable.TEMPORARY):
            durable.delete(path)
