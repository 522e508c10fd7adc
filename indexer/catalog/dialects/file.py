"""An SQLite database as a file: copied, checked, replaced."""

import sqlite3
from contextlib import closing
from pathlib import Path

from plugins import durable
from plugins.errors import DiskFull, LibraryBusy, LibraryError
from plugins.messages import Message

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"


def in_words(error: BaseException | None, path: Path) -> LibraryError:
    """What SQLite says of a database, for a person."""
    if "locked" in str(error):
        return LibraryBusy(Message("%(path)s is being written by another process; try again", path=path))
    if "disk is full" in str(error) or ("I/O error" in str(error) and durable.has_no_room(path.parent)):
        return DiskFull.at(path)
    return LibraryError(f"{path}: {error}; run `shotseek doctor`")


def unreadable(error: sqlite3.DatabaseError, database: Path, what: str) -> LibraryError:
    """The same where it says that a file is no sound database. Of a full disk or a lock it complains in much
    the same words, and nobody must restore anything for those.

    Args:
        what: could not be done with it
    """
    known = in_words(error, database)
    if isinstance(known, (DiskFull, LibraryBusy)):
        return known
    return LibraryError(f"{database} cannot be {what}: {error}; restore it from a copy")


def backup(database: Path, label: str) -> Path:
    """Copies a database that may be in use: ``catalog.db.<label>``, checked, in place of one of that name.

    Raises:
        LibraryError: the copy is not sound
    """
    made = database.with_name(f"{database.name}.{label}")
    copy(database, made)
    return made


def copy(database: Path, target: Path) -> durable.Written:
    """Copies a database that may be in use, as it is at one moment, and checks the copy. Its owner alone may
    read it: digests of passwords are in it.

    Raises:
        LibraryError: the copy is not sound
        DiskFull, LibraryBusy
    """

    def fill(unfinished: Path) -> None:
        durable.make_private(unfinished)
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(unfinished)) as into:
            source.backup(into)
            into.execute("PRAGMA journal_mode = DELETE")

    def verify(unfinished: Path) -> None:
        if damage := faults(unfinished):
            raise LibraryError(f"{database} is damaged ({damage[0]}); restore it from a copy")

    try:
        return durable.publish(target, fill, verify)
    except sqlite3.DatabaseError as error:
        raise unreadable(error, database, "copied") from error


def faults(database: Path) -> list[str]:
    """What is wrong with a database as a file: pages, indexes, rows that refer to nothing.

    Raises:
        DiskFull, LibraryBusy: it cannot be read just now
    """
    try:
        with closing(sqlite3.connect(database)) as connection:
            lines = [line for (line,) in connection.execute("PRAGMA integrity_check(20)") if line != "ok"]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        if isinstance(known := in_words(error, database), (DiskFull, LibraryBusy)):
            raise known from error
        return [str(error)]
    if broken:
        tables = ", ".join(sorted({row[0] for row in broken}))
        lines.append(f"{len(broken)} rows refer to nothing, in {tables}")
    return lines


def rows(database: Path) -> dict[str, int]:
    """How many rows each table has."""
    with closing(sqlite3.connect(database)) as connection:
        names = sorted(name for (name,) in connection.execute(_TABLES))
        counts = (connection.execute(f'SELECT count(*) FROM "{name}"') for name in names)  # noqa: S608
        return {name: int(count.fetchone()[0]) for name, count in zip(names, counts, strict=True)}


def replace(database: Path, other: Path) -> None:
    """Puts another database's content in place of a database's, in one transaction: processes that have it
    open go on with that. Generations are raised above all that they have seen, so that none keeps vectors of
    before.

    Args:
        other: is changed

    Raises:
        LibraryBusy, DiskFull, LibraryError: the database is as it was
    """
    try:
        with closing(sqlite3.connect(other)) as source, closing(sqlite3.connect(database)) as target:
            (highest,) = target.execute("SELECT coalesce(max(generation), 0) FROM spaces").fetchone()
            source.execute("UPDATE spaces SET generation = generation + ?", (highest + 1,))
            source.commit()
            durable.step("commit", database)
            source.backup(target)
            durable.step("committed", database)
    except sqlite3.DatabaseError as error:
        raise in_words(error, database) from error
