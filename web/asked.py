"""What a request asks for: its parameters, checked, and as a query."""

import re
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from indexer.catalog import Catalog, VideoOrder, VideoState
from plugins.errors import InvalidQuery, NotFound
from plugins.queries import Filters, LikeShot, Order, Piece, Query, Results, Term
from plugins.values import SECOND, Span, Video, as_path_text
from search.maps import Region
from search.query import MAX_CHARACTERS, MAX_DEPTH, MAX_HITS, check
from search.query import query as read
from search.syntax import MAX_WEIGHT, size
from web.site import Site

PIECE = r"^\d{1,18}:\d{1,9}(\.\d{1,6})?-\d{1,9}(\.\d{1,6})?$"
SIZE = r"^((>=|<=|<|>)?\d{1,5}p?)?$"
PIECE_PARTS = re.compile(r"(\d+):([\d.]+)-([\d.]+)")
MAX_ID = 2**63 - 1
"""the largest row number of the catalog"""


def _every(_first: object, info: ValidationInfo) -> list[str]:
    """Every value of a parameter that may be given more than once, not the first alone."""
    return [value for value in request.args.getlist(str(info.field_name)) if value]


Seconds = Annotated[float, Field(ge=0, le=1e9, description="Seconds.")]
Repeated = Annotated[tuple[str, ...], BeforeValidator(_every)]
UPLOAD = "^[0-9a-f]{64}$"
Uploads = Annotated[tuple[Annotated[str, Field(pattern=UPLOAD)], ...], BeforeValidator(_every)]
Shots = Annotated[tuple[Annotated[int, Field(ge=1, le=MAX_ID)], ...], BeforeValidator(_every)]


class Parameters(BaseModel):
    """The base of all parameters: unknown ones are refused, empty ones count as absent (forms send them)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in data.items() if value != ""}


class PartParameters(Parameters):
    """Which part of a list."""

    limit: int = Field(50, ge=1, le=200, description="How many at most.")
    offset: int = Field(0, ge=0, le=MAX_ID, description="How many to leave out.")


class PageParameters(PartParameters):
    """Which videos."""

    text: str = Field("", max_length=MAX_CHARACTERS, description="Only videos whose path contains this.")
    state: VideoState | None = Field(None, description="Only those that are wholly done, partial or missing.")
    order: VideoOrder = Field(
        VideoOrder.PATH,
        description="By path, or the latest recorded, the last added or the longest first.",
    )


class Question(Parameters):
    """What is looked for."""

    q: str = Field(
        "",
        max_length=MAX_CHARACTERS,
        description="What is seen, said, shown or named, in the language of docs/search.md.",
    )
    like: Shots = Field((), description="Find what looks like this shot. May be repeated.")
    unlike: Shots = Field((), description="And what does not look like this one. May be repeated.")
    upload: str | None = Field(
        None,
        pattern=UPLOAD,
        description="Find what looks like a picture or clip sent before by `POST /search`.",
    )
    unlike_upload: Uploads = Field(
        (), description="And what does not look like this, sent before in the same way. May be repeated."
    )
    piece: str | None = Field(
        None,
        pattern=PIECE,
        description="Find what looks like a piece of a video of the library, and where else it is:"
        " `7:12.0-15.5`, id and seconds.",
    )

    def asked(self) -> dict[str, Any]:
        """What of it was given, as parameters of an address."""
        given = {name: getattr(self, name) for name in Question.model_fields}
        return {name: value for name, value in given.items() if value}


class SearchParameters(Question):
    """A query. At least one of `q`, `like`, `upload` and `piece`; several are fused into one answer."""

    encoder: Repeated = Field(
        (), description="Ask only these encoders, by reference; all by default. May be repeated."
    )
    weight: Repeated = Field(
        (), description="How much a source counts, `words=2`; 1 by default, 0 leaves it out. May be repeated."
    )
    order: Order = Field(Order.SCORE, description="Best first, or the latest video first.")
    per_video: int | None = Field(None, ge=1, le=MAX_HITS, description="Hits of one video, at most.")
    k: int = Field(20, ge=1, le=MAX_HITS, description="How many hits at most.")
    offset: int = Field(0, ge=0, le=MAX_DEPTH, description="How many better hits to leave out.")
    video: Repeated = Field((), description="Only in these videos: id, path or name. May be repeated.")
    folder: Repeated = Field((), description="Only inside these folders, absolute. May be repeated.")
    min_duration: float | None = Field(
        None, ge=0, le=1e9, description="Only shots of at least so many seconds."
    )
    max_duration: float | None = Field(
        None, ge=0, le=1e9, description="Only shots of at most so many seconds."
    )
    after: date | None = Field(None, description="Only videos recorded on this day (UTC) or later.")
    before: date | None = Field(None, description="Only videos recorded before this day (UTC).")
    size: str = Field(
        "",
        pattern=SIZE,
        description="Only videos whose shorter side has so many pixels: `720`, `>=720`, `<480`.",
    )
    label: Repeated = Field((), description="Only shots with this label or tag. May be repeated.")
    codec: Repeated = Field((), description="Only videos in one of these codecs: `h264`. May be repeated.")
    has: Repeated = Field(
        (), description="Only videos of which there is such text: `speech`. May be repeated."
    )
    region: str = Field(
        "", max_length=400, description="Only this part of the map: `ENCODER:VERSION:X,Y,X,Y`, two corners."
    )

    @property
    def is_query(self) -> bool:
        return bool(self.q.strip() or self.like or self.upload or self.piece)


def search(asked: SearchParameters, site: Site) -> tuple[Results, bool]:
    """The hits that were asked for, and whether there are more after them.

    Raises:
        InvalidQuery, NotFound: and whatever `Engine.search` raises
        TooManyRequests: pictures and clips are being searched with as much as can be
    """
    query = to_query(asked, site)
    check(query, asked.k, asked.offset)
    wanted = min(asked.k + 1, MAX_HITS)
    heavy = bool(asked.upload or asked.unlike_upload or asked.piece)
    with site.limits.heavy.turn() if heavy else nullcontext(), site.metrics.searching():
        results = site.engine.search(
            query,
            k=wanted,
            offset=asked.offset,
            encoders=asked.encoder,
            weights=dict(map(_weight, asked.weight)),
            order=asked.order,
            per_video=asked.per_video,
        )
    more = len(results.hits) == wanted and asked.offset + asked.k <= MAX_DEPTH
    return replace(results, hits=results.hits[: asked.k]), more


def to_query(asked: SearchParameters, site: Site) -> Query:
    """The query that parameters describe.

    Raises:
        NotFound: a video or an upload is not here
        InvalidQuery: the words cannot be read, or a folder is not absolute
    """
    terms: list[Term] = []
    terms += [LikeShot(shot) for shot in asked.like]
    terms += [LikeShot(shot, weight=-1.0) for shot in asked.unlike]
    if asked.upload is not None:
        terms.append(site.uploads.term(asked.upload))
    terms += [replace(site.uploads.term(upload), weight=-1.0) for upload in asked.unlike_upload]
    if asked.piece is not None:
        video, span = piece(asked.piece, site.engine.library.catalog)
        terms.append(Piece(video.id, span))
    return read(asked.q, terms, _filters(asked, site), find=lambda name: _videos(name, site))


def piece(text: str, catalog: Catalog) -> tuple[Video, Span]:
    """The video and the span that the parameter of this name says.

    Raises:
        NotFound: no such video
        InvalidQuery: the piece is empty, or lies behind the video's end
    """
    id_, start, end = PIECE_PARTS.fullmatch(text).groups()  # type: ignore[union-attr]  # was checked
    video = catalog.video(int(id_))
    start_us, end_us = round(float(start) * SECOND), round(float(end) * SECOND)
    end_us = min(end_us, video.duration_us)
    if start_us >= end_us:
        raise InvalidQuery(
            "a piece ends after it begins, and inside its video; %(text)s does not", text=repr(text)
        )
    return video, Span(start_us, end_us)


def _weight(text: str) -> tuple[str, float]:
    source, _, number = text.rpartition("=")
    try:
        weight = float(number)
    except ValueError:
        weight = -1.0
    if not source or not 0 <= weight <= MAX_WEIGHT:
        raise InvalidQuery(
            "a weight is given as `words=2`, from 0 to %(most)s, not as %(text)s",
            most=f"{MAX_WEIGHT:g}",
            text=repr(text),
        )
    return source, weight


def _filters(asked: SearchParameters, site: Site) -> Filters:
    return Filters(
        videos=tuple(id_ for name in asked.video for id_ in _videos(name, site)),
        folders=tuple(_folder(path) for path in asked.folder),
        min_duration_us=_microseconds(asked.min_duration),
        max_duration_us=_microseconds(asked.max_duration),
        after=_midnight(asked.after),
        before=_midnight(asked.before),
        codecs=tuple(codec.lower() for codec in asked.codec),
        sources=tuple(source.lower() for source in asked.has),
        labels=asked.label,
        **(size(asked.size) if asked.size else {}),
        shots=site.engine.maps.shots(Region.parse(asked.region)) if asked.region else None,
    )


def _microseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * SECOND)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _videos(name: str, site: Site) -> list[int]:
    found = site.engine.library.catalog.find_videos(name)
    if not found:
        raise NotFound("no video here is called %(name)s; see the library for what there is", name=repr(name))
    return [video.id for video in found]


def _folder(path: str) -> str:
    if "\0" in path or not Path(path).is_absolute():
        raise InvalidQuery(
            "a folder is given by its whole path, like /home/me/Videos, not %(path)s", path=repr(path)
        )
    return as_path_text(path)
