"""How far is indexing from the cost of decoding alone, and does memory grow with length?

python -m benchmarks.indexing ../shared/videos
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av

from indexer.decoder import Decoder
from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.values import SECOND

FILES = (
    "mdn/tears-of-steel-battle-clip-medium.webm",
    "moviepy/big_buck_bunny_0_30.webm",
    "intel/car-detection.mp4",
    "intel/bottle-detection.mp4",
    "sam2/05_default_juggle.mp4",
    "androidx-media/sample_with_increasing_timestamps_360p.mp4",
)
"""Ordinary files of ten seconds and more."""
LONG = ("androidx-media/long_1080p_lowbitrate.mp4", "androidx-media/long_180p_av1.mp4")
SHORT = ("androidx-media/sample_av1.mp4", "androidx-media/bbb_1920x1080_60fps_vp8.webm")
RUNS = 3


def decode(path: Path) -> int:
    """Every frame of a file through FFmpeg and nothing else: the physical limit. Returns their number."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"
        stream.codec_context.thread_count = os.cpu_count() or 1
        return sum(1 for _ in container.decode(stream))


def scan(path: Path, decoder: Decoder) -> int:
    """Shots and keyframes, without an encoder."""
    messages = decoder.scan(
        str(path),
        [str(path.parent)],
        detector="content",
        annotators=(),
        max_shot_us=20 * SECOND,
        frames_per_shot=4,
    )
    return sum(1 for _ in messages)


def index_all(paths: Sequence[Path]) -> float:
    """Indexes files into a new library; returns the seconds that `palette` took of it."""
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder), create=True) as library:
        for _ in index(library, paths, Recipe(("palette",))):
            pass
        records = library.catalog.files().values()
        return sum(record.stages["encode:palette"].seconds for record in records)


def median(measure: Callable[[], object]) -> float:
    """Median seconds of `RUNS` runs."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        measure()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


@dataclass(frozen=True)
class Peak:
    """Highest resident memory, MB."""

    coordinator: float
    decoder: float


def peak_memory(path: Path) -> Peak:
    """Indexes one file in a fresh process and watches it and its decoder."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("shotseek")), "index", str(path), "--library", folder]
        process = subprocess.Popen([*command, "--encoder", "palette"], stdout=subprocess.DEVNULL)
        highest: dict[int, float] = {}
        while process.poll() is None:
            for pid in family(process.pid):
                highest[pid] = max(highest.get(pid, 0), high_water(pid))
            time.sleep(0.01)
        assert process.returncode == 0
    own = highest.pop(process.pid)
    return Peak(own, max(highest.values(), default=0))


def family(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*"):  # a child belongs to the thread that started it
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from family(int(child))


def high_water(pid: int) -> float:
    """Peak resident memory of a process so far, MB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0][1]) / 1024 if lines else 0


def report(folder: Path) -> Iterator[str]:
    """The report, line by line, in Markdown."""
    paths = [folder / name for name in FILES]
    yield "| file | frames | decode alone, s | scan, s | scan / decode |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    decoded = scanned = 0.0
    with Decoder() as decoder:
        scan(paths[0], decoder)  # so that starting the process is not counted against the first file
        for name, path in zip(FILES, paths, strict=True):
            one, two = median(partial(decode, path)), median(partial(scan, path, decoder))
            decoded, scanned = decoded + one, scanned + two
            yield f"| {name} | {decode(path)} | {one:.2f} | {two:.2f} | {two / one:.2f} |"
    encodes: list[float] = []
    whole = median(lambda: encodes.append(index_all(paths)))
    encode = statistics.median(encodes)
    yield ""
    yield f"Indexing all of them with `palette`, process start included: {whole:.2f} s,"
    yield f"**{whole / decoded:.2f} times decoding alone** ({decoded:.2f} s)."
    yield ""
    yield "| stage | s | share |"
    yield "| --- | ---: | ---: |"
    for stage, seconds in {
        "decode": decoded,
        "shot detection, keyframes, thumbnails": scanned - decoded,
        "encode (`palette`, in parallel with decoding)": encode,
    }.items():
        yield f"| {stage} | {seconds:.2f} | {seconds / (scanned + encode):.0%} |"
    yield ""
    yield "| peak resident memory, MB | length | coordinator | decoder |"
    yield "| --- | ---: | ---: | ---: |"
    for name in (*SHORT, *LONG):
        peak = peak_memory(folder / name)
        length = "6 min" if name in LONG else "1 s"
        yield f"| {name} | {length} | {peak.coordinator:.0f} | {peak.decoder:.0f} |"


if __name__ == "__main__":
    for line in report(Path(sys.argv[1])):
        print(line, flush=True)
