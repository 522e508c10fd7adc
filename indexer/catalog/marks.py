"""What a person has called right or wrong, and the concepts taught by examples.

Both belong to the content and not to the file, by fingerprint and time: they survive a new index and another
path, hold for every copy, sleep while the content is not in the library, and say nothing of another content
that takes the file's place. Removing the last file of a content removes its marks; concepts stay.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select

from indexer.catalog import models
from indexer.catalog.connection import Connected
from indexer.catalog.questions import clean
from indexer.catalog.vectors import STORED, space_id
from plugins.errors import InvalidValue, NotFound
from plugins.values import Ids, Matrix, Space, printable, timecode

MAX_NAME = 100
"""characters of a concept's name"""


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in a video of the library."""

    video_id: int
    at_us: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person said of a moment that was found."""

    query: str
    """in canonical form, see `search.teach.key`"""
    video_id: int
    at_us: int
    right: bool
    at: datetime
    """UTC"""

    @property
    def moment(self) -> Moment:
        return Moment(self.video_id, self.at_us)


@dataclass(frozen=True, slots=True)
class Example:
    """A moment that is, or is not, what a concept means."""

    fingerprint: str
    """of the content"""
    at_us: int
    right: bool = True
    picture: bytes | None = None
    """JPEG, for libraries that do not have the video"""
    video_id: int | None = None
    """of a video with that content; None where the library has none"""


@dataclass(frozen=True, slots=True)
class ConceptRecord:
    """What a person has taught under a name."""

    name: str
    words: str | None
    """what it shows, for encoders that read text"""
    examples: tuple[Example, ...]
    """by content and time"""
    at: datetime
    """of the last change, UTC"""


class MarkStore(Connected):
    """Reads and writes marks and concepts."""

    def marks(self, query: str | None = None) -> list[Mark]:
        """The marks of one query, or of all, the oldest first; one for each file of the content."""
        marks = models.Mark
        asked = select(marks.query, models.Video.id, marks.at_us, marks.right, marks.at)
        asked = asked.join(models.File, models.File.fingerprint == marks.fingerprint)
        asked = asked.join(models.Video, models.Video.id == models.File.id)
        if query is not None:
            asked = asked.where(marks.query == clean(query))
        with self._reading() as connection:
            rows = connection.execute(asked.order_by(marks.at, marks.id, models.Video.id))
            return [Mark(*row) for row in rows]

    def mark(self, query: str, moments: Iterable[Moment], right: bool) -> None:
        """Calls moments right or wrong for a query, in place of what was said of the shots they are in.

        Raises:
            NotFound: there is no such video, or it is not so long
        """
        with self._writing() as connection:
            for moment in moments:
                _unmark(connection, query, moment)
                values = {
                    "query": clean(query),
                    "at_us": moment.at_us,
                    "right": right,
                    "at": datetime.now(UTC),
                }
                content = {"fingerprint": content_of(connection, moment)}
                connection.execute(insert(models.Mark), values | content)

    def unmark(self, query: str, moments: Iterable[Moment] | None = None) -> int:
        """Takes back what was said of the shots that moments are in, or all that was said of a query.

        Returns:
            how many marks are gone

        Raises:
            NotFound: there is no such video, or it is not so long
        """
        with self._writing() as connection:
            if moments is None:
                return connection.execute(
                    delete(models.Mark).where(models.Mark.query == clean(query))
                ).rowcount
            return sum(_unmark(connection, query, moment) for moment in moments)

    def concepts(self) -> list[ConceptRecord]:
        """Every concept, by name."""
        with self._reading() as connection:
            return _concepts(connection)

    def concept(self, name: str) -> ConceptRecord:
        """
        Raises:
            NotFound
        """
        with self._reading() as connection:
            found = _concepts(connection, concept_name(name))
        if not found:
            raise NotFound("no concept %(name)s; see `shotseek concept list`", name=repr(printable(name)))
        return found[0]

    def save_concept(self, name: str, examples: Iterable[Example], words: str | None = None) -> None:
        """Keeps a concept, in place of one of that name.

        Raises:
            InvalidValue: no name, or no example of what it is
        """
        name, rows = concept_name(name), {(item.fingerprint, item.at_us): item for item in examples}
        if not any(item.right for item in rows.values()):
            raise InvalidValue("concept %(name)s needs an example of what it is", name=repr(name))
        with self._writing() as connection:
            connection.execute(delete(models.Concept).where(models.Concept.name == name))
            concept = insert(models.Concept).returning(models.Concept.id)
            values = {"name": name, "words": words and clean(words), "at": datetime.now(UTC)}
            id_ = connection.execute(concept, values).scalar_one()
            names = ("fingerprint", "at_us", "right", "picture")
            connection.execute(
                insert(models.Example),
                [
                    {"concept_id": id_} | {field: getattr(item, field) for field in names}
                    for item in rows.values()
                ],
            )

    def remove_concept(self, name: str) -> None:
        """
        Raises:
            NotFound
        """
        with self._writing() as connection:
            removed = delete(models.Concept).where(models.Concept.name == concept_name(name))
            if not connection.execute(removed).rowcount:
                raise NotFound("no concept %(name)s; see `shotseek concept list`", name=repr(printable(name)))

    def fingerprint_at(self, moment: Moment) -> str:
        """Of the content that a moment is in, as `Example` holds it.

        Raises:
            NotFound: there is no such video, or it is not so long
        """
        with self._reading() as connection:
            return content_of(connection, moment)

    def shots_at(self, moments: Iterable[Moment]) -> list[int]:
        """The ids of the shots that moments are in; those past the end of a video have none."""
        with self._reading() as connection:
            found = [connection.scalar(select(models.Shot.id).where(*_shot_at(item))) for item in moments]
        return [id_ for id_ in found if id_ is not None]

    def rows_at(self, space: Space, moments: Sequence[Moment]) -> tuple[Ids, Matrix]:
        """The vectors nearest in time to moments, each inside the shot that the moment is in.

        Returns:
            which of the moments have one, int64 (n,), and their vectors, float32 (n, dim)
        """
        with self._reading() as connection:
            id_ = space_id(connection, space)
            found = []
            for index, moment in enumerate(moments):
                near = func.abs(models.Vector.time_us - moment.at_us)
                query = select(models.Vector.data).join(models.Shot).where(*_shot_at(moment))
                query = query.where(models.Vector.space_id == id_).order_by(near, models.Vector.id).limit(1)
                if (data := connection.scalar(query)) is not None:
                    found.append((index, data))
        rows = np.frombuffer(b"".join(data for _, data in found), STORED).reshape(-1, space.dim)
        return np.array([index for index, _ in found], np.int64), rows.astype(np.float32)


def concept_name(name: str) -> str:
    """A name as concepts are kept by: one space between words, in the case that it was given.

    Raises:
        InvalidValue: empty, or longer than `MAX_NAME`
    """
    name = " ".join(clean(name).split())
    if not 1 <= len(name) <= MAX_NAME:
        raise InvalidValue(
            "a concept's name has 1 to %(most)s characters, got %(name)s", most=MAX_NAME, name=repr(name)
        )
    return name


def forget(connection: Connection, fingerprints: Sequence[str]) -> None:
    """Removes the marks of contents that no file has any more."""
    has_file = exists().where(models.File.fingerprint == models.Mark.fingerprint)
    connection.execute(delete(models.Mark).where(models.Mark.fingerprint.in_(fingerprints), ~has_file))


def _unmark(connection: Connection, query: str, moment: Moment) -> int:
    fingerprint = content_of(connection, moment)
    span = select(models.Shot.start_us, models.Shot.end_us).where(*_shot_at(moment))
    start_us, end_us = connection.execute(span).one()
    marks = models.Mark
    inside = marks.at_us >= start_us, marks.at_us < end_us
    same = marks.query == clean(query), marks.fingerprint == fingerprint
    return connection.execute(delete(marks).where(*same, *inside)).rowcount


def _shot_at(moment: Moment) -> tuple[ColumnElement[bool], ...]:
    starts, ends = models.Shot.start_us <= moment.at_us, models.Shot.end_us > moment.at_us
    return models.Shot.video_id == moment.video_id, starts, ends


def _concepts(connection: Connection, name: str | None = None) -> list[ConceptRecord]:
    """All concepts, or the one of that name."""
    concepts, examples = models.Concept, models.Example
    video = select(func.min(models.Video.id)).join(models.File).correlate(examples)
    video = video.where(models.File.fingerprint == examples.fingerprint)
    asked = select(concepts.id, concepts.name, concepts.words, concepts.at).order_by(concepts.name)
    rows = connection.execute(asked if name is None else asked.where(concepts.name == name)).all()
    fields = examples.fingerprint, examples.at_us, examples.right, examples.picture, video.scalar_subquery()
    of = select(*fields).order_by(examples.fingerprint, examples.at_us)
    return [
        ConceptRecord(
            name_,
            words,
            tuple(Example(*row) for row in connection.execute(of.where(examples.concept_id == id_))),
            at,
        )
        for id_, name_, words, at in rows
    ]


def content_of(connection: Connection, moment: Moment) -> str:
    """The fingerprint of the content that a moment is in.

    Raises:
        NotFound: there is no such video, or it is not so long
    """
    query = select(models.File.fingerprint, models.Video.duration_us).join(models.Video)
    row = connection.execute(query.where(models.Video.id == moment.video_id)).one_or_none()
    if row is None:
        raise NotFound(
            "no video %(video_id)s in the library; see `shotseek videos`", video_id=moment.video_id
        )
    fingerprint, duration_us = row
    if not 0 <= moment.at_us < duration_us:
        raise NotFound(
            "video %(video_id)s has no moment %(at)s; it ends at %(end)s",
            video_id=moment.video_id,
            at=timecode(moment.at_us),
            end=timecode(duration_us),
        )
    return str(fingerprint)
