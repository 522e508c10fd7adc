"""What the README promises is run."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shotseek.conftest import Run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def demo(videos: Path, indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as `make demo` leaves it, and in it."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "videos").symlink_to(videos)
    shutil.copytree(indexed, tmp_path / "demo" / "library")  # the examples index too
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("demo")
def test_five_lines_of_python(capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = PYTHON
    exec(compile(program, "README.md", "exec"), {})
    first = capsys.readouterr().out.splitlines()[0]
    path, _, seconds = first.rpartition(" ")
    assert Path(path).name == "meadow.mp4"
    assert 0 <= float(seconds) < 3.2


def test_searches(demo: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from shotseek.scenes import sea

    monkeypatch.setenv("SHOTSEEK_LIBRARY", str(demo / "demo" / "library"))
    sea().background.save(demo / "holiday.jpg")
    searches = re.findall(r"^shotseek (search .*)$", README, re.MULTILINE)
    assert len(searches) == 2
    for search in searches:
        arguments = [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', search)]
        assert run(*arguments).out.count(".mp4") > 0, search


def test_make_demo_draws_indexes_and_finds(videos: Path, tmp_path: Path) -> None:
    """All of it but the page, with the environment that the tests run in. Three of the six films are there
    already, as after a demo that was interrupted."""
    shutil.copytree(videos, tmp_path / "videos")
    bin_ = Path(sys.executable).parent
    command = ["make", "--old-file=.venv/.installed", "demo", "SERVE=0", f"DEMO={tmp_path}", f"BIN={bin_}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "6 done" in done.stdout
    found = {
        block.partition('"')[2].partition('"')[0]: block
        for block in done.stdout.split("\n$ shotseek search")[1:]
    }
    first = {query: block.splitlines()[2].split()[2] for query, block in found.items()}
    assert first == {
        "a sunset": "seaside.mp4",
        "yellow flowers": "meadow.mp4",
        "a snowman": "winter.mp4",
        "city at night": "night.mp4",
    }
    assert [query for query, block in found.items() if block.splitlines()[2].split()[4] == "strong"] == [
        "a sunset",
        "yellow flowers",
        "a snowman",
    ]
    assert len(list((tmp_path / "videos").glob("*.[mw][pe]*"))) == 6


def test_make_names_a_python_that_is_too_old(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text(f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = (3, 10); $2"\n')
    old.chmod(0o755)
    command = ["make", "demo", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "venv").exists()
