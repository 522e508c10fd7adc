"""The vectors: what stores are filled from, and where a vector belongs."""

from collections.abc import Iterable, Iterator

import numpy as np
from sqlalchemy import ColumnElement, Connection, CursorResult, exists, func, select

from indexer.catalog.conditions import conditions, is_of_shots, labelled
from indexer.catalog.connection import Connected, chunks, plain_rows
from indexer.catalog.models import File, RemovedVector, Shot, Vector, Video
from indexer.catalog.models import Space as SpaceRow
from indexer.catalog.records import Found, SpaceRecord, Watermark
from plugins.errors import NotFound
from plugins.queries import Filters
from plugins.values import Ids, Matrix, Space

STORED = np.dtype("<f2")
"""How a vector lies in its BLOB."""
STORED_ROWS = 10_000
"""that are read at a time"""


class VectorReader(Connected):
    """Reads vectors and their places."""

    def spaces(self) -> list[SpaceRecord]:
        """The spaces that have vectors, the oldest first, with how much they hold."""
        rows = select(func.count()).where(Vector.space_id == SpaceRow.id).scalar_subquery()
        # one in the other, so that SQLite begins at the shots of a video and not, for each, at all vectors
        is_in = exists().where(Vector.shot_id == Shot.id, Vector.space_id == SpaceRow.id)
        is_in = is_in.correlate(Shot, SpaceRow)  # three queries out: not found by itself
        has_some = exists().where(Shot.video_id == Video.id, is_in).correlate(Video, SpaceRow)
        videos = select(func.count(Video.id)).where(has_some).scalar_subquery()
        space = SpaceRow.encoder, SpaceRow.revision, SpaceRow.dim
        query = select(SpaceRow.id, *space, rows, videos, SpaceRow.asked)
        query = query.where(exists().where(Vector.space_id == SpaceRow.id)).order_by(SpaceRow.id)
        with self._reading() as connection:
            return [
                SpaceRecord(id_, Space(encoder, revision, dim), rows, videos, asked)
                for id_, encoder, revision, dim, rows, videos, asked in connection.execute(query)
            ]

    def searchable(self) -> list[Space]:
        """The spaces that have vectors, the oldest first. Counts nothing, so a search can afford it."""
        some = exists().where(Vector.space_id == SpaceRow.id)
        query = select(SpaceRow.encoder, SpaceRow.revision, SpaceRow.dim).where(some).order_by(SpaceRow.id)
        with self._reading() as connection:
            return [Space(*row) for row in connection.execute(query)]

    def watermark(self, space: Space) -> Watermark:
        """How far a space has got. Cheap: asked before every search.

        Raises:
            NotFound: nothing was ever indexed with that encoder
        """
        highest = select(func.max(Vector.id)).where(Vector.space_id == SpaceRow.id).scalar_subquery()
        removed = (
            select(func.max(RemovedVector.id)).where(RemovedVector.space_id == SpaceRow.id).scalar_subquery()
        )
        query = select(SpaceRow.generation, func.coalesce(highest, 0), func.coalesce(removed, 0))
        with self._reading() as connection:
            row = connection.execute(query.where(*_is(space))).one_or_none()
        if row is None:
            raise NotFound(
                "nothing here was indexed with encoder %(encoder)s (revision %(revision)s); run"
                " `shotseek index PATH --encoder %(encoder)s`",
                encoder=space.encoder,
                revision=space.revision,
            )
        return Watermark(*row)

    def vectors_after(self, space: Space, after_id: int, limit: int) -> tuple[Ids, Matrix]:
        """Rows of a space with higher ids, ascending.

        Returns:
            int64 (n,) and float32 (n, dim), n at most ``limit``
        """
        query = select(Vector.id, Vector.data).join(SpaceRow).where(*_is(space), Vector.id > after_id)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(Vector.id).limit(limit)).all()
        return np.array([row[0] for row in rows], np.int64), _matrix((row[1] for row in rows), space.dim)

    def stored(self, space: Space) -> Iterator[list[bytes]]:
        """Every row of a space as it lies in the database, some at a time, whatever is wrong with it."""
        query = select(Vector.id, Vector.data).join(SpaceRow).where(*_is(space)).order_by(Vector.id)
        last = 0
        while True:
            with self._reading() as connection:
                rows = connection.execute(query.where(Vector.id > last).limit(STORED_ROWS)).all()
            if not rows:
                return
            yield [data for _, data in rows]
            last = rows[-1][0]

    def removed_after(self, space: Space, after: int) -> tuple[Ids, int]:
        """Vectors removed since a removal, and the last removal."""
        query = select(RemovedVector.id, RemovedVector.vector_id).join(SpaceRow)
        query = query.where(*_is(space), RemovedVector.id > after).order_by(RemovedVector.id)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return np.array([row[1] for row in rows], np.int64), rows[-1][0] if rows else after

    def shot_vectors(self, space: Space, shot_id: int) -> Matrix:
        """A shot's rows of a space, in order of time: float32 (n, dim), n may be 0. Of every moment the first
        one, which is of the whole picture."""
        query = select(func.min(Vector.id)).join(SpaceRow).where(*_is(space), Vector.shot_id == shot_id)
        whole = select(Vector.data).where(Vector.id.in_(query.group_by(Vector.time_us)))
        with self._reading() as connection:
            return _matrix(connection.scalars(whole.order_by(Vector.time_us)), space.dim)

    def rows_of(self, space: Space, shot_ids: Iterable[int]) -> tuple[list[int], list[int], Matrix]:
        """Every row of some shots in a space, by shot and time.

        Returns:
            the shot and the time in microseconds of each row, and the rows: float32 (n, dim)
        """
        found: list[tuple[int, int, bytes]] = []
        query = select(Vector.shot_id, Vector.time_us, Vector.data).order_by(Vector.shot_id, Vector.time_us)
        with self._reading() as connection:
            of_space = Vector.space_id == space_id(connection, space)
            for ids in chunks(shot_ids):
                rows = connection.execute(query.where(of_space, Vector.shot_id.in_(ids)))
                found += [(shot, time_us, data) for shot, time_us, data in rows]
        return (
            [row[0] for row in found],
            [row[1] for row in found],
            _matrix((row[2] for row in found), space.dim),
        )

    def sample(self, space: Space, count: int) -> Matrix:
        """Some rows of a space, the same ones as long as none is added or removed: float32 (n, dim), n about
        ``count``, or all there are."""
        with self._reading() as connection:
            of_space = Vector.space_id == space_id(connection, space)
            total = connection.scalar(select(func.count()).where(of_space)) or 0
            query = select(Vector.data).where(of_space, Vector.id % max(1, total // count) == 0)
            if total <= count:
                query = select(Vector.data).where(of_space)
            return _matrix(connection.scalars(query.order_by(Vector.id)), space.dim)

    def allowed(self, space: Space, filters: Filters) -> Ids | None:
        """Ascending ids of the vectors that satisfy the filters; None when all do."""
        if filters == Filters():
            return None
        # subqueries, so that the database starts from the few files and not from all the vectors
        query = select(Vector.id)
        if filters == Filters(labels=filters.labels):  # which name the shots themselves
            query = query.where(*(Vector.shot_id.in_(labelled(name)) for name in filters.labels))
        else:
            shots = select(Shot.id)
            if not is_of_shots(filters):
                shots = shots.join(Video, Video.id == Shot.video_id).join(File, File.id == Video.id)
            query = query.where(Vector.shot_id.in_(shots.where(*conditions(filters))))
        with self._reading() as connection:
            of_space = Vector.space_id == space_id(connection, space)
            return np.sort(_ids(connection.execute(query.where(of_space))))

    def locate(self, vector_ids: Iterable[int]) -> dict[int, Found]:
        """Where vectors belong, by id; those that are gone are left out."""
        found = {}
        query = select(Vector.id, Vector.shot_id, Vector.time_us)
        with self._reading() as connection:
            for ids in chunks(vector_ids):
                for row in connection.execute(query.where(Vector.id.in_(ids))):
                    found[row[0]] = Found(*row)
        return found


def space_id(connection: Connection, space: Space) -> int | None:
    """The row of a space."""
    return connection.scalar(select(SpaceRow.id).where(*_is(space)))


def _is(space: Space) -> tuple[ColumnElement[bool], ...]:
    return SpaceRow.encoder == space.encoder, SpaceRow.revision == space.revision, SpaceRow.dim == space.dim


def _ids(result: CursorResult[int]) -> Ids:
    return np.array(plain_rows(result), np.int64).reshape(-1)


def _matrix(blobs: Iterable[bytes], dim: int) -> Matrix:
    return np.frombuffer(b"".join(blobs), STORED).reshape(-1, dim).astype(np.float32)
