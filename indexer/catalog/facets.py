"""What shots that were found have in common, and what there is to filter by."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, func, select

from indexer.catalog.conditions import NAMED, during
from indexer.catalog.connection import Connected, chunks, plain_rows
from indexer.catalog.dialects.expressions import each, position
from indexer.catalog.models import Annotation, File, Shot, Video
from indexer.catalog.naming import LABEL, TAG

MANY = 1_000
"""shots; more than any page of hits has"""


class FacetReader(Connected):
    """Reads what a search can be narrowed by."""

    def labels_of(self, shot_ids: Iterable[int]) -> list[tuple[int, str]]:
        """Every pair of a shot and a label or tag that it has, as `label:` would find it."""
        ids = sorted(map(int, shot_ids))
        among = select(each(ids).c.value)
        labels = select(Annotation.shot_id, Annotation.text).where(
            Annotation.source == LABEL, Annotation.shot_id.in_(among)
        )
        # SQLite is told where to begin: at the shots of a page, but at the tags where the shots are many
        shot = Shot.id if len(ids) < MANY else Shot.id + 0
        tags = select(Shot.id, Annotation.text).join(Annotation, during(Shot))
        tags = tags.where(NAMED, Annotation.source == TAG, shot.in_(among))
        with self._reading() as connection:
            found = {row for query in (labels, tags) for row in plain_rows(connection.execute(query))}
        return sorted(found)

    def sources_of(self, video_ids: Iterable[int]) -> list[tuple[int, str]]:
        """Every pair of a video and a source of annotations that it has, as `has:` would find it."""
        query = select(Annotation.video_id, Annotation.source).distinct()
        with self._reading() as connection:
            return sorted(
                (id_, source)
                for part in chunks(video_ids)
                for id_, source in connection.execute(query.where(Annotation.video_id.in_(part)))
            )

    def label_names(self, part: str, limit: int) -> list[str]:
        """Labels and tags that contain a text, those that begin with it first."""
        with self._reading() as connection:
            return list(connection.scalars(_label_names(part.lower()).limit(limit)))

    def codecs(self) -> list[str]:
        """The codecs of the videos, by name."""
        with self._reading() as connection:
            return list(connection.scalars(select(Video.codec).distinct().order_by(Video.codec)))

    def years(self) -> list[int]:
        """The years in which videos were recorded, the latest first; jumps from one to the next."""
        found: list[int] = []
        latest = select(func.max(Video.created))
        with self._reading() as connection:
            last = connection.scalar(latest)
            while last is not None:
                found.append(last.year)
                last = connection.scalar(latest.where(Video.created < datetime(last.year, 1, 1, tzinfo=UTC)))
        return found

    def folders(self, inside: str, limit: int) -> list[str]:
        """The folders directly inside a folder in which files are known, in order of path.

        Jumps from folder to folder in the index of paths, however many files each has.
        """
        first = os.fsencode(inside).rstrip(b"/") + b"/"
        found: list[str] = []
        at = first
        with self._reading() as connection:
            while len(found) < limit:
                inner: ColumnElement[bool] = (File.path >= at) & (File.path < first[:-1] + b"0")
                path = connection.scalar(select(File.path).where(inner).order_by(File.path).limit(1))
                if path is None:
                    break
                name, slash, _ = os.fsencode(path)[len(first) :].partition(b"/")
                if slash:
                    found.append(os.fsdecode(first + name))
                    at = first + name + b"0"
                else:
                    at = os.fsencode(path) + b"\0"
        return found


def _label_names(part: str) -> Select[str]:
    """Jumps from name to name in the index of labels, however many shots have each."""
    first = select(func.min(Annotation.text).label("name")).where(NAMED)
    each = first.cte("each", recursive=True)
    later = select(func.min(Annotation.text)).where(NAMED, Annotation.text > each.c.name)
    each = each.union_all(select(later.correlate(each).scalar_subquery()).where(each.c.name.is_not(None)))
    at = position(each.c.name, part)
    return select(each.c.name).where(at > 0).order_by(at, each.c.name)
