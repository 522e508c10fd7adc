"""Pictures and clips that somebody asked with: a bounded cache of files named by their content.

The client's file name is never used, and what was sent is never served back; see `web.media.preview`.
"""

import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from plugins.errors import InvalidQuery, NotFound
from plugins.queries import Clip, Picture
from search.query import clip, picture

CHUNK = 1 << 20
ID = re.compile(r"[0-9a-f]{64}")


class Uploads:
    """The uploads folder of a library. Safe to use from many threads.

    Args:
        folder: made when the first upload comes
        max_bytes: of all uploads together; the longest unused go first
    """

    def __init__(self, folder: Path, *, max_bytes: int = 2 << 30) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()

    def save(self, stream: BinaryIO) -> str:
        """Keeps what a stream holds and returns its id: the SHA-256 of the content.

        Raises:
            InvalidQuery: nothing came
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".part-", delete=False) as part:
            try:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    part.write(chunk)
                if part.tell() == 0:
                    raise InvalidQuery("the file is empty; choose a picture or a clip")
                part.flush()
                Path(part.name).replace(self._folder / digest.hexdigest())
            except BaseException:
                Path(part.name).unlink()
                raise
        self._evict(keep=digest.hexdigest())
        return digest.hexdigest()

    def path(self, id_: str) -> Path:
        """The file of an upload, marked as used.

        Raises:
            NotFound: never sent, or pushed out by later ones
        """
        path = self._folder / id_
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
        for path in self._folder.iterdir():
            try:
                yield path.stat(), path
            except FileNotFoundError:  # another thread has just given it its name
                continue
