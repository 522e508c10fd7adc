"""What visitors teach: marks, concepts, tags and the counts of labels, as JSON. See docs/teaching.md.

All of it is sent in bodies and never in addresses, so that no link can change a library.
"""

from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from indexer.catalog import Catalog, ConceptRecord, Moment
from plugins.errors import InvalidValue
from plugins.queries import Filters
from plugins.values import SECOND, Span
from search.concepts import ConceptsDocument, export, picture_by, take, teach
from search.teach import asked
from web.asked import MAX_ID
from web.site import site

blueprint = APIBlueprint("teaching", __name__, url_prefix="/api/v1", tag="Teaching")

NOT_FOUND = {404: "There is no such thing here"}
MAX_EXAMPLES = 1_000
"""moments in one request"""


class Part(BaseModel):
    """What is sent; a field that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")


class Place(Part):
    """A moment of a video."""

    video: int = Field(ge=1, le=MAX_ID)
    at: float = Field(ge=0, le=1e9, description="Seconds.")

    @property
    def moment(self) -> Moment:
        return Moment(self.video, round(self.at * SECOND))


class MarkIn(Place):
    """What is said of a moment."""

    query: str = Field(max_length=1_000, description="As it was asked; filters in it do not count.")
    right: bool


class UnmarkIn(Part):
    """What is taken back: of a moment, or of a whole query."""

    query: str = Field(max_length=1_000)
    place: Place | None = Field(None, description="Every mark of the query where it is absent.")


class MarkOut(BaseModel):
    """What was said of a moment."""

    query: str
    video: int
    at: float = Field(description="Seconds.")
    right: bool


class MarksOut(BaseModel):
    """What was said, the oldest first."""

    marks: list[MarkOut]


class MarksParameters(Part):
    """Which marks are listed."""

    q: str | None = Field(None, max_length=1_000, description="A query; all of them where it is absent.")


class ConceptIn(Part):
    """Examples for a concept, which is made where there is none of that name."""

    name: str
    words: str | None = Field(None, max_length=1_000, description="What it shows, for encoders that read.")
    query: str | None = Field(None, max_length=1_000, description="Whose marks become examples.")
    right: list[Place] = Field(default_factory=list, max_length=MAX_EXAMPLES)
    wrong: list[Place] = Field(default_factory=list, max_length=MAX_EXAMPLES)


class ConceptName(Part):
    """A concept by name."""

    name: str


class ConceptOut(BaseModel):
    """A concept: ask with `concept:"NAME"`."""

    name: str
    words: str | None
    right: int = Field(description="Examples of it.")
    wrong: int = Field(description="Examples of what it is not.")
    absent: int = Field(description="Examples whose videos are not in this library.")


class ConceptsOut(BaseModel):
    """Every concept, by name."""

    concepts: list[ConceptOut]


class ExportParameters(Part):
    """What is written."""

    name: str | None = Field(None, description="One concept; all of them where it is absent.")
    pictures: bool = Field(False, description="With a small picture of each example.")


class ImportIn(Part):
    """What was exported."""

    document: ConceptsDocument
    replace: bool = Field(False, description="Replace concepts of the same name.")


class NamesOut(BaseModel):
    """Names of concepts."""

    concepts: list[str]


class TagIn(Part):
    """A tag of a video, or of a span of it."""

    text: str
    start: float | None = Field(None, ge=0, le=1e9, description="Seconds; the whole video where absent.")
    end: float | None = Field(None, ge=0, le=1e9, description="Seconds, exclusive.")

    @property
    def span(self) -> Span | None:
        if (self.start is None) != (self.end is None):
            raise InvalidValue("a span of a tag has both a start and an end")
        if self.start is None or self.end is None:
            return None
        return Span(round(self.start * SECOND), round(self.end * SECOND))


class TagOut(BaseModel):
    """A tag that a person gave."""

    text: str
    start: float | None = Field(description="Seconds; null for the whole video.")
    end: float | None


class TagsOut(BaseModel):
    """The tags of a video."""

    tags: list[TagOut]


class LabelOut(BaseModel):
    """A label or tag: filter with `label=`."""

    text: str
    source: str = Field(description="`label`: by an encoder; `tag`: by a person.")
    shots: int = Field(description="That have it.")


class LabelsOut(BaseModel):
    """Labels and tags, the commonest first."""

    labels: list[LabelOut]


class LabelsParameters(Part):
    """Of which shots labels are counted."""

    video: int | None = Field(None, ge=1, le=MAX_ID)
    label: str | None = Field(None, description="Shots that have this label too.")


@blueprint.get("/marks")
@blueprint.input(MarksParameters, location="query", arg_name="wanted")
@blueprint.output(MarksOut)
def list_marks(wanted: MarksParameters) -> MarksOut:
    """What was said of answers."""
    return _marks(None if wanted.q is None else asked(wanted.q))


@blueprint.post("/marks")
@blueprint.input(MarkIn, location="json", arg_name="sent")
@blueprint.output(MarksOut)
@blueprint.doc(responses=NOT_FOUND)
def add_mark(sent: MarkIn) -> MarksOut:
    """Call a moment right or wrong for a query. The next search for the same words knows."""
    name = asked(sent.query)
    _catalog().mark(name, [sent.moment], sent.right)
    return _marks(name)


@blueprint.delete("/marks")
@blueprint.input(UnmarkIn, location="json", arg_name="sent")
@blueprint.output(MarksOut)
@blueprint.doc(responses=NOT_FOUND)
def remove_marks(sent: UnmarkIn) -> MarksOut:
    """Take back what was said."""
    name = asked(sent.query)
    _catalog().unmark(name, None if sent.place is None else [sent.place.moment])
    return _marks(name)


@blueprint.get("/concepts")
@blueprint.output(ConceptsOut)
def list_concepts() -> ConceptsOut:
    """What was taught by examples."""
    return _concepts()


@blueprint.post("/concepts")
@blueprint.input(ConceptIn, location="json", arg_name="sent")
@blueprint.output(ConceptOut)
@blueprint.doc(responses=NOT_FOUND)
def save_concept(sent: ConceptIn) -> ConceptOut:
    """Add examples to a concept."""
    right, wrong = ([place.moment for place in places] for places in (sent.right, sent.wrong))
    record = teach(
        _catalog(), sent.name, query=sent.query, right=right, wrong=wrong, words=sent.words or None
    )
    return _concept_out(record)


@blueprint.delete("/concepts")
@blueprint.input(ConceptName, location="json", arg_name="sent")
@blueprint.output(ConceptsOut)
@blueprint.doc(responses=NOT_FOUND)
def remove_concept(sent: ConceptName) -> ConceptsOut:
    """Forget a concept."""
    _catalog().remove_concept(sent.name)
    return _concepts()


@blueprint.get("/concepts/export")
@blueprint.input(ExportParameters, location="query", arg_name="wanted")
@blueprint.doc(responses=NOT_FOUND | {200: "What `POST /api/v1/concepts/import` takes"})
def export_concepts(wanted: ExportParameters) -> dict[str, Any]:
    """Concepts for another library."""
    catalog = _catalog()
    chosen = catalog.concepts() if wanted.name is None else [catalog.concept(wanted.name)]
    return export(chosen, picture_by(site().engine) if wanted.pictures else None).model_dump(mode="json")


@blueprint.post("/concepts/import")
@blueprint.input(ImportIn, location="json", arg_name="sent")
@blueprint.output(NamesOut)
def import_concepts(sent: ImportIn) -> NamesOut:
    """Keep concepts that were exported."""
    return NamesOut(concepts=take(_catalog(), sent.document, replacing=sent.replace))


@blueprint.get("/videos/<int:video_id>/tags")
@blueprint.output(TagsOut)
@blueprint.doc(responses=NOT_FOUND)
def list_tags(video_id: int) -> TagsOut:
    """The tags of a video."""
    return _tags(_catalog().video(video_id).id)


@blueprint.post("/videos/<int:video_id>/tags")
@blueprint.input(TagIn, location="json", arg_name="sent")
@blueprint.output(TagsOut)
@blueprint.doc(responses=NOT_FOUND)
def add_tag(video_id: int, sent: TagIn) -> TagsOut:
    """Give a tag to a video, or to a span of it."""
    _catalog().add_tag(video_id, sent.text, sent.span)
    return _tags(video_id)


@blueprint.delete("/videos/<int:video_id>/tags")
@blueprint.input(TagIn, location="json", arg_name="sent")
@blueprint.output(TagsOut)
@blueprint.doc(responses=NOT_FOUND)
def remove_tag(video_id: int, sent: TagIn) -> TagsOut:
    """Take a tag back."""
    _catalog().remove_tag(video_id, sent.text, sent.span)
    return _tags(video_id)


@blueprint.get("/labels")
@blueprint.input(LabelsParameters, location="query", arg_name="wanted")
@blueprint.output(LabelsOut)
def count_labels(wanted: LabelsParameters) -> LabelsOut:
    """Labels and tags, and how many shots have each."""
    filters = Filters(
        videos=() if wanted.video is None else (wanted.video,),
        labels=() if wanted.label is None else (wanted.label,),
    )
    counts = _catalog().label_counts(filters)
    return LabelsOut(
        labels=[LabelOut(text=item.text, source=item.source, shots=item.shots) for item in counts]
    )


def _marks(name: str | None) -> MarksOut:
    marks = _catalog().marks(name)
    return MarksOut(
        marks=[
            MarkOut(query=item.query, video=item.video_id, at=item.at_us / SECOND, right=item.right)
            for item in marks
        ]
    )


def _concepts() -> ConceptsOut:
    return ConceptsOut(concepts=[_concept_out(record) for record in _catalog().concepts()])


def _concept_out(record: ConceptRecord) -> ConceptOut:
    right = sum(item.right for item in record.examples)
    return ConceptOut(
        name=record.name,
        words=record.words,
        right=right,
        wrong=len(record.examples) - right,
        absent=sum(item.video_id is None for item in record.examples),
    )


def _tags(video_id: int) -> TagsOut:
    return TagsOut(
        tags=[
            TagOut(
                text=item.text,
                start=item.span.start_us / SECOND if item.span else None,
                end=item.span.end_us / SECOND if item.span else None,
            )
            for item in _catalog().tags(video_id)
        ]
    )


def _catalog() -> Catalog:
    return site().engine.library.catalog
