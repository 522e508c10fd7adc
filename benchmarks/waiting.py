"""How long a person waits for the everyday things, as whole processes.

python -m benchmarks.waiting ../shared/videos
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from plugins.encoders.starter.encoder import StarterEncoder

SHOTSEEK = str(Path(sys.executable).with_name("shotseek"))
RUNS = 5
PICTURES = 50
SIZE = (480, 854, 3)
"""(height, width, channels) of the largest keyframes of wide video"""


def seconds(*arguments: str) -> float:
    """A command, start to end."""
    started = time.perf_counter()
    subprocess.run([SHOTSEEK, *arguments], check=True, capture_output=True)
    return time.perf_counter() - started


def starter_rate() -> float:
    """Pictures a second."""
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, SIZE, dtype=np.uint8) for _ in range(PICTURES)]
    encoder = StarterEncoder()
    encoder.encode_images(pictures[:1])
    started = time.perf_counter()
    encoder.encode_images(pictures)
    return PICTURES / (time.perf_counter() - started)


def report(folder: str) -> Iterator[str]:
    """The report, line by line, in Markdown."""
    with tempfile.TemporaryDirectory() as library:
        common = ("--library", library, "--encoder", "starter")
        first = seconds("index", folder, *common)
        rows = {
            "`shotseek --help`": ("--help",),
            "`shotseek plugins`": ("plugins",),
            "`shotseek index VIDEOS` again, nothing new": ("index", folder, *common),
            '`shotseek search "red flower"`': ("search", "red flower", "--library", library),
        }
        yield "| what | median s |"
        yield "| --- | ---: |"
        yield f"| `shotseek index VIDEOS`, the first time | {first:.1f} |"
        for what, arguments in rows.items():
            yield f"| {what} | {statistics.median(seconds(*arguments) for _ in range(RUNS)):.2f} |"
    yield ""
    yield f"`starter` encodes {starter_rate():.0f} pictures of {SIZE[1]}x{SIZE[0]} a second."


if __name__ == "__main__":
    for line in report(sys.argv[1]):
        print(line, flush=True)
