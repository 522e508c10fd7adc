"""From a query to one part of its answer, in the view that was chosen."""

from dataclasses import replace
from urllib.parse import urlencode

from plugins.errors import InvalidQuery
from plugins.queries import Hit, Order, Results
from search.teach import asked as name_of
from web.asked import search
from web.cards import HitCard, page_url
from web.facets import facets
from web.pages.base import catalog, given, here
from web.pages.compare import columns
from web.pages.nothing import culprits
from web.pages.results import (
    STRIP,
    Answer,
    Marks,
    ResultsParameters,
    Strip,
    Switch,
    VideoRow,
    View,
    cards,
    folded,
    marked,
)
from web.site import site
from web.texts import gettext as _
from web.texts import ngettext


def answer(asked: ResultsParameters) -> Answer:
    """
    Raises:
        ShotseekError: whatever `search` raises
    """
    if asked.compare:
        heading = _asked_for(_("What each source finds"), asked)
        return Answer(heading, _address(), columns=columns(asked, site()), views=_views(asked))
    results, more = search(asked, site())
    made = Answer(
        heading=_heading(asked, results, more),
        address=_address(),
        notes=results.notes,
        doubt=_doubt(asked, results),
        views=_views(asked),
        orders=_orders(asked),
        strips=_strips(asked),
        facets=facets(asked, results.ranked, catalog(), here),
        counted=len(results.ranked),
        previous_url=here(offset=max(0, asked.offset - asked.k) or None) if asked.offset else "",
        next_url=here(offset=asked.offset + asked.k) if more else "",
    )
    if not results.hits:
        return replace(made, culprits=tuple(culprits(asked, site(), here)))
    return _laid_out(_with_marks(made, asked, results.hits), asked, results)


def _laid_out(made: Answer, asked: ResultsParameters, results: Results) -> Answer:
    """With the hits, as the view shows them."""
    shown = cards(results.hits, asked.offset + 1, asked)
    # in order of date the weak ones are anywhere, and on later pages they are what was asked for
    folds = asked.order is Order.SCORE and not asked.offset
    if asked.view is View.VIDEOS:
        rows = _rows(asked, results.hits, shown)
        weak = tuple(row for row in rows if folds and results.convincing and row.weak)
        return replace(made, rows=tuple(row for row in rows if row not in weak), weaker_rows=weak)
    fold = folded(results.hits) if folds else len(shown)
    return replace(made, hits=shown[:fold], weaker=shown[fold:])


def _rows(
    asked: ResultsParameters, hits: tuple[Hit, ...], shown: tuple[HitCard, ...]
) -> tuple[VideoRow, ...]:
    """A row for each video, in the order of its best hit."""
    by_video: dict[int, list[tuple[Hit, HitCard]]] = {}
    for hit, card in zip(hits, shown, strict=True):
        by_video.setdefault(hit.video.id, []).append((hit, card))
    rows = []
    for id_, found in by_video.items():
        best = found[:STRIP]
        if asked.strip is Strip.TIME:
            best.sort(key=lambda pair: pair[0].at_us)
        url = here(video=id_, view=None, strip=None, offset=None)
        video = found[0][0].video
        rows.append(
            VideoRow(video.name, page_url(video, 0), len(found), tuple(card for _, card in best), url)
        )
    return tuple(rows)


def _with_marks(made: Answer, asked: ResultsParameters, hits: tuple[Hit, ...]) -> Answer:
    """What was said of these hits, where hits of this query can be marked at all."""
    if asked.like or asked.upload or asked.piece:
        return made
    try:
        name = name_of(asked.q)
    except InvalidQuery:
        return made
    said = catalog().marks(name)
    right = sum(mark.right for mark in said)
    return replace(made, marks=Marks(asked.q, right, len(said) - right), marked=marked(hits, said))


def _heading(asked: ResultsParameters, results: Results, more: bool) -> str:
    count, first = len(results.hits), asked.offset + 1
    if not count:
        said = _("Nothing found")
    elif not results.convincing and first == 1:
        return _("What comes nearest to “%(query)s”", query=asked.q) if asked.q else _("What comes nearest")
    elif more or first > 1:
        said = _("Hits %(first)s–%(last)s", first=first, last=first + count - 1)
    else:
        said = ngettext("%(num)s hit", "%(num)s hits", count)
    if asked.view is View.VIDEOS and count:
        videos = len({hit.video.id for hit in results.hits})
        said = ngettext("%(hits)s in %(num)s video", "%(hits)s in %(num)s videos", videos, hits=said)
    return _asked_for(said, asked)


def _asked_for(said: str, asked: ResultsParameters) -> str:
    return _("%(found)s for “%(query)s”", found=said, query=asked.q) if asked.q else said


def _doubt(asked: ResultsParameters, results: Results) -> str:
    if not results.hits or results.convincing:
        return ""
    if asked.offset:
        return _("None of these is sure any more.")
    return _(
        "Nothing convincing found: nothing stands out from what unrelated words find here,"
        " so none of these is sure."
    )


def _address() -> str:
    """The parameters of this search, from its beginning."""
    known = given(ResultsParameters)
    return urlencode({name: values for name, values in known.items() if name != "offset"}, doseq=True)


def _views(asked: ResultsParameters) -> tuple[Switch, ...]:
    plain = {"offset": None, "compare": None, "k": None}
    plainly = not asked.compare
    return (
        Switch(
            _("Grid"), here(**plain, view=None, strip=None), not asked.compare and asked.view is View.GRID
        ),
        Switch(_("By video"), here(**plain, view="videos"), plainly and asked.view is View.VIDEOS),
        Switch(_("By source"), here(offset=None, k=None, view=None, strip=None, compare=1), asked.compare),
    )


def _orders(asked: ResultsParameters) -> tuple[Switch, ...]:
    return (
        Switch(_("Best first"), here(order=None, offset=None), asked.order is Order.SCORE),
        Switch(_("Newest first"), here(order="date", offset=None), asked.order is Order.DATE),
    )


def _strips(asked: ResultsParameters) -> tuple[Switch, ...]:
    return (
        Switch(_("By time"), here(strip=None, offset=None), asked.strip is Strip.TIME),
        Switch(_("By rank"), here(strip="rank", offset=None), asked.strip is Strip.RANK),
    )
