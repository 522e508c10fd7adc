"""When nothing was found: which filter is to blame."""

from collections.abc import Iterator
from typing import Any

from search.syntax import parse
from web.asked import SearchParameters, search
from web.facets import Address
from web.pages.results import Culprit
from web.site import Site
from web.texts import gettext as _
from web.texts import later

WORDED = {
    "video": later("only in %(what)s"),
    "folder": later("only inside %(what)s"),
    "label": later("only with the label %(what)s"),
    "has": later("only with %(what)s"),
    "codec": later("only in %(what)s"),
}
"""Filters that are lists."""
LENGTH, DAYS = ("min_duration", "max_duration"), ("after", "before")
"""Filters that come in pairs."""


def culprits(asked: SearchParameters, site: Site, here: Address) -> Iterator[Culprit]:
    """The filters without which, all others left as they are, something is found."""
    for text, without in (*_given(asked), *_typed(asked)):
        changed = asked.model_copy(update=without | {"k": 1, "offset": 0})
        if search(changed, site)[0].hits:
            gone = {name: value if name == "q" else None for name, value in without.items()}
            yield Culprit(text, here(**gone, offset=None))


def _given(asked: SearchParameters) -> Iterator[tuple[str, dict[str, Any]]]:
    """The filters of the address: in words, and the parameters without it."""
    for name, words in WORDED.items():
        if values := getattr(asked, name):
            yield _(words, what=f" {_('or')} ".join(values)), {name: ()}
    if asked.region:
        yield _("only inside a part of the map"), {"region": ""}
    if asked.min_duration is not None or asked.max_duration is not None:
        yield _("only shots of that length"), dict.fromkeys(LENGTH)
    if asked.after is not None or asked.before is not None:
        yield _("only videos of that time"), dict.fromkeys(DAYS)
    if asked.size:
        yield _("only videos of that size"), {"size": ""}


def _typed(asked: SearchParameters) -> Iterator[tuple[str, dict[str, Any]]]:
    """The filters that stand in the query."""
    for place in parse(asked.q).places:
        rest = " ".join((asked.q[: place.start] + asked.q[place.end :]).split())
        yield asked.q[place.start : place.end], {"q": rest}
