"""``shotseek index``: brings a library up to date with files and folders."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plugins.values import Progress
from shotseek.cli import options, output
from shotseek.cli.exits import Exit
from shotseek.cli.progress import Bars, bars

if TYPE_CHECKING:
    from shotseek.videolibrary import VideoLibrary


@click.command(short_help="Index files and folders of video.")
@click.argument("paths", nargs=-1, required=True, type=options.PATH, metavar="PATH…")
@options.library
@options.encoders
@options.setting("detector", "--detector", "Shot detector", metavar="NAME")
@options.setting("max_shot", "--max-shot", "Longest shot", metavar="SECONDS")
@options.setting("device", "--device", "Where encoders run", metavar="DEVICE")
@options.setting("exact", "--exact", "Decode every frame", is_flag=True, default=None)
@options.setting("workers", "--workers", "Videos decoded at the same time", metavar="N")
@click.option("--retry", is_flag=True, help="Also try again what failed before.")
@click.option("--accept-missing", is_flag=True, help="Believe that files are gone, however many.")
@click.option("--no-wait", is_flag=True, help="Fail where another process writes to the library.")
@options.as_json
@click.pass_context
def index(
    ctx: click.Context,
    paths: tuple[str, ...],
    library: str | None,
    encoders: tuple[str, ...],
    detector: str | None,
    max_shot: str | None,
    device: str | None,
    exact: bool | None,
    workers: str | None,
    retry: bool,
    accept_missing: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Brings the library up to date with files and folders: new and changed files only.

    Prints for every file whether it was done, skipped or failed, and why. May be stopped at any time and run
    again; the library is made where there is none. Where another process is indexing it waits, and then does
    what is left.
    """
    from indexer.discover import roots
    from indexer.filesystem import warning as place_warning
    from shotseek.videolibrary import open_library

    roots(paths)  # so that no library is made for a path that is not there
    settings = {
        "encoders": encoders or None,
        "detector": detector,
        "max_shot": max_shot,
        "device": device,
        "exact": exact,
        "workers": workers,
    }
    with open_library(library, create=True, **settings) as opened, bars("looking for videos") as shown:
        output.note(_about_encoders(opened))
        if warning := place_warning(opened.library.folder):
            output.note(warning)
        ended = opened.index(
            *paths,
            retry=retry,
            accept_missing=accept_missing,
            wait=not no_wait,
            on_progress=_Shown(shown, lines=not as_json),
        )
    counts = Counter(item.stage for item in ended)
    if as_json:
        output.emit({"videos": [_document(item) for item in ended], "summary": counts})
    else:
        output.say(", ".join(f"{count} {stage}" for stage, count in counts.most_common()))
        if counts["failed"] + counts["partial"]:
            output.note("what failed, and how to try again: shotseek problems")
    if counts["failed"] == len(ended):
        ctx.exit(Exit.MEDIA)


class _Shown:
    """What is under way as bars, what has ended as lines, and once each process that is waited for."""

    def __init__(self, drawn: Bars, *, lines: bool) -> None:
        self._drawn = drawn
        self._lines = lines
        self._said = ""

    def __call__(self, step: Progress) -> None:
        from shotseek.videolibrary import ENDINGS

        if step.stage == "waiting":
            if step.detail != self._said:
                output.note(step.detail)
            self._said = step.detail
        elif step.stage in ENDINGS:
            self._drawn.end(step.path)
            if self._lines:
                output.say(line(step))
        else:
            self._drawn.draw(step.path, f"{step.stage} {Path(step.path).name}", step.done, step.total)


def _about_encoders(opened: "VideoLibrary") -> str:
    """Which encoders are used; once, where ``auto`` had no better one, the command that brings it."""
    from plugins.weights import ALWAYS, PREFERRED
    from shotseek.videolibrary import AUTO

    names = ", ".join(opened.encoders)
    used = {record.space.encoder for record in opened.catalog.spaces() if record.rows}
    if AUTO in opened.settings.encoders and ALWAYS in set(opened.encoders) - used:
        return f"encoder: {names}, which comes with shotseek; a better one: shotseek pull {PREFERRED[0]}"
    return f"encoder: {names}"


def line(progress: Progress) -> str:
    """How a file ended."""
    path = Path(progress.path)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    reason = f"{progress.reason}: " if progress.reason else ""
    return f"{progress.stage:<9} {shown}  {reason}{progress.detail}".rstrip()


def _document(progress: Progress) -> dict[str, str]:
    return {
        "path": progress.path,
        "state": progress.stage,
        "reason": progress.reason,
        "detail": progress.detail,
    }
