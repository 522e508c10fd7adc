"""The search page: the box, and the answer if something was asked."""

from typing import Any, BinaryIO, cast
from urllib.parse import parse_qs, urlencode

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from plugins.errors import InvalidQuery, NotFound, ShotseekError
from plugins.values import printable
from web.asked import SearchParameters, search
from web.cards import clock, hit_card, nearest_keyframe, page_url, thumbnail_url, video_card
from web.errors import message_of, status_of
from web.explain import command
from web.pages.base import blueprint, catalog, given, here, parameters
from web.pages.contexts import Example, SearchBox, SearchPage
from web.render import render
from web.site import site

HITS = 24
"""on a page: fills 2, 3 and 4 columns"""
RECENT = 8
"""videos shown before anything was asked"""


@blueprint.get("/", endpoint="search")
def show_search() -> Response:
    """The search box, and the answer if something was asked."""
    asked = parameters(SearchParameters, k=HITS)
    box = _box(asked)
    if not asked.is_query:
        newest = tuple(video_card(summary) for summary in catalog().videos(limit=RECENT))
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
        previous_url=here(offset=max(0, asked.offset - asked.k)) if asked.offset else "",
        next_url=here(offset=asked.offset + asked.k) if more else "",
    )


def _box(asked: SearchParameters) -> SearchBox:
    lengths = (asked.min_duration, asked.max_duration)
    filters = (asked.video, asked.folder, *lengths, asked.after, asked.before, asked.encoder)
    kept = given(SearchParameters)
    for name in ("upload", "offset"):
        kept.pop(name, None)
    return SearchBox(
        asked=asked,
        filters=sum(bool(value) for value in filters),
        state=urlencode(kept, doseq=True),
        roots=tuple(printable(root) for root in catalog().roots()),
        encoders=tuple(dict.fromkeys(space.encoder for space in catalog().searchable())),
        videos=catalog().count_videos(),
        fill=command("index", "~/Videos", library=site().engine.library.folder),
    )


def _examples(asked: SearchParameters) -> tuple[Example, ...]:
    """What was asked with besides words."""
    found: list[Example] = []
    if asked.like is not None:
        shown = catalog().shots_with_videos([asked.like])
        if asked.like not in shown:
            raise NotFound(f"there is no shot {asked.like} any more; its video was removed or indexed again")
        shot, video = shown[asked.like]
        picture = thumbnail_url(video, nearest_keyframe(shot, shot.span.start_us))
        label = f"Like {video.name} at {clock(shot.span.start_us)}"
        found.append(
            Example(label, picture, page_url(video, shot.span.start_us), here(like=None, offset=None))
        )
    if asked.upload is not None:
        picture = url_for("media.preview", id_=asked.upload)
        found.append(Example("Like what you sent", picture, "", here(upload=None, offset=None)))
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
