"""Damaged and forged media: seeds of many containers and codecs, mutated with a fixed seed, through the whole
pipeline. Every file ends in exactly one state, and nothing else suffers.

Seen failing (`internal`) when `MediaFile.decode` let the error of a damaged packet through.
"""

import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.catalog import State
from indexer.job import SCAN
from indexer.library import Library
from indexer.media import Limits
from indexer.pipeline import Recipe, index
from plugins.errors import Reason
from plugins.values import SECOND, Annotation, Span
from shotseek.draw import SAMPLE_RATE, write_video
from tests.videos import scene

SEED = 20_26
MAX_RSS_MIB = 700
SIZE = (160, 120)
SEEDS: dict[str, dict[str, Any]] = {
    "h264.mp4": {"options": {"bf": "2", "g": "6"}},
    "hevc.mp4": {"codec": "libx265", "options": {"preset": "ultrafast", "x265-params": "log-level=none"}},
    "vp9.mp4": {"codec": "libvpx-vp9", "options": {"cpu-used": "8", "deadline": "realtime"}},
    "h264.mkv": {"options": {"g": "6"}},
    "hevc.mkv": {
        "codec": "libx265",
        "pixel_format": "yuv420p10le",
        "options": {"preset": "ultrafast", "x265-params": "log-level=none"},
    },
    "vp8.mkv": {"codec": "libvpx"},
    "mjpeg.mov": {"codec": "mjpeg", "pixel_format": "yuvj420p"},
    "prores.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "vp8.webm": {"codec": "libvpx"},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"cpu-used": "8", "deadline": "realtime"}},
    "mpeg4.avi": {"codec": "mpeg4"},
    "mjpeg.avi": {"codec": "mjpeg", "pixel_format": "yuvj420p"},
    "mpeg2.ts": {"codec": "mpeg2video"},
    "h264.ts": {},
    "h264.flv": {},
    "mpeg1.mpg": {"codec": "mpeg1video"},
    "palette.gif": {"codec": "gif", "pixel_format": "rgb8"},
    "h264.asf": {},
}
WITH_SOUND = ("h264.mp4", "h264.mkv", "mpeg2.ts")
WITH_TEXT = ("h264.mp4", "h264.mkv")


def seeds(folder: Path) -> dict[str, bytes]:
    """A whole file of each kind."""
    folder.mkdir()
    frames = [*scene(1, 8, SIZE), *scene(2, 8, SIZE)]
    for name, options in SEEDS.items():
        extra: dict[str, Any] = {}
        if name in WITH_SOUND:
            extra["sound"] = np.sin(np.arange(SAMPLE_RATE // 2) / 9).astype(np.float32)
        if name in WITH_TEXT:
            extra["subtitles"] = [Annotation(Span(0, SECOND // 2), "subtitles", "hello")]
        write_video(folder / name, frames, fps=25, **options, **extra)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def flip(data: bytearray, rng: random.Random, other: bytes) -> None:
    for _ in range(rng.randint(1, 32)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def lengthen(data: bytearray, rng: random.Random, other: bytes) -> None:
    """Says 0, all, or very much where a length may stand; most of them at the beginning."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(min(len(data) - 4, rng.choice((64, 1024, len(data)))))
        data[at : at + 4] = rng.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1"))


def truncate(data: bytearray, rng: random.Random, other: bytes) -> None:
    del data[rng.randrange(1, len(data)) :]


def splice(data: bytearray, rng: random.Random, other: bytes) -> None:
    """The beginning of one file and the end of another."""
    at = rng.randrange(1, len(data))
    data[at:] = other[rng.randrange(len(other)) :]


def repeat(data: bytearray, rng: random.Random, other: bytes) -> None:
    at = rng.randrange(len(data))
    data[at:at] = data[at : at + rng.randint(1, 4096)] * rng.randint(1, 8)


MUTATIONS: list[Callable[[bytearray, random.Random, bytes], None]] = [
    flip,
    lengthen,
    truncate,
    splice,
    repeat,
]


def mutate(whole: dict[str, bytes], count: int, folder: Path, seed: int = SEED) -> None:
    """Writes so many mutants; the same for the same seed and seeds."""
    rng = random.Random(seed)
    folder.mkdir()
    names = sorted(whole)
    for number in range(count):
        name = names[number % len(names)]
        data = bytearray(whole[name])
        for change in rng.sample(MUTATIONS, rng.choice((1, 1, 1, 2))):
            change(data, rng, whole[rng.choice(names)])
        (folder / f"{number:04}-{name}").write_bytes(data)


@contextmanager
def highest_rss() -> Iterator[list[int]]:
    """MiB that any process started from here has held at most; to be read at the end."""
    highest, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            for entry in Path("/proc").glob("[0-9]*/status"):
                try:
                    told = dict(line.split(":", 1) for line in entry.read_text().splitlines() if ":" in line)
                except OSError:
                    continue
                if int(told["PPid"]) == os.getpid() and "VmHWM" in told:
                    highest[0] = max(highest[0], int(told["VmHWM"].split()[0]) >> 10)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield highest
    finally:
        ended.set()
        thread.join()


def survives(folder: Path, mutants: Path) -> dict[str, int]:
    """Indexes the mutants and holds the result against the promise; how they ended."""
    files = sorted(str(path) for path in mutants.iterdir())
    with Library.open(folder, create=True) as library, highest_rss() as rss:
        ended = Counter[str]()
        for item in index(library, [mutants], Recipe(("palette",)), limits=Limits(stall_s=20), workers=2):
            if item.stage in ("done", "partial", "failed"):
                ended[item.path] += 1
        assert ended == dict.fromkeys(files, 1), "each ends once"
        known = library.catalog.files()
        assert sorted(known) == files
        told = Counter[str]()
        for record in known.values():
            scan = record.stages[SCAN]
            ended_as = scan.reason or scan.state.value
            told[f"{ended_as}: {scan.detail}" if ended_as == Reason.DETECTOR else ended_as] += 1
            assert scan.state is not State.FAILED or scan.reason in list(Reason), record.path
        assert told[Reason.INTERNAL.value] == 0, "whatever goes wrong has a name"
        videos = [item.video for item in library.catalog.videos(limit=len(files))]
        keyframes = 0
        for video in videos:
            found = library.catalog.shots(video.id)
            keyframes += sum(len(shot.keyframes_us) for shot in found)
            assert all(one.span.end_us == next_.span.start_us for one, next_ in pairwise(found))
        for space in library.catalog.searchable():
            assert len(library.store(space)) == keyframes, "a vector for each, and no other"
        assert all(item.stage == "unchanged" for item in index(library, [mutants], Recipe(("palette",))))
    assert rss[0] < MAX_RSS_MIB
    return {**told, "highest RSS, MiB": rss[0]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return seeds(tmp_path_factory.mktemp("seeds") / "whole")


def test_the_seeds_are_whole(whole: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    for name, data in whole.items():
        (tmp_path / "films" / name).write_bytes(data)
    told = survives(tmp_path / "library", tmp_path / "films")
    assert told["done"] == len(whole) >= 16


def test_mutants_end_in_one_state_each(whole: dict[str, bytes], tmp_path: Path) -> None:
    mutate(whole, 60, tmp_path / "mutants")
    told = survives(tmp_path / "library", tmp_path / "mutants")
    assert told["done"] > 0, "some damage is not seen"
    assert told[Reason.NOT_MEDIA.value] + told[Reason.NO_FRAMES.value] > 0


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_thousand_mutants_end_in_one_state_each(
    whole: dict[str, bytes], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """The figures are in docs/reliability.md."""
    mutate(whole, 1000, tmp_path / "mutants")
    told = survives(tmp_path / "library", tmp_path / "mutants")
    figure(f"1,000 mutants of {len(whole)} seeds: {told}")
