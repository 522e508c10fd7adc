"""The HTML pages. What each template is given stands in `web.pages.contexts`."""

from typing import Any, BinaryIO, TypeVar, cast
from urllib.parse import parse_qs, urlencode

from flask import Blueprint, Response, redirect, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response as Redirect

from indexer.catalog import Catalog
from plugins.errors import InvalidQuery, NotFound, ShotseekError
from plugins.values import printable
from web.api.core import plugins
from web.api.schemas import PluginOut, space_out
from web.asked import PageParameters, Parameters, SearchParameters, search
from web.cards import clock, hit_card, nearest_keyframe, page_url, thumbnail_url, video_card
from web.errors import message_of, status_of
from web.explain import command, trouble
from web.pages.contexts import (
    ApiPage,
    EncodersPage,
    Example,
    LibraryPage,
    ProblemsPage,
    SearchBox,
    SearchPage,
)
from web.pages.watch import Moment, video_page
from web.render import render
from web.site import site

blueprint = Blueprint("pages", __name__)

HITS = 24
"""on a page: fills 2, 3 and 4 columns"""
VIDEOS = 48
RECENT = 8
"""videos shown before anything was asked"""


@blueprint.get("/", endpoint="search")
def show_search() -> Response:
    """The search box, and the answer if something was asked."""
    asked = _parameters(SearchParameters, k=HITS)
    box = _box(asked)
    if not asked.is_query:
        newest = tuple(video_card(summary) for summary in _catalog().videos(limit=RECENT))
        return render("search.html", SearchPage("", box, recent=newest))
    try:
        return render("search.html", _answer(asked, box))
    except ShotseekError as error:
        status = status_of(error)
        if status >= 500:
            raise
        page = SearchPage("No answer", box, error=message_of(error))
        response = render("search.html", page)
        response.status_code = status
        return response


def _answer(asked: SearchParameters, box: SearchBox) -> SearchPage:
    examples = _examples(asked)
    results, more = search(asked, site())
    return SearchPage(
        asked.q or "Similar shots",
        box,
        examples=examples,
        hits=tuple(hit_card(hit) for hit in results.hits),
        first=asked.offset + 1,
        notes=results.notes,
        convincing=results.convincing,
        previous_url=_here(offset=max(0, asked.offset - asked.k)) if asked.offset else "",
        next_url=_here(offset=asked.offset + asked.k) if more else "",
    )


def _box(asked: SearchParameters) -> SearchBox:
    catalog = _catalog()
    lengths = (asked.min_duration, asked.max_duration)
    filters = (asked.video, asked.folder, *lengths, asked.after, asked.before, asked.encoder)
    kept = _given(SearchParameters)
    for name in ("upload", "offset"):
        kept.pop(name, None)
    return SearchBox(
        asked=asked,
        filters=sum(bool(value) for value in filters),
        state=urlencode(kept, doseq=True),
        roots=tuple(printable(root) for root in catalog.roots()),
        encoders=tuple(dict.fromkeys(space.encoder for space in catalog.searchable())),
        videos=catalog.count_videos(),
        fill=command("index", "~/Videos", library=site().engine.library.folder),
    )


def _examples(asked: SearchParameters) -> tuple[Example, ...]:
    """What was asked with besides words."""
    found: list[Example] = []
    if asked.like is not None:
        shown = _catalog().shots_with_videos([asked.like])
        if asked.like not in shown:
            raise NotFound(f"there is no shot {asked.like} any more; its video was removed or indexed again")
        shot, video = shown[asked.like]
        picture = thumbnail_url(video, nearest_keyframe(shot, shot.span.start_us))
        label = f"Like {video.name} at {clock(shot.span.start_us)}"
        found.append(
            Example(label, picture, page_url(video, shot.span.start_us), _here(like=None, offset=None))
        )
    if asked.upload is not None:
        picture = url_for("media.preview", id_=asked.upload)
        found.append(Example("Like what you sent", picture, "", _here(upload=None, offset=None)))
    return tuple(found)


@blueprint.post("/upload")
def upload() -> Redirect:
    """Takes a picture or a clip and leads to the search for it, so that the answer has an address."""
    file = request.files.get("file")
    if file is None:
        raise InvalidQuery("no file came; choose a picture or a clip")
    id_ = site().uploads.save(cast(BinaryIO, file.stream))
    kept = parse_qs(request.form.get("state", ""), keep_blank_values=False)
    known: dict[str, Any] = {
        name: values for name, values in kept.items() if name in SearchParameters.model_fields
    }
    return redirect(url_for("pages.search", **known | {"upload": id_}), 303)


@blueprint.get("/video/<int:video_id>", endpoint="video")
def show_video(video_id: int) -> Response:
    """The player at a moment, the shots, what is said."""
    return render("video.html", video_page(_catalog(), video_id, _parameters(Moment).t))


@blueprint.get("/library")
def library() -> Response:
    """The videos, by name."""
    part = _parameters(PageParameters, limit=VIDEOS)
    found = _catalog().videos(offset=part.offset, limit=part.limit + 1, text=part.text)
    page = LibraryPage(
        title="Library",
        text=part.text,
        total=_catalog().count_videos(),
        videos=tuple(video_card(summary) for summary in found[: part.limit]),
        roots=tuple(printable(root) for root in _catalog().roots()),
        fill=command("index", "~/Videos", library=site().engine.library.folder),
        previous_url=_here(offset=max(0, part.offset - part.limit)) if part.offset else "",
        next_url=_here(offset=part.offset + part.limit) if len(found) > part.limit else "",
    )
    return render("library.html", page)


@blueprint.get("/problems")
def problems() -> Response:
    """What failed, why, and what to do."""
    folder = site().engine.library.folder
    found = tuple(trouble(problem, folder) for problem in _catalog().problems())
    return render("problems.html", ProblemsPage("Problems", found))


@blueprint.get("/encoders")
def encoders() -> Response:
    """The spaces of the library and the plugins of the machine."""
    by_kind: dict[str, list[PluginOut]] = {}
    for plugin in plugins():
        by_kind.setdefault(plugin.kind, []).append(plugin)
    spaces = tuple(space_out(record) for record in _catalog().spaces())
    return render("encoders.html", EncodersPage("Encoders and plugins", spaces, by_kind))


@blueprint.get("/api")
def api() -> Response:
    """The viewer of the API's document."""
    return render("api.html", ApiPage("API"))


P = TypeVar("P", bound=Parameters)


def _parameters(model: type[P], **defaults: object) -> P:
    """The parameters of a page; unlike the API's, unknown ones are ignored (links collect them).

    Raises:
        InvalidQuery: one has a value it cannot have
    """
    given = {name: values[0] for name, values in _given(model).items()}
    try:
        return model.model_validate(defaults | given)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidQuery(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _given(model: type[Parameters]) -> dict[str, list[str]]:
    """The known parameters of this request."""
    return {name: values for name, values in request.args.lists() if name in model.model_fields}


def _here(**changes: object) -> str:
    """The address of this page with some parameters changed, or left out where None."""
    args: dict[str, Any] = dict(request.args.lists())
    return url_for(str(request.endpoint), **(args | changes))


def _catalog() -> Catalog:
    return site().engine.library.catalog
