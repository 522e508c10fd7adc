"""Pictures and clips that somebody asked with: a bounded cache of files named by their content.

The client's file name is never used, and what was sent is never served back; see `web.media.preview`.
"""

import hashlib
import os
import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from werkzeug.exceptions import RequestEntityTooLarge

from plugins.errors import InvalidQuery, InvalidValue, LibraryError, NotFound
from plugins.queries import Clip, Picture
from search.query import clip, picture

CHUNK = 1 << 20
MAX_UPLOAD = 512 << 20
"""bytes of a picture or clip that comes in one request"""
MAX_PART = 32 << 20
"""bytes of one part of a clip that comes in several"""
MAX_UNFINISHED = 32
"""files that come in parts, at the same time; the longest untouched are forgotten"""
RESERVE = 1 << 30
"""bytes that stay free on the disk"""
ID = re.compile(r"[0-9a-f]{64}")
UNFINISHED = re.compile(r"\.whole-([0-9a-f]{32})-([0-9a-f]{16})-(\d{1,19})")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A file that comes in parts."""

    id: str
    path: Path
    size: int
    """bytes, when all of it will be there"""
    offset: int
    """bytes that are there"""
    finished: str | None = None
    """its id among the uploads; None before all of it is there"""


class Uploads:
    """The uploads folder of a library. Safe to use from many threads.

    Args:
        folder: made when the first upload comes
        max_bytes: of all uploads together; the longest unused go first
        reserve: bytes that stay free on the disk
    """

    def __init__(self, folder: Path, *, max_bytes: int = 2 << 30, reserve: int = RESERVE) -> None:
        self.folder = folder
        self._max_bytes = max_bytes
        self._reserve = reserve
        self._lock = threading.Lock()
        self._adding = threading.Lock()

    def save(self, stream: BinaryIO) -> str:
        """Keeps what a stream holds and returns its id: the SHA-256 of the content.

        Raises:
            InvalidQuery: nothing came
            LibraryError: the disk is nearly full
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".part-", delete=False) as part:
            try:
                while chunk := stream.read(CHUNK):
                    self._need(len(chunk))
                    digest.update(chunk)
                    part.write(chunk)
                if part.tell() == 0:
                    raise InvalidQuery("the file is empty; choose a picture or a clip")
                part.flush()
                Path(part.name).replace(self.folder / digest.hexdigest())
            except BaseException:
                Path(part.name).unlink()
                raise
        self._evict(keep=digest.hexdigest())
        return digest.hexdigest()

    def begin(self, size: int, owner: str) -> Unfinished:
        """Announces a file that comes in parts.

        Args:
            size: bytes
            owner: nobody else may go on with it

        Raises:
            RequestEntityTooLarge: larger than all uploads together may be
            LibraryError: the disk is nearly full
        """
        if size > self._max_bytes:
            raise RequestEntityTooLarge(f"A clip may have {self._max_bytes >> 20:,} MiB.")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._need(size)
        id_ = secrets.token_hex(16)
        path = self.folder / f".whole-{id_}-{_owner(owner)}-{size}"
        path.touch(0o600, exist_ok=False)
        others = sorted(self.folder.glob(".whole-*"), key=lambda other: other.stat().st_mtime_ns)
        for other in others[:-MAX_UNFINISHED]:
            other.unlink(missing_ok=True)
        return Unfinished(id_, path, size, 0)

    def unfinished(self, id_: str, owner: str) -> Unfinished:
        """A file that comes in parts.

        Raises:
            NotFound: not begun by that owner, whole already, or pushed out
        """
        for path in self.folder.glob(f".whole-{id_}-{_owner(owner)}-*") if id_.isalnum() else ():
            if match := UNFINISHED.fullmatch(path.name):
                return Unfinished(id_, path, int(match[3]), path.stat().st_size)
        raise NotFound("no file is coming under that number; begin again")

    def add(self, upload: Unfinished, offset: int, stream: BinaryIO) -> Unfinished:
        """Takes the next part. One that breaks off leaves what was there before it.

        Raises:
            InvalidValue: it does not begin where the file ends, or goes beyond its size
            NotFound: the file was pushed out meanwhile
            LibraryError: the disk is nearly full
        """
        try:
            with self._adding, upload.path.open("r+b") as file:
                there = file.seek(0, os.SEEK_END)
                if there != offset:
                    raise InvalidValue(
                        "%(there)s bytes are there; the next part begins at offset %(offset)s",
                        there=f"{there:,}",
                        offset=there,
                    )
                try:
                    self._append(file, stream, upload.size)
                except BaseException:
                    file.truncate(there)
                    raise
                there = file.tell()
        except FileNotFoundError as error:
            raise NotFound("the file was pushed out by later ones; begin again") from error
        if there < upload.size:
            return Unfinished(upload.id, upload.path, upload.size, there)
        with upload.path.open("rb") as file:
            whole = hashlib.file_digest(file, "sha256").hexdigest()
        upload.path.replace(self.folder / whole)
        self._evict(keep=whole)
        return Unfinished(upload.id, upload.path, upload.size, there, whole)

    def drop(self, upload: Unfinished) -> None:
        """Forgets what has come of a file."""
        upload.path.unlink(missing_ok=True)

    def path(self, id_: str) -> Path:
        """The file of an upload, marked as used.

        Raises:
            NotFound: never sent, or pushed out by later ones
        """
        path = self.folder / id_
        if ID.fullmatch(id_):
            try:
                os.utime(path)
                return path
            except FileNotFoundError:
                pass
        raise NotFound("this upload is no longer here; choose the picture or clip again")

    def term(self, id_: str) -> Picture | Clip:
        """An upload as part of a query: a picture if it is one, else a clip.

        Raises:
            NotFound: see `path`
        """
        path = self.path(id_)
        try:
            return picture(path)
        except InvalidQuery:
            return clip(path)

    def _append(self, file: BinaryIO, stream: BinaryIO, size: int) -> None:
        while chunk := stream.read(CHUNK):
            self._need(len(chunk))
            if file.tell() + len(chunk) > size:
                raise InvalidValue(
                    "more has come than the %(size)s bytes that were announced", size=f"{size:,}"
                )
            file.write(chunk)
        file.flush()

    def _need(self, size: int) -> None:
        if shutil.disk_usage(self.folder).free - size < self._reserve:
            raise LibraryError(
                f"the disk is nearly full: {self._reserve >> 20:,} MiB stay free; make room and try again"
            )

    def _evict(self, keep: str) -> None:
        """Removes the longest unused until the rest fits; what a killed server has left half-sent as well."""
        with self._lock:
            files = sorted(self._files(), key=lambda file: file[0].st_mtime_ns)
            total = sum(stat.st_size for stat, _ in files)
            for stat, path in files:
                if total <= self._max_bytes:
                    return
                if path.name != keep:
                    path.unlink(missing_ok=True)
                    total -= stat.st_size

    def _files(self) -> Iterator[tuple[os.stat_result, Path]]:
        for path in self.folder.iterdir():
            try:
                yield path.stat(), path
            except FileNotFoundError:  # another thread has just given it its name
                continue


def _owner(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
