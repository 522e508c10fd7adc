"""``shotseek spaces``: the encoders of a library, and changing them without losing search."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plugins.values import Progress
from shotseek.cli import eval as evaluation
from shotseek.cli import options, output
from shotseek.cli.exits import Exit
from shotseek.cli.progress import bars

if TYPE_CHECKING:
    from indexer.catalog import SpaceRecord
    from search.compare import Overlap


@click.group(
    invoke_without_command=True, short_help="Change encoders: build, compare, switch, go back, drop."
)
@options.library
@options.as_json
@click.pass_context
def spaces(ctx: click.Context, library: str | None, as_json: bool) -> None:
    """Lists the spaces of the library: the vectors of one revision of one encoder each.

    SPACE is an id or the name of an encoder. Searches ask the spaces in use and nothing else; see
    docs/spaces.md.
    """
    from shotseek.videolibrary import open_library

    if ctx.invoked_subcommand is not None:
        return
    with open_library(library) as opened:
        _show(opened.spaces(), as_json)


@spaces.command(short_help="Make the vectors of another encoder beside those that are there.")
@click.argument("encoder")
@options.library
@options.setting("device", "--device", "Where encoders run", metavar="DEVICE")
@options.setting("workers", "--workers", "Videos decoded at the same time", metavar="N")
@options.as_json
@click.pass_context
def build(
    ctx: click.Context,
    encoder: str,
    library: str | None,
    device: str | None,
    workers: str | None,
    as_json: bool,
) -> None:
    """Encodes all known videos with ENCODER; searches go on as before, and do not ask it yet.

    May be stopped at any time and run again: it goes on where it was.
    """
    from shotseek.videolibrary import ENDINGS, open_library

    with (
        open_library(library, device=device, workers=workers) as opened,
        bars("looking for videos") as shown,
    ):

        def show(step: Progress) -> None:
            if step.stage not in ENDINGS:
                shown.draw(step.path, f"{step.stage} {Path(step.path).name}", step.done, step.total)
                return
            shown.end(step.path)
            if step.stage != "done":
                output.note(f"{step.stage} {step.path}: {step.detail}")

        ended = opened.build_space(encoder, on_progress=show)
        _show(opened.spaces(), as_json)
    if ended and all(item.stage == "failed" for item in ended):
        ctx.exit(Exit.MEDIA)


@spaces.command(short_help="Show how much two spaces find in common, and which finds what was marked.")
@click.argument("one", metavar="SPACE")
@click.argument("other", metavar="SPACE")
@options.library
@options.as_json
def compare(one: str, other: str, library: str | None, as_json: bool) -> None:
    """Compares two spaces: the share of their first ten hits in common, for shots of the library and for
    sentences, and how well each finds what was marked right."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = opened.compare_spaces(one, other)
    if as_json:
        overlaps = {"shots": _overlap(found.shots), "sentences": _overlap(found.sentences)}
        marks = found.marks and evaluation.document(found.marks)
        output.emit({"first": found.first, "overlap": overlaps, "marks": marks})
        return
    rows = [("shots", found.shots), ("sentences", found.sentences)]
    output.table(
        ["asked with", "queries", f"of the first {found.first} in common"],
        [(name, item.queries, f"{item.share:.2f}" if item.queries else "–") for name, item in rows],
    )
    if found.marks is None:
        output.note("no marks to compare by")
        return
    output.say("")
    evaluation.show(found.marks)


@spaces.command(short_help="Ask these spaces from now on, and no others.")
@click.argument("names", nargs=-1, required=True, metavar="SPACE…")
@click.option("--incomplete", is_flag=True, help="Also a space that lacks videos which another has.")
@options.library
@options.as_json
def use(names: tuple[str, ...], incomplete: bool, library: str | None, as_json: bool) -> None:
    """Switches searches to these spaces, at once. `shotseek spaces back` goes back."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        opened.use_spaces(*names, incomplete=incomplete)
        _show(opened.spaces(), as_json)
        new = {record.space.encoder for record in opened.spaces() if record.asked} - set(opened.encoders)
    if new:
        output.note(
            f"`shotseek index` encodes new videos with the setting `encoders`; add {', '.join(sorted(new))}"
        )


@spaces.command(short_help="Ask the spaces again that were asked before the last switch.")
@options.library
@options.as_json
def back(library: str | None, as_json: bool) -> None:
    """Undoes the last `use`; a second time it does it again."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        opened.use_former_spaces()
        _show(opened.spaces(), as_json)


@spaces.command(short_help="Delete the vectors of a space that is not in use.")
@click.argument("name", metavar="SPACE")
@options.library
@options.as_json
def drop(name: str, library: str | None, as_json: bool) -> None:
    """Deletes the vectors and index files of a space. They can only come back by building it again."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        opened.drop_space(name)
        _show(opened.spaces(), as_json)


def _show(records: "list[SpaceRecord]", as_json: bool) -> None:
    if as_json:
        output.emit({"spaces": [_space(record) for record in records]})
        return
    output.table(
        ["id", "encoder", "revision", "dimensions", "vectors", "videos", "in use"],
        [
            (
                record.id,
                record.space.encoder,
                record.space.revision,
                record.space.dim,
                record.rows,
                record.videos,
                "yes" if record.asked else "no",
            )
            for record in records
        ],
    )


def _space(record: "SpaceRecord") -> dict[str, object]:
    return {
        "id": record.id,
        "encoder": record.space.encoder,
        "revision": record.space.revision,
        "dim": record.space.dim,
        "rows": record.rows,
        "videos": record.videos,
        "asked": record.asked,
    }


def _overlap(found: "Overlap") -> dict[str, object]:
    return {"queries": found.queries, "share": found.share if found.queries else None}
