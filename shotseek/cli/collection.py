"""``shotseek collection``: moments that were picked, under a name, and their exports."""

from typing import TYPE_CHECKING

import click

from plugins.values import timecode
from shotseek.cli import options, output
from shotseek.cli.progress import bars

if TYPE_CHECKING:
    from indexer.catalog import Collection, CollectionItem


@click.group(short_help="Keep moments in collections, and export them.")
def collection() -> None:
    """Collections: moments that were picked, in an order, with notes."""


@collection.command("list", short_help="List the collections.")
@options.library
@options.as_json
def list_(library: str | None, as_json: bool) -> None:
    """Lists the collections of the library, the one that was changed last first."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = opened.collections()
    if as_json:
        output.emit({"collections": [_head(item) for item in found]})
        return
    if not found:
        output.note("no collections; make one with: shotseek collection new NAME")
        return
    rows = [(item.name, item.items, timecode(item.duration_us)) for item in found]
    output.table(["collection", "moments", "length"], rows)


@collection.command(short_help="Make an empty collection.")
@click.argument("name")
@options.library
def new(name: str, library: str | None) -> None:
    """Makes the empty collection NAME."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        output.say(f"made {opened.new_collection(name).name}")


@collection.command(short_help="Put moments into a collection.")
@click.argument("name")
@click.argument("places", nargs=-1, required=True, type=options.PATH, metavar="PLACE…")
@click.option("--note", default="", metavar="TEXT", help="What is to be remembered of them.")
@options.library
def add(name: str, places: tuple[str, ...], note: str, library: str | None) -> None:
    """Puts moments at the end of the collection NAME.

    A PLACE is VIDEO@START-END, or VIDEO@TIME for the whole shot at that time. For example:

    shotseek collection add "best of" garden.mp4@12.5-15 7@1:30 --note "for the opening"
    """
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        added = opened.collect(name, places, note=note)
    output.say(f"{name}: {len(added)} {'moment' if len(added) == 1 else 'moments'} added")


@collection.command(short_help="Show what is in a collection.")
@click.argument("name")
@options.library
@options.as_json
def show(name: str, library: str | None, as_json: bool) -> None:
    """Shows the moments of the collection NAME, in their order."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        head, items = opened.catalog.collection(name), opened.collection(name)
    if as_json:
        output.emit(_head(head) | {"moments": [_item(item) for item in items]})
        return
    rows = [
        (
            number,
            timecode(item.span.start_us),
            timecode(item.span.end_us),
            item.path,
            "missing" if item.missing else "",
            " ".join((item.note or item.label).split()),
        )
        for number, item in enumerate(items, 1)
    ]
    output.table(["", "start", "end", "video", "", "note"], rows)


@collection.command(short_help="Write a collection for another program.")
@click.argument("name")
@click.argument("file", type=options.PATH, metavar="FILE")
@click.option("--format", "form", metavar="FORMAT", help="What to write, if FILE's name does not say it.")
@options.library
def export(name: str, file: str, form: str | None, library: str | None) -> None:
    """Writes the collection NAME into FILE. The end of its name says the format (docs/collections.md).

    A FILE that ends in / is a folder for subclips. For example:

        shotseek collection export "best of" cuts.edl

        shotseek collection export "best of" clips/
    """
    from shotseek.videolibrary import open_library

    with open_library(library) as opened, bars("exporting") as shown:
        notes = opened.export(
            name, file, form=form, on_progress=lambda share: shown.draw(file, file, round(100 * share), 100)
        )
    output.note(*notes)
    output.say(f"wrote {file}")


@collection.command(short_help="Forget collections.")
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@options.library
def remove(names: tuple[str, ...], library: str | None) -> None:
    """Forgets collections. The videos stay as they are."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        for name in names:
            opened.remove_collection(name)
            output.say(f"removed {name}")


def _head(item: "Collection") -> dict[str, object]:
    return {"name": item.name, "items": item.items, "duration": output.seconds(item.duration_us)}


def _item(item: "CollectionItem") -> dict[str, object]:
    return {
        "video": item.path,
        "start": output.seconds(item.span.start_us),
        "end": output.seconds(item.span.end_us),
        "label": item.label,
        "note": item.note,
        "missing": item.missing,
    }
