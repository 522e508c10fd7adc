"""The command line: one file a command group; each parses, calls one function and prints."""

import importlib.util
import signal
import sys
from pathlib import Path

ROOMS = ("plugins", "indexer", "search", "web", "migrations")
"""top-level packages of ours whose names another distribution may also carry"""
STOPS = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    """The ``shotseek`` command."""
    if strangers := foreign_rooms():
        sys.exit(
            f"shotseek: {', '.join(strangers)}: another package of that name hides ours;"
            " install Shotseek in an environment of its own"
        )
    from shotseek.cli.app import cli

    for number in STOPS:
        signal.signal(number, _stop)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that lacks a letter
    cli(prog_name="shotseek")


def _stop(*_: object) -> None:
    """Ctrl-C, or being asked to end: ends what is under way, once; a second would only break into it."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def foreign_rooms() -> list[str]:
    """Those of our top-level packages that Python would take from somewhere else, or not find."""
    home = Path(__file__).resolve().parents[2]
    return [room for room in ROOMS if not _is_ours(room, home)]


def _is_ours(room: str, home: Path) -> bool:
    spec = importlib.util.find_spec(room)
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve().parents[1] == home
