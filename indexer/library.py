"""One folder on disk: the catalog, which is the truth, and what is made from it.

catalog.db                   everything that is known, unless that is in a database of a server
catalog.id                   in which of its databases, see `indexer.catalog.dialects.postgresql`
vectors/<store>/<space>/     index files; can be deleted at any time
thumbs/<ab>/<fingerprint>/   pictures; can be deleted at any time
proxies/                     what browsers play instead of some videos; can be deleted at any time
maps/<space>/                maps of the shots; can be deleted at any time
uploads/                     clips that were asked with
lock                         held by the one process that writes
"""

import fcntl
import hashlib
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from indexer import schema
from indexer.address import Address
from indexer.catalog import REVISION, Catalog
from indexer.catalog.dialects import Database
from indexer.catalog.dialects.sqlite import SqliteFile
from indexer.stores import StoreKeeper
from plugins import durable
from plugins.contracts import VectorStore
from plugins.errors import InvalidValue, LibraryBusy, LibraryError, NotFound
from plugins.messages import Message
from plugins.registry import Kind, load
from plugins.values import Space, Video

DATABASE, MARK = "catalog.db", "catalog.id"
CACHES = ("vectors", "background", "maps")
"""folders made from the rows of the catalog, by their ids"""
OPEN_S = 10.0
"""in which another process must have made or changed the schema"""
_JPEG_END = b"\xff\xd9"


class Library:
    """An open library. Safe to use from many threads, and from many processes of which one writes."""

    def __init__(self, folder: Path, catalog: Catalog, store: str, address: Address | None) -> None:
        """Use `open`."""
        self.folder = folder
        self.catalog = catalog
        self.address = address
        """of the catalog, where it is in PostgreSQL"""
        self.store_name = store
        """the vector store plugin"""
        self._keepers: dict[Space, StoreKeeper] = {}
        self._keepers_lock = threading.Lock()
        self._writer = threading.RLock()
        self._lock_depth = 0

    @classmethod
    def open(
        cls,
        folder: str | os.PathLike[str],
        *,
        create: bool = False,
        store: str = "faiss",
        address: Address | None = None,
    ) -> Self:
        """Opens a library; one with an older schema is copied and brought up to date.

        Args:
            create: make it where there is none
            store: the vector store plugin
            address: of its catalog, where that is in PostgreSQL

        Raises:
            NotFound: there is no library in that folder
            SchemaTooNew: a newer Shotseek has made it
            LibraryError: it cannot be read, or not be brought up to date, or its catalog is another one
            LibraryBusy: it must be brought up to date while another process writes to it
        """
        path = Path(folder).expanduser().resolve()
        database = database_of(path, address)
        revision = database.revision()
        if revision is None and not create:
            raise NotFound(
                "no library in %(path)s; `shotseek index PATH --library %(path)s` makes one", path=path
            )
        if revision != REVISION:
            make_folder(path)
            _bring_up_to_date(path, database)
        database.check_owner()
        return cls(path, Catalog(database), store, address)

    def close(self) -> None:
        self.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Library({str(self.folder)!r})"

    def store(self, space: Space) -> VectorStore:
        """The vectors of a space for searching, in step with the catalog whoever has changed it.

        Raises:
            NotFound: nothing was indexed with that encoder
            PluginError: the vector store cannot be had
        """
        return self._keeper(space).current()

    def publish_snapshots(self) -> None:
        """Keeps what was added to the stores since their last snapshots, where that is enough to be worth it.

        Raises:
            LibraryBusy: another process is writing
        """
        with self.writing():
            for space in self.catalog.searchable():
                self._keeper(space).publish()

    def rebuild(self, space: Space) -> None:
        """Makes the index files of a space again from the catalog.

        Raises:
            LibraryBusy: another process is writing
        """
        with self.writing():
            self._keeper(space).rebuild()

    def drop(self, space: Space) -> None:
        """Forgets a space: its vectors, and the index files of every store.

        Raises:
            LibraryBusy: another process is writing
        """
        with self.writing():
            self.catalog.drop_space(space)
            with self._keepers_lock:
                self._keepers.pop(space, None)
            for path in (self.folder / "vectors").glob(f"*/{self.space_folder(space).name}"):
                shutil.rmtree(path)
            shutil.rmtree(self.maps_folder(space), ignore_errors=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keeps other processes, and other threads of this one, from writing meanwhile.

        Raises:
            LibraryBusy: one of them is; names the process
        """
        if not self._writer.acquire(blocking=False):
            raise LibraryBusy(
                Message(
                    "another thread is writing to %(folder)s; try again when it has ended", folder=self.folder
                )
            )
        try:
            self._lock_depth += 1
            if self._lock_depth > 1:
                yield
            else:
                with locked(self.folder):
                    yield
        finally:
            self._lock_depth -= 1
            self._writer.release()

    def thumbnail(self, video: Video, time_us: int) -> Path:
        """Where the thumbnail of a moment is kept; the file is there only if it was saved.

        Raises:
            InvalidValue: the video has no fingerprint
        """
        if not re.fullmatch(r"\w{4,}", video.fingerprint, re.ASCII):
            raise InvalidValue(f"video {video.id} has no fingerprint to keep pictures by")
        return self.folder / "thumbs" / video.fingerprint[:2] / video.fingerprint / f"{time_us}.jpg"

    def has_thumbnail(self, video: Video, time_us: int) -> bool:
        """Whether the thumbnail of a moment is there, and whole: a power cut may have left an empty file."""
        try:
            with self.thumbnail(video, time_us).open("rb") as file:
                file.seek(-len(_JPEG_END), os.SEEK_END)
                return file.read() == _JPEG_END
        except OSError:
            return False

    def save_thumbnail(self, video: Video, time_us: int, jpeg: bytes) -> None:
        """Keeps the thumbnail of a moment."""
        durable.write_cache(self.thumbnail(video, time_us), jpeg)

    @property
    def vectors_folder(self) -> Path:
        """Of the chosen store."""
        return self.folder / "vectors" / _slug(self.store_name)

    def space_folder(self, space: Space) -> Path:
        """Where the store keeps a space."""
        return self.vectors_folder / _space_name(space)

    def maps_folder(self, space: Space) -> Path:
        """Where the maps of a space are kept."""
        return self.folder / "maps" / _space_name(space)

    def _keeper(self, space: Space) -> StoreKeeper:
        with self._keepers_lock:
            if space not in self._keepers:
                store_class: type[VectorStore] = load(Kind.VECTOR_STORE, self.store_name)
                folder = self.space_folder(space)
                keeper = StoreKeeper(self.catalog, store_class, folder, space, self.writing)
                self._keepers[space] = keeper
            return self._keepers[space]


def database_of(folder: Path, address: Address | None) -> Database:
    """Where the catalog of a library is, or will be.

    Raises:
        LibraryError: it is somewhere else
    """
    if address is None:
        if (folder / MARK).exists():
            raise LibraryError(
                f"the catalog of {folder} is in PostgreSQL; say where by the setting `database`"
            )
        return SqliteFile(folder / DATABASE)
    if (folder / DATABASE).exists():
        raise LibraryError(f"the catalog of {folder} is its {DATABASE}, not {address}; name another folder")
    from indexer.catalog.dialects.postgresql import PostgresDatabase

    return PostgresDatabase(address, folder / MARK)


def _bring_up_to_date(folder: Path, database: Database) -> None:
    """Makes or changes the schema, unless another process that has just done the same is quicker."""
    until = time.monotonic() + OPEN_S
    while database.revision() != REVISION:
        try:
            with locked(folder):
                database.check_owner()
                schema.ensure(database)
        except LibraryBusy:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def make_folder(path: Path) -> None:
    """A folder of a library or a backup. If it is new, nobody but its owner may look into it.

    Raises:
        LibraryError: it cannot be made
    """
    try:
        path.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(f"{path} cannot be made: {error.strerror}") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the lock file of a library, which names the process. The lock itself dies with the process.

    Raises:
        LibraryBusy: another one does
    """
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(handle, folder)
        yield
    finally:
        os.close(handle)


def _take(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(handle, 20, 0).decode() or "unknown"
        raise LibraryBusy(
            Message(
                "process %(holder)s is writing to %(folder)s; try again when it has ended, or end it",
                holder=holder,
                folder=folder,
            ),
            int(holder) if holder.isdigit() else None,
        ) from error
    with suppress(OSError):  # a full disk: the lock holds all the same, only without a name
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)


def _space_name(space: Space) -> str:
    text = "\0".join((space.encoder, space.revision, str(space.dim)))
    digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
    return f"{_slug(space.encoder)}-{digest}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "x"
