"""``shotseek mark``: says which answers were right and which wrong."""

from typing import TYPE_CHECKING

import click

from plugins.values import timecode
from shotseek.cli import options, output

if TYPE_CHECKING:
    from indexer.catalog import Mark


@click.command(short_help="Say which answers to a query are right and which wrong.")
@click.argument("query", required=False)
@click.option("--right", multiple=True, type=options.PATH, metavar="VIDEO@TIME", help="This is it.")
@click.option("--wrong", multiple=True, type=options.PATH, metavar="VIDEO@TIME", help="This is not it.")
@click.option(
    "--clear", multiple=True, type=options.PATH, metavar="VIDEO@TIME", help="Nothing is said of this."
)
@click.option("--clear-all", is_flag=True, help="Forget every mark of QUERY.")
@options.library
@options.as_json
def mark(
    query: str | None,
    right: tuple[str, ...],
    wrong: tuple[str, ...],
    clear: tuple[str, ...],
    clear_all: bool,
    library: str | None,
    as_json: bool,
) -> None:
    """Marks answers to QUERY, and lists what is marked; without QUERY, the marks of all queries.

    The next search for the same words knows: what looks like the right moments comes first, wrong ones are
    left out. VIDEO is an id, path or file name, TIME is 90, 1:30.5 or 0:01:30.500. For example:

        shotseek mark "a red flower" --right garden.mp4@12.5 --wrong 7@1:30
    """
    from shotseek.videolibrary import open_library

    if query is None and (right or wrong or clear or clear_all):
        raise click.UsageError("give the query whose answers are marked")
    with open_library(library) as opened:
        if query is not None:
            opened.mark(query, right=right, wrong=wrong)
            if clear or clear_all:
                opened.unmark(query, None if clear_all else clear)
        marks = opened.marks(query)
        names = {item.video_id: opened.catalog.video(item.video_id).path for item in marks}
    if as_json:
        output.emit({"marks": [_document(item, names[item.video_id]) for item in marks]})
        return
    if not marks:
        output.note("no marks")
        return
    output.table(
        ["query", "", "at", "video"],
        [
            (item.query, "right" if item.right else "wrong", timecode(item.at_us), names[item.video_id])
            for item in marks
        ],
    )


def _document(item: "Mark", path: str) -> dict[str, object]:
    return {
        "query": item.query,
        "video": path,
        "at": output.seconds(item.at_us),
        "right": item.right,
        "marked": item.at.isoformat(),
    }
