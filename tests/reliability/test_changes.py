"""Libraries change: moved, replaced, copied, unmounted, closed to us. Nothing is forgotten."""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.discover import FEW_LOST
from indexer.filesystem import kind, warning
from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.values import Progress
from tests.indexer.test_pipeline import BLUE, GREEN, RED, content, draw, run

MANY = FEW_LOST + 2


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", create=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So many files that some may be missed; each is one shot of its own."""
    folder = tmp_path_factory.mktemp("films")
    for number in range(MANY + 8):
        draw(folder / f"{number:02}.mp4", (10 * number, 200 - 10 * number, 90))
    return folder


def missing(library: Library) -> set[str]:
    return {Path(path).name for path, file in library.catalog.files().items() if file.missing}


def accept(library: Library, folder: Path) -> dict[str, Progress]:
    steps = index(library, [folder], Recipe(("palette",)), accept_missing=True)
    return {Path(item.path).name: item for item in steps}


def test_when_many_files_vanish_at_once_that_is_a_question(
    library: Library, films: Path, tmp_path: Path
) -> None:
    """Seen failing with the rule of an empty folder alone."""
    folder = shutil.copytree(films, tmp_path / "films")
    run(library, folder)
    before = content(library)
    for number in range(MANY):
        (folder / f"{number:02}.mp4").unlink()
    asked = run(library, folder)["films"]
    assert asked.stage == "failed"
    assert asked.detail.startswith(f"{MANY} of {MANY + 8} known videos are not there")
    assert "shotseek index --accept-missing" in asked.detail
    assert (missing(library), content(library)) == (set(), before)
    accept(library, folder)
    assert missing(library) == {f"{number:02}.mp4" for number in range(MANY)}
    assert content(library) == before, "what is known of them is kept even then"
    assert "films" not in run(library, folder), "and it is not asked again"
    shutil.copytree(films, folder, dirs_exist_ok=True)
    run(library, folder)
    assert (missing(library), content(library)) == (set(), before)


def test_an_empty_folder_is_believed_when_a_person_says_so(library: Library, tmp_path: Path) -> None:
    file = draw(tmp_path / "films/one.mp4", RED)
    run(library, file.parent)
    file.unlink()
    assert "shotseek index --accept-missing" in run(library, file.parent)["films"].detail
    assert missing(library) == set()
    accept(library, file.parent)
    assert missing(library) == {"one.mp4"}


def test_a_folder_that_may_not_be_looked_into_has_lost_nothing(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a file in it taken for moved because there is a copy elsewhere. The system is made to refuse, as
    root is refused nothing. Seen failing with `os.path.lexists`, which takes a refusal for absence."""
    draw(tmp_path / "films/closed/one.mp4", RED)
    draw(tmp_path / "films/two.mp4", BLUE)
    run(library, tmp_path / "films")
    before = content(library)
    shutil.copy2(tmp_path / "films/closed/one.mp4", tmp_path / "films/copy.mp4")
    closed, scandir, lstat = str(tmp_path / "films/closed"), os.scandir, os.lstat

    def refuse(path: object) -> None:
        if str(path).startswith(closed):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    def closed_scandir(path: str) -> object:
        refuse(path)
        return scandir(path)

    def closed_lstat(path: str, **options: int) -> os.stat_result:
        if str(path) != closed:
            refuse(path)
        return lstat(path, **options)

    monkeypatch.setattr(os, "scandir", closed_scandir)
    monkeypatch.setattr(os, "lstat", closed_lstat)
    ended = run(library, tmp_path / "films")
    assert (ended["closed"].stage, ended["closed"].reason) == ("failed", "unreadable")
    assert "Permission denied; what is known of it was left as it is" in ended["closed"].detail
    assert ended["copy.mp4"].stage == "done"
    assert missing(library) == set()
    assert set(before) < set(content(library))


def test_copied_replaced_and_swapped(library: Library, tmp_path: Path) -> None:
    """A copy is a video of its own; what takes a file's place is indexed; two that swap names are both."""
    one, two = draw(tmp_path / "films/one.mp4", RED), draw(tmp_path / "films/two.mp4", BLUE, GREEN)
    run(library, tmp_path / "films")
    shutil.copy2(one, tmp_path / "films/copy.mp4")
    assert run(library, tmp_path / "films")["copy.mp4"].stage == "done"
    one.rename(tmp_path / "aside.mp4")
    two.rename(one)
    (tmp_path / "aside.mp4").rename(two)
    run(library, tmp_path / "films")
    with Library.open(tmp_path / "fresh", create=True) as fresh:
        run(fresh, tmp_path / "films")
        assert content(library) == content(fresh)


def test_a_network_drive_is_known_by_the_kernels_table(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    folder = tmp_path / "my films"
    escaped = str(folder).replace(" ", "\\040")
    table.write_text(
        "22 1 0:20 / / rw shared:1 - ext4 /dev/sda1 rw\n"
        f"23 22 0:21 / {escaped} rw,relatime shared:2 master:3 - nfs4 server:/export rw\n"
        f"24 22 0:22 / {escaped}/local rw - ext4 /dev/sdb1 rw\n"
    )
    assert kind(tmp_path, table) == "ext4"
    assert kind(folder / "library", table) == "nfs4"
    assert kind(folder / "local", table) == "ext4"
    assert kind(folder, tmp_path / "none") == ""
    assert "is on a network drive (nfs4)" in warning(folder, table)
    assert warning(tmp_path, table) == ""
    assert kind(Path("/proc")) == "proc"
