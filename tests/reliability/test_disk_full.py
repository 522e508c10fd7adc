"""A disk that is really full: a small file system in memory, filled up while a library is on it."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from indexer.doctor import examine
from plugins.durable import has_no_room
from plugins.errors import DiskFull
from tests.reliability.conftest import Scenario, Scenarios
from tests.reliability.golden import QUERIES, answers, is_sound, known, opened

ROOM = 4 << 20
"""bytes of the file system"""
LEFT = (0, 16, 64, 160, 320)
"""KiB that are left when indexing begins: too few for the catalog, its log, a thumbnail, an index file"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Needs to mount, which root may."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(folder)]
    with suppress(FileNotFoundError):
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            yield folder
            subprocess.run(["umount", "-l", str(folder)], check=True)
            return
    pytest.skip("only root may mount a small disk; test_faults.py has a full disk at every step")


def fill(disk: Path, left: int) -> Path:
    """Fills a disk but for so many bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        with suppress(OSError):
            while True:
                file.write(bytes(4096))
        assert has_no_room(disk)
        file.truncate(max(0, file.tell() - left))
    return ballast


@pytest.mark.parametrize("name", ["new", pytest.param("changed", marks=pytest.mark.long)])
def test_a_full_disk_is_said_and_nothing_is_lost(
    disk: Path, scenarios: Scenarios, snapshots: None, name: str
) -> None:
    """Seen failing with SQLite's words where its log finds no room, "disk I/O error", passed on; and taken
    for damage, "restore it from a copy"."""
    scenario, said = scenarios(name), 0
    for left in LEFT:
        library = scenario.library(disk / "library")
        ballast = fill(disk, left << 10)
        said += _is_said(scenario, library)
        ballast.unlink()
        with opened(library) as opening:
            opening.index(scenario.folder)
            assert known(opening) == scenario.golden, left
            is_sound(opening)
        shutil.rmtree(library)
    assert said >= 2, "there was room enough"


def test_searching_goes_on(disk: Path, scenarios: Scenarios, snapshots: None) -> None:
    """Where the library is in use; to open it, SQLite needs some pages for what its readers share. If there
    are none that is said, and it is not taken for damage."""
    with opened(scenarios("changed").library(disk / "library")) as library:
        assert answers(library)
        fill(disk, 0)
        assert any(library.search(query).hits for query in QUERIES)
        assert examine(library.library) == []
    fill(disk, 0)  # again: closing has made room
    with pytest.raises(DiskFull, match="the disk is full"):
        opened(disk / "library")


def _is_said(scenario: Scenario, library: Path) -> bool:
    """In one line that names the file."""
    try:
        with opened(library) as opening:
            opening.index(scenario.folder)
    except DiskFull as error:
        return str(library) in str(error) and "\n" not in str(error)
    return False
