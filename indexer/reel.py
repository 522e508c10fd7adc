"""Many moments as one film: one size, one rate, one sound; inside the decoding process."""

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from indexer import film
from indexer.cut import near_us
from indexer.cuts import Cut, Join, Made, Piece
from indexer.media import open_media
from indexer.picture import Picture, quarter_turns
from indexer.sound import Piece as Heard
from indexer.sound import stereo, within
from plugins.values import SECOND, Image, Span

if TYPE_CHECKING:
    from indexer.task import Outbox


def join(job: Join, outbox: "Outbox") -> Cut:
    """Writes the reel: what does not fill the picture gets black borders, what is silent gets silence.

    Raises:
        MediaError: a video cannot be decoded
    """
    look = film.Look(*job.size, rate=job.rate, tick=1 / job.rate)
    total = sum(piece.frames for piece in job.pieces)
    chapters, at = [], 0
    for piece in job.pieces:
        chapters.append(film.Chapter(at, at + piece.frames, piece.title))
        at += piece.frames
    sound = None
    if any(_has_sound(job, piece) for piece in job.pieces):
        sound = film.filled(_heard(job), round(total / job.rate * film.SAMPLE_RATE))
    shown = _shown(job, outbox, total)
    frames = film.write(job.path, look, shown, sound, title=job.title, chapters=chapters)
    return Cut(job.path, copied=False, why="a reel is encoded again", frames=frames)


def _has_sound(job: Join, piece: Piece) -> bool:
    with open_media(piece.path, job.roots, job.limits) as media:
        return media.video.has_audio


def _shown(job: Join, outbox: "Outbox", total: int) -> Iterator[tuple[int, av.VideoFrame]]:
    done = 0
    for piece in job.pieces:
        with open_media(piece.path, job.roots, job.limits) as media:
            outbox.watch(media)
            near = near_us(media.video.frame_rate)
            times = [piece.start_us + near + int(index * SECOND / job.rate) for index in range(piece.frames)]
            held: tuple[Picture, av.VideoFrame] | None = None
            for picture in media.at(times):
                if held is None or held[0] is not picture:
                    held = picture, av.VideoFrame.from_ndarray(boxed(picture, job.size, media.sample_aspect))
                outbox.put(Made(done / total))
                yield done, held[1]
                done += 1


def _heard(job: Join) -> Iterator[Heard]:
    """Sound at the times of the reel."""
    at = 0
    for piece in job.pieces:
        begin_us, length_us = int(at * SECOND / job.rate), int(piece.frames * SECOND / job.rate)
        at += piece.frames
        with open_media(piece.path, job.roots, job.limits) as media:
            span = Span(piece.start_us, piece.start_us + length_us)
            pieces = within(stereo(media, span, film.SAMPLE_RATE), span, film.SAMPLE_RATE)
            for time_us, samples in pieces:
                yield begin_us + time_us - piece.start_us, samples


def boxed(picture: Picture, size: tuple[int, int], sample_aspect: Fraction = Fraction(1)) -> Image:
    """A picture upright in the middle of a black one of that (width, height), as large as it can be.

    Args:
        sample_aspect: width of a stored pixel by its height
    """
    turns = quarter_turns(picture.raw)
    across, down = picture.raw.width * float(sample_aspect), float(picture.raw.height)
    width, height = (down, across) if turns % 2 else (across, down)
    scale = min(size[0] / width, size[1] / height)
    inner = max(1, min(size[0], round(width * scale))), max(1, min(size[1], round(height * scale)))
    stored = inner[::-1] if turns % 2 else inner
    scaler = VideoReformatter()
    rgb = scaler.reformat(picture.raw, *stored, "rgb24", interpolation=Interpolation.BICUBIC).to_ndarray()
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = np.rot90(rgb, turns)
    return canvas
