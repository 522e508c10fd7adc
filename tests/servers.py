"""A small PostgreSQL server of the tests' own."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg

from indexer import schema
from indexer.address import Address
from indexer.catalog.dialects.postgresql import PostgresDatabase
from tests.conftest import server_programs

USER, PASSWORD = "shotseek", "cor rect/horse@42"
PATIENCE_S = 60
_FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB", "jit": "off"}
_EMPTY = """
DO $$ DECLARE name text; BEGIN
    SET session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        CONTINUE WHEN name IN ('library', 'alembic_version');
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences LOOP
        PERFORM setval(name::regclass, 1, false);
    END LOOP;
END $$"""
"""Keys are not looked after meanwhile, so that the order does not matter."""
_numbers = count()


class Server:
    """A server that is running. Whoever comes by its socket may, over the network a password is needed."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._free: list[Path] = []
        """catalogs that nobody uses: files that hold their names, called as their databases are"""

    def address(self, name: str) -> Address:
        return Address(f"postgresql://{USER}@/{name}?host={self.folder}&port={self.port}")

    def create(self, options: str = "") -> str:
        """A new database."""
        name = f"library_{next(_numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0 {options}")
        return name

    @contextmanager
    def catalog(self, mark: Path) -> Iterator[PostgresDatabase]:
        """An empty catalog of the newest schema. It is used again afterwards: a database is many files."""
        if not self._free:
            made = self.folder / "library" / self.create()
            schema.ensure(PostgresDatabase(self.address(made.name), made))
            self._free.append(made)
        lent = self._free.pop()
        shutil.copy(lent, mark)
        yield PostgresDatabase(self.address(lent.name), mark)
        self.run(_EMPTY, lent.name)
        self._free.append(lent)

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Does something as the owner of everything."""
        with psycopg.connect(
            host=str(self.folder), port=self.port, user=USER, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def serving() -> Iterator[Server]:
    """A server for as long as the tests need it. It ends with them, however they end."""
    binaries = server_programs()
    assert binaries, "no server is installed"
    folder = Path(tempfile.mkdtemp(prefix="shotseek-"))
    owner = _owner(folder)
    (folder / "password").write_text(PASSWORD)
    (folder / "library").mkdir()
    data, log = folder / "data", (folder / "log").open("wb")
    asked = ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={folder / 'password'}"]
    asked += ["--no-sync", "--encoding=UTF8", "--no-locale", f"--username={USER}", f"--pgdata={data}"]
    subprocess.run([binaries / "initdb", *asked], check=True, stdout=log, stderr=log, user=owner, cwd=folder)
    port = _free_port()
    options = [f"-c{name}={value}" for name, value in _FAST.items()]
    process = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-k", folder, "-h", "127.0.0.1", "-p", str(port), *options],
        stdout=log,
        stderr=log,
        cwd=folder,
        user=owner,
        preexec_fn=_end_with_us if sys.platform == "linux" else None,
    )
    try:
        server = Server(folder, port)
        _wait_for(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE_S)
        log.close()
        shutil.rmtree(folder)


def _end_with_us() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


def _owner(folder: Path) -> int | None:
    """A server refuses to be root's."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            owner = pwd.getpwnam(name).pw_uid
            os.chown(folder, owner, -1)
            return owner
    raise LookupError("nobody but root is there to run a server")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(server: Server, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            server.run("SELECT 1")
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)
