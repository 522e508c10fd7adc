"""Collections and their exports, as JSON. See docs/collections.md."""

from apiflask import APIBlueprint
from flask import Response, url_for
from pydantic import BaseModel, Field

from indexer.catalog import Catalog, Collection, Pick
from plugins.errors import InvalidValue
from plugins.values import SECOND, Span
from search.export.formats import FORMATS, format_named
from web.api.schemas import VideoRef
from web.api.teaching import NOT_FOUND, Part
from web.asked import MAX_ID, SearchParameters, search
from web.downloads import moments_of, of_collection, of_job, of_search
from web.exports import Job
from web.picks import PickCard, pick_cards
from web.site import site
from web.texts import answered

blueprint = APIBlueprint("collections", __name__, url_prefix="/api/v1", tag="Collections")

MAX_PICKS = 1_000
"""moments in one request"""


class Name(Part):
    """What a collection is called."""

    name: str = Field(max_length=1_000)


class PickIn(Part):
    """A moment of a video."""

    video: int = Field(ge=1, le=MAX_ID)
    start: float = Field(ge=0, le=1e9, description="Seconds.")
    end: float = Field(gt=0, le=1e9, description="Seconds, exclusive.")
    label: str = Field("", max_length=2_000, description="Why it is picked: the words that found it.")
    note: str = Field("", max_length=2_000)

    @property
    def pick(self) -> Pick:
        return Pick(self.video, span_of(self.start, self.end), self.label, self.note)


class PicksIn(Part):
    """Moments for a collection."""

    items: list[PickIn] = Field(min_length=1, max_length=MAX_PICKS)


class ItemIn(Part):
    """What is changed of an item; what is absent stays."""

    start: float | None = Field(None, ge=0, le=1e9, description="Seconds; give the end too.")
    end: float | None = Field(None, gt=0, le=1e9, description="Seconds, exclusive; give the start too.")
    note: str | None = Field(None, max_length=2_000)
    place: int | None = Field(None, ge=0, le=MAX_ID, description="Where it then stands, from 0.")

    @property
    def span(self) -> Span | None:
        if (self.start is None) != (self.end is None):
            raise InvalidValue("a span has both a start and an end")
        if self.start is None or self.end is None:
            return None
        return span_of(self.start, self.end)


class CollectionOut(BaseModel):
    """A collection without its items."""

    id: int
    name: str
    items: int = Field(description="How many.")
    duration: float = Field(description="Of all items together, seconds.")


class CollectionsOut(BaseModel):
    """Every collection, the one that was changed last first."""

    collections: list[CollectionOut]


class ItemOut(BaseModel):
    """A moment in a collection."""

    id: int
    video: VideoRef | None = Field(description="Null where the library no longer has it.")
    name: str = Field(description="Of the video.")
    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds, exclusive.")
    label: str
    note: str
    missing: bool = Field(description="Its file cannot be opened now.")
    thumbnail_url: str | None
    page_url: str | None


class CollectionItemsOut(CollectionOut):
    """A collection with its items, in order."""

    moments: list[ItemOut]


class PickedOut(CollectionOut):
    """A collection, and what was put into it."""

    added: list[int] = Field(description="Ids of the items, in the order in which they came.")


class FormatOut(BaseModel):
    """A format that moments can be exported in."""

    name: str
    title: str
    about: str = Field(description="What it is for.")
    suffix: str
    is_slow: bool = Field(description="It takes a while: start it with `POST` and ask how far it is.")


class FormatsOut(BaseModel):
    """Every format."""

    formats: list[FormatOut]


class ExportIn(Part):
    """What is made of a collection."""

    format: str = Field(description="Its name, see `GET /export-formats`.")


class ExportOut(BaseModel):
    """An export that takes a while."""

    id: str
    format: str
    done: bool = Field(description="The file is there.")
    share: float = Field(description="That is done, 0 to 1.")
    error: str | None = Field(description="Why there will be no file.")
    notes: list[str] = Field(description="What was left out and why.")
    file_url: str | None


@blueprint.get("/collections")
@blueprint.output(CollectionsOut)
def list_collections() -> CollectionsOut:
    """Every collection."""
    return _all()


@blueprint.post("/collections")
@blueprint.input(Name, location="json", arg_name="sent")
@blueprint.output(CollectionOut)
def add_collection(sent: Name) -> CollectionOut:
    """Make an empty collection."""
    return _out(_catalog().new_collection(sent.name))


@blueprint.get("/collections/<int:collection_id>")
@blueprint.output(CollectionItemsOut)
@blueprint.doc(responses=NOT_FOUND)
def get_collection(collection_id: int) -> CollectionItemsOut:
    """A collection with its items."""
    return _with_items(collection_id)


@blueprint.patch("/collections/<int:collection_id>")
@blueprint.input(Name, location="json", arg_name="sent")
@blueprint.output(CollectionOut)
@blueprint.doc(responses=NOT_FOUND)
def rename_collection(collection_id: int, sent: Name) -> CollectionOut:
    """Call a collection something else."""
    return _out(_catalog().rename_collection(collection_id, sent.name))


@blueprint.delete("/collections/<int:collection_id>")
@blueprint.output(CollectionsOut)
@blueprint.doc(responses=NOT_FOUND)
def remove_collection(collection_id: int) -> CollectionsOut:
    """Forget a collection. Videos stay as they are."""
    _catalog().remove_collection(collection_id)
    return _all()


@blueprint.post("/collections/<int:collection_id>/items")
@blueprint.input(PicksIn, location="json", arg_name="sent")
@blueprint.output(PickedOut)
@blueprint.doc(responses=NOT_FOUND)
def add_items(collection_id: int, sent: PicksIn) -> PickedOut:
    """Put moments at the end of a collection. One that is there already is not put twice."""
    added = _catalog().pick(collection_id, [item.pick for item in sent.items])
    return PickedOut(**_out(_catalog().collection(collection_id)).model_dump(), added=added)


@blueprint.patch("/collections/<int:collection_id>/items/<int:item_id>")
@blueprint.input(ItemIn, location="json", arg_name="sent")
@blueprint.output(CollectionItemsOut)
@blueprint.doc(responses=NOT_FOUND)
def change_item(collection_id: int, item_id: int, sent: ItemIn) -> CollectionItemsOut:
    """Move an item, trim it, or change its note."""
    _catalog().edit_item(collection_id, item_id, span=sent.span, note=sent.note)
    if sent.place is not None:
        _catalog().move_item(collection_id, item_id, sent.place)
    return _with_items(collection_id)


@blueprint.delete("/collections/<int:collection_id>/items/<int:item_id>")
@blueprint.output(CollectionItemsOut)
@blueprint.doc(responses=NOT_FOUND)
def remove_item(collection_id: int, item_id: int) -> CollectionItemsOut:
    """Take an item out."""
    _catalog().remove_items(collection_id, [item_id])
    return _with_items(collection_id)


@blueprint.get("/export-formats")
@blueprint.output(FormatsOut)
def list_formats() -> FormatsOut:
    """What collections and answers can be exported as."""
    return FormatsOut(formats=[FormatOut.model_validate(form, from_attributes=True) for form in FORMATS])


@blueprint.get("/collections/<int:collection_id>/export/<form>")
@blueprint.doc(responses=NOT_FOUND | {200: "The file, as a download"})
def export_collection(collection_id: int, form: str) -> Response:
    """A collection as a file. Slow formats are answered when they are done."""
    return of_collection(collection_id, form)


@blueprint.post("/collections/<int:collection_id>/exports")
@blueprint.input(ExportIn, location="json", arg_name="sent")
@blueprint.output(ExportOut)
@blueprint.doc(responses=NOT_FOUND)
def start_export(collection_id: int, sent: ExportIn) -> ExportOut:
    """Begin an export that takes a while, such as a reel. One runs at a time."""
    name, moments = moments_of(collection_id)
    return _export_out(site().exports.start(name, moments, format_named(sent.format)))


@blueprint.get("/exports/<export_id>")
@blueprint.output(ExportOut)
@blueprint.doc(responses=NOT_FOUND)
def get_export(export_id: str) -> ExportOut:
    """How far an export is."""
    return _export_out(site().exports.job(export_id))


@blueprint.delete("/exports/<export_id>")
@blueprint.output(ExportOut)
@blueprint.doc(responses=NOT_FOUND)
def stop_export(export_id: str) -> ExportOut:
    """Stop an export that runs or waits."""
    site().exports.stop(export_id)
    return _export_out(site().exports.job(export_id))


@blueprint.get("/exports/<export_id>/file")
@blueprint.doc(responses=NOT_FOUND | {200: "The file, as a download"})
def get_export_file(export_id: str) -> Response:
    """The file of an export that is done."""
    return of_job(site().exports.job(export_id))


@blueprint.get("/search/export/<form>")
@blueprint.input(SearchParameters, location="query", arg_name="asked")
@blueprint.doc(responses=NOT_FOUND | {200: "The file, as a download"})
def export_search(form: str, asked: SearchParameters) -> Response:
    """The hits of a search as a file, without a collection."""
    results, _ = search(asked, site())
    return of_search(asked.q, results.hits, form)


def _export_out(job: Job) -> ExportOut:
    return ExportOut(
        id=job.id,
        format=job.form.name,
        done=job.is_done,
        share=job.share,
        error=answered(job.error) or None,
        notes=[answered(note) for note in job.notes],
        file_url=url_for("collections.get_export_file", export_id=job.id) if job.is_done else None,
    )


def span_of(start: float, end: float) -> Span:
    """
    Raises:
        InvalidValue: it does not end after it starts
    """
    return Span(round(start * SECOND), round(end * SECOND))


def _all() -> CollectionsOut:
    return CollectionsOut(collections=[_out(item) for item in _catalog().collections()])


def _out(item: Collection) -> CollectionOut:
    return CollectionOut(id=item.id, name=item.name, items=item.items, duration=item.duration_us / SECOND)


def _with_items(collection_id: int) -> CollectionItemsOut:
    head = _catalog().collection(collection_id)
    cards = pick_cards(_catalog(), _catalog().collection_items(collection_id))
    return CollectionItemsOut(**_out(head).model_dump(), moments=[_item_out(card) for card in cards])


def _item_out(card: PickCard) -> ItemOut:
    return ItemOut(
        id=card.id,
        video=VideoRef(id=card.video, path=card.path, name=card.name) if card.video else None,
        name=card.name,
        start=card.start,
        end=card.end,
        label=card.label,
        note=card.note,
        missing=card.missing,
        thumbnail_url=card.thumbnail_url or None,
        page_url=card.page_url or None,
    )


def _catalog() -> Catalog:
    return site().engine.library.catalog
