"""A catalog in a database of a PostgreSQL server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError

from indexer.address import Address
from indexer.catalog import dialects
from indexer.catalog.dialects.tsvector import Tsvector
from plugins import durable
from plugins.errors import DiskFull, LibraryBusy, LibraryError, Unsupported
from plugins.extras import need
from plugins.messages import Message

LOCK = 0x53_48_4F_54_53_45_45_4B
"""of the advisory lock that writers hold: any number that is always the same"""
CONNECT_SECONDS = 10
_WRITE = "shotseek_write"
_BUSY = ("55P03", "40P01")  # a lock that is not available, a deadlock
_FULL = "53100"


class PostgresDatabase(dialects.Database):
    """A server's database, and the file that says whose it is.

    The catalog has a name of its own (table ``library``), which the library's folder keeps. Only the two
    together are opened: what lies in the folder is made of the rows of this database by their ids.
    """

    words = Tsvector()

    def __init__(self, address: Address, mark: Path) -> None:
        """
        Args:
            mark: the file in the library's folder that holds the catalog's name
        """
        self.path = mark
        self._address = address
        self._url = make_url(address.url).set(drivername="postgresql+psycopg")

    def __str__(self) -> str:
        return str(self._address)

    def connect(self) -> tuple[Engine, Engine]:
        """Writers see what was committed before each of their statements: nothing comes in between, as they
        hold the lock, and a snapshot of before they got it would miss what they have waited for."""
        engine = self._engine(pool_pre_ping=True)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return reader, engine.execution_options(isolation_level="READ COMMITTED", **{_WRITE: True})

    def in_words(self, error: BaseException | None, what: str = "cannot be asked") -> LibraryError:
        state = getattr(error, "sqlstate", None)
        if state in _BUSY:
            return LibraryBusy(Message("%(path)s is being written by another process; try again", path=self))
        if state == _FULL:
            return DiskFull(f"{self} cannot be written: the server's disk is full; make room there")
        said = _without_secrets(" ".join(str(error).split()), self._url)
        if state is None:
            return LibraryError(f"{self} cannot be reached: {said}; see the setting `database`")
        return LibraryError(f"{self} {what}: {said}")

    def revision(self) -> str | None:
        with self._asking() as connection:
            if not _has(connection, "alembic_version"):
                return None
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return None if found is None else str(found)

    def check_owner(self) -> None:
        """
        Raises:
            LibraryError: it belongs to the library of another folder or to another program, or cannot hold
                every text
        """
        folder = self.path.parent
        mine = self.path.read_text(errors="replace").strip() if self.path.exists() else None
        with self._asking() as connection:
            its = connection.scalar(text("SELECT name FROM library")) if _has(connection, "library") else None
            if its is None:
                _refuse_strange(connection, str(self))
        if its != mine and its is None:
            raise LibraryError(f"{folder} belongs to another catalog than {self}, which is empty")
        if its != mine:
            raise LibraryError(
                f"{self} belongs to the library of another folder than {folder}; if that is lost, write"
                f" {its} into {self.path}"
            )

    def faults(self) -> list[str]:
        """None that we could find: the server holds rows to their references, and its files are for
        `pg_amcheck`, which may read them."""
        return []

    def check_words(self, *, repair: bool) -> list[str]:
        differ = "FROM annotations WHERE words IS DISTINCT FROM words_of(folded)"
        with self._asking() as connection:
            wrong = connection.scalar(text(f"SELECT count(*) {differ}"))
            if wrong and repair:
                connection.execute(text("UPDATE annotations SET folded = folded"))
        return ["words"] if wrong else []

    def keep_copy(self, label: str) -> None:
        """None is: a migration is one transaction, and copies are for the server (docs/storage.md)."""

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        engine = self._engine(poolclass=NullPool)
        try:
            with engine.begin() as connection:
                _take_lock(connection)
                is_new = not _has(connection, "library")
                yield connection
                if is_new:  # before it can be seen, so that nobody sees a catalog that is nobody's
                    name = connection.execute(text("SELECT name FROM library")).scalar_one()
                    durable.write(self.path, f"{name}\n".encode())
        except DatabaseError as error:
            raise self.in_words(error.orig, "cannot be migrated, and is as it was before") from error

    def refuse_file(self, what: str) -> None:
        program = {
            "backup": f"pg_dump --format=custom --file=FILE {self}",
            "restore": f"pg_restore --clean --if-exists --dbname={self} FILE",
        }
        raise Unsupported(
            "this catalog is in PostgreSQL: use `%(program)s`, see docs/storage.md", program=program[what]
        )

    def _engine(self, **options: object) -> Engine:
        need("PostgreSQL", "postgres", ["psycopg"])
        given = {"application_name": "shotseek", "connect_timeout": CONNECT_SECONDS}
        return create_engine(self._url, connect_args=given, **options)

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        """A connection of its own, for what is asked before the catalog is opened."""
        try:
            with self._engine(poolclass=NullPool).begin() as connection:
                yield connection
        except DatabaseError as error:
            raise self.in_words(error.orig) from error


def _prepare(connection: Any, _record: object) -> None:
    """PostgreSQL's texts cannot have the character NUL: it is stored, and compared, as U+FFFD."""
    from psycopg.types.string import StrDumperUnknown

    class WithoutNul(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\ufffd"))

    connection.adapters.register_dumper(str, WithoutNul)


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITE):
        _take_lock(connection)


def _take_lock(connection: Connection) -> None:
    """Until the end of the transaction."""
    wait = f"SET LOCAL lock_timeout = '{round(dialects.BUSY_SECONDS * 1000)}ms'"
    connection.exec_driver_sql(f"{wait}; SELECT pg_advisory_xact_lock({LOCK})")


def _has(connection: Connection, table: str) -> bool:
    return connection.scalar(text("SELECT to_regclass(:table)"), {"table": table}) is not None


def _refuse_strange(connection: Connection, shown: str) -> None:
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise LibraryError(f"{shown} has encoding {encoding}; make one with `createdb --encoding=UTF8`")
    tables = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LIMIT 1")
    if table := connection.scalar(tables):
        raise LibraryError(
            f"{shown} has tables of another program, such as {table}; make one with `createdb`"
        )


def _without_secrets(said: str, url: URL) -> str:
    for secret in filter(None, (url.password, url.query.get("password"))):
        said = said.replace(unquote(str(secret)), "***").replace(str(secret), "***")
    return said
