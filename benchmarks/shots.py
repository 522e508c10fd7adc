"""How well shot detectors find cuts and gradual transitions, ours beside PySceneDetect's.

    python -m benchmarks.shots [FOLDER OF LABELLED VIDEOS]

Two sets: videos labelled by eye (``cuts.json`` says which), and videos put together from pieces of those
with cuts, dissolves, fades and flashes at known frames, encoded with H.264. A cut is found when a detector
names its frame or one beside it, a gradual transition when it names a frame of it; anything else named is
wrong. Fades at the very beginning or end of a video separate nothing and count neither way. Prints a
Markdown table.
"""

import json
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from indexer.media import MediaFile, open_media
from plugins.registry import Kind, create
from plugins.values import Image
from shotseek.draw import write_video

VIDEOS = Path(__file__).parents[2] / "shared" / "videos"
SIZE = (320, 180)
"""(width, height) of the generated videos"""
FPS = 25
SEEDS = range(100, 108)
"""The numbers of our detector were chosen on 0 to 7, which are therefore not shown."""
PIECES = 16
"""in one generated video"""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A video and what is known of it, in frame numbers."""

    path: Path
    cuts: tuple[int, ...]
    """first frame of the new shot"""
    gradual: tuple[tuple[int, int], ...] = ()
    """first and last frame of a transition"""


@dataclass(slots=True)
class Tally:
    """Sums over a set of videos."""

    found_cuts: int = 0
    cuts: int = 0
    found_gradual: int = 0
    gradual: int = 0
    wrong: int = 0
    seconds: float = 0.0
    misses: list[str] = field(default_factory=list)

    def add(self, video: Labelled, named: Sequence[int], frames: int) -> None:
        left = list(named)
        for cut in video.cuts:
            hit = next((item for item in left if abs(item - cut) <= 1), None)
            self._count(video, f"cut {cut}", hit, left)
            self.cuts += 1
            self.found_cuts += hit is not None
        for first, last in video.gradual:
            hit = next((item for item in left if first - 1 <= item <= last + 1), None)
            if first == 0 or last >= frames - 1:
                left = [item for item in left if not first <= item <= last]
                continue
            self._count(video, f"gradual {first}-{last}", hit, left)
            self.gradual += 1
            self.found_gradual += hit is not None
        self.wrong += len(left)
        self.misses += [f"{video.path.name}: wrong {item}" for item in left]

    def _count(self, video: Labelled, what: str, hit: int | None, left: list[int]) -> None:
        if hit is None:
            self.misses.append(f"{video.path.name}: missed {what}")
        else:
            left.remove(hit)

    def row(self, name: str) -> str:
        found, wanted = self.found_cuts + self.found_gradual, self.cuts + self.gradual
        precision = found / (found + self.wrong) if found else 0.0
        recall = found / wanted
        f1 = 2 * precision * recall / (precision + recall) if found else 0.0
        return (
            f"| {name} | {self.found_cuts}/{self.cuts} | {self.found_gradual}/{self.gradual} | {self.wrong} |"
            f" {precision:.3f} | {recall:.3f} | **{f1:.3f}** | {self.seconds:.1f} |"
        )


Detect = Callable[[MediaFile], Iterator[int]]


def ours(media: MediaFile) -> Iterator[int]:
    cuts: Iterator[int] = create(Kind.SHOT_DETECTOR, "content").cuts(media)
    return cuts


def scenedetect(name: str) -> Detect:
    """One of PySceneDetect's detectors with its default settings, fed from our decoder at the width to which
    it would shrink the frames itself."""

    def detect(media: MediaFile) -> Iterator[int]:
        import scenedetect as library

        detector: Any = getattr(library, name)()
        width = min(256, media.video.width)
        size = (width, max(1, round(media.video.height * width / media.video.width)))
        times: list[int] = []
        for index, frame in enumerate(media.frames(size=size)):
            times.append(frame.time_us)
            found = detector.process_frame(library.FrameTimecode(index, float(FPS)), frame.image[:, :, ::-1])
            yield from (times[item.frame_num] for item in found)
        found = detector.post_process(library.FrameTimecode(len(times) - 1, float(FPS)))
        yield from (times[item.frame_num] for item in found)

    return detect


DETECTORS: dict[str, Detect] = {
    "content (ours)": ours,
    "PySceneDetect AdaptiveDetector": scenedetect("AdaptiveDetector"),
    "PySceneDetect ContentDetector": scenedetect("ContentDetector"),
}


def labelled(folder: Path) -> list[Labelled]:
    """The videos labelled by eye."""
    known = json.loads((folder / "cuts.json").read_text())
    videos = [
        Labelled(folder / name, tuple(item["cuts"]), tuple((a, b) for a, b in item["gradual"]))
        for name, item in known["videos"].items()
    ]
    return videos + [Labelled(folder / name, ()) for name in known["no_cuts"]]


def pieces(videos: Sequence[Labelled]) -> list[list[Image]]:
    """Stretches of at least two seconds without any transition."""
    found = []
    for video in videos:
        with open_media(str(video.path), [str(video.path)]) as media:
            frames = [frame.image for frame in media.frames(size=SIZE)]
        edges = sorted([0, len(frames), *video.cuts, *(edge for pair in video.gradual for edge in pair)])
        for start, end in pairwise(edges):
            if end - start >= 2 * FPS and not any(a < end and start < b for a, b in video.gradual):
                found.append(frames[start:end])
    return found


def assemble(stock: Sequence[list[Image]], folder: Path, seed: int) -> Labelled:
    """One video of pieces with known transitions."""
    rng = np.random.default_rng(seed)
    cuts: list[int] = []
    gradual: list[tuple[int, int]] = []
    frames: list[Image] = []
    for number in rng.permutation(len(stock))[:PIECES]:
        piece = _cut_out(stock[number], rng)
        kind = rng.choice(["cut", "dissolve", "fade", "flash"], p=[0.5, 0.3, 0.1, 0.1]) if frames else "first"
        length = int(rng.integers(8, 26))
        start = len(frames)
        if kind == "dissolve":
            mix = np.linspace(0, 1, length + 2)[1:-1]
            tail, frames = frames[-length:], frames[:-length]
            frames += [_mix(*pair) for pair in zip(tail, piece[:length], mix, strict=True)]
            gradual.append((start - length, start))
            frames += piece[length:]
            continue
        if kind == "fade":
            black, down = np.zeros_like(piece[0]), np.linspace(0, 1, length)
            frames[-length:] = [
                _mix(*item) for item in zip(frames[-length:], [black] * length, down, strict=True)
            ]
            piece[:length] = [
                _mix(*item) for item in zip([black] * length, piece[:length], down, strict=True)
            ]
            gradual.append((start - length, start + length))
        elif kind != "first":
            cuts.append(start)
        if kind == "flash":
            at = int(rng.integers(10, 20))
            piece[at : at + 2] = [_mix(item, np.full_like(item, 255), 0.8) for item in piece[at : at + 2]]
        frames += piece
    path = folder / f"assembled-{seed}.mp4"
    write_video(path, frames, fps=FPS, options={"preset": "veryfast", "crf": "26"})
    return Labelled(path, tuple(cuts), tuple(gradual))


def _cut_out(piece: list[Image], rng: np.random.Generator) -> list[Image]:
    length = int(rng.integers(2 * FPS, min(len(piece), 4 * FPS) + 1))
    start = int(rng.integers(0, len(piece) - length + 1))
    return list(piece[start : start + length])


def _mix(one: Image, other: Image, share: float) -> Image:
    return ((1 - share) * one + share * other).astype(np.uint8)


def measure(videos: Sequence[Labelled], detect: Detect) -> Tally:
    tally = Tally()
    for video in videos:
        with open_media(str(video.path), [str(video.path)]) as media:
            times = [picture.time_us for picture in media.pictures()]
            started = time.perf_counter()
            named = [bisect_left(times, us) for us in detect(media)]
            tally.seconds += time.perf_counter() - started
        tally.add(video, named, len(times))
    return tally


def main(folder: Path) -> None:
    by_eye = labelled(folder)
    with tempfile.TemporaryDirectory() as scratch:
        stock = pieces(by_eye)
        assembled = [assemble(stock, Path(scratch), seed) for seed in SEEDS]
        for title, videos in (("labelled by eye", by_eye), ("assembled", assembled)):
            print(f"\n{len(videos)} videos {title}\n")
            print("| detector | cuts | gradual | wrong | precision | recall | F1 | seconds |")
            print("| --- | --- | --- | --- | --- | --- | --- | --- |")
            for name, detect in DETECTORS.items():
                tally = measure(videos, detect)
                print(tally.row(name), flush=True)
                print(*tally.misses, sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else VIDEOS)
