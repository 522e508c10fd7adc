"""Shots in the large: which there are in a space, as arrays. For maps, which are of the whole library."""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from indexer.catalog.connection import plain_rows
from indexer.catalog.dialects.expressions import each
from indexer.catalog.models import File, Shot, Vector, Video
from indexer.catalog.vectors import VectorReader, space_id
from plugins.errors import NotFound
from plugins.values import Ids, Matrix, Space


@dataclass(frozen=True, slots=True)
class Origin:
    """What a video is grouped by."""

    path: str
    created: datetime | None


class PlaceReader(VectorReader):
    """Reads many shots at once."""

    def extent(self, space: Space) -> tuple[int, int]:
        """How many rows a space has, and the highest: another pair whenever a row came or went.

        Raises:
            NotFound: nothing was ever indexed with that encoder
        """
        with self._reading() as connection:
            if (id_ := space_id(connection, space)) is None:
                raise NotFound(
                    "nothing here was indexed with encoder %(encoder)s; run `shotseek index PATH"
                    " --encoder %(encoder)s`",
                    encoder=space.encoder,
                )
            query = select(func.count(), func.coalesce(func.max(Vector.id), 0))
            rows, highest = connection.execute(query.where(Vector.space_id == id_)).one()
        return rows, highest

    def shot_means(self, space: Space, shots: Ids) -> tuple[Ids, Matrix]:
        """The mean row of each of some shots, of unit length; shots that are gone are left out.

        Returns:
            the shots, in the order they were given, and float32 (n, dim)
        """
        of, _, rows = self.rows_of(space, shots.tolist())
        if not of:
            return shots[:0], rows
        order = np.argsort(of, kind="stable")
        ids, first = np.unique(np.array(of, np.int64)[order], return_index=True)
        sums = np.add.reduceat(rows[order], first, axis=0)
        means = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        kept = shots[np.isin(shots, ids)]
        return kept, np.ascontiguousarray(means[np.searchsorted(ids, kept)])

    def origins_of(self, shots: Ids) -> tuple[Ids, dict[int, Origin]]:
        """The video of each of some shots, 0 where it is gone, and what is known of these videos."""
        videos = select(Shot.id, Shot.video_id).where(
            Shot.id.in_(select(each(np.sort(shots).tolist()).c.value))
        )
        with self._reading() as connection:
            pairs = plain_rows(connection.execute(videos))
            found = np.fromiter(chain.from_iterable(pairs), np.int64, 2 * len(pairs)).reshape(-1, 2)
            used = np.unique(found[:, 1]).tolist()
            origins = select(Video.id, File.path, Video.created).join(File, File.id == Video.id)
            origins = origins.where(Video.id.in_(select(each(used).c.value)))
            known = {id_: Origin(path, created) for id_, path, created in connection.execute(origins)}
        return _looked_up(shots, found), known


def _looked_up(keys: Ids, pairs: NDArray[np.int64]) -> Ids:
    """The value of each key, 0 where it has none."""
    if not len(pairs):
        return np.zeros(len(keys), np.int64)
    known, values = pairs[np.argsort(pairs[:, 0])].T.copy()
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[at] == keys, values[at], 0)
