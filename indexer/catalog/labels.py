"""Labels that an encoder gives to shots, and how often each is there. They can be made again at any time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, union_all

from indexer.catalog.conditions import NAMED, conditions, during
from indexer.catalog.connection import Connected
from indexer.catalog.models import Annotation, File, Shot, Video
from indexer.catalog.naming import LABEL, TAG, label_name
from indexer.catalog.records import StageRecord
from indexer.catalog.writer import replace_stage
from plugins.errors import NotFound
from plugins.queries import Filters


@dataclass(frozen=True, slots=True)
class LabelCount:
    """A label or tag, and how many shots have it."""

    text: str
    source: str
    """``label`` or ``tag``"""
    shots: int


class LabelStore(Connected):
    """Reads and writes labels."""

    def set_labels(
        self, video_id: int, labels: Mapping[int, Sequence[tuple[str, float]]], stage: StageRecord
    ) -> None:
        """Enters the labels of a video's shots, in place of those it had.

        Args:
            labels: for the id of a shot its labels, each with its confidence of 0 to 1
            stage: ``label``, with the revision of what gave them

        Raises:
            NotFound: there is no such video
        """
        with self._writing() as connection:
            shots = select(Shot.id, Shot.start_us, Shot.end_us).where(Shot.video_id == video_id)
            if not (known := connection.execute(shots).all()):
                raise NotFound(
                    "no video %(video_id)s in the library; see `shotseek videos`", video_id=video_id
                )
            rows = [
                {
                    "video_id": video_id,
                    "shot_id": shot_id,
                    "start_us": start_us,
                    "end_us": end_us,
                    "source": LABEL,
                    "text": label_name(text),
                    "confidence": float(confidence),
                    "language": None,
                    "box": None,
                }
                for shot_id, start_us, end_us in known
                for text, confidence in labels.get(shot_id, ())
            ]
            kept = Annotation.video_id == video_id, Annotation.source == LABEL
            connection.execute(delete(Annotation).where(*kept))
            if rows:
                connection.execute(insert(Annotation), rows)
            replace_stage(connection, video_id, stage)

    def label_counts(self, filters: Filters | None = None, limit: int = 1000) -> list[LabelCount]:
        """Labels and tags with the number of shots that have each, the commonest first.

        Args:
            filters: count only shots that satisfy them
        """
        filters = filters or Filters()
        of_shots = _counts(Annotation.shot_id == Shot.id, LABEL, filters)
        counts = union_all(of_shots, _counts(during(Shot), TAG, filters)).subquery()
        query = select(counts.c.text, counts.c.source, counts.c.shots)
        query = query.order_by(counts.c.shots.desc(), counts.c.text, counts.c.source).limit(limit)
        with self._reading() as connection:
            return [LabelCount(*row) for row in connection.execute(query)]


def _counts(joined: ColumnElement[bool], source: str, filters: Filters) -> Select[str, str, int]:
    shots = func.count(func.distinct(Shot.id)).label("shots")
    query = select(Annotation.text, Annotation.source, shots).join(Shot, joined)
    if filters != Filters():
        query = query.join(Video, Video.id == Shot.video_id).join(File, File.id == Video.id)
        query = query.where(*conditions(filters))
    return query.where(NAMED, Annotation.source == source).group_by(Annotation.text, Annotation.source)
