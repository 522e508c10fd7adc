"""The command imports nothing heavy before it is needed; `benchmarks/waiting.py` says how long it takes."""

import importlib.util
import json
import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest

from shotseek import cli

HEAVY = ("torch", "faiss", "open_clip", "timm", "av", "numpy", "PIL", "sqlalchemy", "flask", "alembic")

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
