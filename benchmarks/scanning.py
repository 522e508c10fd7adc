"""How fast is a scan, beside decoding alone and PySceneDetect, and does memory grow with length?

    python -m benchmarks.scanning VIDEOS MADE [--parts ordinary unhelpful memory] [--hours 10]

A scan finds shots and keyframes, without an encoder, in a process that has already started. Ordinary files
are x264 as it comes; the others have keyframes that are sparse or say nothing. Films are made where they are
missing, and kept in MADE (see `benchmarks.madeset`). A film of hours is a short one joined with itself.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import scenedetect

from benchmarks.indexing import Peak, peak_memory, scan
from benchmarks.madeset import ENCODINGS, film, large, long_takes
from indexer.decoder import Decoder

ORDINARY = (
    "intel/bottle-detection.mp4",
    "androidx-media/sample_with_increasing_timestamps_360p.mp4",
    "sam2/01_dog.mp4",
    "sam2/03_blocks.mp4",
    "sam2/05_default_juggle.mp4",
    "mdn/flower.mp4",
    "moviepy/video_with_failing_audio.mp4",
)
"""Files of the folder that x264 wrote, of five seconds and more."""
ORDINARY_REPEATS, LONGER_REPEATS, REPEATS, TAKES_REPEATS = 7, 28, 3, 3
"""how often the half minute of a made film is shown, or the minute and a half of one with longer shots"""
RUNS = 3
GOAL_MB = 64
"""by which the peak may grow from ten minutes to ten hours"""
THREADING = ("SLICE", "AUTO")
PARTS = ("ordinary", "unhelpful", "memory")


@dataclass(frozen=True, slots=True)
class Seconds:
    """Medians for one file."""

    name: str
    frames: int
    decode: float
    keyframes: float
    """decoding nothing but keyframes"""
    scan: float
    theirs: float

    def row(self) -> str:
        return (
            f"| {self.name} | {self.frames} | {self.decode:.2f} | {self.keyframes:.2f} | {self.scan:.2f} |"
            f" {self.theirs:.2f} | {self.scan / self.decode:.2f} | **{self.theirs / self.scan:.1f}** |"
            f" {self.theirs / self.keyframes:.1f} |"
        )


def decode(path: Path, threading: str, *, only_keyframes: bool = False) -> int:
    """Frames through FFmpeg and nothing else: the physical limit. Returns their number."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = threading
        stream.codec_context.thread_count = os.cpu_count() or 1
        if only_keyframes:
            stream.codec_context.skip_frame = "NONKEY"
        return sum(1 for _ in container.decode(stream))


def pyscenedetect(path: Path) -> int:
    """What its users do; where OpenCV cannot read the file, as with AV1, through its other way to read video.
    Returns the number of frames that it has seen."""
    frames = 0
    for backend in ("opencv", "pyav"):
        video = scenedetect.open_video(str(path), backend=backend)
        manager = scenedetect.SceneManager()
        manager.add_detector(scenedetect.AdaptiveDetector())
        frames = manager.detect_scenes(video)
        if frames:
            break
    return frames


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(path: Path, name: str, decoder: Decoder) -> Seconds:
    """Runs everything by turns, so that a busy machine slows all alike. Raw decoding has the better of
    FFmpeg's two ways to use several threads."""
    threading = min(THREADING, key=lambda way: timed(partial(decode, path, way)))
    work: tuple[Callable[[], object], ...] = (
        partial(decode, path, threading),
        partial(decode, path, threading, only_keyframes=True),
        partial(scan, path, decoder),
        partial(pyscenedetect, path),
    )
    rounds = [[timed(item) for item in work] for _ in range(RUNS)]
    return Seconds(name, decode(path, threading), *map(statistics.median, zip(*rounds, strict=True)))


def speed(paths: dict[str, Path], decoder: Decoder, goal: str) -> Iterator[str]:
    """A table of some files, and what it comes to."""
    yield "Seconds, and what they come to"
    yield ""
    yield (
        "| file | frames | decode | keyframes only | scan | PySceneDetect | scan / decode | times faster |"
        " were keyframes all |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    done: list[Seconds] = []
    for name, path in paths.items():
        done.append(measure(path, name, decoder))
        yield done[-1].row()
    faster, slower = [item.theirs / item.scan for item in done], [item.scan / item.decode for item in done]
    yield ""
    yield f"Times faster: median **{statistics.median(faster):.1f}**, least {min(faster):.1f} (goal: {goal})."
    yield f"Scan / decode: median {statistics.median(slower):.2f}, most {max(slower):.2f}."


def memory(short: Path, long: Path, hours: float) -> Iterator[str]:
    """What the same film costs when it is much longer."""
    yield "| peak resident memory, MB | coordinator | decoder | s |"
    yield "| --- | ---: | ---: | ---: |"
    peaks: list[Peak] = []
    for length, path in (("10 minutes", short), (f"{hours:g} hours", long)):
        started = time.perf_counter()
        peaks.append(peak_memory(path))
        seconds = time.perf_counter() - started
        yield f"| {length} | {peaks[-1].coordinator:.0f} | {peaks[-1].decoder:.0f} | {seconds:.0f} |"
    one, other = peaks
    grown = other.coordinator - one.coordinator, other.decoder - one.decoder
    yield f"| more | {grown[0]:+.0f} | {grown[1]:+.0f} | |"
    yield ""
    yield f"Together **{sum(grown):+.0f} MB** (the goal: +{GOAL_MB} MB at most)."


def report(videos: Path, made: Path, parts: Sequence[str], hours: float) -> Iterator[str]:
    """The report, line by line, in Markdown."""
    first, *others = ENCODINGS
    with Decoder() as decoder:
        scan(videos / ORDINARY[0], decoder)  # the process starts, and is not counted
        if "ordinary" in parts:
            paths = {name: videos / name for name in ORDINARY}
            paths[f"made, {first}, 720p"] = large(made, videos, first, ORDINARY_REPEATS)
            paths["the same, four times as long"] = large(made, videos, first, LONGER_REPEATS)
            paths[f"made, {first}, 720p, longer shots"] = long_takes(made, videos, TAKES_REPEATS)
            yield from ("Ordinary files", "")
            yield from speed(paths, decoder, "15 on each")
        if "unhelpful" in parts:
            even = [name for name in others if not ENCODINGS[name].varies]
            paths = {f"made, {name}, 720p": large(made, videos, name, REPEATS) for name in even}
            yield from ("", "Files with sparse or unhelpful keyframes", "")
            yield from speed(paths, decoder, "2 on each, and never more than 1.1 times decoding alone")
    if "memory" in parts:
        yield from ("", "Memory, while a library is made of one film", "")
        yield from memory(film(made, videos, 600), film(made, videos, round(hours * 3600)), hours)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("videos", type=Path)
    parser.add_argument("made", type=Path)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--hours", type=float, default=10, help="length of the long film")
    known = parser.parse_args()
    for line in report(known.videos, known.made, known.parts, known.hours):
        print(line, flush=True)


if __name__ == "__main__":
    main()
