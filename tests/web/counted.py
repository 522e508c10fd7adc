"""Videos whose every frame says its number, as a row of black and white squares that a browser can read."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from playwright.sync_api import Page

from plugins.values import Image
from shotseek.draw import SAMPLE_RATE, write_video

FPS = 25
SECONDS = 9
"""a little more than two segments of a proxy"""
BITS, SIDE = 10, 32
READ = """(player, bits) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: bits, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const wide = player.videoWidth / bits, high = player.videoHeight;
  for (let at = 0; at < bits; at++)
    context.drawImage(player, (at + 0.3) * wide, high * 0.3, wide * 0.4, high * 0.4, at, 0, 1, 1);
  const { data } = context.getImageData(0, 0, bits, 1);
  return Array.from({ length: bits }, (_, at) => data[4 * at] > 127 ? 2 ** at : 0).reduce((a, b) => a + b);
}"""
X265 = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=60"}
NUMBERS = {"hevc.mp4": "libx265", "mpeg2.mpg": "mpeg2video", "mpeg4.avi": "mpeg4", "h264.mkv": "libx264"}
"""videos that no browser plays, and the encoder of each"""
COPIED = {"often.mkv": 37, "seldom.ts": 130, "seldom.flv": 130}
"""videos that only their container keeps browsers from playing, with frames that refer to later ones, and how
many frames lie between two key frames: fewer than in a segment of a proxy, and more"""


def numbered(seconds: float = SECONDS) -> Iterator[Image]:
    for number in range(round(seconds * FPS)):
        cells = np.array([255 * (number >> bit & 1) for bit in range(BITS)], np.uint8)
        row = np.repeat(cells, SIDE)
        yield np.repeat(np.broadcast_to(row, (2 * SIDE, row.size))[..., None], 3, axis=2).copy()


def silence(seconds: float) -> Any:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def draw_counted(folder: Path) -> None:
    """The same pictures in a file that browsers play, in some that they do not, and in some of odd times."""
    folder.mkdir(parents=True)
    write_video(folder / "plain.mp4", numbered(), fps=FPS, options={"preset": "ultrafast", "g": "300"})
    for name, codec in NUMBERS.items():
        options = X265 if codec == "libx265" else None
        write_video(folder / name, numbered(), fps=FPS, codec=codec, options=options, sound=silence(SECONDS))
    for name, group in COPIED.items():
        options = {"preset": "veryfast", "bf": "3", "g": str(group), "sc_threshold": "0"}
        write_video(folder / name, numbered(), fps=FPS, options=options, sound=silence(SECONDS))
    late = [500_000 + number * 1_000_000 // FPS for number in range(SECONDS * FPS)]
    write_video(folder / "late.mp4", numbered(), times_us=late, sound=silence(SECONDS))
    write_video(folder / "stream.ts", numbered(), fps=FPS, codec="mpeg2video", sound=silence(SECONDS))
    uneven = [number * 40_000 + (2_000_000 if number >= 100 else 0) for number in range(SECONDS * FPS)]
    write_video(folder / "uneven.mkv", numbered(), times_us=uneven)
    _with_chapters(folder / "plain.mp4", folder / "chapters.mp4")


HOSTILE = "<img src=x onerror=\"document.title='taken'\"> & --> more"
CHAPTERS = [(0, 4, "Opening"), (4, 7, HOSTILE), (7, 9, "")]


def _with_chapters(source: Path, target: Path) -> None:
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        given = read.streams.video[0]
        stream = written.add_stream_from_template(given)
        written.set_chapters(
            [
                {
                    "id": number,
                    "start": start,
                    "end": end,
                    "time_base": Fraction(1),
                    "metadata": {"title": title},
                }
                for number, (start, end, title) in enumerate(CHAPTERS)
            ]
        )
        for packet in read.demux(given):
            if packet.dts is not None:
                packet.stream = stream
                written.mux(packet)


def number_shown(page: Page) -> int:
    """The number of the frame that the player shows."""
    return int(page.locator("#player").evaluate(READ, BITS))
