"""``shotseek doctor`` and ``shotseek db``: is the library sound, and which schema has it."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from shotseek.cli import options, output
from shotseek.cli.exits import Exit

if TYPE_CHECKING:
    from indexer.catalog.dialects import Database


@click.command(short_help="Check the library, and repair it.")
@click.option("--repair", is_flag=True, help="Make again what can be made again.")
@options.library
@options.as_json
@click.pass_context
def doctor(ctx: click.Context, repair: bool, library: str | None, as_json: bool) -> None:
    """Checks that catalog, vectors and thumbnails agree, and says what to do where they do not.

    Changes nothing without --repair. The catalog is the truth: whatever is made from it can be made again.
    """
    from indexer.doctor import examine
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        findings = examine(opened.library, repair=repair)
    if as_json:
        output.emit({"findings": [asdict(item) for item in findings]})
    elif findings:
        rows = [(item.severity, item.what, item.cure) for item in findings]
        output.table(["severity", "what", "cure"], rows)
    else:
        output.say("the library is sound")
    if any(item.severity == "error" for item in findings):
        ctx.exit(Exit.LIBRARY)


@click.group(short_help="Show or change the schema of the library.")
def db() -> None:
    """Shows or changes the schema of the library's catalog.

    Opening a library upgrades it by itself; a copy of the catalog is laid beside it first.
    """


@db.command(short_help="Show which schema the library has.")
@options.library
@options.as_json
def current(library: str | None, as_json: bool) -> None:
    """Shows which schema the library has, and the newest that this version knows. Changes nothing."""
    _show(_database(library), as_json)


@db.command(short_help="Bring the library to the newest schema.")
@options.library
@options.as_json
def upgrade(library: str | None, as_json: bool) -> None:
    """Brings the library to the newest schema."""
    from shotseek.videolibrary import open_library

    database = _database(library)
    open_library(library).close()
    _show(database, as_json)


@db.command(short_help="Bring the library to an older schema.")
@click.argument("revision")
@options.library
@options.as_json
def downgrade(revision: str, library: str | None, as_json: bool) -> None:
    """Brings the library to the schema REVISION, for an older version of Shotseek."""
    from indexer import schema
    from shotseek.videolibrary import open_library

    database = _database(library)
    with open_library(library) as opened, opened.library.writing():
        schema.downgrade(database, revision)
    _show(database, as_json)


def _database(library: str | None) -> "Database":
    """The catalog of a library that exists; opens nothing, so that nothing is upgraded."""
    from indexer.library import database_of
    from plugins.errors import NotFound
    from shotseek.settings import load

    settings = load(library=library)
    database = database_of(settings.library, settings.database)
    if not database.path.is_file():
        raise NotFound(f"no library in {settings.library}")
    return database


def _show(database: "Database", as_json: bool) -> None:
    from indexer import schema
    from indexer.catalog.models import REVISION

    revision = schema.current(database)
    if as_json:
        output.emit({"revision": revision, "newest": REVISION})
    else:
        output.say(f"schema {revision}, newest {REVISION}")
