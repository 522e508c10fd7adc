"""The page of one video: what its player, its strip of shots and its transcript show."""

from pydantic import Field

from indexer.catalog import Catalog
from plugins.values import SECOND, Shot, Video, printable, timecode
from web.asked import Parameters
from web.cards import line, media_url, shot_card
from web.media import content_type
from web.pages.contexts import VideoPage

NAME_SOURCE = "name"
"""The source of a file's name as words, which nobody says or shows."""


class Moment(Parameters):
    """Where to start."""

    t: float = Field(0, ge=0, le=1e9, description="Seconds.")


def video_page(catalog: Catalog, video_id: int, start: float) -> VideoPage:
    """
    Raises:
        NotFound: no such video
    """
    video = catalog.video(video_id)
    shots = catalog.shots(video_id)
    lines = [item for item in catalog.annotations(video_id) if item.source != NAME_SOURCE]
    return VideoPage(
        title=video.name,
        name=video.name,
        id=video.id,
        media_url=media_url(video),
        is_image=content_type(video.path).startswith("image/"),
        missing=video.missing,
        start=min(start, video.duration_us / SECOND),
        shots=tuple(shot_card(video, shot) for shot in shots),
        lines=tuple(line(video, item) for item in sorted(lines, key=lambda item: item.span)),
        facts=_facts(video, shots),
    )


def _facts(video: Video, shots: list[Shot]) -> dict[str, str]:
    """Technical data, by label."""
    facts = {
        "Path": printable(video.path),
        "Length": timecode(video.duration_us),
        "Shots": str(len(shots)),
        "Size": f"{video.width} × {video.height}",
        "Codec": video.codec,
        "Sound": "yes" if video.has_audio else "no",
    }
    if video.frame_rate is not None:
        facts["Frame rate"] = f"{float(video.frame_rate):.3f}".rstrip("0").rstrip(".") + " fps"
    if video.created is not None:
        facts["Date"] = f"{video.created:%Y-%m-%d %H:%M} UTC"
    return facts
