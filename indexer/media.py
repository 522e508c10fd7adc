"""The one guarded door to media files: nothing else in Shotseek opens one for reading.

A path is opened only when it is a regular file inside a root, by ``file:`` and the handle that was judged,
with FFmpeg's protocols and containers on allow-lists, so that no playlist, script or text file becomes a
video, no name becomes a protocol, and nothing is exchanged between the look and the opening. Frames larger
than a limit are refused before they are allocated. What a decoder does beyond that (crash, hang, fill the
memory) is the business of `indexer.decoder`, whose process may die.

Time 0 is the video's first frame, whatever its container calls that; times ascend strictly.
"""

import heapq
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from math import floor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import av
from av.stream import Disposition
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from indexer.clock import Clock
from indexer.edits import only_shift
from indexer.files import handle, inside, regular
from indexer.picture import Picture, Scaler, upright_size
from indexer.sound import listen
from plugins.errors import InvalidValue, MediaError, Reason
from plugins.registry import describe
from plugins.values import SECOND, Annotation, Frame, Sound, Span, Video, timecode

if TYPE_CHECKING:
    from av.container import InputContainer

CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,gif,mxf,mp3,wav,flac,aac"
MAX_THREADS = 4
"""of one decoder: each holds frames of its own"""
MAX_RATE = 240
"""frames a second that are believed; containers say 1000 or 90000 when they do not know"""
UNTIMED = frozenset(["avi", "gif"])
"""containers whose packets do not say when a frame is shown"""
REORDERED = 8
"""frames over which the times of an AVI are sorted: it stores times in the order of decoding"""
LONG_GROUP_US = 30 * SECOND
"""longer than nearly every distance between two key frames"""
UNSET_CLOCKS_END = datetime(1971, 1, 1, tzinfo=UTC)
"""cameras without a date write 1904 or 1970"""
SEEK_AHEAD_US = 3 * SECOND
"""a frame further ahead than this is sought, a nearer one decoded up to"""
CUE_US = 3 * SECOND
"""how long a line of text is shown that does not say it"""
av.logging.set_level(None)  # FFmpeg's messages need the interpreter's lock, which deadlocks its threads
_TAGS: dict[str, Any] = {} if int(av.__version__.split(".")[0]) >= 19 else {"metadata_errors": "replace"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    max_pixels: int = 8192 * 4320
    """of one frame"""
    max_rate: int = 1000
    """frames a second, on average over more than a few"""
    stall_s: float = 30.0
    """seconds in which at least one more frame must come"""
    memory: int = 8 << 30
    """bytes that the decoding process may hold; models of annotators are among them"""
    work_s: float = 1800.0
    """seconds of all processors together that any file may take,"""
    work_per_s: float = 60.0
    """and so many more for each second of it"""


@contextmanager
def open_media(path: str, roots: Sequence[str], limits: Limits = Limits()) -> "Iterator[MediaFile]":
    """A video file, found to hold at least one frame.

    Args:
        path: of a regular file inside one of ``roots``, which may be folders or the file itself
        limits: what it may cost

    Raises:
        MediaError: it cannot be used; the reason says why
    """
    real = inside(path, roots)
    regular(real, path)
    yield MediaFile(path, real, limits)


class MediaFile:
    """An open video: what detectors and annotators are given (`plugins.contracts.Media`), and what the
    indexer itself reads. Every pass opens the file for itself, so passes never disturb each other."""

    def __init__(self, path: str, real: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.decoded = 0
        """frames that all passes have decoded so far"""
        self.is_rough = False
        """whether frames that no other needs are passed over, and none is smoothed: half the work, and enough
        for tiny pictures"""
        self._counting = Lock()
        """several threads may decode"""
        self.lost = 0
        """packets that all passes have failed to decode so far"""
        self.position_us = 0
        """time of the frame that was decoded last"""
        self._real = real
        with self.opened() as container:
            stream = self.shown_stream(container)
            self.keeps_time = container.format.name not in UNTIMED
            self.base = _fraction(stream.time_base) or Fraction(1, SECOND)
            """seconds of one unit of presentation time"""
            self.sample_aspect = _fraction(stream.codec_context.sample_aspect_ratio) or Fraction(1)
            """width of a stored pixel by its height"""
            self.timecode = _timecode(container, stream)
            """what the file calls its first frame, ``01:00:00:00``; empty where it does not say"""
            for label, first in self._labelled(container, stream):
                self._origin = label or 0
                self.is_plain = not first.rotation and not first.interlaced_frame
                """whether the first frame is shown as it is stored: not turned, and not two fields"""
                self.video = self._describe(container, stream, first)
                break
            else:
                raise MediaError(Reason.NO_FRAMES, path, "no frame of it can be decoded")
        self.decoded = self.lost = 0

    def frames(
        self, span: Span | None = None, *, fps: float | None = None, size: tuple[int, int] | None = None
    ) -> Iterator[Frame]:
        """See `plugins.contracts.Media.frames`."""
        return (picture.frame(size) for picture in thinned(self.pictures(span), fps))

    def pictures(self, span: Span | None = None) -> Iterator[Picture]:
        """Frames in order of time, before anything is converted."""
        for picture in self._from(span.start_us if span else 0):
            if span and picture.time_us >= span.end_us:
                return
            if not span or picture.time_us >= span.start_us:
                yield picture

    def shown(self, span: Span) -> Iterator[Picture]:
        """What is shown during a span: first the picture that is already there when it begins."""
        held: Picture | None = None
        for picture in self._from(span.start_us):
            if picture.time_us > span.start_us and held is not None:
                yield held
            if picture.time_us >= span.end_us:
                return
            held = picture
        if held is not None:
            yield held

    def at(self, times_us: Sequence[int]) -> Iterator[Picture]:
        """For each of these ascending times the frame shown then: the last that is not later, or the first of
        all. Beyond the end that is the last frame."""
        if list(times_us) != sorted(times_us):
            raise InvalidValue(f"times must ascend, got {list(times_us)}")
        run: Iterator[Picture] = iter(())
        shown: Picture | None = None
        following: Picture | None = None
        for time_us in times_us:
            if shown is None or time_us - shown.time_us > SEEK_AHEAD_US:
                run = self._from(time_us)
                shown = following = next(run, None)
            while following is not None and following.time_us <= time_us:
                shown, following = following, next(run, None)
            if shown is None:
                raise MediaError(
                    Reason.NO_FRAMES, self.path, f"no frame can be decoded at {timecode(time_us)}"
                )
            yield shown

    def audio(self, span: Span | None = None, *, rate: int = 16_000) -> Iterator[Sound]:
        """See `plugins.contracts.Media.audio`."""
        return listen(self, span, rate)

    def subtitles(self) -> Iterator[Annotation]:
        """See `plugins.contracts.Media.subtitles`. Reads through the file once where it has text streams."""
        from pysubs2 import SSAEvent

        with self.opened() as container:
            texts = [item for item in container.streams if isinstance(item, SubtitleStream)]
            streams = [item for item in texts if item.codec_context is not None]
            for packet in container.demux(*streams) if streams else ():
                shown_us = _microseconds(packet.duration or 0, packet.time_base) or CUE_US
                start_us = _microseconds(packet.pts or 0, packet.time_base) - self.origin_us
                for line in packet.decode() if packet.size else ():
                    # Layer, Start, ... Text of an ASS event, of which the ninth field is the text
                    fields = line.ass.decode("utf-8", "replace") if isinstance(line, AssSubtitle) else ""
                    text = SSAEvent(text=fields.split(",", 8)[-1]).plaintext.strip()
                    if text and start_us + shown_us > 0:
                        span = Span(max(0, start_us), start_us + shown_us)
                        yield Annotation(span, "subtitles", text, language=_language(packet.stream))

    @contextmanager
    def opened(self) -> "Iterator[InputContainer]":
        options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
        try:
            with handle(self._real, self.path) as number:
                if only_shift(number):
                    options["advanced_editlist"] = "0"
                container = av.open(f"file:/dev/fd/{number}", options=options, **_TAGS)
        except MediaError:
            raise
        except Exception as error:  # a hostile file raises more than FFmpeg's errors
            what = error.strerror if isinstance(error, av.FFmpegError) else describe(error)
            detail = f"is no video that can be read: {what}"
            raise MediaError(Reason.NOT_MEDIA, self.path, detail) from error
        with container:
            yield container

    def shown_stream(self, container: "InputContainer") -> av.VideoStream:
        """The stream a player would show, ready to be decoded."""
        pictures = Disposition.attached_pic | Disposition.timed_thumbnails
        streams = [stream for stream in container.streams.video if not stream.disposition & pictures]
        if not streams:
            raise MediaError(Reason.NO_VIDEO, self.path, "holds no video")
        known = [stream for stream in streams if stream.codec_context is not None]
        if not known:
            raise MediaError(Reason.UNSUPPORTED_CODEC, self.path, "holds video of a codec that is not known")
        stream = max(known, key=lambda item: (bool(item.pix_fmt), Disposition.default in item.disposition))
        context = stream.codec_context
        if context.width * context.height > self.limits.max_pixels:
            detail = f"frames of {context.width}x{context.height} exceed {self.limits.max_pixels} pixels"
            raise MediaError(Reason.TOO_LARGE, self.path, detail)
        context.options = {"max_pixels": str(self.limits.max_pixels)}
        if self.is_rough:
            context.skip_frame = "NONREF"
            context.options |= {"skip_loop_filter": "all"}
        context.thread_type = "AUTO"
        context.thread_count = min(MAX_THREADS, os.cpu_count() or 1)
        return stream

    def _describe(self, container: "InputContainer", stream: av.VideoStream, first: av.VideoFrame) -> Video:
        width, height = upright_size(first)
        rate = _fraction(stream.average_rate)
        whole_us = container.duration or 0  # microseconds, of whatever stream is the longest
        duration_us = whole_us if stream.duration is None else self._us(stream.duration)
        return Video(
            id=0,
            path=self.path,
            fingerprint="",
            duration_us=max(0, duration_us),
            width=width,
            height=height,
            frame_rate=rate if rate and 0 < rate <= MAX_RATE else None,
            codec=stream.codec_context.codec.canonical_name,
            has_audio=bool(container.streams.audio),
            created=_created(container.metadata, self._real),
        )

    def _from(self, time_us: int) -> Iterator[Picture]:
        """Frames from the last key frame before a time on. Containers without an index overshoot: then from
        further back."""
        for start_us in (time_us, time_us - LONG_GROUP_US, 0):
            run = self._run(max(0, start_us))
            first = next(run, None)
            if start_us <= 0 or (first is not None and first.time_us <= time_us):
                break
        if first is not None:
            yield first
            yield from run

    def _run(self, start_us: int) -> Iterator[Picture]:
        """Frames of one pass, from the beginning or from where the container lands when told to seek."""
        with self.opened() as container:
            stream = self.shown_stream(container)
            if start_us > SEEK_AHEAD_US:
                try:
                    container.seek(int(start_us / SECOND / self.base) + self._origin, stream=stream)
                except av.FFmpegError:  # cannot seek: no frame, and the caller tries the beginning
                    return
            yield from self._timed(container, stream)

    def _timed(self, container: "InputContainer", stream: av.VideoStream) -> Iterator[Picture]:
        """Frames at the times at which they are shown."""
        scaler, clock = Scaler(), self.clock()
        for label, raw in self._labelled(container, stream):
            if shown := clock.show(label):
                self.position_us = clock.us
                yield Picture(raw, label, shown[0], self.base, shown[1], scaler)

    @property
    def origin(self) -> int:
        """What the container calls the time of the first frame, in units of `base`."""
        return self._origin

    @property
    def origin_us(self) -> int:
        """What the container calls the time of the first frame."""
        return self._us(self._origin)

    def clock(self) -> Clock:
        return Clock(self._origin, self.base, self.video.frame_rate)

    def _labelled(
        self, container: "InputContainer", stream: av.VideoStream
    ) -> Iterator[tuple[int | None, av.VideoFrame]]:
        """Frames in the order in which they are shown, each with its presentation time in the stream's units.
        An AVI stores times in the order of decoding, so there they are sorted over a few frames."""
        frames: deque[av.VideoFrame] = deque()
        labels: list[int] = []
        held = REORDERED if container.format.name == "avi" else 0
        for frame in self._frames(container, stream):
            frames.append(frame)
            if frame.pts is not None:
                heapq.heappush(labels, frame.pts)
            if len(frames) > held:
                yield (heapq.heappop(labels) if labels else None), frames.popleft()
        while frames:
            yield (heapq.heappop(labels) if labels else None), frames.popleft()

    def _frames(self, container: "InputContainer", stream: av.VideoStream) -> Iterator[av.VideoFrame]:
        """Every frame that can be had, to the end."""
        for packet in self.packets(container, stream):
            yield from self.decode(stream.codec_context, packet)

    def decode(self, context: Any, packet: "av.Packet[Any] | None") -> list[Any]:
        """The frames that one more packet brings, or None, the end. One that fails is counted."""
        try:
            frames: list[Any] = context.decode(packet)
        except Exception:  # a hostile packet raises more than FFmpeg's errors
            with self._counting:
                self.lost += 1
            return []
        with self._counting:
            self.decoded += len(frames)
        return frames

    def packets(self, container: "InputContainer", stream: Any) -> "Iterator[av.Packet[Any] | None]":
        """Packets to the end, or to where the file cannot be read on and None drains the decoder."""
        try:
            yield from container.demux(stream)
        except Exception:  # as above
            self.lost += 1
            yield None

    def _us(self, ticks: int) -> int:
        return ticks * self.base.numerator * SECOND // self.base.denominator


def thinned(pictures: Iterable[Picture], fps: float | None) -> Iterator[Picture]:
    """The first picture of each period of so many a second; all where ``fps`` is None."""
    period = -1
    for picture in pictures:
        if fps is None:
            yield picture
        elif (now := floor(picture.time_us * fps / SECOND)) > period:
            period = now
            yield picture


def _created(tags: Mapping[str, str], real: Path) -> datetime:
    """When it was filmed, by its tags if they say something later than an unset clock, else by its file."""
    for key in ("com.apple.quicktime.creationdate", "creation_time", "date"):
        try:
            told = datetime.fromisoformat(tags.get(key, "").strip())
        except ValueError:  # absent, or no full date
            continue
        told = told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
        if told > UNSET_CLOCKS_END:
            return told
    return datetime.fromtimestamp(real.stat().st_mtime, UTC)


def _timecode(container: "InputContainer", stream: av.VideoStream) -> str:
    """A camera writes it beside the picture, into a track of its own, or for the whole file."""
    told = [stream.metadata, *(item.metadata for item in container.streams), container.metadata]
    return next((tags["timecode"] for tags in told if tags.get("timecode")), "")


def _language(stream: Any) -> str | None:
    told = stream.metadata.get("language", "und")
    return None if told in ("und", "") else str(told)


def _fraction(value: Any) -> Fraction | None:
    """PyAV 18 has fractions, PyAV 19 numbers of its own."""
    return Fraction(value.numerator, value.denominator) if value is not None and value.denominator else None


def _microseconds(ticks: int, base: Any) -> int:
    return floor(ticks * (_fraction(base) or 0) * SECOND)
