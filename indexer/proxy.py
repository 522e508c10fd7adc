"""Makes what every browser can play of what some cannot: H.264 and AAC in pieces of fragmented MP4.

A proxy is made in segments of equal length, each of which decodes without any other, so that playing begins
where the visitor is and no more is made than is watched. Their times are the video's own: every frame is
shown when the original shows it, however its container counts and however long it is shown. A picture that
browsers could play if it lay in another file may be copied instead, see `indexer.copies`; sound is always
encoded.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter

from indexer import copies
from indexer.picture import Picture, quarter_turns
from indexer.sound import stereo
from plugins.values import SECOND, Samples, Span

if TYPE_CHECKING:
    from indexer.media import MediaFile

FORMAT = 2
"""changes when what is made does, so that nothing made before is taken for it"""
SOUND_RATE, FRAME = 48_000, 1024
"""of the sound, hertz and samples of one AAC frame"""
SEGMENT_US = 4_096_000
"""of video in one segment: a whole number of AAC frames, so that sound goes on without a seam"""
SEGMENT_SAMPLES = SEGMENT_US * SOUND_RATE // SECOND
LEAD = 4
"""AAC frames that are encoded before a segment and left out: an encoder needs them to get going"""
HEIGHT = 720
"""pixels of the shorter side, at most"""
TICK = Fraction(1, 90_000)
"""seconds"""
TYPE_OF_PICTURE, TYPE_OF_SOUND = "avc1.640028", "mp4a.40.2"
OPTIONS = {"preset": "superfast", "crf": "23", "bf": "0", "g": "600", "profile": "high", "level": "4.0"}
"""of libx264. Without B-frames packets have the order and the times of the frames."""

Packet: TypeAlias = "av.Packet[Any]"
Shown: TypeAlias = tuple[int, Picture]
"""microseconds from which a picture is shown, inside its segment"""
Drawn: TypeAlias = "tuple[int, int, Callable[[Any], list[Packet]]]"
"""microseconds at which what a segment holds begins and ends, and what puts its picture into an open file"""


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of a proxy."""

    number: int
    """from 0"""
    data: bytes
    """an MP4 file of one fragment, whose times begin at 0"""


def count(duration_us: int) -> int:
    """How many segments a video has."""
    return max(1, -(-duration_us // SEGMENT_US))


def segments(
    media: "MediaFile", numbers: range, duration_us: int, *, has_sound: bool, copied: bool = False
) -> Iterator[Segment]:
    """Some segments that follow each other, in one pass.

    Args:
        duration_us: of the whole video, as it was measured
        has_sound: whether there is sound that can be heard, see `indexer.playback`
        copied: whether the picture is copied

    Raises:
        MediaError: the picture cannot be copied there
    """
    heard = _Heard(media, numbers.start * SEGMENT_US) if has_sound else None
    pictures = (_copied if copied else _encoded)(media, numbers, duration_us)
    for number, (*ends, add) in zip(numbers, pictures, strict=False):
        first, last = (-(-us * SOUND_RATE // SECOND // FRAME) for us in ends)
        begin = first - number * SEGMENT_SAMPLES // FRAME
        sound = heard.between((first - LEAD) * FRAME, (last + 1) * FRAME) if heard else None
        yield Segment(number, _file(add, sound, begin))


def _encoded(media: "MediaFile", numbers: range, duration_us: int) -> Iterator[Drawn]:
    ends = Span(numbers.start * SEGMENT_US, min(numbers.stop * SEGMENT_US, max(duration_us, 1)))
    for number, shown in zip(numbers, _cut(media.shown(ends), numbers), strict=False):
        start_us = number * SEGMENT_US
        span = Span(start_us, min(start_us + SEGMENT_US, max(duration_us, shown[-1][0] + 1)))
        yield span.start_us, span.end_us, partial(_video, media=media, shown=shown, span=span)


def _copied(media: "MediaFile", numbers: range, duration_us: int) -> Iterator[Drawn]:
    found = copies.groups(media, numbers, SEGMENT_US, duration_us)
    for number, held in zip(numbers, found, strict=True):
        add = partial(copies.add, media=media, held=held, start_us=number * SEGMENT_US, tick=TICK)
        yield held.start_us, held.end_us, add


def _cut(pictures: Iterator[Picture], numbers: range) -> Iterator[list[Shown]]:
    """The pictures of each segment: first the one that is already shown when it begins."""
    held: list[Shown] = []
    number = numbers.start
    for picture in pictures:
        while picture.time_us >= (number + 1) * SEGMENT_US and held:
            yield held
            number += 1
            held = [(number * SEGMENT_US, held[-1][1])]
        if held and picture.time_us <= held[-1][0]:
            held.pop()
        held.append((max(picture.time_us, number * SEGMENT_US), picture))
    while held and number < numbers.stop:
        yield held
        number += 1
        held = [(number * SEGMENT_US, held[-1][1])]


class _Heard:
    """The sound of a video from a time on, of which one span after the other is asked for."""

    def __init__(self, media: "MediaFile", start_us: int) -> None:
        self._pieces = stereo(media, Span(start_us, 1 << 62), SOUND_RATE)
        self._held: list[tuple[int, Samples]] = []
        self._end, self._end_us = 0, -1
        """of what was read, in samples and in microseconds"""

    def between(self, begin: int, end: int) -> Samples:
        """(samples, 2), counted from time 0; silence where there is none."""
        while self._end < end and self._read():
            pass
        self._held = [(at, samples) for at, samples in self._held if at + len(samples) > begin]
        block = np.zeros((end - begin, 2), np.float32)
        for at, samples in self._held:
            _put(block, at - begin, samples)
        return block

    def _read(self) -> bool:
        time_us, samples = next(self._pieces, (0, None))
        if samples is None:
            return False
        # what goes on does so with the very next sample, which microseconds round away
        at = self._end if time_us == self._end_us else round(time_us * SOUND_RATE / SECOND)
        self._held.append((at, samples))
        self._end, self._end_us = at + len(samples), time_us + len(samples) * SECOND // SOUND_RATE
        return True


def _put(block: Samples, at: int, samples: Samples) -> None:
    """What of some samples lies in a block."""
    kept = samples[max(0, -at) :]
    at = max(0, at)
    kept = kept[: max(0, len(block) - at)]
    block[at : at + len(kept)] = kept


def _file(add: Callable[[Any], list[Packet]], sound: Samples | None, begin: int) -> bytes:
    """
    Args:
        sound: with what comes before and after it, see `_audio`
        begin: AAC frames from the beginning of the segment to that of its sound
    """
    target = io.BytesIO()
    options = {
        "movflags": "empty_moov+default_base_moof+frag_custom+frag_discont+skip_trailer+negative_cts_offsets",
        "use_editlist": "0",
        "avoid_negative_ts": "disabled",
    }
    with av.open(target, "w", format="mp4", options=options) as container:
        packets = add(container)
        if sound is not None:
            packets += _audio(container, sound, begin)
        for packet in sorted(packets, key=lambda item: (item.dts or 0) * item.time_base):
            container.mux(packet)
    return target.getvalue()


def _video(container: Any, media: "MediaFile", shown: list[Shown], span: Span) -> list[Packet]:
    width, height = fitted(shown[0][1], media.sample_aspect)
    stream = container.add_stream("libx264", options=OPTIONS)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.time_base = stream.codec_context.time_base = TICK
    raw = shown[0][1].raw
    stream.codec_context.colorspace = raw.colorspace
    stream.codec_context.color_range = ColorRange.MPEG
    scaler = VideoReformatter()
    times = [_ticks(time_us - span.start_us) for time_us, _ in shown]
    packets: list[Packet] = []
    for time, (_, picture) in zip(times, shown, strict=True):
        frame = _upright(picture, scaler, (width, height))
        frame.pts, frame.time_base = time, TICK
        packets += stream.encode(frame)
    packets += stream.encode(None)
    for packet, time, end in zip(packets, times, [*times[1:], _ticks(span.duration_us)], strict=True):
        packet.duration = max(1, end - time)
    return packets


def _audio(container: Any, sound: Samples, begin: int) -> list[Packet]:
    """The packets of a segment, whose sound begins `LEAD` frames before it and ends one after it: a packet
    reaches over two frames."""
    stream = container.add_stream("aac", rate=SOUND_RATE, options={"b": "128k"})
    stream.layout = "stereo"
    packets: list[Packet] = []
    count_of = len(sound) // FRAME
    for index in range(count_of):
        planes = np.ascontiguousarray(sound[index * FRAME : (index + 1) * FRAME].T)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = SOUND_RATE, (begin + index - LEAD) * FRAME
        frame.time_base = Fraction(1, SOUND_RATE)
        packets += stream.encode(frame)
    packets += stream.encode(None)
    wanted = range(begin * FRAME, (begin + count_of - LEAD - 1) * FRAME)
    return [packet for packet in packets if packet.pts in wanted]


def fitted(picture: Picture, sample_aspect: Fraction) -> tuple[int, int]:
    """(width, height) of the proxy: upright, of square pixels, even, the shorter side at most `HEIGHT`."""
    width, height = picture.raw.width * float(sample_aspect), float(picture.raw.height)
    if quarter_turns(picture.raw) % 2:
        width, height = height, width
    scale = min(1.0, HEIGHT / min(width, height), 4 * HEIGHT / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _upright(picture: Picture, scaler: VideoReformatter, size: tuple[int, int]) -> av.VideoFrame:
    turns = quarter_turns(picture.raw)
    width, height = size[::-1] if turns % 2 else size
    frame = scaler.reformat(
        picture.raw, width, height, "yuv420p", interpolation="BILINEAR", dst_color_range=ColorRange.MPEG
    )
    if turns:
        planes = frame.to_ndarray()
        luma, chroma = planes[:height], planes[height:].reshape(2, height // 2, width // 2)
        turned = [np.rot90(plane, turns).reshape(-1) for plane in (luma, *chroma)]
        frame = av.VideoFrame.from_ndarray(np.concatenate(turned).reshape(-1, size[0]), format="yuv420p")
    frame.pict_type = 0
    return frame


def _ticks(us: int) -> int:
    return round(us * TICK.denominator / SECOND)
