"""The command line: one file a command group; each parses, calls one function and prints."""

import importlib.util
import signal
import sys
from pathlib import Path

ROOMS = ("plugins", "indexer", "search", "web", "migrations")
"""top-level packages of ours whose names another distribution may also carry"""


def main() -> None:
    """The ``shotseek`` command."""
    if strangers := foreign_rooms():
        sys.exit(
            f"shotseek: {', '.join(strangers)}: another package of that name hides ours;"
            " install Shotseek in an environment of its own"
        )
    from shotseek.cli.app import cli

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be asked to end is like Ctrl-C
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that lacks a letter
    cli(prog_name="shotseek")


def foreign_rooms() -> list[str]:
    """Those of our top-level packages that Python would take from somewhere else, or not find."""
    home = Path(__file__).resolve().parents[2]
    return [room for room in ROOMS if not _is_ours(room, home)]


def _is_ours(room: str, home: Path) -> bool:
    spec = importlib.util.find_spec(room)
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve().parents[1] == home
