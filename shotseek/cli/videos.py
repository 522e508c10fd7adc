"""``shotseek videos``, ``shots``, ``problems`` and ``remove``: what is in the library."""

from typing import TYPE_CHECKING

import click

from plugins.values import Shot, timecode
from shotseek.cli import options, output

if TYPE_CHECKING:
    from indexer.catalog import Problem, VideoSummary


@click.command(short_help="List the videos of the library.")
@click.argument("text", required=False, default="")
@options.library
@options.as_json
def videos(text: str, library: str | None, as_json: bool) -> None:
    """Lists the videos of the library, or those whose path contains TEXT."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = list(opened.videos(text))
    if as_json:
        output.emit({"videos": [_video(item) for item in found]})
        return
    output.table(
        ["id", "video", "duration", "size", "shots", "state"],
        [
            (
                item.video.id,
                item.video.path,
                timecode(item.video.duration_us),
                f"{item.video.width}x{item.video.height}",
                item.shots,
                "missing" if item.video.missing else item.state.value,
            )
            for item in found
        ],
    )


@click.command(short_help="List the shots of a video.")
@click.argument("video", type=options.PATH)
@options.library
@options.as_json
def shots(video: str, library: str | None, as_json: bool) -> None:
    """Lists the shots of VIDEO, given by id, path or file name: where each starts and ends, in seconds."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        chosen = opened.video(video)
        found = opened.shots(chosen.id)
    if as_json:
        output.emit({"video": chosen.path, "shots": [_shot(item) for item in found]})
        return
    output.table(
        ["shot", "start", "end", "seconds"],
        [
            (
                item.id,
                timecode(item.span.start_us),
                timecode(item.span.end_us),
                f"{output.seconds(item.span.duration_us):.3f}",
            )
            for item in found
        ],
    )


@click.command(short_help="List what could not be indexed, and why.")
@options.library
@options.as_json
def problems(library: str | None, as_json: bool) -> None:
    """Lists what failed wholly or in part, why, and how to try again."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = opened.problems()
    if as_json:
        output.emit({"problems": [_problem(item) for item in found]})
        return
    if not found:
        output.note("no problems")
        return
    output.table(
        ["state", "reason", "video", "stage", "detail"],
        [(item.state.value, item.reason, item.path, item.stage, item.detail) for item in found],
    )
    output.note("a file is tried again when it changes, or by: shotseek index --retry PATH")


@click.command(short_help="Forget videos; the files stay.")
@click.argument("names", nargs=-1, required=True, type=options.PATH, metavar="VIDEO…")
@click.option("--keep-out", is_flag=True, help="Also leave them out when their folder is indexed again.")
@options.library
@options.as_json
def remove(names: tuple[str, ...], keep_out: bool, library: str | None, as_json: bool) -> None:
    """Takes videos out of the library, given by id, path or file name, or by the folder they are in.

    The files themselves are never touched; indexing them again brings them back. After --keep-out they
    must be named for that: their folder is not enough.
    """
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        removed = opened.remove(*names, keep_out=keep_out)
    if as_json:
        output.emit({"removed": removed})
        return
    for path in removed:
        output.say(f"removed {path}")


def _video(item: "VideoSummary") -> dict[str, object]:
    video = item.video
    return {
        "id": video.id,
        "path": video.path,
        "duration": output.seconds(video.duration_us),
        "width": video.width,
        "height": video.height,
        "codec": video.codec,
        "shots": item.shots,
        "state": item.state.value,
        "missing": video.missing,
        "created": video.created and video.created.isoformat(),
        "indexed": item.indexed_at.isoformat(),
    }


def _shot(shot: Shot) -> dict[str, object]:
    return {
        "id": shot.id,
        "index": shot.index,
        "start": output.seconds(shot.span.start_us),
        "end": output.seconds(shot.span.end_us),
        "keyframes": [output.seconds(us) for us in shot.keyframes_us],
    }


def _problem(item: "Problem") -> dict[str, object]:
    return {
        "path": item.path,
        "stage": item.stage,
        "state": item.state.value,
        "reason": item.reason,
        "detail": item.detail,
        "at": item.at.isoformat(),
    }
