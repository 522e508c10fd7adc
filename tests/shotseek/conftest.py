"""A small library of the demo's clips, and the command line over it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shotseek import open_library
from shotseek.cli.app import cli
from shotseek.demo import FILMS

SHOTSEEK = str(Path(sys.executable).with_name("shotseek"))
PATIENCE_S = 100
"""with a command that should end; other work on the machine is no mistake of ours"""
NAMES = ("seaside.mp4", "meadow.mp4", "locomotive.mp4")


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three clips of the demo."""
    folder = tmp_path_factory.mktemp("videos")
    for film in FILMS:
        if film.name in NAMES:
            film.draw(folder)
    return folder


@pytest.fixture(scope="session")
def indexed(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of `videos`, to be read only."""
    folder = tmp_path_factory.mktemp("indexed") / "library"
    with open_library(folder, create=True, encoders=["palette"]) as library:
        library.index(videos)
    return folder


@pytest.fixture
def own(indexed: Path, tmp_path: Path) -> Path:
    """A copy of `indexed` to change."""
    return shutil.copytree(indexed, tmp_path / "library")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command ended as."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Answer]


@pytest.fixture
def run() -> Run:
    """Runs a command in this process."""

    def run(*arguments: str | Path | int) -> Answer:
        result: Result = CliRunner().invoke(cli, [str(part) for part in arguments], prog_name="shotseek")
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run


def start(*arguments: str | Path, **options: Any) -> "subprocess.Popen[str]":
    """Starts the command in a process of its own, without a terminal, for `ended` at once; see `running`."""
    return subprocess.Popen(
        [SHOTSEEK, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="surrogateescape",
        **options,
    )


def ended(process: "subprocess.Popen[str]") -> Answer:
    """Waits for a command's end; if it takes too long, it is killed."""
    with process:
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    return Answer(process.returncode, out, err)


@contextmanager
def running(*arguments: str | Path, **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """A command in a process of its own. Afterwards it has ended and no pipe is open, come what may."""
    with start(*arguments, **options) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def serving(library: Path, **options: Any) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`shotseek serve` and its address."""
    with running("serve", "--library", library, "--port", "0", "--json", **options) as process:
        assert process.stdout is not None
        said = "".join(process.stdout.readline() for _ in range(3))
        assert said, process.communicate(timeout=PATIENCE_S)
        yield process, json.loads(said)["url"]
