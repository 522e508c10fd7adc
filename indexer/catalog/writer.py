"""Everything that changes the catalog. Each method is one transaction: all of it happens, or nothing.

Numbers that plugins may have made with NumPy are turned into Python's: the driver would store their bytes.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Select, delete, insert, select, update

from indexer.catalog import models
from indexer.catalog.conditions import below
from indexer.catalog.connection import Connected, chunks, portions
from indexer.catalog.folding import folded
from indexer.catalog.marks import forget
from indexer.catalog.questions import clean
from indexer.catalog.records import Row, StageRecord
from indexer.catalog.tags import write_tags
from indexer.catalog.vectors import STORED, space_id
from plugins.errors import InvalidValue, NotFound
from plugins.values import Annotation, Shot, Space, Span, Vectors, Video, printable

NAME = "name"
"""The source of the annotation that says what the file is called."""

PerSpace = Mapping[Space, tuple[Sequence[Row], Vectors]]


class Writer(Connected):
    """Changes the catalog."""

    def add_root(self, path: str) -> None:
        """Remembers a folder or file that is to be indexed. What lies in it and is left of a folder that is
        looked at no more belongs to it."""
        with self._writing() as connection:
            known = connection.scalar(select(models.Root.id).where(models.Root.path == path))
            if known is None:
                connection.execute(insert(models.Root), {"path": path})
            else:
                connection.execute(update(models.Root).where(models.Root.id == known).values(listed=True))
            mine = select(models.Root.id).where(models.Root.path == path).scalar_subquery()
            unlisted = models.File.root_id.in_(select(models.Root.id).where(~models.Root.listed))
            connection.execute(update(models.File).where(below(path), unlisted).values(root_id=mine))

    def publish(
        self,
        video: Video,
        *,
        root: str,
        size: int,
        mtime_ns: int,
        stages: Sequence[StageRecord],
        shots: Sequence[Shot],
        vectors: PerSpace,
        annotations: Sequence[Annotation],
    ) -> Video:
        """Enters a video with all that was found in it, in place of everything known of its path.

        Args:
            shots: in order, their ``id`` and ``video_id`` not looked at; at least one
            vectors: for each space the rows and where each belongs

        Returns:
            the video with its id, which is the same as before if the path was known

        Raises:
            InvalidValue: no shots, or as many places as there are not rows
            NotFound: the root was not added
        """
        if not shots:
            raise InvalidValue(f"{printable(video.path)} has no shots")
        with self._writing() as connection:
            file_id = _replace_file(connection, video.path, root, size, mtime_ns, video.fingerprint)
            _insert_video(connection, file_id, video)
            shot_ids = _insert_shots(connection, file_id, shots)
            for space, (rows, rows_vectors) in vectors.items():
                _insert_vectors(connection, shot_ids, space, rows, rows_vectors)
            named = [*_name(video.path, shots[-1].span.end_us), *annotations]
            _insert_annotations(connection, file_id, shot_ids, shots, named)
            write_tags(connection, file_id)
            _insert_stages(connection, file_id, stages)
        return replace(video, id=file_id, missing=False)

    def publish_failure(
        self, path: str, *, root: str, size: int, mtime_ns: int, fingerprint: str, stage: StageRecord
    ) -> None:
        """Enters a file that could not become a video, in place of everything known of its path.

        Raises:
            NotFound: the root was not added
        """
        with self._writing() as connection:
            file_id = _replace_file(connection, path, root, size, mtime_ns, fingerprint)
            _insert_stages(connection, file_id, [stage])

    def add_vectors(
        self, video_id: int, space: Space, rows: Sequence[Row], vectors: Vectors, stage: StageRecord
    ) -> None:
        """Enters a video's vectors of one space, in place of those it had there.

        Raises:
            InvalidValue: as many places as there are not rows
            NotFound: there is no such video
        """
        with self._writing() as connection:
            query = select(models.Shot.id).where(models.Shot.video_id == video_id).order_by(models.Shot.index)
            shot_ids = connection.scalars(query).all()
            if not shot_ids:
                raise NotFound(
                    "no video %(video_id)s in the library; see `shotseek videos`", video_id=video_id
                )
            old = models.Vector.shot_id.in_(shot_ids), models.Vector.space_id == space_id(connection, space)
            _remember_removed(connection, *old)
            connection.execute(delete(models.Vector).where(*old))
            _insert_vectors(connection, shot_ids, space, rows, vectors)
            replace_stage(connection, video_id, stage)

    def set_stage(self, file_id: int, stage: StageRecord) -> None:
        """Remembers how a stage has ended."""
        with self._writing() as connection:
            replace_stage(connection, file_id, stage)

    def move(self, file_id: int, path: str, mtime_ns: int) -> None:
        """A file has got another path, under any of the roots; what was known of that path is forgotten.

        Raises:
            NotFound: the path is below no root
        """
        with self._writing() as connection:
            there = select(models.File.id).where(models.File.path == path, models.File.id != file_id)
            remove_files(connection, connection.scalars(there).all())
            changes = {"path": path, "shown": models.shown(path), "mtime_ns": mtime_ns}
            changes["root_id"] = _root_above(connection, path)
            connection.execute(update(models.File).where(models.File.id == file_id).values(changes))
            _rename(connection, file_id, path)

    def touch(self, file_id: int, mtime_ns: int) -> None:
        """A file has got another time stamp, with the same content."""
        with self._writing() as connection:
            touched = update(models.File).where(models.File.id == file_id)
            connection.execute(touched.values(mtime_ns=mtime_ns))

    def mark_missing(self, file_ids: Iterable[int], missing: bool) -> None:
        """Files were not there, or are there again; what is known of them is kept."""
        with self._writing() as connection:
            for ids in chunks(file_ids):
                marked = update(models.File).where(models.File.id.in_(ids))
                connection.execute(marked.values(missing=missing))

    def remove(self, file_ids: Iterable[int]) -> int:
        """Forgets files, all that was found in them and what a person said of them; the files themselves
        stay.

        Returns:
            how many there were
        """
        with self._writing() as connection:
            return remove_files(connection, file_ids)

    def snapshot_published(self, space: Space, removed: int) -> None:
        """A store has published a snapshot without the rows removed up to ``removed``."""
        with self._writing() as connection:
            id_ = space_id(connection, space)
            raised = update(models.Space).where(models.Space.id == id_)
            connection.execute(raised.values(generation=models.Space.generation + 1))
            old = models.RemovedVector.space_id == id_, models.RemovedVector.id <= removed
            connection.execute(delete(models.RemovedVector).where(*old))


def _replace_file(
    connection: Connection, path: str, root: str, size: int, mtime_ns: int, fingerprint: str
) -> int:
    """The row of a file of which nothing else is known any more."""
    root_id = connection.scalar(select(models.Root.id).where(models.Root.path == root))
    if root_id is None:
        raise NotFound("%(root)s is not a root of the library", root=printable(root))
    values = {
        "root_id": root_id,
        "path": path,
        "shown": models.shown(path),
        "size": size,
        "mtime_ns": mtime_ns,
        "fingerprint": fingerprint,
        "missing": False,
        "indexed_at": datetime.now(UTC),
    }
    file_id = connection.scalar(select(models.File.id).where(models.File.path == path))
    if file_id is None:
        return connection.execute(insert(models.File).returning(models.File.id), values).scalar_one()
    _remember_removed(connection, models.Vector.shot_id.in_(_shots_of([file_id])))
    connection.execute(delete(models.Video).where(models.Video.id == file_id))
    connection.execute(delete(models.Stage).where(models.Stage.file_id == file_id))
    connection.execute(update(models.File).where(models.File.id == file_id), values)
    return file_id


def remove_files(connection: Connection, file_ids: Iterable[int]) -> int:
    """Forgets files within a transaction; how many there were."""
    removed = 0
    for ids in chunks(file_ids):
        _remember_removed(connection, models.Vector.shot_id.in_(_shots_of(ids)))
        contents = connection.scalars(select(models.File.fingerprint).where(models.File.id.in_(ids))).all()
        removed += connection.execute(delete(models.File).where(models.File.id.in_(ids))).rowcount
        forget(connection, contents)
    return removed


def _shots_of(video_ids: Sequence[int]) -> Select[int]:
    return select(models.Shot.id).where(models.Shot.video_id.in_(video_ids))


def _remember_removed(connection: Connection, *where: ColumnElement[bool]) -> None:
    """Rows about to be deleted, so that stores in other processes can leave them out."""
    gone = select(models.Vector.space_id, models.Vector.id).where(*where).order_by(models.Vector.id)
    connection.execute(insert(models.RemovedVector).from_select(["space_id", "vector_id"], gone))


def _insert_video(connection: Connection, file_id: int, video: Video) -> None:
    names = ("duration_us", "width", "height", "frame_rate", "codec", "has_audio", "created")
    connection.execute(
        insert(models.Video), {"id": file_id, **{name: getattr(video, name) for name in names}}
    )


def _insert_shots(connection: Connection, video_id: int, shots: Sequence[Shot]) -> Sequence[int]:
    """The ids, in the order of the shots."""
    rows = (
        {
            "video_id": video_id,
            "index": index,
            "start_us": int(shot.span.start_us),
            "end_us": int(shot.span.end_us),
            "keyframes_us": [int(us) for us in shot.keyframes_us],
        }
        for index, shot in enumerate(shots)
    )
    inserted = insert(models.Shot).returning(models.Shot.id, sort_by_parameter_order=True)
    return [id_ for some in portions(rows) for id_ in connection.scalars(inserted, some)]


def _insert(connection: Connection, model: type[models.Base], rows: Iterable[Mapping[str, object]]) -> None:
    """Enters many rows, of which only some are held at a time."""
    for some in portions(rows):
        connection.execute(insert(model), some)


def _insert_vectors(
    connection: Connection, shot_ids: Sequence[int], space: Space, rows: Sequence[Row], vectors: Vectors
) -> None:
    if len(rows) != len(vectors) or vectors.space != space:
        raise InvalidValue(f"{len(rows)} places in {space} for {len(vectors)} vectors of {vectors.space}")
    id_ = _space_row(connection, space)
    values = (
        {
            "space_id": id_,
            "shot_id": shot_ids[row.shot_index],
            "time_us": int(row.time_us),
            "data": data.astype(STORED).tobytes(),
        }
        for row, data in zip(rows, vectors.data, strict=True)
    )
    _insert(connection, models.Vector, values)


def _space_row(connection: Connection, space: Space) -> int:
    known = space_id(connection, space)
    if known is not None:
        return known
    values = {"encoder": space.encoder, "revision": space.revision, "dim": space.dim, "generation": 0}
    return connection.execute(insert(models.Space).returning(models.Space.id), values).scalar_one()


def _name(path: str, end_us: int) -> list[Annotation]:
    stem = printable(Path(path).stem)
    return [Annotation(Span(0, end_us), NAME, stem)] if stem.strip() else []


def _rename(connection: Connection, video_id: int, path: str) -> None:
    kept = models.Annotation
    named = kept.video_id == video_id, kept.source == NAME
    for annotation in _name(path, 1):
        text = clean(annotation.text)
        connection.execute(update(kept).where(*named).values(text=text, folded=folded(text)))


def _insert_annotations(
    connection: Connection,
    video_id: int,
    shot_ids: Sequence[int],
    shots: Sequence[Shot],
    annotations: Sequence[Annotation],
) -> None:
    starts = [shot.span.start_us for shot in shots]
    rows = (
        {
            "video_id": video_id,
            "shot_id": shot_ids[max(0, bisect_right(starts, item.span.start_us) - 1)],
            "start_us": int(item.span.start_us),
            "end_us": int(item.span.end_us),
            "source": item.source,
            "text": clean(item.text),
            "confidence": float(item.confidence),
            "language": item.language,
            "box": None if item.box is None else [float(edge) for edge in item.box],
        }
        for item in annotations
    )
    _insert(connection, models.Annotation, rows)


def _insert_stages(connection: Connection, file_id: int, stages: Sequence[StageRecord]) -> None:
    names = ("stage", "state", "reason", "detail", "revision", "seconds")
    now = datetime.now(UTC)
    rows = (
        {"file_id": file_id, "at": now, **{name: getattr(stage, name) for name in names}} for stage in stages
    )
    _insert(connection, models.Stage, rows)


def replace_stage(connection: Connection, file_id: int, stage: StageRecord) -> None:
    """Writes how a stage has ended, within a transaction."""
    same = models.Stage.file_id == file_id, models.Stage.stage == stage.stage
    connection.execute(delete(models.Stage).where(*same))
    _insert_stages(connection, file_id, [stage])


def _root_above(connection: Connection, path: str) -> int:
    """The innermost root that a path is below."""
    roots = {root: id_ for id_, root in connection.execute(select(models.Root.id, models.Root.path))}
    for folder in (path, *map(str, Path(path).parents)):
        if folder in roots:
            return roots[folder]
    raise NotFound("%(path)s is below none of the library's roots", path=printable(path))
