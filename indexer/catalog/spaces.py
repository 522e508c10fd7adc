"""Spaces as wholes: how much they hold, which are asked, and the end of one."""

from collections.abc import Collection, Iterable

import numpy as np
from sqlalchemy import delete, exists, func, insert, select, update

from indexer.catalog.connection import Connected, chunks
from indexer.catalog.models import RemovedVector, Shot, Stage, Vector
from indexer.catalog.models import Space as SpaceRow
from indexer.catalog.vectors import STORED, space_id
from plugins.values import Ids, Matrix, Space

DROPPED = 10_000
"""vectors that are deleted in one transaction, so that nobody waits for long"""


class SpaceStore(Connected):
    """Reads and changes spaces."""

    def asked(self) -> list[Space]:
        """The spaces that a search asks, of each encoder the newest that is in use; the oldest first. Counts
        nothing, so a search can afford it."""
        some = exists().where(Vector.space_id == SpaceRow.id)
        query = select(SpaceRow.encoder, SpaceRow.revision, SpaceRow.dim).where(some, SpaceRow.asked)
        with self._reading() as connection:
            found = [Space(*row) for row in connection.execute(query.order_by(SpaceRow.id))]
        return list({space.encoder: space for space in found}.values())

    def add_space(self, space: Space) -> None:
        """Enters a space that is not asked yet; nothing where it is there."""
        with self._writing() as connection:
            if space_id(connection, space) is None:
                values = {"encoder": space.encoder, "revision": space.revision, "dim": space.dim}
                unused = {"generation": 0, "asked": False, "asked_before": False}
                connection.execute(insert(SpaceRow), values | unused)

    def use(self, spaces: Collection[Space]) -> None:
        """From now on searches ask these spaces and no others; which they asked before is remembered."""
        with self._writing() as connection:
            ids = [space_id(connection, space) for space in spaces]
            connection.execute(
                update(SpaceRow).values(asked_before=SpaceRow.asked, asked=SpaceRow.id.in_(ids))
            )

    def use_former(self) -> bool:
        """Goes back to the spaces that were asked before the last switch, and the other way round.

        Returns:
            whether there is any of them left; if not, nothing has changed
        """
        some = exists().where(Vector.space_id == SpaceRow.id)
        with self._writing() as connection:
            left = connection.scalar(select(func.count()).where(SpaceRow.asked_before, some))
            if left:
                swapped = {"asked": SpaceRow.asked_before, "asked_before": SpaceRow.asked}
                connection.execute(update(SpaceRow).values(swapped))
        return bool(left)

    def drop_space(self, space: Space) -> None:
        """Forgets a space with its vectors, and that videos were encoded for it. Stopped in the middle, it is
        no longer asked, and can be dropped again."""
        with self._writing() as connection:
            id_ = space_id(connection, space)
            connection.execute(
                update(SpaceRow).where(SpaceRow.id == id_).values(asked=False, asked_before=False)
            )
            stage = Stage.stage == f"encode:{space.encoder}", Stage.revision == space.revision
            connection.execute(delete(Stage).where(*stage))
        some = select(Vector.id).where(Vector.space_id == id_).limit(DROPPED).scalar_subquery()
        while True:
            with self._writing() as connection:
                if not connection.execute(delete(Vector).where(Vector.id.in_(some))).rowcount:
                    connection.execute(delete(RemovedVector).where(RemovedVector.space_id == id_))
                    connection.execute(delete(SpaceRow).where(SpaceRow.id == id_))
                    return

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

    def shots_in(self, spaces: Iterable[Space]) -> Ids:
        """The shots that have vectors in all of some spaces, ascending."""
        query = select(Shot.id)
        with self._reading() as connection:
            for space in spaces:
                query = query.where(
                    exists().where(Vector.shot_id == Shot.id, Vector.space_id == space_id(connection, space))
                )
            return np.array(connection.scalars(query.order_by(Shot.id)).all(), np.int64)

    def videos_of(self, vector_ids: Iterable[int]) -> dict[int, int]:
        """The videos that vectors belong to, by id; without those that are gone."""
        found: dict[int, int] = {}
        query = select(Vector.id, Shot.video_id).join(Shot, Shot.id == Vector.shot_id)
        with self._reading() as connection:
            for ids in chunks(vector_ids):
                found |= {row[0]: row[1] for row in connection.execute(query.where(Vector.id.in_(ids)))}
        return found
