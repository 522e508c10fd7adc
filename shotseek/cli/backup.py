"""``shotseek backup`` and ``restore``: a copy of what cannot be made again, and the way back."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from shotseek.cli import options, output

if TYPE_CHECKING:
    from indexer.backup import Backup


@click.command(short_help="Copy everything that cannot be made again.")
@click.argument("folder", type=options.PATH)
@options.library
@options.as_json
def backup(folder: str, library: str | None, as_json: bool) -> None:
    """Copies what is known of the videos, and all that you have said of them, into the new folder FOLDER, and
    reads the copy again. The library may be in use meanwhile.

    Videos are not copied, nor the settings file, nor what can be made again: index files and thumbnails.
    """
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        made = opened.backup(folder)
    _show(made, f"backed up to {folder} and checked", as_json)


@click.command(short_help="Make a library of a backup.")
@click.argument("folder", type=options.PATH)
@click.option("--replace", is_flag=True, help="In place of the library that is there; a copy is kept.")
@options.library
@options.as_json
def restore(folder: str, replace: bool, library: str | None, as_json: bool) -> None:
    """Makes a library of the backup in FOLDER. A damaged backup is refused, and so is a place where there is
    a library, unless it is to be replaced. What is not in a backup is made again when it is needed.
    """
    from shotseek.backups import restore as restored

    made = restored(folder, library, replace=replace)
    _show(made, f"restored the backup of {made.made}", as_json)


def _show(made: "Backup", what: str, as_json: bool) -> None:
    if as_json:
        output.emit(asdict(made))
    else:
        output.say(f"{what}: {made.rows['videos']} videos, {made.rows['shots']} shots")
