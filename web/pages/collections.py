"""The pages of collections: all of them, and one with its moments."""

from dataclasses import dataclass

from flask import Response

from indexer.catalog import Collection
from plugins.values import SECOND
from search.export.formats import FORMATS, Format
from web.asked import SearchParameters, search
from web.cards import clock
from web.downloads import of_collection, of_search
from web.pages.base import blueprint, catalog, parameters
from web.picks import PickCard, pick_cards
from web.render import render
from web.site import site
from web.texts import gettext as _

BEST = 100
"""hits of a search that are exported"""
SHOWN = 4
"""pictures of a collection in the list of all"""


@dataclass(frozen=True, slots=True)
class CollectionCard:
    """One collection in the list of all."""

    id: int
    name: str
    items: int
    length: str
    pictures: tuple[str, ...]
    """addresses, of the first moments"""


@dataclass(frozen=True, slots=True)
class CollectionsPage:
    """collections.html: all collections, the one that was changed last first."""

    title: str
    collections: tuple[CollectionCard, ...]


@dataclass(frozen=True, slots=True)
class FormatGroup:
    """Formats of one use."""

    name: str
    formats: tuple[Format, ...]


GROUPS = tuple(
    FormatGroup(name, tuple(item for item in FORMATS if item.group == name))
    for name in dict.fromkeys(item.group for item in FORMATS)
)


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """collection.html: the moments of one collection in their order, and what it can be exported as."""

    title: str
    id: int
    length: str
    seconds: float
    moments: tuple[PickCard, ...]
    missing: int
    """moments whose files cannot be opened now"""
    groups: tuple[FormatGroup, ...]


@blueprint.get("/collections", endpoint="collections")
def show_collections() -> Response:
    """Every collection."""
    found = tuple(_card(item) for item in catalog().collections())
    return render("collections.html", CollectionsPage(_("Collections"), found))


@blueprint.get("/collections/<int:collection_id>", endpoint="collection")
def show_collection(collection_id: int) -> Response:
    """One collection with its moments."""
    head = catalog().collection(collection_id)
    moments = pick_cards(catalog(), catalog().collection_items(collection_id))
    page = CollectionPage(
        title=head.name,
        id=head.id,
        length=clock(head.duration_us),
        seconds=head.duration_us / SECOND,
        moments=moments,
        missing=sum(item.missing for item in moments),
        groups=GROUPS,
    )
    return render("collection.html", page)


@blueprint.get("/collections/<int:collection_id>/export/<form>")
def export_collection(collection_id: int, form: str) -> Response:
    """A collection as a file."""
    return of_collection(collection_id, form)


@blueprint.get("/export/<form>")
def export_search(form: str) -> Response:
    """The hits of a search as a file; the parameters are those of the search page."""
    asked = parameters(SearchParameters, k=BEST)
    results = search(asked, site())[0]
    return of_search(asked.q, results.hits, form)


def _card(item: Collection) -> CollectionCard:
    first = pick_cards(catalog(), catalog().collection_items(item.id)[:SHOWN])
    pictures = tuple(card.thumbnail_url for card in first if card.thumbnail_url)
    return CollectionCard(item.id, item.name, item.items, clock(item.duration_us), pictures)
