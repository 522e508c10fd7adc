"""How long a film is costs time and room on the disk, but no memory."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.indexing import peak_memory
from plugins.values import Image
from shotseek.draw import write_video
from tests.videos import scene

MINUTES, HOURS = 10 * 60, 10 * 3600
"""seconds of two films, at one frame a second"""
SCENE = 20
"""seconds between two cuts"""
MORE = 64
"""MB"""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_hours_take_the_memory_of_ten_minutes(tmp_path: Path, figure: Callable[[str], None]) -> None:
    """Read off the processes themselves: what the system tells of a child when it has ended begins with the
    memory of whoever started it. Seen failing: with a parent that keeps what its decoder has told."""
    short, long = (peak_memory(film(tmp_path, seconds)) for seconds in (MINUTES, HOURS))
    figure(f"a film of ten hours, about {HOURS // SCENE:,} shots: {long}; of ten minutes: {short}")
    assert long.coordinator + long.decoder < short.coordinator + short.decoder + MORE


def film(folder: Path, seconds: int) -> Path:
    path = folder / f"{seconds}.mp4"
    write_video(path, frames(seconds), fps=1)
    return path


def frames(count: int) -> Iterator[Image]:
    scenes = [scene(seed, SCENE) for seed in range(8)]
    return itertools.islice(itertools.chain.from_iterable(itertools.cycle(scenes)), count)
