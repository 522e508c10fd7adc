"""The search page: the box, and the answer if something was asked."""

from collections.abc import Iterator
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qs, urlencode

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from plugins.errors import InvalidQuery, NotFound, QuerySyntax, ShotseekError
from plugins.values import printable
from search.retrieve import WORDS
from web.access import count_upload
from web.asked import piece
from web.cards import clock, nearest_keyframe, page_url, thumbnail_url, video_card
from web.errors import message_of, status_of
from web.explain import command
from web.pages.answers import answer
from web.pages.atlas import region_example
from web.pages.base import blueprint, catalog, given, here, parameters
from web.pages.results import Example, ResultsParameters, SearchBox, SearchPage, Source, View, kept
from web.render import render
from web.site import site
from web.texts import gettext as _

HITS: dict[View, int] = {View.GRID: 24, View.VIDEOS: 96}
"""on a page: 24 fill 2, 3 and 4 columns"""
RECENT = 8
"""videos shown before anything was asked"""
SHOWN = frozenset(
    {
        "q",
        "video",
        "folder",
        "min_duration",
        "max_duration",
        "after",
        "before",
        "encoder",
        "weight",
        "offset",
        "k",
    }
)
"""parameters that have a field, or end with a new question"""


@blueprint.get("/", endpoint="search")
def show_search() -> Response:
    """The search box, and the answer if something was asked."""
    view = parameters(ResultsParameters).view
    asked = parameters(ResultsParameters, k=HITS[view])
    box = _box(asked)
    if not asked.is_query:
        newest = tuple(video_card(summary) for summary in catalog().videos(limit=RECENT))
        saved = kept(catalog().saved_searches(), url_for("pages.search"))
        examples = (region_example(asked.region, here(region=None)),) if asked.region else ()
        return render("search.html", SearchPage("", box, examples, recent=newest, saved=saved))
    try:
        title = asked.q or _("Similar shots")
        return render("search.html", SearchPage(title, box, tuple(_examples(asked)), answer(asked)))
    except ShotseekError as error:
        status = status_of(error)
        if status >= 500:
            raise
        wrong_at = error.at if isinstance(error, QuerySyntax) else -1
        page = SearchPage(_("No answer"), box, error=message_of(error), wrong_at=wrong_at)
        response = render("search.html", page)
        response.status_code = status
        return response


def _box(asked: ResultsParameters) -> SearchBox:
    lengths = (asked.min_duration, asked.max_duration)
    lists = (asked.video, asked.folder, asked.label, asked.codec, asked.has, asked.encoder)
    known = given(ResultsParameters)
    sent = {name: values for name, values in known.items() if name not in ("upload", "offset")}
    return SearchBox(
        asked=asked,
        filters=sum(
            bool(value) for value in (*lists, *lengths, asked.after, asked.before, asked.size, asked.weight)
        ),
        hidden=tuple(
            (name, value) for name, values in known.items() if name not in SHOWN for value in values if value
        ),
        state=urlencode(sent, doseq=True),
        roots=tuple(printable(root) for root in catalog().roots()),
        encoders=tuple(dict.fromkeys(space.encoder for space in catalog().searchable())),
        sources=tuple(_sources(asked)),
        videos=catalog().count_videos(),
        fill=command("index", "~/Videos", library=site().engine.library.folder),
    )


def _sources(asked: ResultsParameters) -> Iterator[Source]:
    """What can be weighed: the encoders that are asked, the words, and whatever else is weighed already."""
    weights = {name: weight for name, _, weight in (text.rpartition("=") for text in asked.weight)}
    for name in dict.fromkeys((*(space.encoder for space in catalog().asked()), WORDS, *weights)):
        weight = weights.get(name, "")
        known = ("", "0", "0.5", "1", "2", "4")
        yield Source(name, weight, known if weight in known else (*known, weight))


def _examples(asked: ResultsParameters) -> Iterator[Example]:
    """What was asked with besides words."""
    for name, ids in (("like", asked.like), ("unlike", asked.unlike)):
        shown = catalog().shots_with_videos(ids)
        for id_ in ids:
            if id_ not in shown:
                raise NotFound(
                    "there is no shot %(id)s any more; its video was removed or indexed again", id=id_
                )
            shot, video = shown[id_]
            picture = thumbnail_url(video, nearest_keyframe(shot, shot.span.start_us))
            place = {"name": video.name, "time": clock(shot.span.start_us)}
            liked = name == "like"
            label = (
                _("Like %(name)s at %(time)s", **place)
                if liked
                else _("Not like %(name)s at %(time)s", **place)
            )
            rest = [other for other in ids if other != id_] or None
            without = here(**{name: rest, "offset": None})
            yield Example(label, picture, page_url(video, shot.span.start_us), without, name == "unlike")
    if asked.piece is not None:
        yield _piece(asked.piece)
    if asked.region:
        yield region_example(asked.region, here(region=None, offset=None))
    if asked.upload is not None:
        picture = url_for("media.preview", id_=asked.upload)
        others = [*asked.unlike_upload, asked.upload]
        turned = here(upload=None, unlike_upload=others, offset=None) if asked.q.strip() or asked.like else ""
        without = here(upload=None, offset=None)
        yield Example(_("Like what you sent"), picture, "", without, unwanted_url=turned)
    for sent in asked.unlike_upload:
        kept_uploads = [other for other in asked.unlike_upload if other != sent] or None
        picture = url_for("media.preview", id_=sent)
        without = here(unlike_upload=kept_uploads, offset=None)
        yield Example(_("Not like what you sent"), picture, "", without, unwanted=True)


def _piece(asked: str) -> Example:
    video, span = piece(asked, catalog())
    times = f"{clock(span.start_us)}–{clock(span.end_us)}"
    label = _("Piece of %(name)s %(times)s", name=video.name, times=times)
    first = next((shot for shot in catalog().shots(video.id) if span.start_us < shot.span.end_us), None)
    picture = thumbnail_url(video, nearest_keyframe(first, span.start_us)) if first else ""
    return Example(label, picture, page_url(video, span.start_us), here(piece=None, offset=None))


@blueprint.post("/upload")
def upload() -> Redirect:
    """Takes a picture or a clip and leads to the search for it, so that the answer has an address."""
    file = request.files.get("file")
    if file is None:
        raise InvalidQuery("no file came; choose a picture or a clip")
    count_upload()
    id_ = site().uploads.save(cast(BinaryIO, file.stream))
    sent = parse_qs(request.form.get("state", ""), keep_blank_values=False)
    known: dict[str, Any] = {
        name: values for name, values in sent.items() if name in ResultsParameters.model_fields
    }
    return redirect(url_for("pages.search", **known | {"upload": id_}), 303)
