"""How long the server takes for a page, over a library that is made of numbers.

    python -m benchmarks.results FOLDER [--videos 100000] [--requests 40]

FOLDER keeps the library between runs: 20 shots a video, one vector of `starter` a shot, a spoken line in
every fifth shot, a label on every fourth, 200 folders, four codecs, twenty years. Sentences go through
`starter`, pages through the WSGI application, pictures are not asked for. Prints a section of
docs/benchmarks.md.
"""

import argparse
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from flask.testing import FlaskClient

from benchmarks.search import line_of, make_rows
from indexer.library import Library
from plugins.registry import encoder
from plugins.values import SECOND
from search.engine import Engine
from web import create_app

SHOTS = 20
"""of a video"""
SHOT_US = 4 * SECOND
FOLDERS = 200
CODECS = ("h264", "hevc", "vp9", "mpeg4")
LABELS = (
    "beach",
    "boat",
    "car",
    "city",
    "cloud",
    "crowd",
    "dog",
    "field",
    "fire",
    "flower",
    "forest",
    "horse",
)
FIRST_YEAR_US = 1_104_537_600 * SECOND
"""2005"""
TWENTY_YEARS_US = 20 * 365 * 86_400 * SECOND
SENTENCES = (
    "a red flower", "waves at night", "a dog on a beach", "people in a street", "a car in the snow",
    "a child with a ball", "mountains", "a boat at sea", "a house on fire", "a horse in a field",
)  # fmt: skip
KINDS = {
    "a sentence": "/?q={0}",
    "the third page of it": "/?q={0}&offset=48",
    "by video": "/?q={0}&view=videos",
    "in one of 200 folders": "/?q={0}&folder=/videos/7",
    "two things and not a third": "/?q=2*({0})+sunset+-snow",
    "spoken words": "/?q=w5+w9",
    "with a label": "/?q={0}&label=beach",
    "nothing asked": "/",
    "the library": "/library",
    "its last page": "/library?offset=99984",
    "its longest videos": "/library?order=length",
    "its videos of a name": "/library?text=0421",
    "the problems": "/problems",
    "one video": "/video/50000?t=12.5",
    "the encoders": "/encoders",
}
"""Pages, and where they are; a sentence goes in place of the braces."""


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    what: str
    p50_ms: float
    p99_ms: float
    busy_ms: float
    """median of the processor's own time, which others on the machine do not lengthen"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--videos", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=40)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    folder = given.folder / f"results-{given.videos}"
    prepare(folder, given.videos)
    with Library.open(folder) as library, Engine(library) as engine:
        client = create_app(engine).test_client()
        lines = [timed(client, what, path, given.requests) for what, path in KINDS.items()]
    report(given.videos, lines)


def prepare(folder: Path, videos: int) -> None:
    """Makes the library where there is none."""
    if folder.exists():
        return
    with Library.open(folder, create=True) as library:
        fill(library.catalog.path, videos)
        library.publish_snapshots()


def fill(database: Path, videos: int) -> None:
    """Writes what indexing would have written, in bulk."""
    space = encoder("starter").space
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("INSERT INTO roots (id, path, watched, listed) VALUES (1, ?, 0, 0)", (b"/videos",))
        connection.execute(
            "INSERT INTO spaces (id, encoder, revision, dim, generation, asked, asked_before)"
            " VALUES (1, ?, ?, ?, 0, 1, 0)",
            (space.encoder, space.revision, space.dim),
        )
        connection.executemany(
            "INSERT INTO files VALUES (?, 1, ?, ?, 1, 1, ?, 0, 0)", map(_file, _ids(videos))
        )
        connection.executemany(
            "INSERT INTO videos VALUES (?, ?, 640, 360, '25', ?, 0, ?)", map(_video, _ids(videos))
        )
        first = 1
        for block in make_rows(videos * SHOTS):
            numbers = range(first, first + len(block))
            rows = block[:, : space.dim].astype(np.float32)
            _fill_shots(
                connection, numbers, (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f2")
            )
            first += len(block)
        connection.commit()


def _fill_shots(connection: sqlite3.Connection, numbers: range, rows: Any) -> None:
    connection.executemany(
        "INSERT INTO shots VALUES (?, ?, ?, ?, ?, ?)",
        ((i, *_place(i), f"[{_place(i)[2]}]") for i in numbers),
    )
    connection.executemany(
        "INSERT INTO vectors VALUES (?, 1, ?, ?, ?)",
        ((i, i, _place(i)[2], row.tobytes()) for i, row in zip(numbers, rows, strict=True)),
    )
    connection.executemany(
        "INSERT INTO annotations (video_id, shot_id, start_us, end_us, source, text, folded, confidence)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
        _annotations(numbers),
    )


def _annotations(numbers: range) -> Iterator[tuple[object, ...]]:
    for i in numbers:
        video, _, start, end = _place(i)
        if i % 5 == 0:
            yield video, i, start, end, "speech", line_of(i), line_of(i)
        if i % 4 == 0:
            label = LABELS[i // 4 % len(LABELS)]
            yield video, i, start, end, "label", label, label


def _ids(count: int) -> range:
    return range(1, count + 1)


def _file(video: int) -> tuple[object, ...]:
    path = f"/videos/{video % FOLDERS}/{video:06d}.mp4"
    return video, path.encode(), path, f"{video:032x}"


def _video(video: int) -> tuple[object, ...]:
    created = FIRST_YEAR_US + video * 7_919 * SECOND % TWENTY_YEARS_US
    return video, SHOTS * SHOT_US, CODECS[video % len(CODECS)], created


def _place(shot: int) -> tuple[int, int, int, int]:
    """The video of a shot, its place there, its beginning and its end."""
    index = (shot - 1) % SHOTS
    return (shot - 1) // SHOTS + 1, index, index * SHOT_US, (index + 1) * SHOT_US


def timed(client: FlaskClient, what: str, path: str, requests: int) -> Line:
    times, busy = [], []
    for number in range(-3, requests):
        asked = path.format(SENTENCES[number % len(SENTENCES)].replace(" ", "+"))
        begin, worked = time.perf_counter(), time.process_time()
        answer = client.get(asked)
        if number >= 0:
            times.append(time.perf_counter() - begin)
            busy.append(time.process_time() - worked)
        assert answer.status_code == 200, answer.text
    p50, p99 = np.percentile(times, [50, 99]) * 1e3
    return Line(what, p50, p99, float(np.median(busy)) * 1e3)


def report(videos: int, lines: list[Line]) -> None:
    print(f"### {videos:,} videos, {videos * SHOTS:,} shots\n")
    print("| page | p50 ms | p99 ms | of it processor, p50 ms |\n| --- | ---: | ---: | ---: |")
    for line in lines:
        print(f"| {line.what} | {line.p50_ms:.0f} | {line.p99_ms:.0f} | {line.busy_ms:.0f} |")


if __name__ == "__main__":
    main()
