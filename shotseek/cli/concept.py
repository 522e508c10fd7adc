"""``shotseek concept``: what was taught by examples, under a name."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plugins.errors import InvalidValue, NotFound
from plugins.values import printable, timecode
from shotseek.cli import options, output

if TYPE_CHECKING:
    from indexer.catalog import ConceptRecord

EXAMPLE = {"multiple": True, "type": options.PATH, "metavar": "VIDEO@TIME"}


@click.group(short_help="Teach a thing by examples, and use it in any query.")
def concept() -> None:
    """Concepts: things taught by examples. Any query may then say concept:"NAME"."""


@concept.command(short_help="Add examples to a concept, or make it.")
@click.argument("name")
@click.option("--query", metavar="QUERY", help="Take what was marked right and wrong for this query.")
@click.option("--right", help="An example of it.", **EXAMPLE)  # type: ignore[arg-type]
@click.option("--wrong", help="An example of what it is not.", **EXAMPLE)  # type: ignore[arg-type]
@click.option("--words", metavar="TEXT", help="What it shows, for encoders that read text.")
@options.library
@options.as_json
def save(
    name: str,
    query: str | None,
    right: tuple[str, ...],
    wrong: tuple[str, ...],
    words: str | None,
    library: str | None,
    as_json: bool,
) -> None:
    """Adds examples to the concept NAME, and makes it where there is none. For example:

    shotseek concept save "my dog" --right garden.mp4@12.5 --right 7@1:30 --words "a brown dog"
    """
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        saved = opened.save_concept(name, query=query, right=right, wrong=wrong, words=words)
    if as_json:
        output.emit(_document(saved))
    else:
        output.say(f'{saved.name}: {_examples(saved)}; ask with concept:"{saved.name}"')


@concept.command("list", short_help="List the concepts.")
@options.library
@options.as_json
def list_(library: str | None, as_json: bool) -> None:
    """Lists the concepts of the library."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = opened.concepts()
    if as_json:
        output.emit({"concepts": [_document(item) for item in found]})
        return
    if not found:
        output.note("no concepts; make one with: shotseek concept save NAME --right VIDEO@TIME")
        return
    output.table(["concept", "examples", "words"], [(c.name, _examples(c), c.words or "") for c in found])


@concept.command(short_help="Show the examples of a concept.")
@click.argument("name")
@options.library
@options.as_json
def show(name: str, library: str | None, as_json: bool) -> None:
    """Shows the examples of the concept NAME."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        found = opened.concept(name)
        known = {item.video_id for item in found.examples if item.video_id is not None}
        paths = {id_: opened.catalog.video(id_).path for id_ in known}
    if as_json:
        output.emit(_document(found))
        return
    rows = [
        (
            "right" if item.right else "wrong",
            timecode(item.at_us),
            f"not here: {item.fingerprint[:12]}" if item.video_id is None else paths[item.video_id],
            "yes" if item.picture else "",
        )
        for item in found.examples
    ]
    output.table(["", "at", "video", "picture"], rows)


@concept.command(short_help="Forget concepts.")
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@options.library
def remove(names: tuple[str, ...], library: str | None) -> None:
    """Forgets concepts."""
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        for name in names:
            opened.remove_concept(name)
            output.say(f"removed {name}")


@concept.command(short_help="Write concepts as JSON, for another library.")
@click.argument("names", nargs=-1, metavar="[NAME…]")
@click.option("--pictures", is_flag=True, help="With a small picture of each example.")
@options.library
def export(names: tuple[str, ...], pictures: bool, library: str | None) -> None:
    """Writes concepts on stdout, all of them or those named.

    Examples are found again in libraries that have the same videos. With pictures, which then leave this
    library, concepts work everywhere.
    """
    from shotseek.videolibrary import open_library

    with open_library(library) as opened:
        document = opened.export_concepts(names, pictures=pictures)
    output.emit(document)
    if pictures:
        parts = [item for concept in document["concepts"] for item in concept["examples"]]
        if without := sum(item["picture"] is None for item in parts):
            output.note(
                f"{without} of {len(parts)} examples have no picture: their videos cannot be read here"
            )


@concept.command("import", short_help="Read concepts that were exported.")
@click.argument("file", type=options.PATH, metavar="FILE")
@click.option("--replace", is_flag=True, help="Replace concepts of the same name.")
@options.library
@options.as_json
def import_(file: str, replace: bool, library: str | None, as_json: bool) -> None:
    """Reads concepts from FILE, or from stdin where it is `-`."""
    from shotseek.videolibrary import open_library

    document = _read(file)
    with open_library(library) as opened:
        names = opened.import_concepts(document, replace=replace)
    if as_json:
        output.emit({"imported": names})
    for name in names if not as_json else ():
        output.say(f"imported {name}")


def _read(file: str) -> object:
    try:
        return json.loads(sys.stdin.read() if file == "-" else Path(file).read_text("utf-8"))
    except FileNotFoundError as error:
        raise NotFound(f"no such file: {printable(file)}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidValue(f"{printable(file)} is not what `shotseek concept export` writes") from error


def _examples(concept: "ConceptRecord") -> str:
    right = sum(item.right for item in concept.examples)
    text = f"{right} right, {len(concept.examples) - right} wrong"
    absent = sum(item.video_id is None for item in concept.examples)
    return f"{text}, {absent} of them not in this library" if absent else text


def _document(concept: "ConceptRecord") -> dict[str, object]:
    return {
        "name": concept.name,
        "words": concept.words,
        "examples": [
            {
                "fingerprint": item.fingerprint,
                "video": item.video_id,
                "at": output.seconds(item.at_us),
                "right": item.right,
                "picture": item.picture is not None,
            }
            for item in concept.examples
        ],
    }
