"""Concepts as files: taught in one library, used in another.

{"format": "shotseek-concepts-1", "concepts": [{"name": "my dog", "words": null, "examples": [
    {"fingerprint": "9f…", "at": 12.5, "right": true, "picture": "<JPEG in base64, or null>"}]}]}

An example is found again where the library has a video of that fingerprint; elsewhere its picture stands for
it.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from io import BytesIO
from typing import Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from indexer.catalog import Catalog, ConceptRecord, Example, Moment, concept_name
from indexer.keyframes import thumbnail
from plugins.errors import InvalidQuery, InvalidValue, MediaError
from plugins.queries import Text
from plugins.values import SECOND
from search.engine import Engine
from search.query import picture
from search.syntax import parse
from search.teach import asked

MAX_PICTURE = 1 << 20
"""bytes of the picture of one example"""
MAX_EXAMPLES = 10_000
"""of one concept"""

PictureOf = Callable[[Example], bytes | None]
"""An example as a JPEG, where it has none of its own."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ExampleDocument(_Part):
    """An example in a file."""

    fingerprint: str = Field(pattern=r"^\w{4,100}$", description="Of the video's content.")
    at: float = Field(ge=0, le=1e9, description="Seconds.")
    right: bool = True
    picture: Base64Bytes | None = Field(None, description="A small JPEG, in base64.", max_length=MAX_PICTURE)


class ConceptDocument(_Part):
    """A concept in a file."""

    name: str
    words: str | None = Field(None, max_length=1_000)
    examples: list[ExampleDocument] = Field(max_length=MAX_EXAMPLES)


class ConceptsDocument(_Part):
    """The file."""

    format: Literal["shotseek-concepts-1"] = "shotseek-concepts-1"
    concepts: list[ConceptDocument]


def teach(
    catalog: Catalog,
    name: str,
    *,
    query: str | None = None,
    right: Iterable[Moment] = (),
    wrong: Iterable[Moment] = (),
    words: str | None = None,
) -> ConceptRecord:
    """Adds examples to a concept, and makes it where there is none of that name.

    Args:
        query: whose marks become examples, and whose text its words where none are given
        words: what it shows, for encoders that read text; those it had stay where none are given

    Raises:
        InvalidValue: no name, or no example of what it is
        InvalidQuery: the query cannot be marked
        NotFound: a moment is in no video
    """
    known = {record.name: record for record in catalog.concepts()}.get(concept_name(name))
    marks = catalog.marks(asked(query)) if query else []
    moments = [(mark.moment, mark.right) for mark in marks]
    moments += [(moment, True) for moment in right] + [(moment, False) for moment in wrong]
    examples = [Example(catalog.fingerprint_at(moment), moment.at_us, said) for moment, said in moments]
    before = known.examples if known else ()
    said = words or (known.words if known else None) or (_sentence(query) if query else None)
    catalog.save_concept(name, [*before, *examples], said)
    return catalog.concept(name)


def _sentence(query: str) -> str | None:
    """What a query says in words, where it is one sentence."""
    match parse(query).terms:
        case [Text(text=text, weight=weight)] if weight > 0:
            return text
    return None


def export(concepts: Iterable[ConceptRecord], picture_of: PictureOf | None = None) -> ConceptsDocument:
    """Concepts as a document, see `ConceptsDocument.model_dump`."""
    return ConceptsDocument(concepts=[_exported(record, picture_of) for record in concepts])


def picture_by(engine: Engine) -> PictureOf:
    """Shows examples from the videos of a library; None for those that it cannot decode."""

    def shown(example: Example) -> bytes | None:
        if example.video_id is None:
            return None
        catalog = engine.library.catalog
        try:
            video = catalog.video(example.video_id)
            [frame] = engine.decoder.frames(video.path, catalog.roots(), [example.at_us])
        except MediaError:
            return None
        return thumbnail(frame.image)

    return shown


def take(catalog: Catalog, content: object, *, replacing: bool = False) -> list[str]:
    """Keeps the concepts of a document.

    Args:
        content: a document, or what JSON made of one
        replacing: those of the same name, which are otherwise an error

    Returns:
        their names

    Raises:
        InvalidValue: it is not such a document, or there is a concept of that name; nothing was kept
    """
    document = content if isinstance(content, ConceptsDocument) else _parsed(content)
    records = [_record(item) for item in document.concepts]
    there = {record.name for record in catalog.concepts()}
    if not replacing and (taken := [record.name for record in records if record.name in there]):
        raise InvalidValue(f"there is a concept {taken[0]!r} already; remove it, or import with --replace")
    for record in records:
        catalog.save_concept(record.name, record.examples, record.words)
    return [record.name for record in records]


def _exported(record: ConceptRecord, picture_of: PictureOf | None) -> ConceptDocument:
    examples = []
    for item in record.examples:
        jpeg = item.picture or (picture_of(item) if picture_of else None)
        picture = None if jpeg is None else b64encode(jpeg)
        examples.append(
            ExampleDocument(
                fingerprint=item.fingerprint, at=item.at_us / SECOND, right=item.right, picture=picture
            )
        )
    return ConceptDocument(name=record.name, words=record.words, examples=examples)


def _parsed(content: object) -> ConceptsDocument:
    try:
        return ConceptsDocument.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise InvalidValue(f"these are no concepts that were exported: {where}: {first['msg']}") from error


def _record(concept: ConceptDocument) -> ConceptRecord:
    """A concept that can be kept: its name is one, its pictures can be seen."""
    examples = []
    for item in concept.examples:
        if item.picture is not None:
            try:
                picture(BytesIO(item.picture))
            except InvalidQuery as error:
                raise InvalidValue(f"concept {concept.name!r}: one of its pictures is none") from error
        examples.append(Example(item.fingerprint, round(item.at * SECOND), item.right, item.picture))
    if not any(item.right for item in examples):
        raise InvalidValue(f"concept {concept.name!r} needs an example of what it is")
    return ConceptRecord(concept_name(concept.name), concept.words, tuple(examples), datetime.now(UTC))
