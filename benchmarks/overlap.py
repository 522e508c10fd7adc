"""Does indexing take what its slowest stage takes, or the sum of its stages?

python -m benchmarks.overlap VIDEOS MADE

Indexes short videos, and a film that is made for it in the folder MADE, beside scanning the same files with
as many processes, and encoding the same keyframes in full batches; all that is started or loaded is so anew
for each, and counted. Once with open_clip's ViT-B-32 on the processor (random weights are as fast as good
ones), and once with a model that computes elsewhere and only keeps its thread waiting, as one on a GPU does.

Where both stages want every core, no order of work takes less than their processor seconds over the cores:
that bound stands beside the ratio.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.madeset import large
from benchmarks.scanning import LONGER_REPEATS
from benchmarks.yardsticks import vit_b_32
from indexer.decoder import Decoder
from indexer.encode import encode_images
from indexer.library import Library
from indexer.media import Limits
from indexer.messages import Message
from indexer.pipeline import Recipe, index
from indexer.pool import Task, decode
from indexer.scan import ScannedShot
from plugins import registry
from plugins.contracts import Encoder
from plugins.values import SECOND, Image, Matrix
from shotseek.settings import default_workers

FILES = (
    "androidx-media/bbb_2500ms.ts",
    "androidx-media/bbb_642x642_768kbps_30fps_vp9.webm",
    "androidx-media/bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4",
    "androidx-media/bear-vp9.webm",
    "androidx-media/internal_emulator_transformer_output_270_rotated.mp4",
    "androidx-media/mv_with_2_top_shots.mp4",
    "androidx-media/sample.mkv",
    "androidx-media/sample_edit_list.mp4",
    "androidx-media/sample_portrait.mp4",
    "androidx-media/sample_with_chapters.mp4",
    "androidx-media/sample_with_increasing_timestamps_360p.mp4",
    "androidx-media/sd-hls0000000000.ts",
    "androidx-media/trim_optimization_failure.mp4",
    "intel/bottle-detection.mp4",
    "intel/car-detection.mp4",
    "mdn/flower.mp4",
    "mdn/flower.webm",
    "mdn/friday.mp4",
    "mdn/tears-of-steel-battle-clip-medium.webm",
    "moviepy/big_buck_bunny_0_30.webm",
    "moviepy/chaplin.mp4",
    "moviepy/example2.mp4",
    "moviepy/fire2.mp4",
    "moviepy/video_with_failing_audio.mp4",
    "sam2/01_dog.mp4",
    "sam2/03_blocks.mp4",
    "sam2/05_default_juggle.mp4",
    "torchcodec/nasa_13013.mp4",
)
"""Ordinary files, most of a few seconds."""
ELSEWHERE_S = 0.15
"""for a picture: so that encoding is the slower stage, but not by much"""
CORES = os.cpu_count() or 1


class Elsewhere(Encoder):
    """Takes its time for every picture, and no processor."""

    dim = 512
    revision = "1"

    def encode_images(self, images: Sequence[Image]) -> Matrix:
        time.sleep(len(images) * ELSEWHERE_S)
        return np.ones((len(images), self.dim), np.float32)


@dataclass(frozen=True)
class Cost:
    """What something took."""

    wall: float
    """seconds"""
    cpu: float
    """seconds of all cores together, child processes included"""


def scan(paths: Sequence[Path], workers: int, pictures: list[Image]) -> None:
    """Shots and keyframes without an encoder; keeps the keyframes' pictures."""

    def ask(path: Path, decoder: Decoder) -> Generator[Message, None, None]:
        return decoder.scan(
            str(path),
            [str(path.parent)],
            detector="content",
            annotators=("subtitles",),
            max_shot_us=20 * SECOND,
            frames_per_shot=4,
        )

    tasks = [Task(path, partial(ask, path)) for path in paths]
    for said in decode(tasks, Limits(), workers):
        if said is not None and isinstance(said[1], ScannedShot):
            pictures += [keyframe.image for keyframe in said[1].keyframes]


def encode(reference: str, pictures: Sequence[Image]) -> None:
    """Keyframes in full batches, by an encoder that is made and loaded for it."""
    encode_images(registry.encoder(reference), pictures)


def whole(reference: str, paths: Sequence[Path], workers: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder), create=True) as library:
        with closing(index(library, paths, Recipe((reference,)), workers=workers)) as steps:
            stages = [step.stage for step in steps]
        assert stages.count("done") == len(paths), stages


def cost(work: Callable[[], None]) -> Cost:
    def cpu() -> float:
        used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in used)

    began, used = time.perf_counter(), cpu()
    work()
    return Cost(time.perf_counter() - began, cpu() - used)


def median(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs))


def turns(reference: str, paths: Sequence[Path], workers: int, runs: int) -> tuple[list[Cost], int]:
    """Medians of scanning, encoding and all of it, which take turns; and how many keyframes there are."""
    taken: list[list[Cost]] = [[], [], []]
    for _ in range(runs):
        pictures: list[Image] = []
        taken[0].append(cost(partial(scan, paths, workers, pictures)))
        taken[1].append(cost(partial(encode, reference, pictures)))
        taken[2].append(cost(partial(whole, reference, paths, workers)))
    return [median(costs) for costs in taken], len(pictures)


def report(folder: Path, made: Path, workers: Sequence[int], runs: int) -> Iterator[str]:
    """The report, line by line, in Markdown."""
    given = {
        f"{len(FILES)} short files": [folder / name for name in FILES],
        "a film": [large(made, folder, "x264", LONGER_REPEATS)],
    }
    yield (
        "| videos | keyframes | model | processes | scan, s (CPU) | encode, s (CPU) | all, s (CPU) |"
        " all / slower | all / bound |"
    )
    yield "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    with vit_b_32() as encoder:
        encode(encoder.reference, [])
        models = {"elsewhere": f"{__spec__.name}:Elsewhere", "ViT-B-32": encoder.reference}
        for (what, paths), (name, reference), number in product(given.items(), models.items(), workers):
            costs, count = turns(reference, paths, number, runs)
            scanned, encoded, everything = costs
            slower = max(scanned.wall, encoded.wall)
            bound = max(slower, (scanned.cpu + encoded.cpu) / CORES)
            cells = [f"{item.wall:.1f} ({item.cpu:.1f})" for item in costs]
            ratios = f"**{everything.wall / slower:.2f}** | {everything.wall / bound:.2f}"
            yield f"| {what} | {count} | {name} | {number} | {' | '.join(cells)} | {ratios} |"
    yield ""
    yield f"Medians of {runs} turns. Bound: the slower stage, or the processor seconds of both over {CORES}"
    yield "cores, whichever is more."


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("made", type=Path)
    options.add_argument("--workers", type=int, nargs="+", default=[default_workers()])
    options.add_argument("--runs", type=int, default=3)
    given = options.parse_args()
    for line in report(given.folder, given.made, given.workers, given.runs):
        print(line, flush=True)


if __name__ == "__main__":
    main()
