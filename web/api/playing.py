"""How a video is played, as JSON."""

from apiflask import APIBlueprint, abort
from flask import url_for
from pydantic import BaseModel, Field

from indexer.playback import Playback
from indexer.proxy import SEGMENT_US, TYPE_OF_PICTURE, TYPE_OF_SOUND, count
from plugins.errors import MediaError
from plugins.messages import Message
from plugins.values import SECOND, Video, printable, timecode
from web.cards import media_url, page_url
from web.explain import WORDS
from web.playing import playback, plays
from web.site import site

blueprint = APIBlueprint("playing_api", __name__, url_prefix="/api/v1", tag="Player")


class ChapterOut(BaseModel):
    """A named part of a video."""

    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds, exclusive.")
    timecode: str = Field(description="`start` as H:MM:SS.mmm.")
    title: str
    page_url: str


class ProxyOut(BaseModel):
    """H.264 and AAC in pieces, made when they are asked for: for Media Source Extensions."""

    copied: bool = Field(
        description="Whether the picture is copied from the file. Then a segment holds the groups of "
        "pictures that begin in it: what is shown before the first of them is in a segment before it."
    )
    type: str = Field(description="Content type with codecs.")
    seconds: float = Field(description="Length of a segment; the times inside each begin at 0.")
    segments: list[str] = Field(description="Their addresses, in order of time.")


class PlaybackOut(BaseModel):
    """How to play a video."""

    plays: bool = Field(description="Whether browsers play the file as it is.")
    media_url: str = Field(description="The file.")
    lead: float = Field(
        description="Seconds that players count before the first picture, which is time 0 everywhere else."
    )
    container: str = Field(description="As FFmpeg names it.")
    codec: str
    sound: str = Field(description="Codec; empty where there is none that can be heard.")
    proxies: list[ProxyOut] = Field(
        description="What to play instead, best first; where one cannot be made (422) or played, the next."
    )
    chapters: list[ChapterOut]


@blueprint.get("/videos/<int:video_id>/playback")
@blueprint.output(PlaybackOut)
@blueprint.doc(responses={404: "There is no such thing here", 422: "The file cannot be read"})
def get_playback(video_id: int) -> PlaybackOut:
    """Whether a browser can play a video, what to play if not, and its chapters."""
    video = site().engine.library.catalog.video(video_id)
    try:
        found = playback(video)
    except MediaError as error:
        abort(422, Message(WORDS[error.reason][0]))
    return PlaybackOut(
        plays=plays(found),
        media_url=media_url(video),
        lead=found.lead_us / SECOND,
        container=found.container,
        codec=found.codec,
        sound=found.sound,
        proxies=_proxies_out(video, found),
        chapters=_chapters_out(video, found),
    )


def _proxies_out(video: Video, found: Playback) -> list[ProxyOut]:
    """A picture is copied where it is not what keeps browsers from playing the file."""
    copies = [_proxy_out(video, found, "copy", found.copied)] if found.copied and not plays(found) else []
    return [*copies, _proxy_out(video, found, "proxy", TYPE_OF_PICTURE)]


def _proxy_out(video: Video, found: Playback, kind: str, picture: str) -> ProxyOut:
    codecs = f"{picture}, {TYPE_OF_SOUND}" if found.sound else picture
    version = video.fingerprint[:12]
    return ProxyOut(
        copied=kind == "copy",
        type=f'video/mp4; codecs="{codecs}"',
        seconds=SEGMENT_US / SECOND,
        segments=[
            url_for("playing.proxy", video_id=video.id, kind=kind, number=number, v=version)
            for number in range(count(video.duration_us))
        ],
    )


def _chapters_out(video: Video, found: Playback) -> list[ChapterOut]:
    return [
        ChapterOut(
            start=item.span.start_us / SECOND,
            end=min(item.span.end_us, video.duration_us) / SECOND,
            timecode=timecode(item.span.start_us),
            title=printable(item.title),
            page_url=page_url(video, item.span.start_us),
        )
        for item in found.chapters
        if item.span.start_us < video.duration_us
    ]
