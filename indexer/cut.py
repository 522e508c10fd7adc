"""One moment of a video as a file of its own; inside the decoding process.

The stream is taken as it is where that gives exactly the frames of the moment: where it begins with a key
frame, where no frame that is left out at the end is needed by one that is kept, and where the codecs may lie
in the new file. Else the moment is encoded again. Either way its ends are the frames nearest to what was
asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import floor
from typing import TYPE_CHECKING, Any

import av

from indexer import film
from indexer.cuts import Cut
from indexer.picture import Picture
from indexer.sound import heard, stereo
from plugins.errors import MediaError, Reason
from plugins.values import SECOND, Span, timecode

if TYPE_CHECKING:
    from indexer.media import MediaFile

MAX_NEAR_US = 20_000
"""by which an end may be moved to a frame: half a frame, but of no slower rate than 25 a second"""
TICK = Fraction(1, 90_000)
"""seconds; a frame's time is written this exactly"""
MP4_VIDEO = frozenset(["h264", "hevc", "mpeg4"])
MP4_SOUND = frozenset(["aac", "mp3", "ac3", "eac3", "alac"])
MOV_VIDEO = frozenset(["prores", "dnxhd", "mjpeg"])
MOV_SOUND = frozenset(["pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le"])
"""codecs that may lie in these files, and that what opens them can decode. Not AV1: PyAV copies a stream only
where there is an encoder that is called as the decoder is."""
Say = Callable[[float], object]


def near_us(rate: Fraction | None) -> int:
    """How far from a frame a time may lie and still be meant as that frame, microseconds."""
    return min(MAX_NEAR_US, floor(SECOND / rate / 2)) if rate else MAX_NEAR_US


def trim(media: "MediaFile", span: Span, target: str, say: Say) -> Cut:
    """Writes the frames of a span, and the sound that belongs to them.

    Args:
        target: path without a suffix, which follows from what is written
        say: told the share that is done

    Raises:
        MediaError: there is no frame there
    """
    near = near_us(media.video.frame_rate)
    start_us = max(0, span.start_us - near + 1)  # of two frames as near, the later
    wanted = Span(start_us, max(start_us + 1, span.end_us - near + 1))
    plan = _plan(media, span, wanted)
    if isinstance(plan, _Plan):
        _copy(media, plan, target + plan.suffix)
        return Cut(target + plan.suffix, copied=True, why="", frames=plan.frames)
    frames = _encode(media, wanted, f"{target}.mp4", say)
    return Cut(f"{target}.mp4", copied=False, why=plan, frames=frames)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a span is copied."""

    suffix: str
    first: int
    """presentation time of the first frame, in units of the stream"""
    last: int
    """of the last frame"""
    final: int
    """decoding time of the last packet that is taken"""
    frames: int


def _plan(media: "MediaFile", span: Span, wanted: Span) -> "_Plan | str":
    """How to copy a span, or why that cannot be done."""
    with media.opened() as container:
        stream = media.shown_stream(container)
        sound = heard(media, container)
        suffix = _suffix(_codec(stream), _codec(sound) if sound else None)
        if not suffix or not media.keeps_time:
            return "its codec cannot be taken as it is"
        times = _times(media, container, stream, span, wanted)
    inside = [item for item in times if item.us >= wanted.start_us and item.us < wanted.end_us]
    if not inside:
        return "its times are not known"
    start = min(inside, key=lambda item: item.pts)
    if not start.is_key or start.dts != min(item.dts for item in inside):
        return "it does not begin with a key frame"
    final = max(item.dts for item in inside)
    later = [item for item in times if item.us >= wanted.end_us and start.dts < item.dts < final]
    if later:
        return "its last frames need one that comes later"
    return _Plan(suffix, start.pts, max(item.pts for item in inside), final, len(inside))


@dataclass(frozen=True, slots=True)
class _Time:
    """When a packet is decoded and shown."""

    pts: int
    dts: int
    us: int
    """when it is shown, as the rest of Shotseek says it"""
    is_key: bool


def _times(media: "MediaFile", container: Any, stream: Any, span: Span, wanted: Span) -> list[_Time]:
    """Of the packets from before a span to a little after it; none where a packet does not say its time."""
    clock = media.clock()
    _seek(media, container, stream, span.start_us)
    found: list[_Time] = []
    after = 0
    for packet in media.packets(container, stream):
        if packet is None or packet.size == 0:
            break
        if packet.pts is None or packet.dts is None:
            return []
        time = _Time(packet.pts, packet.dts, clock.to_us(clock.shown(packet.pts)), packet.is_keyframe)
        if not found and time.us > wanted.end_us:
            return []
        found.append(time)
        after += time.us >= wanted.end_us
        if after > _reorder(stream):
            break
    return found


def _reorder(stream: Any) -> int:
    """Packets after which no frame from before can come any more."""
    return 2 + int(stream.codec_context.reorder_depth or 0) + 16


def _seek(media: "MediaFile", container: Any, stream: Any, time_us: int) -> None:
    """To the key frame at or before a time."""
    near = near_us(media.video.frame_rate)
    ticks = int(Fraction(time_us + near, SECOND) / media.base) + media.origin
    container.seek(ticks, stream=stream)


def _codec(stream: Any) -> str:
    """Of a stream, whichever of several decoders reads it."""
    return str(stream.codec_context.codec.canonical_name)


def _suffix(video: str, sound: str | None) -> str:
    """Of the file that two codecs may lie in; empty where there is none."""
    if video in MP4_VIDEO and (sound is None or sound in MP4_SOUND):
        return ".mp4"
    known = sound is None or sound in MP4_SOUND | MOV_SOUND
    return ".mov" if video in MP4_VIDEO | MOV_VIDEO and known else ""


def _copy(media: "MediaFile", plan: _Plan, target: str) -> None:
    """Packets as they are, their times counted from the first frame."""
    begin, end = plan.first * media.base, (plan.last + 1) * media.base
    with media.opened() as source, av.open("file:" + target, "w", options=film.FAST_START) as made:
        stream, sound = media.shown_stream(source), heard(media, source)
        chosen: list[Any] = [stream] if sound is None else [stream, sound]
        tracks: dict[int, Any] = {item.index: made.add_stream_from_template(item) for item in chosen}
        clock = media.clock()
        _seek(media, source, stream, clock.to_us(clock.shown(plan.first)))
        waiting = set(tracks)
        for packet in media.packets(source, chosen):
            if packet is None or packet.pts is None or packet.dts is None or packet.size == 0:
                continue
            index = packet.stream.index
            if index == stream.index:
                past = packet.dts > plan.final
                taken = not past and plan.first <= packet.pts <= plan.last
            else:
                past = packet.pts * _base(packet) >= end
                taken = not past and packet.pts * _base(packet) >= begin
            if taken:
                _shift(packet, begin)
                packet.stream = tracks[index]
                made.mux(packet)
            elif past:
                waiting.discard(index)
            if not waiting:
                break


def _shift(packet: Any, begin: Fraction) -> None:
    ticks = round(begin / _base(packet))
    packet.pts -= ticks
    packet.dts -= ticks


def _base(packet: Any) -> Fraction:
    return Fraction(packet.time_base.numerator, packet.time_base.denominator)


def _encode(media: "MediaFile", wanted: Span, target: str, say: Say) -> int:
    """Every frame at its own time, and the sound from the first of them on."""
    pictures = media.pictures(wanted)
    first = next(pictures, None)
    if first is None:
        raise MediaError(
            Reason.NO_FRAMES, media.path, f"no frame can be decoded at {timecode(wanted.start_us)}"
        )
    begin_us = first.time_us
    look = film.Look(
        width=max(2, first.raw.width // 2 * 2),
        height=max(2, first.raw.height // 2 * 2),
        rate=media.video.frame_rate or Fraction(25),
        tick=TICK,
        rotation=round(first.raw.rotation),
        pixel=media.sample_aspect,
        colours=first.raw,
    )
    shown = _shown(chain([first], pictures), begin_us, wanted, say)
    if not media.video.has_audio:
        return film.write(target, look, shown, None)
    length_us = wanted.end_us - wanted.start_us
    pieces = stereo(media, Span(begin_us, begin_us + length_us), film.SAMPLE_RATE)
    moved = ((time_us - begin_us, samples) for time_us, samples in pieces)
    sound = film.filled(moved, round(length_us * film.SAMPLE_RATE / SECOND))
    return film.write(target, look, shown, sound)


def _shown(
    pictures: Iterator[Picture], begin_us: int, wanted: Span, say: Say
) -> Iterator[tuple[int, av.VideoFrame]]:
    for picture in pictures:
        say((picture.time_us - wanted.start_us) / wanted.duration_us)
        yield round((picture.time_us - begin_us) / (SECOND * TICK)), picture.raw
