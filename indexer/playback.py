"""What a player must know of a file that the catalog does not: its codecs, its chapters, its beginning."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from indexer.copies import codec_of
from indexer.sound import heard
from plugins.errors import MediaError
from plugins.values import SECOND, Span

if TYPE_CHECKING:
    from indexer.media import MediaFile

MAX_CHAPTERS = 1_000


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named part of a video."""

    span: Span
    title: str
    """may be empty"""


@dataclass(frozen=True, slots=True)
class Playback:
    """How a file is stored, as far as playing it depends on it."""

    container: str
    """FFmpeg's name of it: ``mov,mp4,m4a,3gp,3g2,mj2``"""
    codec: str
    """of the picture"""
    pixel_format: str
    sound: str
    """codec of the sound; empty where there is none that can be heard"""
    lead_us: int
    """from where players begin to count to the first picture, which is time 0 here"""
    chapters: tuple[Chapter, ...]
    copied: str = ""
    """what browsers call the codec if the picture may be copied into a proxy; else empty"""


def playback(media: "MediaFile") -> Playback:
    """Looks at an open file."""
    copied = codec_of(media)
    with media.opened() as container:
        stream = media.shown_stream(container)
        starts = [
            int(item.start_time * item.time_base * SECOND)
            for item in (*container.streams.video, *container.streams.audio)
            if item.start_time is not None and item.time_base is not None
        ]
        try:
            sound = heard(media, container)
        except MediaError:
            sound = None
        return Playback(
            container.format.name,
            media.video.codec,
            stream.pix_fmt or "",
            sound.codec_context.codec.canonical_name if sound else "",
            max(0, media.origin_us - max(0, min(starts, default=0))),
            tuple(_chapters(container.chapters(), media))[:MAX_CHAPTERS],
            copied,
        )


def _chapters(told: list[Any], media: "MediaFile") -> list[Chapter]:
    """In order of time; such as lie outside the video are left out, and each ends where the next begins."""
    starts = []
    for item in told:
        base = item["time_base"]
        if base is not None and base.denominator:
            start_us, end_us = (
                item[key] * base.numerator * SECOND // base.denominator - media.origin_us
                for key in ("start", "end")
            )
            starts.append((max(0, start_us), end_us, item["metadata"].get("title", "").strip()))
    starts.sort()
    ends = [start for start, _, _ in starts[1:]] + [1 << 62]
    return [
        Chapter(Span(start, min(end, until)), title)
        for (start, end, title), until in zip(starts, ends, strict=False)
        if start < min(end, until)
    ]
