"""Writes films: H.264 and AAC in MP4, which opens everywhere."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.video.frame import PictureType

from indexer.sound import Piece
from plugins.values import SECOND, Samples

if TYPE_CHECKING:
    from av.container import OutputContainer

VIDEO = {"crf": "18", "preset": "veryfast"}
"""no difference can be seen; slower presets make a file smaller and nothing better"""
SAMPLE_RATE = 48_000
SOUND_BITS = 192_000
"""a second"""
CHUNK = 24_000
"""samples that are encoded at once"""
UNKNOWN = 2
"""what FFmpeg calls a property of colours that is not known"""
FAST_START = {"movflags": "+faststart"}
"""what a player needs first stands first"""


@dataclass(frozen=True, slots=True)
class Look:
    """What all pictures of a film have in common."""

    width: int
    """stored, even"""
    height: int
    """stored, even"""
    rate: Fraction
    """frames a second; a hint where they have times of their own"""
    tick: Fraction
    """seconds: the unit of the pictures' times"""
    rotation: int = 0
    """degrees counter-clockwise by which a player turns the stored picture"""
    pixel: Fraction = Fraction(1)
    """width of a pixel by its height"""
    colours: av.VideoFrame | None = None
    """a frame whose colours are meant as all are"""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named part of a film, in its ticks."""

    start: int
    end: int
    title: str


def write(
    target: str,
    look: Look,
    pictures: Iterable[tuple[int, av.VideoFrame]],
    sound: Iterable[Samples] | None,
    *,
    title: str = "",
    chapters: Sequence[Chapter] = (),
) -> int:
    """Writes a film.

    Args:
        pictures: each with its time in ticks, from 0, ascending
        sound: (n, 2) from the beginning on, without gaps; None for a silent film

    Returns:
        how many pictures there were
    """
    with av.open("file:" + target, "w", format="mp4", options=FAST_START) as container:
        if title:
            container.metadata["title"] = title
        if chapters:
            container.set_chapters(
                [
                    {
                        "id": number,
                        "start": item.start,
                        "end": item.end,
                        "time_base": look.tick,
                        "metadata": {"title": item.title},
                    }
                    for number, item in enumerate(chapters)
                ]
            )
        count = [0]
        tracks = [_video(container, look, pictures, count)]
        if sound is not None:
            tracks.append(_sound(container, sound))
        for packet in heapq.merge(*tracks, key=_seconds):
            container.mux(packet)
    return count[0]


def filled(pieces: Iterable[Piece], count: int) -> Iterator[Samples]:
    """Exactly so many samples, silence where there are none.

    Args:
        pieces: at times from the beginning, ascending; what lies before it or beyond the end is left out
    """
    done = 0
    for time_us, samples in pieces:
        at = round(time_us * SAMPLE_RATE / SECOND)
        if at < done:
            samples, at = samples[done - at :], done
        samples = samples[: max(0, count - at)]
        if len(samples):
            yield from _silence(at - done)
            yield from (samples[start : start + CHUNK] for start in range(0, len(samples), CHUNK))
            done = at + len(samples)
    yield from _silence(count - done)


def _silence(count: int) -> Iterator[Samples]:
    for start in range(0, count, CHUNK):
        yield np.zeros((min(CHUNK, count - start), 2), np.float32)


def _video(
    container: "OutputContainer", look: Look, pictures: Iterable[tuple[int, av.VideoFrame]], count: list[int]
) -> Iterator[Any]:
    stream = container.add_stream("libx264", look.rate, dict(VIDEO))
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height, stream.pix_fmt = look.width, look.height, "yuv420p"
    stream.codec_context.time_base = look.tick
    stream.codec_context.sample_aspect_ratio = look.pixel
    if look.rotation:
        stream.set_display_rotation(look.rotation)
    if look.colours is not None:
        for name in ("colorspace", "color_primaries", "color_trc"):
            if (value := int(getattr(look.colours, name))) != UNKNOWN:
                setattr(stream.codec_context, name, value)

    def packets() -> Iterator[Any]:
        for ticks, picture in pictures:
            frame = picture.reformat(look.width, look.height, "yuv420p")
            frame.pts, frame.time_base, frame.pict_type = ticks, look.tick, PictureType.NONE
            count[0] += 1
            yield from stream.encode(frame)
        yield from stream.encode()

    return packets()


def _sound(container: "OutputContainer", sound: Iterable[Samples]) -> Iterator[Any]:
    stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
    assert isinstance(stream, av.AudioStream)
    stream.codec_context.bit_rate = SOUND_BITS

    def packets() -> Iterator[Any]:
        done = 0
        for samples in sound:
            flat = np.ascontiguousarray(samples).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(flat, format="flt", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, done, Fraction(1, SAMPLE_RATE)
            done += len(samples)
            yield from stream.encode(frame)
        yield from stream.encode()

    return packets()


def _seconds(packet: Any) -> Fraction:
    return (packet.dts or 0) * Fraction(packet.time_base.numerator, packet.time_base.denominator)
