"""What commands print: results on stdout, everything about them on stderr."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from plugins.values import SECOND, printable

if TYPE_CHECKING:
    from rich.text import Text as RichText

MARKS = {"\ue000": "bold", "\ue001": ""}
"""what stands around the matching words of a snippet"""


def emit(document: object) -> None:
    """A JSON document on stdout. ASCII only: a path with any bytes survives, and none drives a terminal."""
    click.echo(json.dumps(document, indent=2))


def say(text: str) -> None:
    """One line of the result, on stdout."""
    click.echo(printable(text))


def note(*lines: str) -> None:
    """Lines about the work, on stderr."""
    for line in lines:
        click.echo(printable(line), err=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows on stdout; in a terminal as wide as it is, elsewhere as wide as they are."""
    from rich.console import Console
    from rich.table import Table

    made = Table(*columns, box=None, pad_edge=False, header_style="dim")
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    console = Console(width=None if sys.stdout.isatty() else 10_000, highlight=False)
    with console.capture() as drawn:
        console.print(made)
    for line in drawn.get().splitlines():
        click.echo(line.rstrip())


def seconds(us: int) -> float:
    """Microseconds as JSON writes them."""
    return us / SECOND


def _cell(value: object) -> "RichText":
    """Any value as text; marked words of a snippet are bold, nothing else in it has a meaning."""
    from rich.text import Text

    cell, style, start = Text(), "", 0
    text = str(value)
    for position, char in enumerate(text + "\ue001"):
        if char in MARKS:
            cell.append(printable(text[start:position]), style)
            style, start = MARKS[char], position + 1
    return cell
