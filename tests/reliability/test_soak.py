"""Ten minutes of everything at once, in store and catalog: no error, no growth, and how long it took."""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pytest

from indexer.library import Library
from tests.indexer.catalogs import SPACE, vectors
from tests.indexer.test_library import agrees, fill
from tests.indexer.test_library import is_whole as whole

SECONDS = 600
SEARCHERS, INDEXERS = 8, 2
VIDEOS = 300
PAGE = 4096

INDEX = """
import random, sys, time
import indexer.stores as stores
from indexer.library import Library
from plugins.errors import LibraryBusy
from tests.indexer.catalogs import publish
stores.MIN_PENDING = 200
chance = random.Random(int(sys.argv[2]))
with Library.open(sys.argv[1]) as library:
    while True:
        try:
            with library.writing():
                for _ in range(20):
                    made = publish(library.catalog, f"/v/{chance.randrange(300)}.mp4",
                                   count=chance.randint(1, 30), seed=chance.randrange(999))
                    if chance.random() < 0.2:
                        library.catalog.remove([made.id])
                library.publish_snapshots()
        except LibraryBusy:
            pass
        time.sleep(chance.uniform(0, 0.1))
"""


@dataclass
class Measured:
    """What was seen."""

    took: list[float] = field(default_factory=list)
    """seconds of each search"""
    errors: list[BaseException] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    """bytes, once a second"""

    @property
    def p99(self) -> float:
        return sorted(self.took)[len(self.took) * 99 // 100]

    @property
    def growth(self) -> float:
        """Of the memory, from the second quarter of the time to the last."""
        quarter = len(self.resident) // 4
        return median(self.resident[-quarter:]) / median(self.resident[quarter : 2 * quarter]) - 1


@contextmanager
def indexers(folder: Path) -> Iterator[None]:
    with ExitStack() as stack:
        running = []
        for number in range(INDEXERS):
            command = [sys.executable, "-c", INDEX, str(folder), str(number)]
            process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.PIPE))
            stack.callback(process.kill)
            running.append(process)
        yield
        assert [process.poll() for process in running] == [None] * INDEXERS, "an indexer has ended"


def search(library: Library, until: float, seed: int, measured: Measured) -> None:
    """Every hit is looked up; one that has gone since is no hit, and no error either."""
    chance = random.Random(seed)
    try:
        while time.monotonic() < until:
            begun = time.perf_counter()
            hits = library.store(SPACE).search(vectors(1, chance.randrange(9999)), 20)
            library.catalog.locate(hits.ids[hits.ids >= 0].tolist())
            measured.took.append(time.perf_counter() - begun)
    except BaseException as error:
        measured.errors.append(error)


def soak(folder: Path, seconds: float) -> Measured:
    measured = Measured()
    with Library.open(folder, create=True) as library:
        fill(library, VIDEOS, count=20)
        with indexers(folder):
            until = time.monotonic() + seconds
            threads = [
                threading.Thread(target=search, args=(library, until, number, measured))
                for number in range(SEARCHERS)
            ]
            for thread in threads:
                thread.start()
            while time.monotonic() < until:
                pages = int(Path("/proc/self/statm").read_text().split()[1])
                measured.resident.append(pages * PAGE)
                time.sleep(1)
            for thread in threads:
                thread.join()
        agrees(library)
        whole(library.catalog)
    return measured


@pytest.mark.long
@pytest.mark.timeout(2 * SECONDS)
def test_soak(tmp_path: Path, figure: Callable[[str], None]) -> None:
    measured = soak(tmp_path / "library", SECONDS)
    (manifest,) = tmp_path.glob("library/vectors/*/*/manifest.json")
    generations = json.loads(manifest.read_text())["generation"]
    figure(
        f"{SECONDS} s of {INDEXERS} indexers and {SEARCHERS} searchers: {len(measured.took)} searches, p99"
        f" {1000 * measured.p99:.0f} ms, {generations} snapshots, memory {measured.growth:+.1%},"
        f" {len(measured.errors)} errors"
    )
    assert measured.errors == []
    assert generations > SECONDS // 60
    assert measured.growth < 0.1
