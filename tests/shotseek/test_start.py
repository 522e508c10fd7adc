"""The command starts in a blink, and imports nothing heavy before it is needed."""

import importlib.util
import json
import subprocess
import sys
import time
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from shotseek import cli

HEAVY = ("torch", "faiss", "open_clip", "timm", "av", "numpy", "PIL", "sqlalchemy", "flask", "alembic")
SHOTSEEK = str(Path(sys.executable).with_name("shotseek"))

WATCHED = f"""
import json, sys
from shotseek.cli import main
try:
    main()
finally:
    json.dump(sorted(set({HEAVY}) & set(sys.modules)), sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["index", "--help"], ["plugins"], ["plugins", "--json"], ["config"], ["--version"]],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", WATCHED, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stderr.splitlines()[-1]) == []


@pytest.mark.parametrize("command", ["--help", "plugins"])
def test_it_answers_in_a_blink(command: str) -> None:
    """The best of five: what the program needs, whatever else the machine is doing."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([SHOTSEEK, command], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.3


def test_all_rooms_are_ours() -> None:
    assert cli.foreign_rooms() == []


def test_a_room_of_another_package_is_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    strangers = {"search": ModuleSpec("search", None, origin="/somewhere/search/__init__.py"), "web": None}
    find = importlib.util.find_spec

    def found(name: str) -> ModuleSpec | None:
        return strangers[name] if name in strangers else find(name)

    monkeypatch.setattr(importlib.util, "find_spec", found)
    with pytest.raises(SystemExit, match="search, web: another package of that name hides ours"):
        cli.main()
