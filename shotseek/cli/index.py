"""``shotseek index``: brings a library up to date with files and folders."""

import sys
from collections import Counter
from pathlib import Path
from typing import Self

import click

from plugins.values import Progress, printable
from shotseek.cli import options, output
from shotseek.cli.exits import Exit


@click.command(short_help="Index files and folders of video.")
@click.argument("paths", nargs=-1, required=True, type=options.PATH, metavar="PATH…")
@options.library
@options.encoders
@options.setting("detector", "--detector", "Shot detector", metavar="NAME")
@options.setting("max_shot", "--max-shot", "Longest shot", metavar="SECONDS")
@options.setting("device", "--device", "Where encoders run", metavar="DEVICE")
@click.option("--retry", is_flag=True, help="Also try again what failed before.")
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
    retry: bool,
    as_json: bool,
) -> None:
    """Brings the library up to date with files and folders: new and changed files only.

    Prints for every file whether it was done, skipped or failed, and why. May be stopped at any time and run
    again; the library is made where there is none.
    """
    from shotseek.videolibrary import open_library

    settings = {"encoders": encoders or None, "detector": detector, "max_shot": max_shot, "device": device}
    with open_library(library, create=True, **settings) as opened, Display(silent=as_json) as display:
        ended = opened.index(*paths, retry=retry, on_progress=display.show)
    counts = Counter(item.stage for item in ended)
    if as_json:
        output.emit({"videos": [_document(item) for item in ended], "summary": counts})
    else:
        output.say(", ".join(f"{count} {stage}" for stage, count in counts.most_common()))
        if counts["failed"] + counts["partial"]:
            output.note("what failed, and how to try again: shotseek problems")
    if counts["failed"] == len(ended):
        ctx.exit(Exit.MEDIA)


class Display:
    """Shows `Progress`: a bar on stderr where that is a terminal, a line on stdout when a file has ended."""

    def __init__(self, *, silent: bool) -> None:
        """
        Args:
            silent: no lines on stdout
        """
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        console = Console(stderr=True, highlight=False)
        self._silent = silent
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=sys.stdout.isatty(),  # lines go above the bar, but a file gets them as they are
        )
        self._task = self._bar.add_task("looking for videos", total=None)

    def show(self, progress: Progress) -> None:
        """Draws one step."""
        from shotseek.videolibrary import ENDINGS

        if progress.stage not in ENDINGS:
            name = printable(Path(progress.path).name)
            self._bar.update(
                self._task,
                description=f"{progress.stage} {name}",
                completed=progress.done,
                total=progress.total or None,
            )
        elif not self._silent:
            output.say(_line(progress))

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()


def _line(progress: Progress) -> str:
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
