"""Makes the videos on which scanning is measured: edits with known transitions, in every kind of encoding.

    python -m benchmarks.madeset OUT --videos ../shared/videos [--seeds report]

Each encoding has edits of its own, so that no transition is counted twice. Numbers of ours may be chosen on
the seeds ``tune``, never on ``report``. Beside each video lies its truth: NAME.json, with frame numbers and
the time at which that frame is shown. A file whose truth says that it was made in the same way is kept.
"""

import argparse
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from functools import cache
from hashlib import blake2b
from math import ceil
from pathlib import Path

import av
import numpy as np

from benchmarks.edits import FPS, SIZE, Edit, Labelled, Piece, Planes, Transition, edit, labelled, pieces
from plugins.values import SECOND

VIDEOS = Path(__file__).parents[2] / "shared" / "videos"
SEEDS = {"tune": 0, "report": 1000}
"""Where the seeds of a set begin."""
SHOTS = 20
"""in one video"""
COPIES = 2
"""videos of one encoding"""
LARGE = (1280, 720)
"""(width, height) of the videos on which speed is measured"""
LARGE_SOURCES = (
    "big_buck_bunny_0_30.webm",
    "01_dog.mp4",
    "03_blocks.mp4",
    "05_default_juggle.mp4",
    "flower.mp4",
)
"""Those of the labelled videos that have nearly as many pixels."""
LARGE_SHOTS = 8
"""in one of them before it is repeated: about half a minute"""
LONG_TAKES, LONG_SHOTS = 6 * FPS, 12
"""frames of a shot at least, where its source has them, and shots of the film of longer ones"""
LONG_KINDS = {"cut": 0.9, "dissolve": 0.07, "black": 0.03}
"""Its transitions: as in films that people watch, nearly all are cuts."""
SMALL = (192, 108)
"""(width, height) of the films of hours"""
SMALL_SHOTS = 24
OTHER_SEED = 2000
VERSION = 1
"""Goes up when the same seeds no longer make the same videos."""
TICK = Fraction(1, 90_000)
"""seconds"""
GAPS = (1500, 3000, 3000, 3600, 3600, 4500, 9000)
"""ticks between frames where the rate varies: 10 to 60 frames a second"""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How an edit becomes a file."""

    codec: str
    options: dict[str, str] = field(default_factory=dict)
    suffix: str = ".mp4"
    varies: bool = False
    """whether frames are shown at uneven times"""


def _x264(parameters: str) -> Encoding:
    return Encoding("libx264", {"preset": "faster", "x264-params": parameters})


ENCODINGS = {
    "x264": Encoding("libx264"),
    "x264 fixed GOP": _x264("keyint=50:min-keyint=50:scenecut=0"),
    "x264 open GOP": _x264("keyint=75:min-keyint=75:scenecut=0:open-gop=1:bframes=3:b-pyramid=normal"),
    "x264 10 s GOP": _x264("keyint=250:min-keyint=250:scenecut=0"),
    "x264 all intra": _x264("keyint=1"),
    "x264 uneven rate": Encoding("libx264", {"preset": "faster"}, varies=True),
    "VP9": Encoding("libvpx-vp9", {"cpu-used": "5", "row-mt": "1", "crf": "34", "b": "0"}, ".webm"),
    "HEVC": Encoding("libx265", {"preset": "superfast", "x265-params": "log-level=none"}),
    "AV1": Encoding("libsvtav1", {"preset": "11", "crf": "38"}),
}
"""The first is what people have most: x264 as it comes. The others help a scanner less, or not at all."""


def made(folder: Path, videos: Path, seeds: str = "report") -> dict[str, list[Labelled]]:
    """The made set, by encoding; what is missing of it is made first.

    Args:
        videos: those from which pieces are taken, with ``cuts.json``
        seeds: a key of `SEEDS`
    """

    @cache
    def stock() -> list[Piece]:
        return pieces(labelled(videos))

    found: dict[str, list[Labelled]] = {}
    for number, (name, encoding) in enumerate(ENCODINGS.items()):
        found[name] = []
        for copy in range(COPIES):
            seed = SEEDS[seeds] + COPIES * number + copy
            path = folder / f"{_slug(name)}-{seed}{encoding.suffix}"
            recipe = _digest(VERSION, asdict(encoding), seed, SHOTS, SIZE)
            if not _is_current(path, recipe):
                _write_with_truth(path, recipe, edit(stock(), seed, SHOTS), encoding)
            found[name].append(read(path))
    return found


def large(folder: Path, videos: Path, encoding: str, repeats: int) -> Path:
    """A film of `LARGE` frames in one of `ENCODINGS`, its eight shots so many times one after the other."""
    chosen = ENCODINGS[encoding]
    path = folder / f"large-{_slug(encoding)}-{repeats}{chosen.suffix}"
    recipe = _digest(VERSION, asdict(chosen), repeats, LARGE, LARGE_SHOTS, LARGE_SOURCES)
    return _repeated(path, recipe, lambda: _large_edit(videos).frames, chosen, lambda _: repeats)


def long_takes(folder: Path, videos: Path, repeats: int) -> Path:
    """A film of `LARGE` frames by x264 as it comes: longer shots, nearly all of them between cuts, and
    nothing that is meant to mislead; so many times one after the other."""
    path = folder / f"long-takes-{repeats}.mp4"
    recipe = _digest(VERSION, repeats, LARGE, LONG_TAKES, LONG_SHOTS, LONG_KINDS, LARGE_SOURCES)

    def frames() -> list[Planes]:
        stock = pieces(_large_sources(videos), LARGE, 10 * FPS)
        return edit(
            stock, OTHER_SEED, LONG_SHOTS, shortest=LONG_TAKES, kinds=LONG_KINDS, tricks={"none": 1.0}
        ).frames

    return _repeated(path, recipe, frames, ENCODINGS["x264"], lambda _: repeats)


def film(folder: Path, videos: Path, seconds: int) -> Path:
    """A film of `SMALL` frames that lasts at least so long."""
    path = folder / f"film-{seconds}-s.mp4"
    recipe = _digest(VERSION, seconds, SMALL, SMALL_SHOTS)

    def frames() -> list[Planes]:
        return edit(pieces(labelled(videos), SMALL, 10 * FPS), OTHER_SEED, SMALL_SHOTS).frames

    return _repeated(path, recipe, frames, ENCODINGS["x264"], lambda count: ceil(seconds * FPS / count))


def _repeated(
    path: Path,
    recipe: str,
    frames: Callable[[], list[Planes]],
    encoding: Encoding,
    times: Callable[[int], int],
) -> Path:
    """Encodes some frames once, and joins the file with itself so many times, which may follow from their
    number."""
    if not _is_current(path, recipe):
        once, drawn = path.with_stem(f"{path.stem}-once"), frames()
        _write(once, drawn, encoding)
        repeat(once, path, times(len(drawn)))
        once.unlink()
        path.with_suffix(".json").write_text(json.dumps({"recipe": recipe}))
    return path


@cache
def _large_edit(videos: Path) -> Edit:
    return edit(pieces(_large_sources(videos), LARGE), OTHER_SEED, LARGE_SHOTS)


def _large_sources(videos: Path) -> list[Labelled]:
    return [video for video in labelled(videos) if video.path.name in LARGE_SOURCES]


def read(path: Path) -> Labelled:
    """A made video with its truth."""
    truth = json.loads(path.with_suffix(".json").read_text())
    known, tricks = (
        tuple(Transition(item["kind"], item["first"], item["last"]) for item in truth[what])
        for what in ("transitions", "not_transitions")
    )
    return Labelled(path, known, tricks)


def repeat(source: Path, target: Path, times: int) -> None:
    """The same packets again and again, each time later, without decoding or encoding anything.

    The source must begin with a closed group of pictures and hold nothing but one video stream whose frames
    are shown evenly.
    """
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        video = container.streams.video[0]
        stream = out.add_stream_from_template(video, opaque=True)
        length = 0
        for number in range(times):
            if number:
                container.seek(0)
            count = 0
            for packet in container.demux(video):
                if packet.dts is None or packet.pts is None:
                    continue
                count += 1
                packet.pts, packet.dts = packet.pts + number * length, packet.dts + number * length
                packet.stream = stream
                out.mux(packet)
            assert video.time_base
            length = length or round(count / FPS / video.time_base)


def _write_with_truth(path: Path, recipe: str, done: Edit, encoding: Encoding) -> None:
    """The truth comes last: where it lies, the video is whole."""
    ticks = _write(path, done.frames, encoding, seed=len(done.frames))

    def told(items: Iterable[Transition]) -> list[dict[str, object]]:
        return [asdict(item) | {"first_us": int(ticks[item.first] * TICK * SECOND)} for item in items]

    truth = {
        "recipe": recipe,
        "frames": len(done.frames),
        "transitions": told(done.transitions),
        "not_transitions": told(done.tricks),
    }
    path.with_suffix(".json").write_text(json.dumps(truth, indent=1))


def _write(path: Path, frames: Sequence[Planes], encoding: Encoding, seed: int = 0) -> list[int]:
    """Encodes; returns when each frame is shown, in units of `TICK`."""
    os.environ.setdefault("SVT_LOG", "1")  # the only way to make that encoder write errors alone
    path.parent.mkdir(parents=True, exist_ok=True)
    even = int(1 / (FPS * TICK))
    gaps = np.random.default_rng(seed).choice(GAPS, len(frames)) if encoding.varies else [even] * len(frames)
    ticks = [0, *np.cumsum(gaps).tolist()[:-1]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoding.codec, FPS, dict(encoding.options))
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = frames[0].shape[0] * 2 // 3, frames[0].shape[1]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = TICK if encoding.varies else Fraction(1, FPS)
        stream.codec_context.thread_count = os.cpu_count() or 1
        for tick, planes in zip(ticks, frames, strict=True):
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
            frame.time_base = stream.codec_context.time_base
            frame.pts = tick if encoding.varies else tick // even
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return ticks


def _is_current(path: Path, recipe: str) -> bool:
    try:
        return path.exists() and json.loads(path.with_suffix(".json").read_text())["recipe"] == recipe
    except (OSError, ValueError, KeyError):
        return False


def _digest(*parts: object) -> str:
    return blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--videos", type=Path, default=VIDEOS)
    parser.add_argument("--seeds", choices=SEEDS, default="report")
    arguments = parser.parse_args()
    for name, videos in made(arguments.out, arguments.videos, arguments.seeds).items():
        print(name, *(f"{video.path.name} ({len(video.transitions)})" for video in videos), flush=True)


if __name__ == "__main__":
    main()
