"""Tags that a person gives to a video or to a span of it.

A tag is truth, kept in a table of its own; the annotation that makes it findable is written again whenever
its video is published. A tag of a whole video is about the file and stays with it, whatever the file comes to
show. A tag of a span is about the content: it sleeps while the file shows something else.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, or_, select

from indexer.catalog import models
from indexer.catalog.connection import Connected
from indexer.catalog.marks import Moment, content_of
from indexer.catalog.models import Annotation, File, Shot
from indexer.catalog.naming import TAG, label_name
from plugins.errors import NotFound
from plugins.values import Span


@dataclass(frozen=True, slots=True)
class Tag:
    """A word that a person gave."""

    text: str
    """as `label_name` makes it"""
    video_id: int
    span: Span | None
    """None for the whole video"""
    at: datetime
    """UTC"""


class TagStore(Connected):
    """Reads and writes tags."""

    def tags(self, video_id: int | None = None) -> list[Tag]:
        """The tags of one video, or of all: by video, then time, those of whole videos first."""
        query = _awake().order_by(models.Tag.file_id, models.Tag.start_us.nulls_first(), models.Tag.text)
        with self._reading() as connection:
            rows = connection.execute(query if video_id is None else query.where(_of(video_id)))
            return [
                Tag(text, id_, None if start_us is None or end_us is None else Span(start_us, end_us), at)
                for text, id_, start_us, end_us, at in rows
            ]

    def add_tag(self, video_id: int, text: str, span: Span | None = None) -> None:
        """Gives a tag to a video, or to a span of it; once is enough.

        Raises:
            InvalidValue: no text, or too much
            NotFound: there is no such video, or it is not so long
        """
        text = label_name(text)
        with self._writing() as connection:
            fingerprint = content_of(connection, Moment(video_id, span.start_us if span else 0))
            connection.execute(delete(models.Tag).where(*_same(video_id, text, span)))
            values = {
                "file_id": video_id,
                "text": text,
                "fingerprint": fingerprint if span else None,
                "start_us": span.start_us if span else None,
                "end_us": span.end_us if span else None,
                "at": datetime.now(UTC),
            }
            connection.execute(insert(models.Tag), values)
            write_tags(connection, video_id)

    def remove_tag(self, video_id: int, text: str, span: Span | None = None) -> None:
        """Takes a tag back: from the span, or where none is given from the video and every span of it.

        Raises:
            NotFound: the video has no such tag there
        """
        text = label_name(text)
        where = _same(video_id, text, span) if span else (_of(video_id), models.Tag.text == text)
        with self._writing() as connection:
            if not connection.execute(delete(models.Tag).where(*where)).rowcount:
                raise NotFound(
                    "video %(video_id)s has no tag %(text)s there; see `shotseek tag list`",
                    video_id=video_id,
                    text=repr(text),
                )
            write_tags(connection, video_id)


def write_tags(connection: Connection, video_id: int) -> None:
    """Makes the annotations of a video's tags again."""
    kept = Annotation.video_id == video_id, Annotation.source == TAG
    connection.execute(delete(Annotation).where(*kept))
    end_us = connection.scalar(select(func.max(Shot.end_us)).where(Shot.video_id == video_id)) or 0
    rows = [
        {
            "video_id": video_id,
            "shot_id": connection.scalar(_shot_at(video_id, start_us or 0)),
            "start_us": start_us or 0,
            "end_us": end_us if until_us is None else min(until_us, end_us),
            "source": TAG,
            "text": text,
            "confidence": 1.0,
            "language": None,
            "box": None,
        }
        for text, _, start_us, until_us, _ in connection.execute(_awake().where(_of(video_id))).all()
    ]
    if rows:
        connection.execute(insert(Annotation), rows)


def _awake() -> Select[str, int, int | None, int | None, datetime]:
    """Tags whose content is there."""
    tags = models.Tag
    query = select(tags.text, tags.file_id, tags.start_us, tags.end_us, tags.at).join(File).join(models.Video)
    return query.where(or_(tags.fingerprint.is_(None), tags.fingerprint == File.fingerprint))


def _of(video_id: int) -> ColumnElement[bool]:
    return models.Tag.file_id == video_id


def _same(video_id: int, text: str, span: Span | None) -> tuple[ColumnElement[bool], ...]:
    tags = models.Tag
    start_us, end_us = (span.start_us, span.end_us) if span else (None, None)
    same = tags.start_us.is_not_distinct_from(start_us), tags.end_us.is_not_distinct_from(end_us)
    return _of(video_id), tags.text == text, *same


def _shot_at(video_id: int, start_us: int) -> Select[int]:
    starts = Shot.video_id == video_id, Shot.start_us <= start_us
    return select(Shot.id).where(*starts).order_by(Shot.start_us.desc()).limit(1)
