"""Several at once: indexers, searchers, servers, readers that take long. No error, and nothing done twice."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from indexer.catalog import Catalog
from indexer.catalog.dialects import sqlite
from indexer.library import Library
from plugins.errors import LibraryBusy
from tests.indexer.catalogs import publish
from tests.indexer.test_library import agrees, fill
from tests.reliability.golden import is_sound, known, opened, videos
from tests.shotseek.conftest import ended, running, serving, start


def test_two_indexers_at_once_do_each_video_once(tmp_path: Path) -> None:
    """On folders that overlap, into a library that is not there yet: the others wait, say for whom, and do
    what is left. Seen failing with one that makes the library while the other does."""
    folder, more = videos(tmp_path / "videos", 3), videos(tmp_path / "videos/more", 1, 5)
    library = tmp_path / "library"
    arguments = ("--library", library, "--encoder", "palette", "--json")
    with ExitStack() as stack:
        processes = [
            stack.enter_context(running("index", where, *arguments)) for where in (folder, more, folder)
        ]
        answers = [ended(process) for process in processes]
    assert [answer.code for answer in answers] == [0, 0, 0], answers
    done = [item["path"] for answer in answers for item in answer.json["videos"] if item["state"] == "done"]
    assert sorted(done) == sorted(str(path) for path in folder.rglob("*.mp4"))
    assert not any("locked" in answer.err or "Traceback" in answer.err for answer in answers)
    waited = [answer.err for answer in answers if "waiting for its end" in answer.err]
    assert all("is writing to" in text for text in waited)
    with opened(library) as both, opened(tmp_path / "one") as one:
        one.index(folder, more)
        assert known(both) == known(one)
        is_sound(both)


def test_who_does_not_want_to_wait_is_told(tmp_path: Path) -> None:
    folder = videos(tmp_path / "videos", 1)
    with Library.open(tmp_path / "library", create=True) as library, library.writing():
        answer = ended(start("index", folder, "--library", library.folder, "--no-wait"))
        assert answer.code == 4
        assert f"process {os.getpid()} is writing" in answer.err
        with opened(library.folder) as other, pytest.raises(LibraryBusy):
            other.index(folder)


def found(url: str) -> int:
    with urllib.request.urlopen(f"{url}api/v1/search?q=red&k=100") as answer:
        return len(json.load(answer)["hits"])


def test_every_server_sees_a_new_generation_at_once(tmp_path: Path, snapshots: None) -> None:
    """Two processes, each with an index of its own in memory."""
    folder, library = videos(tmp_path / "videos", 2), tmp_path / "library"
    with opened(library) as writer:
        writer.index(folder)
    with ExitStack() as stack:
        urls = [stack.enter_context(serving(library))[1] for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(found, urls)) == [4, 4]
            videos(folder, 4)
            with opened(library) as writer:
                writer.index(folder)
            assert list(pool.map(found, urls)) == [8, 8]


def test_searching_while_snapshots_come_and_go(tmp_path: Path, snapshots: None) -> None:
    """Eight threads search while another process adds, removes and publishes: whatever is found is known."""
    folder = tmp_path / "library"
    with Library.open(folder, create=True) as library:
        fill(library, 6)
        with _churning(folder) as generation, ThreadPoolExecutor(8) as pool:
            enough = generation() + 4
            searches = [pool.submit(_search_until, folder, lambda: generation() >= enough) for _ in range(8)]
            counts = [search.result() for search in searches]
        assert min(counts) > 0
        agrees(library)


CHURN = """
import random, sys
import indexer.stores as stores
from indexer.library import Library
from tests.indexer.catalogs import publish
stores.MIN_PENDING = 4
chance = random.Random(1)
with Library.open(sys.argv[1]) as library, library.writing():
    while True:
        made = publish(library.catalog, f"/v/{chance.randrange(30)}.mp4", count=chance.randint(1, 6))
        if chance.random() < 0.3:
            library.catalog.remove([made.id])
        library.publish_snapshots()
"""


@contextmanager
def _churning(folder: Path) -> Iterator[Callable[[], int]]:
    """A process changes a library without pause; how many generations it has published."""
    command = [sys.executable, "-c", CHURN, str(folder)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:

        def generation() -> int:
            assert process.poll() is None, "the writer has ended"
            (path,) = folder.glob("vectors/*/*/manifest.json")
            return int(json.loads(path.read_text())["generation"])

        try:
            while not list(folder.glob("vectors/*/*/manifest.json")):
                assert process.poll() is None, "the writer has ended"
                time.sleep(0.05)
            yield generation
            assert process.poll() is None, "the writer has ended"
        finally:
            process.kill()


def _search_until(folder: Path, is_over: Callable[[], bool]) -> int:
    """Searches, in a reader of its own; what is found was there when the search began, or has come since."""
    from tests.indexer.catalogs import SPACE, vectors

    count = 0
    with Library.open(folder) as reader:
        while count == 0 or not is_over():
            before = set(reader.catalog.vectors_after(SPACE, 0, 10_000)[0].tolist())
            hits = reader.store(SPACE).search(vectors(1, count), 10)
            ids = hits.ids[hits.ids >= 0].tolist()
            assert len(set(ids)) == len(ids), "a row was found twice"
            newer = set(ids) - before
            assert all(id_ > max(before) for id_ in newer), "a row was found that had been removed"
            count += 1
    return count


def test_the_log_shrinks_again_after_a_long_reader(
    tmp_path: Path, empty_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that holds its transaction keeps SQLite from writing the log back. Seen failing without the
    limit of its size."""
    monkeypatch.setattr(sqlite, "LOG_BYTES", 1 << 20)
    with closing(Catalog(empty_catalog)) as writer, closing(Catalog(empty_catalog)) as reader:
        log = empty_catalog.with_name(f"{empty_catalog.name}-wal")
        with reader._reading() as held:
            held.execute(text("SELECT count(*) FROM files")).all()
            for number in range(60):
                publish(writer, f"/v/{number}.mp4", count=300, seed=number)
            assert log.stat().st_size > 2 << 20
        for number in range(3):
            publish(writer, f"/v/{number}.mp4", count=3)
        assert log.stat().st_size <= 1 << 20


@pytest.fixture
def empty_catalog(tmp_path: Path) -> Path:
    with Library.open(tmp_path / "library", create=True) as library:
        return library.catalog.path


def test_writers_of_one_process_and_of_another_wait_for_each_other(tmp_path: Path) -> None:
    """Short transactions, as of marks and tags, beside one that indexes: none hears of a locked database."""
    folder = tmp_path / "library"
    Library.open(folder, create=True).close()
    errors: list[BaseException] = []

    def write(first: int) -> None:
        try:
            with Library.open(folder) as library:
                for number in range(first, first + 20):
                    publish(library.catalog, f"/v/{number}.mp4")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with Library.open(folder) as library:
        assert library.catalog.count_videos() == 80
