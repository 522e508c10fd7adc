"""A sheet of small pictures of a whole video, by which it can be looked through without playing it.

The pictures are the thumbnails of its keyframes, which the scan has chosen where something new is to be seen:
so a sheet costs the scan nothing, and nothing is decoded for it.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image as Pillow

from plugins.values import SECOND, Shot, Span, Video

MAX_CELLS = 400
CELL = 160
"""pixels of a cell's longer side"""
COLUMNS = 20
QUALITY = 70


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture of the sheet."""

    time_us: int
    """of the keyframe"""
    span: Span
    """what it stands for: until the next one"""
    x: int
    y: int
    """pixels of the sheet, of its left upper corner"""
    width: int
    height: int


def layout(video: Video, shots: Sequence[Shot]) -> list[Cell]:
    """Which keyframes the sheet shows, and where; every other, third, ... where there are too many."""
    keyframes = [time_us for shot in shots for time_us in shot.keyframes_us]
    times = keyframes[:: -(-len(keyframes) // MAX_CELLS) or 1]
    scale = CELL / max(video.width, video.height)
    width, height = max(1, round(video.width * scale)), max(1, round(video.height * scale))
    ends = [*times[1:], max(video.duration_us, times[-1] + 1)] if times else []
    return [
        Cell(time_us, Span(start_us, end_us), at % COLUMNS * width, at // COLUMNS * height, width, height)
        for at, (time_us, start_us, end_us) in enumerate(zip(times, [0, *times[1:]], ends, strict=True))
    ]


def sheet(cells: Sequence[Cell], thumbnails: Sequence[bytes]) -> bytes:
    """The sheet as a JPEG.

    Args:
        cells: at least one
        thumbnails: a JPEG for each
    """
    size = max(cell.x + cell.width for cell in cells), max(cell.y + cell.height for cell in cells)
    canvas = Pillow.new("RGB", size)
    for cell, thumbnail in zip(cells, thumbnails, strict=True):
        with Pillow.open(io.BytesIO(thumbnail), formats=["JPEG"]) as picture:
            picture.draft("RGB", (cell.width, cell.height))
            canvas.paste(picture.convert("RGB").resize((cell.width, cell.height)), (cell.x, cell.y))
    file = io.BytesIO()
    canvas.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def webvtt(cells: Sequence[Cell], address: str) -> str:
    """Where on the sheet the picture of each time is: a WebVTT file of media fragments, as players read it.

    Args:
        address: of the sheet
    """
    cues = [
        f"{vtt_clock(cell.span.start_us)} --> {vtt_clock(cell.span.end_us)}\n"
        f"{address}#xywh={cell.x},{cell.y},{cell.width},{cell.height}\n"
        for cell in cells
    ]
    return "\n".join(["WEBVTT\n", *cues])


def version(video: Video, cells: Sequence[Cell]) -> str:
    """Changes whenever the sheet does: with the content of the file, and with the keyframes."""
    shown = " ".join([video.fingerprint, *(str(cell.time_us) for cell in cells)])
    return hashlib.blake2b(shown.encode(), digest_size=6).hexdigest()


def vtt_clock(us: int) -> str:
    """A time as a WebVTT file writes it: ``00:01:02.345``."""
    thousandths = us * 1000 // SECOND
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
