"""The sound of a video as annotators are given it: one channel, one rate, and the times of the picture.

A gap in the sound stays a gap, and what two pieces both claim is heard once. A clock that jumps (streams put
one behind the other, a counter that wrapped) goes on where it was, as that of the picture does.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import av
import numpy as np

from indexer.clock import MAX_BACK_US, MAX_GAP_US
from plugins.errors import MediaError, Reason
from plugins.values import SECOND, Samples, Sound, Span

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

    from indexer.media import MediaFile

CHUNK_US = SECOND
"""of sound that is handed over at once, about"""
TOLERANCE_US = 50_000
"""by which times may be off, as they are in containers that round them, before there is a gap"""
EARLIER_US = 30 * SECOND
"""further back, where a container did not land before the time it was told to seek"""

Piece: TypeAlias = tuple[int, Samples]
"""microseconds at which it begins, and samples: one channel, or (count, channels)"""


def listen(media: "MediaFile", span: Span | None, rate: int) -> Iterator[Sound]:
    """See `plugins.contracts.Media.audio`."""
    pieces = aligned(_from(media, span.start_us if span else 0, rate), rate)
    return chunks(within(pieces, span or Span(0, 1 << 62), rate), rate)


def stereo(media: "MediaFile", span: Span, rate: int) -> Iterator[Piece]:
    """The sound of a span and of a little around it, as samples of (count, 2)."""
    pieces = aligned(_from(media, max(0, span.start_us - CHUNK_US), rate, "stereo"), rate)
    return itertools.takewhile(lambda piece: piece[0] < span.end_us + CHUNK_US, pieces)


def aligned(pieces: Iterable[Piece], rate: int) -> Iterator[Piece]:
    """Pieces that follow each other: nothing before the end of the piece before it."""
    shift_us, end_us = 0, None
    for time_us, samples in pieces:
        start_us = time_us + shift_us
        if end_us is not None:
            if not -MAX_BACK_US <= start_us - end_us <= MAX_GAP_US:
                shift_us += end_us - start_us
                start_us = end_us
            elif abs(start_us - end_us) <= TOLERANCE_US:
                start_us = end_us
            elif start_us < end_us:
                samples, start_us = samples[_count(end_us - start_us, rate) :], end_us
        if len(samples):
            yield start_us, samples
            end_us = start_us + _us(len(samples), rate)


def chunks(pieces: Iterable[Piece], rate: int) -> Iterator[Sound]:
    """Pieces without a gap between them, joined."""
    held: list[Samples] = []
    start_us = length = 0
    for time_us, samples in pieces:
        gap = abs(start_us + _us(length, rate) - time_us) > TOLERANCE_US
        if held and (gap or _us(length, rate) >= CHUNK_US):
            yield Sound(start_us, np.concatenate(held), rate)
            held, length = [], 0
        start_us = start_us if held else time_us
        held.append(samples)
        length += len(samples)
    if held:
        yield Sound(start_us, np.concatenate(held), rate)


def within(pieces: Iterable[Piece], span: Span, rate: int) -> Iterator[Piece]:
    """What of the pieces is heard inside a span."""
    for time_us, samples in pieces:
        if time_us >= span.end_us:
            return
        first = max(0, _count(span.start_us - time_us, rate))
        kept = samples[first : _count(span.end_us - time_us, rate)]
        if len(kept):
            yield time_us + _us(first, rate), kept


def _from(media: "MediaFile", time_us: int, rate: int, layout: str = "mono") -> Iterator[Piece]:
    """Pieces from a time on, or from where the container lands before it."""
    for start_us in (time_us, time_us - EARLIER_US, 0):
        run = _run(media, max(0, start_us), rate, layout)
        first = next(run, None)
        if start_us <= 0 or (first is not None and first[0] <= time_us):
            break
    if first is not None:
        yield first
        yield from run


def _run(media: "MediaFile", start_us: int, rate: int, layout: str) -> Iterator[Piece]:
    with media.opened() as container:
        stream = heard(media, container)
        if stream is None:
            return
        if start_us:
            try:
                container.seek(start_us + media.origin_us)
            except av.FFmpegError:  # cannot seek: no sound, and the caller tries the beginning
                return
        for frame in _resampled(media, container, stream, rate, layout):
            if frame.pts is not None and frame.samples:
                time_us = math.floor(frame.pts * frame.time_base * SECOND) - media.origin_us
                samples = np.ascontiguousarray(frame.to_ndarray()[0], np.float32)
                yield time_us, samples if layout == "mono" else samples.reshape(frame.samples, -1)


def heard(media: "MediaFile", container: "InputContainer") -> "AudioStream | None":
    """The stream a player would play, None if there is no sound.

    Raises:
        MediaError: no codec of it is known
    """
    if not container.streams.audio:
        return None
    known = [stream for stream in container.streams.audio if stream.codec_context is not None]
    if not known:
        raise MediaError(Reason.UNSUPPORTED_CODEC, media.path, "holds sound of a codec that is not known")
    return max(known, key=lambda item: av.stream.Disposition.default in item.disposition)


def _resampled(
    media: "MediaFile", container: "InputContainer", stream: "AudioStream", rate: int, layout: str
) -> Iterator[Any]:
    """Frames of that rate and layout, packed. Sound may change its format; each has its resampler."""
    resampler, form = None, None
    for frame in _frames(media, container, stream):
        given = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or given != form:
            if resampler is not None:
                yield from resampler.resample(None)
            resampler, form = av.AudioResampler(format="flt", layout=layout, rate=rate), given
        yield from resampler.resample(frame)
    if resampler is not None:
        yield from resampler.resample(None)


def _frames(
    media: "MediaFile", container: "InputContainer", stream: "AudioStream"
) -> Iterator[av.AudioFrame]:
    """Every frame that can be had, to the end; it is seen that they come."""
    for packet in media.packets(container, stream):
        for frame in media.decode(stream.codec_context, packet):
            if frame.pts is not None:
                media.position_us = math.floor(frame.pts * stream.time_base * SECOND) - media.origin_us
            yield frame


def _us(count: int, rate: int) -> int:
    return count * SECOND // rate


def _count(us: int, rate: int) -> int:
    return -(-us * rate // SECOND)
