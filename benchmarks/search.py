"""How long from a query vector to located hits, against raw FAISS on the same data in the same run.

    python -m benchmarks.search FOLDER [--rows 100000] [--queries 300]

FOLDER keeps the data between runs. Prints a section of docs/benchmarks.md.
"""

import argparse
import json
import math
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from indexer.catalog import Catalog
from indexer.library import Library
from plugins.queries import Filters, Text
from plugins.values import Ids, Matrix, Space, Vectors
from search.engine import FUSION_DEPTH, SAMPLE
from search.fuse import Ranking, fuse
from search.retrieve import WORDS, by_vectors, by_words, unwanted
from search.scoring import Scorer, Weighted

DIM = 512
SHOTS_PER_VIDEO = 100
CLUSTERS = 2_000
LATENT = 40
HITS = 20
BLOCK = 50_000
SPOKEN = 5
"""Of so many shots one has a line of text."""
LINE = 8
"""words of it"""
VOCABULARY = 20_000
"""different words, the second half as frequent as the first, the third a third"""
SPACE = Space("benchmark", "1", DIM)
EVERYTHING = Filters()
OPEN = """
import json, sys, time
from indexer.library import Library
from search.retrieve import by_vectors
from search.scoring import Scorer, Weighted
from plugins.queries import Filters
from plugins.values import Vectors
import numpy as np, faiss
begin = time.perf_counter()
library = Library.open(sys.argv[1])
opened = time.perf_counter()
space = library.catalog.searchable()[0]
query = np.ones((1, space.dim), np.float32)
scorer = Scorer(space, [Weighted(Vectors.normalised(space, query))], query)
by_vectors(library, scorer, Filters(), 20)
answered = time.perf_counter()
for line in open("/proc/self/status"):
    if line.startswith("RssAnon"):
        memory = int(line.split()[1]) / 1024
print(json.dumps([opened - begin, answered - opened, memory]))
"""


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    what: str
    p50_ms: float
    p99_ms: float
    recall: float | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    library_folder = given.folder / f"library-{given.rows}"
    filled, built = prepare(library_folder, given.rows)
    with Library.open(library_folder) as library:
        rows = np.concatenate([part for _, part in stored(library.catalog)])
        queries = make_queries(given.queries)
        truth, flat = raw_flat(rows, queries)
        lines = [flat, raw_inverted(rows, queries, truth), *ours(library, queries, truth)]
        state = json.loads(next(library.space_folder(SPACE).glob("manifest.json")).read_text())["notes"]
    report(given.rows, lines, state, filled, built, reopened(library_folder))


def prepare(folder: Path, rows: int) -> tuple[float, float]:
    """Makes the library where there is none: seconds to fill the catalog, and to publish the snapshot."""
    if folder.exists():
        return 0.0, 0.0
    with Library.open(folder, create=True) as library:
        begin = time.perf_counter()
        fill(library.catalog.path, rows)
        filled = time.perf_counter()
        library.publish_snapshots()
        return filled - begin, time.perf_counter() - filled


def fill(database: Path, rows: int) -> None:
    """Writes what indexing would have written, in bulk."""
    videos = -(-rows // SHOTS_PER_VIDEO)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("INSERT INTO roots VALUES (1, ?)", (b"/videos",))
        connection.execute(
            "INSERT INTO spaces (id, encoder, revision, dim, generation) VALUES (1, ?, ?, ?, 0)",
            (SPACE.encoder, SPACE.revision, DIM),
        )
        connection.executemany(
            "INSERT INTO files VALUES (?, 1, ?, ?, 1, 1, ?, 0, 0)",
            ((i, path_of(i).encode(), path_of(i), f"{i:032x}") for i in range(1, videos + 1)),
        )
        connection.executemany(
            "INSERT INTO videos VALUES (?, ?, 640, 360, '25', 'h264', 0, ?)",
            ((i, SHOTS_PER_VIDEO * 4_000_000, i) for i in range(1, videos + 1)),
        )
        first = 0
        for block in make_rows(rows):
            numbers = range(first, first + len(block))
            connection.executemany(
                "INSERT INTO shots VALUES (?, ?, ?, ?, ?, ?)",
                ((i + 1, i // SHOTS_PER_VIDEO + 1, *shot_of(i), f"[{shot_of(i)[1]}]") for i in numbers),
            )
            connection.executemany(
                "INSERT INTO vectors VALUES (?, 1, ?, ?, ?)",
                ((i + 1, i + 1, shot_of(i)[1], row.tobytes()) for i, row in zip(numbers, block, strict=True)),
            )
            connection.executemany(
                "INSERT INTO annotations (video_id, shot_id, start_us, end_us, source, text, confidence)"
                " VALUES (?, ?, ?, ?, 'subtitles', ?, 1)",
                (
                    (i // SHOTS_PER_VIDEO + 1, i + 1, *shot_of(i)[1:], line_of(i))
                    for i in numbers
                    if i % SPOKEN == 0
                ),
            )
            first += len(block)
        connection.commit()


def line_of(row: int) -> str:
    """What is said in a shot."""
    words = np.random.default_rng(row).zipf(1.3, LINE) % VOCABULARY
    return " ".join(f"w{word}" for word in words)


def path_of(video: int) -> str:
    return f"/videos/{video % 10}/{video:06d}.mp4"


def shot_of(row: int) -> tuple[int, int, int]:
    index = row % SHOTS_PER_VIDEO
    return index, index * 4_000_000, (index + 1) * 4_000_000


def make_rows(count: int, seed: int = 1) -> Iterator[Any]:
    """Blocks of float16 rows as encoders make them: overlapping clusters of unequal size, in far fewer
    directions than there are numbers, around a common mean. Another seed draws others of the same kind."""
    shape = np.random.default_rng(0)
    centres = shape.normal(size=(CLUSTERS, LATENT)).astype(np.float32)
    spread = shape.normal(size=(LATENT, DIM)).astype(np.float32) / np.sqrt(DIM)
    random = np.random.default_rng(seed)
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        chosen = (CLUSTERS * random.random(size) ** 2).astype(int)
        latent = centres[chosen] + 0.7 * random.normal(size=(size, LATENT)).astype(np.float32)
        noise = 0.5 * random.normal(size=(size, DIM)).astype(np.float32) / np.sqrt(DIM)
        rows = 2 * spread[0] + latent @ spread + noise
        yield (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f2")


def make_queries(count: int) -> Vectors:
    return Vectors.normalised(SPACE, np.concatenate(list(make_rows(count, seed=2))).astype(np.float32))


def stored(catalog: Catalog) -> Iterator[tuple[Ids, Matrix]]:
    last = 0
    while len((found := catalog.vectors_after(SPACE, last, BLOCK))[0]):
        yield found
        last = int(found[0][-1])


def raw_flat(rows: Matrix, queries: Vectors) -> tuple[Ids, Line]:
    """The truth, and how long FAISS takes for it."""
    flat: Any = faiss.IndexFlatIP(DIM)
    flat.add(rows)
    faiss.omp_set_num_threads(1)  # the fastest for one query at a time on few cores
    truth = np.concatenate([flat.search(row[None], 10)[1] for row in queries.data])
    return truth, timed("raw FAISS, flat, float32, 10 ids", queries, lambda q: flat.search(q.data, 10), 1.0)


def raw_inverted(rows: Matrix, queries: Vectors, truth: Ids) -> Line:
    """An inverted file as large as ours, with the fewest probes that find 0.95 of the truth."""
    lists = 2 ** round(math.log2(2 * math.sqrt(len(rows))))
    inverted: Any = faiss.IndexIVFFlat(faiss.IndexFlatIP(DIM), DIM, lists, faiss.METRIC_INNER_PRODUCT)
    inverted.cp.niter = 10
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    inverted.train(rows[:: max(1, len(rows) // (50 * lists))])
    inverted.add(rows)
    faiss.omp_set_num_threads(1)
    for inverted.nprobe in (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256):
        share = recall(np.concatenate([inverted.search(row[None], 10)[1] for row in queries.data]), truth)
        if share >= 0.95:
            break
    what = f"raw FAISS, IVF{lists}, float32, {inverted.nprobe} probes, 10 ids"
    return timed(what, queries, lambda q: inverted.search(q.data, 10), share)


def ours(library: Library, queries: Vectors, truth: Ids) -> Iterator[Line]:
    store = library.store(SPACE)
    found = np.concatenate([store.search(one(queries, i), 10).ids for i in range(len(queries))]) - 1
    share = recall(found, truth)
    yield timed("Shotseek's store alone, 10 ids", queries, lambda q: store.search(q, 10), share)
    yield timed(f"Shotseek, {HITS} located hits", queries, lambda q: hits(library, q, Filters()), share)
    folder = Filters(folders=("/videos/3",))
    yield timed("the same, in one of ten folders", queries, lambda q: hits(library, q, folder), None)
    yield timed(
        "the same, fused with two spoken words", queries, lambda q: hits(library, q, words="w5 w9"), None
    )
    yield timed(
        "the same, and not something else", queries, lambda q: hits(library, q, other=one(queries, 0)), None
    )


def hits(
    library: Library,
    query: Vectors,
    filters: Filters = EVERYTHING,
    *,
    words: str = "",
    other: Vectors | None = None,
) -> None:
    """What a search does once the words have become a vector.

    Args:
        words: to be fused with the vectors
        other: what must not be there
    """
    scorer = Scorer(SPACE, [Weighted(query)], sample(library))
    against = None
    if other is not None:
        against = unwanted(library, [(Scorer(SPACE, [Weighted(other)], sample(library)), 1.0)])
    found = by_vectors(library, scorer, filters, FUSION_DEPTH, against=against)
    rankings = [Ranking(SPACE.encoder, found)]
    if words:
        rankings.append(Ranking(WORDS, by_words(library, Text(words), filters, FUSION_DEPTH)))
    page = [item.shot_id for item in fuse(rankings)[:HITS]]
    assert len(library.catalog.shots_with_videos(page)) == HITS


@cache
def sample(library: Library) -> Matrix:
    """Taken once, as the engine does it."""
    return library.catalog.sample(SPACE, SAMPLE)


def recall(found: Ids, truth: Ids) -> float:
    return float(
        np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found.tolist(), truth.tolist(), strict=True)])
    )


def timed(what: str, queries: Vectors, search: Callable[[Vectors], object], share: float | None) -> Line:
    for number in range(5):
        search(one(queries, number))
    times = []
    for number in range(len(queries)):
        query = one(queries, number)
        begin = time.perf_counter()
        search(query)
        times.append(time.perf_counter() - begin)
    p50, p99 = np.percentile(times, [50, 99]) * 1e3
    return Line(what, p50, p99, share)


def one(queries: Vectors, number: int) -> Vectors:
    return Vectors(SPACE, queries.data[number : number + 1])


def reopened(folder: Path) -> list[float]:
    """Seconds to open, seconds to the first answer, MiB of own memory: in a fresh process."""
    done = subprocess.run([sys.executable, "-c", OPEN, folder], capture_output=True, text=True, check=True)
    measured: list[float] = json.loads(done.stdout)
    return measured


def report(
    rows: int, lines: list[Line], state: dict[str, Any], filled: float, built: float, fresh: list[float]
) -> None:
    print(f"### {rows:,} vectors of {DIM} dimensions\n")
    print("| | p50 ms | p99 ms | recall@10 |\n| --- | ---: | ---: | ---: |")
    for line in lines:
        share = "" if line.recall is None else f"{line.recall:.3f}"
        print(f"| {line.what} | {line.p50_ms:.2f} | {line.p99_ms:.2f} | {share} |")
    print(f"\nIndex: {', '.join(f'{key} {value}' for key, value in state.items())}.", end=" ")
    if filled:
        print(f"Filling the catalog took {filled:.0f} s, building and publishing the index {built:.0f} s.")
    opened, answered, memory = fresh
    print(f"A fresh process opens the library in {opened * 1e3:.0f} ms,", end=" ")
    print(f"has its first answer {answered * 1e3:.0f} ms later, and then holds {memory:.0f} MiB of its own.")


if __name__ == "__main__":
    main()
