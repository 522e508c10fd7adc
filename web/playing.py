"""What a player needs beside the file: whether a browser plays it, a proxy, captions, chapters."""

from collections.abc import Iterable
from pathlib import PurePath

from flask import Blueprint, Response, request, send_file
from werkzeug.exceptions import ServiceUnavailable

from indexer.playback import Playback
from indexer.proxies import ProxiesBusy
from indexer.sprites import vtt_clock
from plugins.errors import MediaError
from plugins.values import Span, Video, printable
from web.explain import WORDS
from web.site import site

blueprint = Blueprint("playing", __name__)

CAPTIONS = ("subtitles", "speech")
"""Sources of lines that are shown over the picture."""
MP4, WEBM = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"
PLAYED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    MP4: (frozenset({"h264", "vp9", "av1"}), frozenset({"aac", "mp3", "opus", "flac", ""})),
    WEBM: (frozenset({"vp8", "vp9", "av1"}), frozenset({"opus", "vorbis", ""})),
}
"""By container: codecs of picture and sound that Chromium and Firefox play on every system."""
SUFFIXES = {".m4v": MP4, ".mov": MP4, ".mp4": MP4, ".webm": WEBM}
OF_A_WEEK = 7 * 24 * 3600


def plays(found: Playback) -> bool:
    """Whether a browser plays a file as it is."""
    pictures, sounds = PLAYED.get(found.container, (frozenset[str](), frozenset[str]()))
    odd = found.codec == "h264" and found.pixel_format not in ("yuv420p", "yuvj420p")
    return found.codec in pictures and found.sound in sounds and not odd


def seems_to_play(video: Video) -> bool:
    """The same by what the catalog knows, for a page that does not wait until the file was looked at."""
    container = SUFFIXES.get(PurePath(video.path).suffix.lower())
    return container is not None and video.codec in PLAYED[container][0]


def playback(video: Video) -> Playback:
    """
    Raises:
        MediaError: the file cannot be used
    """
    engine = site().engine
    return engine.proxies.playback(video, engine.library.catalog.roots())


@blueprint.get("/media/<int:video_id>/<any(proxy, copy):kind>/<int:number>.mp4")
def proxy(video_id: int, kind: str, number: int) -> Response:
    """One segment of what is played where a browser cannot play the file, encoded or with its picture copied.
    Made when it is asked for; why one cannot be made is answered as plain text."""
    engine = site().engine
    video = engine.library.catalog.video(video_id)
    try:
        roots = engine.library.catalog.roots()
        path = engine.proxies.segment(video, roots, number, copied=kind == "copy")
        response = send_file(path, mimetype="video/mp4", conditional=True)
    except MediaError as error:
        return Response(WORDS[error.reason][0], 422, mimetype="text/plain")
    except (ProxiesBusy, FileNotFoundError) as error:  # made, and pushed out before it was read
        raise ServiceUnavailable(retry_after=1) from error
    response.cache_control.private = True
    response.cache_control.max_age = OF_A_WEEK if request.args.get("v") == video.fingerprint[:12] else 0
    return response


@blueprint.get("/video/<int:video_id>/captions.vtt")
def captions(video_id: int) -> Response:
    """What is said, as WebVTT; ``source`` chooses between subtitles and recognised speech."""
    catalog = site().engine.library.catalog
    source = request.args.get("source", CAPTIONS[0])
    catalog.video(video_id)
    lines = [item for item in catalog.annotations(video_id) if item.source == source in CAPTIONS]
    return _webvtt((item.span, item.text) for item in sorted(lines, key=lambda item: item.span))


@blueprint.get("/video/<int:video_id>/chapters.vtt")
def chapters(video_id: int) -> Response:
    """The chapters that a file names, as WebVTT."""
    video = site().engine.library.catalog.video(video_id)
    try:
        found = playback(video).chapters
    except MediaError:
        found = ()
    end_us = max(video.duration_us, 1)
    return _webvtt(
        (Span(item.span.start_us, max(item.span.start_us + 1, min(item.span.end_us, end_us))), item.title)
        for item in found
        if item.span.start_us < end_us
    )


def _webvtt(cues: Iterable[tuple[Span, str]]) -> Response:
    parts = [
        f"{vtt_clock(span.start_us)} --> {vtt_clock(span.end_us)}\n{cue_text(text)}\n" for span, text in cues
    ]
    response = Response("\n".join(["WEBVTT\n", *parts]), mimetype="text/vtt")
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.add_etag()
    response.make_conditional(request)
    return response


def cue_text(text: str) -> str:
    """Text as a cue shows it literally: no markup, no empty line, which would end the cue."""
    lines = [printable(line).strip() for line in text.splitlines()]
    shown = "\n".join(line for line in lines if line) or "\u00a0"
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
