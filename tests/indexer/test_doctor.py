import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from indexer.doctor import Finding, Severity, examine, is_safe_ffmpeg
from indexer.library import DATABASE, Library
from indexer.stores import MIN_PENDING
from plugins.values import Video
from tests.indexer.catalogs import SPACE, publish


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "videos"
    folder.mkdir()
    found = [folder / f"{number}.mp4" for number in range(2)]
    for path in found:
        path.touch()
    return found


@pytest.fixture
def library(tmp_path: Path, files: list[Path]) -> Iterator[Library]:
    with Library.open(tmp_path / "library", create=True) as opened:
        for path in files:
            made = publish(opened.catalog, str(path), count=MIN_PENDING // 2, root=str(path.parent))
            opened.save_thumbnail(made, 100, b"jpeg")
        opened.publish_snapshots()
        assert examine(opened) == []
        yield opened


def only(findings: list[Finding], severity: Severity, what: str) -> None:
    assert [finding.severity for finding in findings] == [severity], findings
    assert what in findings[0].what
    assert "\n" not in findings[0].what + findings[0].cure


def execute(library: Library, statement: str) -> None:
    with closing(sqlite3.connect(library.folder / DATABASE)) as connection:
        connection.execute(statement)
        connection.commit()


def repaired(library: Library) -> None:
    found = examine(library, repair=True)
    assert len(found) == 1
    assert found[0].cure in ("made again", "deleted")
    assert examine(library) == []


def test_a_byte_that_flips_without_a_trace_is_found(library: Library) -> None:
    path = next(library.space_folder(SPACE).glob("rows-*.npy"))
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    only(examine(library), Severity.WARNING, "is not the file that was published")
    repaired(library)


def test_an_index_file_that_is_gone(library: Library) -> None:
    next(library.space_folder(SPACE).glob("index-*.faiss")).unlink()
    only(examine(library), Severity.WARNING, "cannot be read")
    repaired(library)


def test_an_index_with_other_rows_than_the_catalog(library: Library) -> None:
    execute(library, "DELETE FROM vectors WHERE id < 10")  # behind the catalog's back
    only(examine(library), Severity.ERROR, "2000 rows, the catalog 1991")
    repaired(library)


@pytest.mark.parametrize(("index", "text"), [("words", "text"), ("fragments", "folded")])
def test_a_full_text_index_that_disagrees(library: Library, index: str, text: str) -> None:
    execute(library, f"INSERT INTO {index} (rowid, {text}) VALUES (999999, 'nowhere')")
    only(examine(library), Severity.ERROR, "full-text")
    repaired(library)


@pytest.mark.parametrize("data", ["x'00'", "zeroblob(16)", "x'" + "7e00" * 8 + "'", "x'" + "0044" * 8 + "'"])
def test_vectors_that_are_none(library: Library, data: str) -> None:
    execute(library, f"UPDATE vectors SET data = {data} WHERE id = 7")
    only(examine(library), Severity.ERROR, "1 vectors of toy are not 8 finite numbers of unit length")


def test_rows_that_refer_to_nothing(library: Library) -> None:
    execute(library, "DELETE FROM shots WHERE id = 3")
    only(examine(library), Severity.ERROR, "1 rows refer to nothing, in vectors")


def test_a_damaged_catalog_says_where_the_copy_is(library: Library) -> None:
    copy = library.folder / f"{DATABASE}.before-0001"
    copy.touch()
    execute(library, "PRAGMA wal_checkpoint(TRUNCATE)")
    path = library.folder / DATABASE
    content = bytearray(path.read_bytes())
    content[40_000:80_000] = b"\x55" * 40_000
    path.write_bytes(content)
    found = examine(library)
    assert found
    assert all(item.severity is Severity.ERROR and str(copy) in item.cure for item in found)


def test_videos_that_are_not_there(library: Library, files: list[Path]) -> None:
    files[1].unlink()
    only(examine(library, repair=True), Severity.WARNING, "1 files are not there")


def test_what_nobody_needs_any_more_is_deleted(library: Library) -> None:
    for path in (
        library.vectors_folder / "gone-123" / "rows-000001.npy",
        library.folder / "thumbs" / "ab" / "abcd" / "1.jpg",
        library.folder / "thumbs" / "left.jpg.1-2.tmp",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = examine(library)
    assert [finding.severity for finding in found] == [Severity.NOTICE] * 3
    assert all("--repair" in finding.cure for finding in found)
    assert [finding.cure for finding in examine(library, repair=True)] == ["deleted"] * 3
    assert examine(library) == []


def test_the_worst_comes_first(library: Library, files: list[Path]) -> None:
    files[0].unlink()
    (library.folder / "left.tmp").touch()
    execute(library, "UPDATE vectors SET data = zeroblob(16) WHERE id = 7")
    assert [item.severity for item in examine(library)] == [Severity.ERROR, Severity.WARNING, Severity.NOTICE]


def test_thumbnails_of_known_videos_stay(library: Library) -> None:
    shown: Video = library.catalog.videos()[0].video
    examine(library, repair=True)
    assert library.thumbnail(shown, 100).exists()


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ("8.1.2", True),
        ("8.1.1", False),
        ("8.0.3", True),
        ("8.0.2", False),
        ("8.2", True),
        ("7.1.5", True),
        ("7.1.4", False),
        ("6.1.9", False),
        ("9.0", True),
        ("n8.1.2-3-gabc", True),
        ("git", True),
    ],
)
def test_the_floor_of_ffmpeg(version: str, safe: bool) -> None:
    assert is_safe_ffmpeg(version) is safe
