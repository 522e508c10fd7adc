"""What is known of spaces as wholes: how much they hold, and some of it."""

from collections.abc import Iterable

import numpy as np
from sqlalchemy import func, select

from indexer.catalog.connection import Connected, chunks
from indexer.catalog.models import Shot, Vector
from indexer.catalog.vectors import STORED, space_id
from plugins.values import Matrix, Space


class SpaceReader(Connected):
    """Reads spaces."""

    def count_rows(self, space: Space, *, after_id: int = 0) -> int:
        """How many vectors of a space have higher ids than that."""
        with self._reading() as connection:
            where = Vector.space_id == space_id(connection, space), Vector.id > after_id
            return connection.scalar(select(func.count()).select_from(Vector).where(*where)) or 0

    def sample_rows(self, space: Space, count: int) -> tuple[list[int], Matrix]:
        """Rows evenly spread over a space.

        Returns:
            the video of each, and the rows, float32 (n, dim), n at most twice ``count``
        """
        step = max(1, self.count_rows(space) // count)
        query = select(Shot.video_id, Vector.data).join(Shot, Shot.id == Vector.shot_id)
        with self._reading() as connection:
            where = Vector.space_id == space_id(connection, space), Vector.id % step == 0
            found = connection.execute(query.where(*where).order_by(Vector.id)).all()
        rows = np.frombuffer(b"".join(data for _, data in found), STORED).reshape(-1, space.dim)
        return [video for video, _ in found], rows.astype(np.float32)

    def videos_of(self, vector_ids: Iterable[int]) -> dict[int, int]:
        """The videos that vectors belong to, by id; without those that are gone."""
        found: dict[int, int] = {}
        query = select(Vector.id, Shot.video_id).join(Shot, Shot.id == Vector.shot_id)
        with self._reading() as connection:
            for ids in chunks(vector_ids):
                found |= {row[0]: row[1] for row in connection.execute(query.where(Vector.id.in_(ids)))}
        return found
