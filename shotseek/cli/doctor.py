"""``shotseek doctor`` and ``shotseek db``: is the library sound, and of which schema is it."""

import click

from shotseek.cli import options, output
from shotseek.cli.exits import Exit


@click.command(short_help="Check the library, and repair it.")
@click.option("--repair", is_flag=True, help="Rebuild what can be rebuilt.")
@options.library
@options.as_json
@click.pass_context
def doctor(ctx: click.Context, repair: bool, library: str | None, as_json: bool) -> None:
    """Checks that catalog, vectors and thumbnails agree, and says what to do where they do not.

    Changes nothing without --repair; and nothing it repairs is ever lost, for the catalog is the truth.
    """
    raise NotImplementedError


@click.group(short_help="Show or change the schema of the library.")
def db() -> None:
    """Shows or changes the schema of the library's catalog. Opening a library upgrades it by itself."""
