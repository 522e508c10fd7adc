"""The pieces that pages are made of: what is known of a hit, a shot, a video, a line, ready to show."""

import math
from dataclasses import dataclass
from typing import Any

from flask import url_for

from indexer.catalog import State, VideoSummary
from plugins.queries import Evidence, Hit
from plugins.values import SECOND, Annotation, Shot, Video, printable

MARK, UNMARK = "\ue000", "\ue001"
"""What surrounds the matching words of a snippet, see `plugins.values.Evidence`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a snippet."""

    text: str
    marked: bool
    """it is what was searched for"""


@dataclass(frozen=True, slots=True)
class Source:
    """One ranked list a hit stood in."""

    name: str
    rank: int
    """1 is best"""
    score: float
    clock: str
    """the moment that scored"""
    page_url: str
    snippet: tuple[Piece, ...]
    """the words that matched; empty if none did"""


@dataclass(frozen=True, slots=True)
class HitCard:
    """One hit of a search."""

    shot: int
    video: int
    at: float
    """seconds: what a mark of it is of"""
    place: int
    """in the whole answer, from 1; 0 where the order is none of rank"""
    name: str
    """of the video"""
    clock: str
    """where it starts to play"""
    page_url: str
    thumbnail_url: str
    sprites_url: str
    start: float
    """of the shot, seconds"""
    end: float
    """of the shot, seconds"""
    similar_url: str
    sources: tuple[Source, ...]
    """who found it, best first"""
    snippet: tuple[Piece, ...]
    """the words that matched; empty if none did"""
    sure: str
    """``strong``, ``likely`` or ``weak``; empty where nothing is known"""


@dataclass(frozen=True, slots=True)
class ShotCard:
    """One shot of a video."""

    number: int
    """from 1"""
    start: float
    """seconds"""
    end: float
    """seconds"""
    clock: str
    length: str
    page_url: str
    thumbnail_url: str
    sprites_url: str
    similar_url: str


@dataclass(frozen=True, slots=True)
class Line:
    """Something that is said or shown, and when."""

    start: float
    """seconds"""
    end: float
    """seconds"""
    clock: str
    text: str
    source: str
    page_url: str


@dataclass(frozen=True, slots=True)
class VideoCard:
    """One video of the library."""

    name: str
    folder: str
    length: str
    shots: int
    state: State
    missing: bool
    size: str
    page_url: str
    thumbnail_url: str
    sprites_url: str


def clock(us: int) -> str:
    """A time for reading, to the tenth of a second: ``2:03.4``, ``1:02:03.4``."""
    tenths = us // (SECOND // 10)
    hours, minutes, seconds = tenths // 36_000, tenths // 600 % 60, tenths % 600 / 10
    return f"{hours}:{minutes:02d}:{seconds:04.1f}" if hours else f"{minutes}:{seconds:04.1f}"


def file_size(count: float) -> str:
    """Bytes for reading: ``1.3 GB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def seconds_param(us: int) -> str:
    """A time as a page's address carries it: seconds, rounded up so that the frame itself is shown."""
    return f"{math.ceil(us / 1000) / 1000:.3f}".rstrip("0").rstrip(".")


def page_url(video: Video, at_us: int, **asked: object) -> str:
    """The page of a video at a moment.

    Args:
        asked: the search that leads there, see `web.asked.Question`: the page shows its hits
    """
    values: dict[str, Any] = {"t": seconds_param(at_us), **asked}
    return url_for("pages.video", video_id=video.id, **values)


def media_url(video: Video) -> str:
    return url_for("media.media", video_id=video.id)


def thumbnail_url(video: Video, time_us: int) -> str:
    """The address of a keyframe's picture; changes when the video's content does."""
    return url_for("media.thumbnail", video_id=video.id, time_us=time_us, v=video.fingerprint[:12])


def sprites_url(video: Video) -> str:
    """The address of the WebVTT file that says where the small pictures of a video are."""
    return url_for("media.sprite_cues", video_id=video.id)


def similar_url(shot: Shot) -> str:
    """The search for what looks like a shot."""
    return url_for("pages.search", like=shot.id)


def poster_url(video: Video) -> str:
    return url_for("media.poster", video_id=video.id, v=video.fingerprint[:12])


def nearest_keyframe(shot: Shot, at_us: int) -> int:
    """The keyframe of a shot that shows best what is at a time."""
    return min(shot.keyframes_us, key=lambda us: abs(us - at_us))


def pieces(snippet: str) -> tuple[Piece, ...]:
    """A snippet cut at its marks."""
    found: list[Piece] = []
    for part in snippet.split(MARK):
        marked, unmark, rest = part.partition(UNMARK)
        found += [Piece(marked, True), Piece(rest, False)] if unmark else [Piece(part, False)]
    return tuple(piece for piece in found if piece.text)


def hit_card(hit: Hit, place: int, **asked: object) -> HitCard:
    """
    Args:
        place: in the answer, from 1
        asked: what it answers, see `page_url`
    """
    snippet = next((evidence.snippet for evidence in hit.evidence if evidence.snippet), "")
    return HitCard(
        shot=hit.shot.id,
        video=hit.video.id,
        at=hit.at_us / SECOND,
        place=place,
        name=hit.video.name,
        clock=clock(hit.at_us),
        page_url=page_url(hit.video, hit.at_us, **asked),
        thumbnail_url=thumbnail_url(hit.video, nearest_keyframe(hit.shot, hit.at_us)),
        sprites_url=sprites_url(hit.video),
        start=hit.shot.span.start_us / SECOND,
        end=hit.shot.span.end_us / SECOND,
        similar_url=similar_url(hit.shot),
        sources=tuple(_source(evidence, hit.video) for evidence in hit.evidence),
        snippet=pieces(snippet),
        sure=hit.confidence.name.lower() if hit.confidence else "",
    )


def _source(evidence: Evidence, video: Video) -> Source:
    return Source(
        evidence.source,
        evidence.rank,
        evidence.score,
        clock(evidence.at_us),
        page_url(video, evidence.at_us),
        pieces(evidence.snippet or ""),
    )


def shot_card(video: Video, shot: Shot) -> ShotCard:
    middle = shot.keyframes_us[len(shot.keyframes_us) // 2]
    return ShotCard(
        number=shot.index + 1,
        start=shot.span.start_us / SECOND,
        end=shot.span.end_us / SECOND,
        clock=clock(shot.span.start_us),
        length=f"{shot.span.duration_us / SECOND:.1f} s",
        page_url=page_url(video, shot.span.start_us),
        thumbnail_url=thumbnail_url(video, middle),
        sprites_url=sprites_url(video),
        similar_url=similar_url(shot),
    )


def line(video: Video, annotation: Annotation) -> Line:
    return Line(
        start=annotation.span.start_us / SECOND,
        end=annotation.span.end_us / SECOND,
        clock=clock(annotation.span.start_us),
        text=annotation.text,
        source=annotation.source,
        page_url=page_url(video, annotation.span.start_us),
    )


def video_card(summary: VideoSummary) -> VideoCard:
    video = summary.video
    folder, _, _ = video.path.rpartition("/")
    return VideoCard(
        name=video.name,
        folder=printable(folder),
        length=clock(video.duration_us),
        shots=summary.shots,
        state=summary.state,
        missing=video.missing,
        size=f"{video.width} × {video.height}",
        page_url=url_for("pages.video", video_id=video.id),
        thumbnail_url=poster_url(video),
        sprites_url=sprites_url(video),
    )
