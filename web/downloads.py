"""Exports as downloads: made when they are asked for, and named so that any system can keep them."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

from flask import Response, send_file

from plugins.errors import InvalidValue
from plugins.messages import Message
from plugins.queries import Hit
from search.export.editlist import Moment, edit_list, of_hits, of_items
from search.export.formats import Format, format_named
from search.export.names import file_name
from search.export.studio import Studio
from web.exports import Job
from web.site import site


def of_collection(collection_id: int, form: str) -> Response:
    """A collection as a file; slow formats are answered when they are done."""
    return _answer(*moments_of(collection_id), format_named(form))


def of_search(words: str, found: Iterable[Hit], form: str) -> Response:
    """The hits of a search as a file."""
    return _answer(words or "Similar shots", of_hits(found, words), format_named(form))


def moments_of(collection_id: int) -> tuple[str, list[Moment]]:
    """The name of a collection, and what is in it.

    Raises:
        NotFound
    """
    catalog = site().engine.library.catalog
    name = catalog.collection(collection_id).name
    return name, of_items(catalog.collection_items(collection_id))


def of_job(job: Job) -> Response:
    """The file of an export that has ended.

    Raises:
        InvalidValue: it has failed, or has not ended
    """
    if not job.is_done:
        raise InvalidValue(job.error or Message("this export is not done yet; ask how far it is"))
    return as_download(job.path, job.name, job.form)


def _answer(name: str, moments: Sequence[Moment], form: Format) -> Response:
    if form.write is None:
        job = site().exports.start(name, moments, form)
        site().exports.wait(job)
        return of_job(job)
    engine = site().engine
    studio = Studio(engine.decoder, engine.library.catalog.roots())
    cuts = edit_list(name, moments, studio.timecodes(moments))
    return as_download(BytesIO(form.write(cuts)), name, form)


def as_download(file: BytesIO | Path, name: str, form: Format) -> Response:
    """A file to be kept, never to be shown in the browser."""
    response = send_file(
        file,
        mimetype=form.media_type,
        as_attachment=True,
        download_name=file_name(name, form.suffix),
        conditional=False,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
