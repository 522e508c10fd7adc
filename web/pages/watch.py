"""The page of one video: what its player, its strip of shots and its transcript show."""

from urllib.parse import urlencode

from flask import url_for

from indexer.catalog import Catalog
from plugins.values import SECOND, Annotation, Video
from web.asked import Question, Seconds
from web.cards import clock, line, media_url, shot_card, sprites_url
from web.media import content_type
from web.pages.contexts import Track, VideoPage
from web.pages.details import NOT_SAID, details
from web.playing import CAPTIONS, seems_to_play


class Moment(Question):
    """Where to start, and the search that led there."""

    t: Seconds = 0


def video_page(catalog: Catalog, video_id: int, moment: Moment) -> VideoPage:
    """
    Raises:
        NotFound: no such video
    """
    video = catalog.video(video_id)
    shots = catalog.shots(video_id)
    lines = [item for item in catalog.annotations(video_id) if item.source not in NOT_SAID]
    start_us = min(round(moment.t * SECOND), video.duration_us)
    asked = moment.asked()
    return VideoPage(
        title=video.name,
        name=video.name,
        id=video.id,
        media_url=media_url(video),
        is_image=content_type(video.path).startswith("image/"),
        seems_to_play=seems_to_play(video),
        missing=video.missing,
        start=start_us / SECOND,
        start_clock=clock(start_us),
        duration=video.duration_us / SECOND,
        duration_clock=clock(video.duration_us),
        frame_rate=None if video.frame_rate is None else float(video.frame_rate),
        sprites_url=sprites_url(video),
        captions=_captions(video, lines),
        chapters_url=url_for("playing.chapters", video_id=video.id),
        asked=urlencode(asked, doseq=True),
        results_url=url_for("pages.search", **asked) if asked else "",
        shots=tuple(shot_card(video, shot) for shot in shots),
        lines=tuple(line(video, item) for item in sorted(lines, key=lambda item: item.span)),
        details=details(catalog, video),
    )


def _captions(video: Video, lines: list[Annotation]) -> tuple[Track, ...]:
    """A track for each source that says something."""
    languages = {item.source: item.language or "" for item in lines if item.source in CAPTIONS}
    return tuple(
        Track(
            source.capitalize(),
            languages[source],
            url_for("playing.captions", video_id=video.id, source=source),
        )
        for source in CAPTIONS
        if source in languages
    )
