"""Writes small videos: the demo's clips, and the tests' (see `tests.videos`)."""

import heapq
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from plugins.errors import InvalidValue
from plugins.values import SECOND, Annotation, Image

if TYPE_CHECKING:
    import av
    import numpy as np
    from av.container import OutputContainer
    from numpy.typing import NDArray

    Packet: TypeAlias = av.Packet[Any]

SAMPLE_RATE = 48_000
"""of the sound, hertz"""
FAST = {
    "libx264": {"preset": "ultrafast"},
    "libvpx": {"cpu-used": "8", "deadline": "realtime", "threads": "1"},
}
"""Options of the video encoders, where none are given. Threads of libvpx wait for each other at full speed,
which costs small pictures fifty times their encoding."""
SOUND_CODECS = {".webm": "libopus", ".avi": "mp2", ".ts": "mp2", ".mpg": "mp2"}
TEXT_CODECS = {".mp4": "mov_text", ".mov": "mov_text", ".webm": "webvtt"}
CONSTANT_RATE = (".avi", ".gif", ".ts", ".mpg")
"""Containers that keep no time of their own for each frame, or whose usual codecs do not."""
TICK = Fraction(1, 90_000)
"""seconds; a frame's time is written this exactly"""
ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour
Style: Default,Arial,16,&Hffffff

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def write_video(
    path: str | os.PathLike[str],
    frames: Iterable[Image],
    *,
    fps: Fraction | int = 25,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    times_us: Iterable[int] | None = None,
    rotation: int = 0,
    sound: "NDArray[np.float32] | None" = None,
    subtitles: Sequence[Annotation] = (),
) -> None:
    """Writes frames, and if given sound and subtitles, into one file whose suffix says the container.

    Args:
        frames: uint8 (height, width, 3) RGB, at least one, all of one size; even sides for yuv420p
        fps: frames a second, where ``times_us`` does not say otherwise
        codec: FFmpeg's name of the video encoder
        pixel_format: FFmpeg's name of how pixels are stored
        options: of the video encoder; quick ones by default
        times_us: when each frame is shown, ascending, microseconds; not for avi, gif, ts and mpg
        rotation: degrees counter-clockwise by which a player turns the stored picture; mp4 and mov only
        sound: mono samples of -1 to 1 at `SAMPLE_RATE`
        subtitles: text and span of each; mp4, mov, mkv and webm only

    Raises:
        InvalidValue: there is no frame
    """
    import av

    if times_us is None:
        times_us = (round(index * SECOND / fps) for index in itertools.count())
    shown = iter(zip(times_us, frames, strict=False))
    first = next(shown, None)
    target = os.fspath(path)
    if first is None:
        raise InvalidValue(f"{target}: a video needs at least one frame")
    suffix = os.path.splitext(target)[1].lower()  # noqa: PTH122  the path may hold any bytes
    with av.open("file:" + target, "w") as container:
        stream = container.add_stream(codec, fps, dict(FAST.get(codec, {}) if options is None else options))
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = first[1].shape[:2]
        _describe(stream, pixel_format, rotation, exact_times=suffix not in CONSTANT_RATE)
        tracks = [_video(stream, itertools.chain([first], shown))]
        if sound is not None:
            tracks.append(_sound(container, SOUND_CODECS.get(suffix, "aac"), sound))
        if subtitles:
            tracks.append(_text(container, TEXT_CODECS.get(suffix, "srt"), subtitles))
        # in the order in which they are needed, so that a player can start before it has the whole file
        for packet in heapq.merge(*tracks, key=_seconds):
            container.mux(packet)


def _describe(stream: "av.VideoStream", pixel_format: str, rotation: int, *, exact_times: bool) -> None:
    stream.pix_fmt = pixel_format
    if exact_times:
        stream.codec_context.time_base = TICK
    if rotation:
        stream.set_display_rotation(rotation)


def _seconds(packet: "Packet") -> Fraction:
    return (packet.dts or 0) * Fraction(packet.time_base.numerator, packet.time_base.denominator)


def _video(stream: "av.VideoStream", shown: Iterable[tuple[int, Image]]) -> "Iterator[Packet]":
    import av

    for time_us, image in shown:
        frame = av.VideoFrame.from_ndarray(image)
        frame.pts, frame.time_base = round(time_us / (SECOND * TICK)), TICK
        yield from stream.encode(frame)
    yield from stream.encode()


def _sound(container: "OutputContainer", codec: str, samples: "NDArray[np.float32]") -> "Iterator[Packet]":
    import av

    stream = container.add_stream(codec, SAMPLE_RATE, layout="mono")
    assert isinstance(stream, av.AudioStream)

    def packets() -> "Iterator[Packet]":
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
        yield from stream.encode(frame)
        yield from stream.encode()

    return packets()


def _text(container: "OutputContainer", codec: str, subtitles: Sequence[Annotation]) -> "Iterator[Packet]":
    from av.subtitles.stream import SubtitleStream
    from av.subtitles.subtitle import SubtitleSet

    stream = container.add_stream(codec)
    assert isinstance(stream, SubtitleStream)
    stream.codec_context.subtitle_header = ASS_HEADER

    def packets() -> "Iterator[Packet]":
        for item in sorted(subtitles, key=lambda item: item.span):
            start, length = item.span.start_us // 1000, item.span.duration_us // 1000
            line = b"0,0,Default,,0,0,0,," + item.text.replace("\n", "\\N").encode()
            packet = stream.codec_context.encode_subtitle(SubtitleSet.create(line, 0, length))
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = packet.dts = start
            packet.duration = length
            yield packet

    return packets()
