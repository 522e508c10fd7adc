"""Exports as downloads: made when they are asked for, and named so that any system can keep them."""

import unicodedata
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

from flask import Response, send_file

from plugins.queries import Hit
from search.export.editlist import Moment, edit_list, of_hits, of_items
from search.export.formats import Format, format_named
from search.export.studio import Studio
from web.site import site

FORBIDDEN = frozenset('\\/:*?"<>|')
"""in names of files, somewhere"""
RESERVED = frozenset(
    ["aux", "con", "nul", "prn", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(10))]
)
"""names that are no files on Windows, whatever their suffix"""
MAX_NAME = 80
"""characters of a file's name without its suffix"""


def file_name(name: str, suffix: str) -> str:
    """A name for a file that every system can keep, made of any text."""
    composed = unicodedata.normalize("NFC", name)
    kept = "".join(char if char.isprintable() and char not in FORBIDDEN else "_" for char in composed)
    stem = " ".join(kept.split())[:MAX_NAME].strip(" .") or "shotseek"
    return f"{'_' if stem.partition('.')[0].lower() in RESERVED else ''}{stem}{suffix}"


def of_collection(collection_id: int, form: str) -> Response:
    """A collection as a file."""
    catalog = site().engine.library.catalog
    head = catalog.collection(collection_id)
    return _answer(head.name, of_items(catalog.collection_items(collection_id)), format_named(form))


def of_search(words: str, found: Iterable[Hit], form: str) -> Response:
    """The hits of a search as a file."""
    return _answer(words or "Similar shots", of_hits(found, words), format_named(form))


def _answer(name: str, moments: Sequence[Moment], form: Format) -> Response:
    catalog = site().engine.library.catalog
    studio = Studio(site().engine.decoder, catalog.roots())
    cuts = edit_list(name, moments, studio.timecodes(moments))
    assert form.write is not None
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
