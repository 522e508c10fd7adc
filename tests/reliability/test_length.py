"""How long a film is costs time and room on the disk, but no memory."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer.library import Library
from plugins.values import Image
from shotseek.draw import write_video
from tests.shotseek.conftest import running
from tests.videos import scene

MINUTES, HOURS = 10 * 60, 10 * 3600
"""seconds of two films, at one frame a second"""
SCENE = 20
"""seconds between two cuts"""
MORE = 64 << 20
"""bytes"""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_hours_take_the_memory_of_ten_minutes(tmp_path: Path, figure: Callable[[str], None]) -> None:
    """Seen failing: with a parent that keeps what its decoder has told."""
    short, _ = peak(tmp_path, MINUTES)
    long, shots = peak(tmp_path, HOURS)
    figure(
        f"a film of ten hours, {shots:,} shots: {long >> 20} MiB at most in any process; of ten minutes:"
        f" {short >> 20}"
    )
    assert shots >= HOURS // SCENE
    assert long < short + MORE


def peak(folder: Path, seconds: int) -> tuple[int, int]:
    """The most memory that any process held while a film was indexed, in bytes, and the film's shots."""
    film, library = folder / f"{seconds}.mp4", folder / f"library {seconds}"
    write_video(film, frames(seconds), fps=1)
    with running("index", film, "--library", library, "--encoder", "palette") as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
    with Library.open(library) as opened:
        (summary,) = opened.catalog.videos()
        return used.ru_maxrss << 10, len(opened.catalog.shots(summary.video.id))


def frames(count: int) -> Iterator[Image]:
    scenes = [scene(seed, SCENE) for seed in range(8)]
    return itertools.islice(itertools.chain.from_iterable(itertools.cycle(scenes)), count)
