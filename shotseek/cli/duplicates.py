"""``shotseek duplicates``: copies and overlaps inside the library."""

import sys
from typing import TYPE_CHECKING

import click

from plugins.values import Span, Video, timecode
from shotseek.cli import options, output

if TYPE_CHECKING:
    from search.duplicates import Duplicates, Overlap


@click.command(short_help="List copies and overlaps inside the library.")
@click.argument("names", nargs=-1, type=options.PATH, metavar="[VIDEO]…")
@options.library
@options.as_json
def duplicates(names: tuple[str, ...], library: str | None, as_json: bool) -> None:
    """Lists which videos show the same, and when: copies in another codec or size, excerpts, overlaps.

    With VIDEO (id, path or file name) only what that one shares with others. Videos whose vectors are near
    each other are compared picture by picture, so the files must be there. Nothing is changed.
    """
    from shotseek.videolibrary import open_library

    with (
        open_library(library) as opened,
        click.progressbar(length=1, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar,
    ):

        def follow(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        found = opened.duplicates(*names, on_progress=follow)
    if as_json:
        output.emit(document(found))
    else:
        _show(found)


def document(found: "Duplicates") -> dict[str, object]:
    """Groups as JSON; times in seconds."""
    return {
        "groups": [
            {
                "videos": [{"id": video.id, "path": video.path} for video in group.videos],
                "overlaps": [_overlap(item) for item in group.overlaps],
            }
            for group in found.groups
        ],
        "notes": list(found.notes),
    }


def _overlap(item: "Overlap") -> dict[str, object]:
    return {
        "one": _piece(item.one, item.one_span),
        "other": _piece(item.other, item.other_span),
        "mirrored": item.mirrored,
        "score": item.score,
    }


def _piece(video: Video, span: Span) -> dict[str, object]:
    return {
        "video": video.id,
        "start": output.seconds(span.start_us),
        "end": output.seconds(span.end_us),
    }


def _show(found: "Duplicates") -> None:
    output.note(*found.notes)
    if not found.groups:
        output.note("no video shows what another one shows")
        return
    rows = [
        (
            number if at == 0 else "",
            item.one.name,
            _interval(item.one_span),
            item.other.name,
            _interval(item.other_span) + (" mirrored" if item.mirrored else ""),
            f"{item.score:.2f}",
        )
        for number, group in enumerate(found.groups, 1)
        for at, item in enumerate(group.overlaps)
    ]
    output.table(["group", "video", "from to", "also in", "from to", "score"], rows)


def _interval(span: Span) -> str:
    return f"{timecode(span.start_us)} {timecode(span.end_us)}"
