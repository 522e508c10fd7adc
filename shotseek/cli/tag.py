"""``shotseek tag``: words that a person gives to videos and to spans of them."""

from typing import TYPE_CHECKING

import click

from plugins.values import Span, timecode
from shotseek.cli import options, output

if TYPE_CHECKING:
    from indexer.catalog import Tag

start = click.option(
    "--from", "start", metavar="TIME", help="Where the span begins: 90, 1:30.5 or 0:01:30.500."
)
end = click.option("--to", "end", metavar="TIME", help="Where the span ends.")


@click.group(short_help="Give tags to videos and to spans of them.")
def tag() -> None:
    """Tags: words of your own for videos or spans of them. Searches find them; tag:NAME filters by one."""


@tag.command(short_help="Give a tag to a video, or to a span of it.")
@click.argument("video", type=options.PATH)
@click.argument("text")
@start
@end
@options.library
def add(video: str, text: str, start: str | None, end: str | None, library: str | None) -> None:
    """Gives the tag TEXT to VIDEO, an id, path or file name, or with --from and --to to a span of it."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        opened.add_tag(video, text, _span(start, end))


@tag.command(short_help="Take a tag from a video, or from a span of it.")
@click.argument("video", type=options.PATH)
@click.argument("text")
@start
@end
@options.library
def remove(video: str, text: str, start: str | None, end: str | None, library: str | None) -> None:
    """Takes the tag TEXT from VIDEO and every span of it, or with --from and --to from that span."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        opened.remove_tag(video, text, _span(start, end))


@tag.command("list", short_help="List the tags of a video, or of all.")
@click.argument("video", type=options.PATH, required=False)
@options.library
@options.as_json
def list_(video: str | None, library: str | None, as_json: bool) -> None:
    """Lists the tags of VIDEO, or of all videos."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = opened.tags(video)
        paths = {item.video_id: opened.catalog.video(item.video_id).path for item in found}
    if as_json:
        output.emit({"tags": [_document(item, paths[item.video_id]) for item in found]})
        return
    if not found:
        output.note("no tags")
        return
    rows = [
        (
            item.text,
            f"{timecode(item.span.start_us)} to {timecode(item.span.end_us)}" if item.span else "all of it",
            paths[item.video_id],
        )
        for item in found
    ]
    output.table(["tag", "where", "video"], rows)


def _span(start: str | None, end: str | None) -> Span | None:
    from shotseek.teaching import microseconds

    if (start is None) != (end is None):
        raise click.UsageError("give both --from and --to, or neither")
    return None if start is None or end is None else Span(microseconds(start), microseconds(end))


def _document(item: "Tag", path: str) -> dict[str, object]:
    return {
        "tag": item.text,
        "video": path,
        "start": item.span and output.seconds(item.span.start_us),
        "end": item.span and output.seconds(item.span.end_us),
    }
