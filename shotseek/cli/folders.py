"""``shotseek folders`` and ``watch``: which folders are looked at, and indexing what is new in them."""

import signal
import threading
from typing import TYPE_CHECKING

import click

from plugins.values import Progress, printable
from shotseek.cli import options, output

if TYPE_CHECKING:
    from indexer.catalog import FolderRecord


@click.group(invoke_without_command=True, short_help="List the folders of the library; forget one.")
@options.library
@options.as_json
@click.pass_context
def folders(ctx: click.Context, library: str | None, as_json: bool) -> None:
    """Lists the folders that are looked at for videos: which are watched, and what they hold."""
    if ctx.invoked_subcommand:
        return
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = opened.folders()
    if as_json:
        output.emit({"folders": [_document(item) for item in found]})
        return
    output.table(
        ["id", "folder", "videos", "failed", "missing", "watched"],
        [
            (item.id, item.path, item.videos, item.failed, item.missing, "yes" if item.watched else "no")
            for item in found
        ],
    )


@folders.command(short_help="Look at a folder no more.")
@click.argument("folder", type=options.PATH)
@click.option("--videos", is_flag=True, help="Forget its videos, too; else they stay and are found.")
@options.library
@options.as_json
def forget(folder: str, videos: bool, library: str | None, as_json: bool) -> None:
    """Looks at FOLDER, given by id or path, no more. Files are never touched."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        forgotten = opened.forget_folder(folder, videos=videos)
    if as_json:
        output.emit({"forgotten": forgotten})
    else:
        output.say(f"forgotten: the folder and {forgotten} of its videos")


@folders.command(short_help="Watch a folder no more.")
@click.argument("folder", type=options.PATH)
@options.library
def unwatch(folder: str, library: str | None) -> None:
    """Indexes new files in FOLDER, given by id or path, no longer by themselves."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        opened.watch_folder(folder, False)


@click.command(short_help="Index what is new in folders, until stopped.")
@click.argument("paths", nargs=-1, type=options.PATH, metavar="[PATH]…")
@options.library
@options.setting("watch", "--every", "Time between two looks", metavar="SECONDS")
def watch(paths: tuple[str, ...], library: str | None, watch: str | None) -> None:
    """Watches folders: PATHs, which are added to the library, and those that are watched already.

    A new file is indexed when it is complete, that is when it has stopped growing and can be opened. Ends by
    Ctrl-C. `shotseek serve` watches the same folders, so only one of the two is needed.
    """
    from plugins.errors import InvalidValue, NotFound
    from shotseek.cli.index import line
    from shotseek.videolibrary import ENDINGS, open_library

    def show(step: Progress) -> None:
        if step.stage in ENDINGS and step.stage != "unchanged":
            output.say(line(step))

    with open_library(library, create=bool(paths), watch=watch) as opened:
        if not opened.settings.watch:
            raise InvalidValue("the setting watch is 0: nothing would be looked at; give --every SECONDS")
        for path in paths:
            opened.add_folder(path, watch=True)
        watched = [item.path for item in opened.folders() if item.watched]
        if not watched:
            raise NotFound("no folder is watched yet; name one: shotseek watch PATH")
        output.note(f"watching {', '.join(map(printable, watched))} (Ctrl-C stops it)")
        stopped = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopped.set())
        with opened.service(show) as service:
            service.index(watched)
            stopped.wait()


def _document(item: "FolderRecord") -> dict[str, object]:
    return {
        "id": item.id,
        "path": item.path,
        "watched": item.watched,
        "looked": item.looked_at and item.looked_at.isoformat(),
        "videos": item.videos,
        "failed": item.failed,
        "missing": item.missing,
        "bytes": item.size,
    }
