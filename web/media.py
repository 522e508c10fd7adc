"""Bytes: the videos themselves, thumbnails of their keyframes, previews of what somebody asked with."""

import errno
import os
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from flask import Blueprint, Response, abort, current_app, request, send_file, url_for
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from indexer import sprites
from indexer.keyframes import thumbnail as small_jpeg
from plugins.errors import MediaError, NotFound
from plugins.queries import Picture
from plugins.values import Image, Video
from web.site import site

blueprint = Blueprint("media", __name__)

TYPES = {
    ".3g2": "video/3gpp2",
    ".3gp": "video/3gpp",
    ".avi": "video/x-msvideo",
    ".flv": "video/x-flv",
    ".gif": "image/gif",
    ".m2ts": "video/mp2t",
    ".m4v": "video/mp4",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
    ".mts": "video/mp2t",
    ".ogv": "video/ogg",
    ".ts": "video/mp2t",
    ".webm": "video/webm",
    ".wmv": "video/x-ms-wmv",
}
"""Content type of a container, by suffix. Nothing else is ever said of a media file, so that none is taken
for a page."""
FOREVER = 365 * 24 * 3600
FILE_WRAPPER = "wsgi.file_wrapper"
"""Sends from where a file stands, as much as the length of the answer says (PEP 3333)."""


def content_type(path: str) -> str:
    return TYPES.get(Path(path).suffix.lower(), "application/octet-stream")


@blueprint.get("/media/<int:video_id>")
def media(video_id: int) -> Response:
    """A video file, in byte ranges."""
    catalog = site().engine.library.catalog
    video = catalog.video(video_id)
    file = _open_inside(video.path, catalog.roots())
    found = os.fstat(file.fileno())
    response = Response(
        wrap_file(request.environ, file), mimetype=content_type(video.path), direct_passthrough=True
    )
    response.content_length = found.st_size
    response.last_modified = datetime.fromtimestamp(found.st_mtime, UTC)
    response.set_etag(f"{found.st_ino:x}-{found.st_size:x}-{found.st_mtime_ns:x}")
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.call_on_close(file.close)
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=found.st_size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    if response.status_code == 206 and FILE_WRAPPER in request.environ:
        # then the server sends it by itself, so that who reads slowly or not at all holds none of its threads
        file.seek(response.content_range.start or 0)
        response.response = wrap_file(request.environ, file)
    return response


def _open_inside(path: str, roots: list[str]) -> BinaryIO:
    """A regular file inside a registered root, judged after it was opened, so that it cannot be swapped.

    Raises:
        NotFound: it is not there, not a regular file, or no longer inside a root
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise
        raise NotFound("the file of this video is not there or cannot be read") from error
    try:
        if not _is_inside(handle, path, roots):
            raise NotFound("the file of this video is not a regular file inside a folder of the library")
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _is_inside(handle: int, path: str, roots: list[str]) -> bool:
    real, opened = os.path.realpath(path), os.fstat(handle)
    inside = any(os.path.commonpath((real, root)) == root for root in roots)
    return inside and stat.S_ISREG(opened.st_mode) and os.path.samestat(Path(real).stat(), opened)


@blueprint.get("/thumbnail/<int:video_id>/<int:time_us>.jpg")
def thumbnail(video_id: int, time_us: int) -> Response:
    """The picture of a keyframe; made again if the cache has lost it, or a power cut its content."""
    return _thumbnail(site().engine.library.catalog.video(video_id), time_us)


@blueprint.get("/thumbnail/<int:video_id>.jpg")
def poster(video_id: int) -> Response:
    """The picture that stands for a whole video: a keyframe from its middle."""
    catalog = site().engine.library.catalog
    shots = catalog.shots(video_id)
    if not shots:
        return _placeholder()
    return _thumbnail(catalog.video(video_id), shots[len(shots) // 2].keyframes_us[0])


def _thumbnail(video: Video, time_us: int) -> Response:
    library = site().engine.library
    path = library.thumbnail(video, time_us)
    if not library.has_thumbnail(video, time_us):
        shots = library.catalog.shots(video.id)
        if not any(time_us in shot.keyframes_us for shot in shots):
            abort(404, f"video {video.id} has no keyframe at {time_us}")
        try:
            _save_missing(video, [time_us])
        except MediaError as error:
            current_app.logger.warning("no thumbnail: %s", error)
            return _placeholder()
    return send_file(path, mimetype="image/jpeg", conditional=True, max_age=_max_age(video))


@blueprint.get("/video/<int:video_id>/sprites.vtt")
def sprite_cues(video_id: int) -> Response:
    """Which small picture shows what time of a video, as a WebVTT file."""
    catalog = site().engine.library.catalog
    video = catalog.video(video_id)
    cells = sprites.layout(video, catalog.shots(video_id))
    address = url_for("media.sprite_sheet", video_id=video_id, v=sprites.version(video, cells))
    response = Response(sprites.webvtt(cells, address), mimetype="text/vtt")
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/video/<int:video_id>/sprites.jpg")
def sprite_sheet(video_id: int) -> Response:
    """The small pictures of a video; thumbnails that the cache has lost are made again."""
    library = site().engine.library
    video = library.catalog.video(video_id)
    cells = sprites.layout(video, library.catalog.shots(video_id))
    try:
        _save_missing(video, [cell.time_us for cell in cells])
    except MediaError as error:
        current_app.logger.warning("no sprites: %s", error)
        return _placeholder()
    jpegs = [library.thumbnail(video, cell.time_us).read_bytes() for cell in cells]
    response = Response(sprites.sheet(cells, jpegs), mimetype="image/jpeg")
    response.cache_control.private = True
    response.cache_control.max_age = FOREVER if request.args.get("v") == sprites.version(video, cells) else 0
    return response


def _save_missing(video: Video, times_us: Sequence[int]) -> None:
    """Makes the thumbnails that are not there, in one pass."""
    library = site().engine.library
    missing = [time_us for time_us in times_us if not library.has_thumbnail(video, time_us)]
    frames = site().engine.decoder.frames(video.path, library.catalog.roots(), missing) if missing else ()
    for time_us, frame in zip(missing, frames, strict=True):
        library.save_thumbnail(video, time_us, small_jpeg(frame.image))


def _max_age(video: Video) -> int:
    """For ever where the address names the content, else ask again each time."""
    return FOREVER if request.args.get("v") == video.fingerprint[:12] else 0


def _frame(path: str, roots: list[str], time_us: int) -> Image:
    [frame] = site().engine.decoder.frames(path, roots, [time_us])
    return frame.image


def _placeholder() -> Response:
    response = current_app.send_static_file("placeholder.svg")
    response.status_code = 404
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/upload/<id_>.jpg")
def preview(id_: str) -> Response:
    """A small copy of an uploaded picture, or of a clip's first frame; never the file itself."""
    asked = site().uploads.term(id_)
    try:
        image = (
            asked.image
            if isinstance(asked, Picture)
            else _frame(asked.path, [str(Path(asked.path).parent)], 0)
        )
    except MediaError:
        return _placeholder()
    response = Response(small_jpeg(image), mimetype="image/jpeg")
    response.set_etag(id_)
    response.cache_control.private = True
    response.cache_control.max_age = FOREVER
    response.make_conditional(request)
    return response
