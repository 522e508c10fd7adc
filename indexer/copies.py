"""The picture of a proxy as it lies in the file: H.264 that browsers could play, in a file they cannot.

Segments are not cut at equal times then, but at key frames: each holds the groups that begin in it, so the
moment before its first key frame is in a segment before, and one may hold none. Only a key frame at which a
decoder forgets all that was (IDR) begins a group here, so every group decodes alone. Times are those of the
encoded proxy. Whatever is odd (damage, times that do not ascend, key frames far apart, an edit that hides
frames) is an error: such a file is for the encoder.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NoReturn

import av

from plugins.errors import MediaError, Reason
from plugins.values import SECOND

if TYPE_CHECKING:
    from indexer.media import MediaFile

PROFILES = frozenset([66, 77, 100])
"""of H.264 that browsers decode: Baseline, Main, High; all have 8 bits"""
MAX_LEVEL = 52
PIXELS = frozenset(["yuv420p", "yuvj420p"])
PROGRESSIVE = 1
"""field order; above it are interlaced ones, 0 is unknown"""
IDR, PARAMETERS = 5, 7
"""types of the units of H.264: a picture that refers to none before it, and the parameters of a sequence"""
MAX_GROUP_US = 12 * SECOND
"""longer than x264's groups at 24 frames a second; who seeks into a longer one waits too long"""
MAX_BYTES = 64 << 20
"""of the packets of one segment"""
MARGIN_US = SECOND
"""so much earlier than wanted a file is read from: some containers seek by the time of decoding"""
EARLIER_US = 30 * SECOND
"""further back, where the container did not land before the time it was told to seek"""


@dataclass(slots=True)
class Groups:
    """What a segment holds."""

    stream: Any
    """from which the packets are"""
    packets: list[tuple[int, Any]] = field(default_factory=list)
    """microseconds at which each is shown, and the packet, in order of decoding"""
    end_us: int = 0
    """when the next picture is shown that is not among them"""

    @property
    def start_us(self) -> int:
        """When the first of them is shown, which is the first in order of decoding."""
        return self.packets[0][0] if self.packets else self.end_us


def codec_of(media: "MediaFile") -> str:
    """What browsers call the codec of a file whose picture may be copied; empty where it may not."""
    with media.opened() as container:
        context = media.shown_stream(container).codec_context
        extradata = bytes(context.extradata or b"")
        parameters = _parameters(extradata)
        known = (
            context.codec.canonical_name == "h264"
            and context.pix_fmt in PIXELS
            and context.field_order <= PROGRESSIVE
            and len(parameters) > 3
            and parameters[1] in PROFILES
            and parameters[3] <= MAX_LEVEL
        )
    if not known or media.sample_aspect != 1 or not media.keeps_time or not media.is_plain:
        return ""
    try:
        us, _, begins = next(_run(media, 0), (-1, None, False))
    except MediaError:
        return ""
    return f"avc1.{parameters[1:4].hex()}" if begins and us == 0 else ""


def groups(media: "MediaFile", numbers: range, segment_us: int, duration_us: int) -> Iterator[Groups]:
    """What each of some segments holds that follow each other.

    Raises:
        MediaError: the picture cannot be copied there
    """
    number, held, size, group_us = numbers.start, None, 0, None
    run = _from(media, number * segment_us)  # named, so that the stream stays open until all is made
    for us, packet, begins in run:
        held = held or Groups(packet.stream)
        if packet.size == 0:
            break
        group_us = us if begins or group_us is None else group_us
        if us - group_us > MAX_GROUP_US or size > MAX_BYTES:
            _refuse(media, "its key frames are too far apart")
        while begins and us >= (number + 1) * segment_us:
            held.end_us = us
            yield held
            number, held, size = number + 1, Groups(packet.stream), 0
            if number == numbers.stop:
                return
        if held.packets or (begins and us >= number * segment_us):
            held.packets.append((us, packet))
            size += packet.size
    if held is None:
        _refuse(media, "it ends before it should")
    held.end_us = max([duration_us, *(us + 1 for us, _ in held.packets)])
    yield held
    for _ in range(number + 1, numbers.stop):
        yield Groups(held.stream, end_us=held.end_us)


def add(container: Any, media: "MediaFile", held: Groups, start_us: int, tick: Fraction) -> list[Any]:
    """The packets of a segment for a new file, where time 0 is the beginning of the segment.

    Args:
        tick: seconds, in which times are written
    """
    stream = container.add_stream_from_template(held.stream)
    stream.time_base = tick
    shown = [round((us - start_us) / (SECOND * tick)) for us, _ in held.packets]
    ordered = sorted(shown)
    if any(one == other for one, other in pairwise(ordered)):
        _refuse(media, "two of its frames are shown at the same time")
    end = round((held.end_us - start_us) / (SECOND * tick))
    lasting = {one: max(1, other - one) for one, other in pairwise([*ordered, end])}
    # In MP4 a frame lasts until the next is decoded, and a browser believes it: so times of decoding are
    # chosen that make each last as long as it is shown. The muxer shifts back what comes too early.
    decoded = list(accumulate((lasting[pts] for pts in shown), initial=shown[0] if shown else 0))
    early = max((dts - pts for dts, pts in zip(decoded, shown, strict=False)), default=0)
    for (_, packet), pts, dts in zip(held.packets, shown, decoded, strict=False):
        packet.stream = stream
        packet.time_base = tick
        packet.pts, packet.dts, packet.duration = pts, dts - early, lasting[pts]
    return [packet for _, packet in held.packets]


def _from(media: "MediaFile", start_us: int) -> Iterator[tuple[int, Any, bool]]:
    """Packets from before a time on, see `_run`."""
    for from_us in (start_us - MARGIN_US, start_us - EARLIER_US, 0):
        run = _run(media, max(0, from_us))
        first = next(run, None)
        if from_us <= 0 or (first is not None and first[0] <= start_us):
            break
    if first is not None:
        yield first
        yield from run


def _run(media: "MediaFile", start_us: int) -> Iterator[tuple[int, Any, bool]]:
    """Packets of one pass: when each is shown, and whether it begins a group; an empty one is the end."""
    with media.opened() as container:
        stream = media.shown_stream(container)
        extradata = bytes(stream.codec_context.extradata or b"")
        length, clock = _length_size(extradata), media.clock()
        if start_us:
            try:
                container.seek(int(start_us / SECOND / media.base) + media.origin, stream=stream)
            except av.FFmpegError:  # cannot seek: no packet, and the caller tries the beginning
                return
        for packet in media.packets(container, stream):
            if packet is not None and packet.size == 0:
                yield 1 << 62, packet, False
                return
            if packet is None or packet.is_corrupt:
                _refuse(media, "it is damaged")
            if packet.pts is None or packet.is_discard:
                _refuse(media, "it does not say when its frames are shown")
            us = media.position_us = clock.to_us(clock.shown(packet.pts))
            units = _units(bytes(packet), length) if packet.is_keyframe else []
            if any(kind == PARAMETERS and unit not in extradata for kind, unit in units):
                _refuse(media, "its parameters change")
            yield us, packet, any(kind == IDR for kind, _ in units)


def _refuse(media: "MediaFile", why: str) -> NoReturn:
    raise MediaError(Reason.UNSUPPORTED_CODEC, media.path, f"its picture cannot be copied: {why}")


def _length_size(extradata: bytes) -> int:
    """Bytes of the length before each unit; 0 where a start code is (Annex B)."""
    return (extradata[4] & 3) + 1 if len(extradata) > 4 and extradata[0] == 1 else 0


def _parameters(extradata: bytes) -> bytes:
    """The parameters of the sequence, of which the second to fourth byte are profile, constraints and level;
    empty where there are none."""
    if _length_size(extradata):
        return extradata[8 : 8 + int.from_bytes(extradata[6:8], "big")] if extradata[5] & 31 else b""
    return next((unit for kind, unit in _units(extradata, 0) if kind == PARAMETERS), b"")


def _units(data: bytes, length: int) -> list[tuple[int, bytes]]:
    """Type and bytes of each unit of a packet."""
    if not length:
        return [(part[0] & 31, part.rstrip(b"\0")) for part in data.split(b"\0\0\1")[1:] if part]
    found, at = [], 0
    while at + length < len(data):
        size = int.from_bytes(data[at : at + length], "big")
        unit = data[at + length : at + length + size]
        if unit:
            found.append((unit[0] & 31, unit))
        at += length + size
    return found
