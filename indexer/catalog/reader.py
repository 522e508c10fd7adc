"""What is known of files, videos, shots and annotations."""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from indexer.catalog import models
from indexer.catalog.conditions import below
from indexer.catalog.connection import Connected, chunks
from indexer.catalog.records import (
    FileRecord,
    Problem,
    StageRecord,
    State,
    VideoOrder,
    VideoState,
    VideoSummary,
)
from plugins.errors import NotFound
from plugins.values import Annotation, Shot, Span, Video

_FILE: tuple[Any, ...] = (
    models.File.id,
    models.File.path,
    models.File.size,
    models.File.mtime_ns,
    models.File.fingerprint,
    models.File.missing,
)
_STAGE: tuple[Any, ...] = (
    models.Stage.stage,
    models.Stage.state,
    models.Stage.reason,
    models.Stage.detail,
    models.Stage.revision,
    models.Stage.seconds,
)
_SHOT: tuple[Any, ...] = (
    models.Shot.id,
    models.Shot.video_id,
    models.Shot.index,
    models.Shot.start_us,
    models.Shot.end_us,
    models.Shot.keyframes_us,
)
_VIDEO: tuple[Any, ...] = (
    models.Video.id,
    models.File.path,
    models.File.fingerprint,
    models.Video.duration_us,
    models.Video.width,
    models.Video.height,
    models.Video.frame_rate,
    models.Video.codec,
    models.Video.has_audio,
    models.Video.created,
    models.File.missing,
)
_ANNOTATION: tuple[Any, ...] = (
    models.Annotation.start_us,
    models.Annotation.end_us,
    models.Annotation.source,
    models.Annotation.text,
    models.Annotation.confidence,
    models.Annotation.language,
    models.Annotation.box,
)
_STATES = {state.value: state for state in State}


class FileReader(Connected):
    """Reads files, videos, shots and annotations."""

    def roots(self) -> list[str]:
        """Folders and files that were asked to be indexed, in order of path."""
        with self._reading() as connection:
            return list(connection.scalars(select(models.Root.path).order_by(models.Root.path)))

    def files(self, under: str | None = None) -> dict[str, FileRecord]:
        """Every file by path, or only those inside a folder."""
        where = () if under is None else (below(under),)
        stages: dict[int, dict[str, StageRecord]] = defaultdict(dict)
        with self._reading() as connection:
            known = select(*_STAGE, models.Stage.file_id).join(models.File).where(*where)
            for stage, state, *rest, id_ in connection.execute(known).all():
                stages[id_][stage] = StageRecord(stage, _STATES[state], *rest)
            rows = connection.execute(select(*_FILE).where(*where).order_by(models.File.path)).all()
            return {
                path: FileRecord(id_, path, size, mtime_ns, content, missing, stages.get(id_, {}))
                for id_, path, size, mtime_ns, content, missing in rows
            }

    def videos(
        self,
        *,
        offset: int = 0,
        limit: int = 100,
        text: str = "",
        state: VideoState | None = None,
        order: VideoOrder = VideoOrder.PATH,
    ) -> list[VideoSummary]:
        """Videos, those whose path contains a text, whatever its case, and that are in a state."""
        with self._reading() as connection:
            query = select(*_VIDEO, models.File.indexed_at).join(models.File).where(*_chosen(text, state))
            rows = connection.execute(query.order_by(*_ORDERS[order]).offset(offset).limit(limit)).all()
            ids = [row[0] for row in rows]
            shots, states = _shot_counts(connection, ids), _video_states(connection, ids)
        return [VideoSummary(Video(*row[:-1]), shots[row[0]], states[row[0]], row[-1]) for row in rows]

    def count_videos(self, text: str = "", state: VideoState | None = None) -> int:
        """How many videos `videos` would list without a limit."""
        query = select(func.count()).select_from(models.Video)
        if text or state:
            query = query.join(models.File).where(*_chosen(text, state))
        with self._reading() as connection:
            return connection.execute(query).scalar_one()

    def video(self, video_id: int) -> Video:
        """
        Raises:
            NotFound
        """
        with self._reading() as connection:
            found = select_videos(connection, models.Video.id == video_id)
        if not found:
            raise NotFound("no video %(video_id)s in the library; see `shotseek videos`", video_id=video_id)
        return found[0]

    def find_videos(self, name: str) -> list[Video]:
        """Videos by id, else by absolute path, else by file name, else by a part of the path; by path."""
        ways: list[ColumnElement[bool]] = [models.Video.id == int(name)] if _is_id(name) else []
        if Path(name).is_absolute():
            ways.append(models.File.path == os.fsencode(name))
        part = models.shown(name)
        ways.append(models.File.shown.endswith("/" + part, autoescape=True))
        ways.append(models.File.shown.contains(part, autoescape=True))
        with self._reading() as connection:
            for way in ways:
                if found := select_videos(connection, way):
                    return found
        return []

    def shots(self, video_id: int) -> list[Shot]:
        """The shots of a video, in order of time; none if there is no such video."""
        query = select(*_SHOT).where(models.Shot.video_id == video_id).order_by(models.Shot.index)
        with self._reading() as connection:
            return [_shot(row) for row in connection.execute(query)]

    def shot(self, shot_id: int) -> Shot:
        """
        Raises:
            NotFound
        """
        with self._reading() as connection:
            row = connection.execute(select(*_SHOT).where(models.Shot.id == shot_id)).one_or_none()
        if row is None:
            raise NotFound("no shot %(shot_id)s in the library; see `shotseek shots VIDEO`", shot_id=shot_id)
        return _shot(row)

    def shots_with_videos(self, shot_ids: Iterable[int]) -> dict[int, tuple[Shot, Video]]:
        """Shots by id, each with its video; unknown ids are left out."""
        found = {}
        query = select(*_SHOT, *_VIDEO).join(models.Video, models.Video.id == models.Shot.video_id)
        query = query.join(models.File, models.File.id == models.Video.id)
        with self._reading() as connection:
            for ids in chunks(shot_ids):
                for row in connection.execute(query.where(models.Shot.id.in_(ids))):
                    found[row[0]] = _shot(row[: len(_SHOT)]), Video(*row[len(_SHOT) :])
        return found

    def file(self, file_id: int) -> FileRecord:
        """
        Raises:
            NotFound
        """
        with self._reading() as connection:
            path = connection.scalar(select(models.File.path).where(models.File.id == file_id))
        if path is None or (found := self.files(path).get(path)) is None:
            raise NotFound(
                "no file %(file_id)s in the library; see `shotseek videos` and `shotseek problems`",
                file_id=file_id,
            )
        return found

    def problems(self, *, offset: int = 0, limit: int | None = None) -> list[Problem]:
        """Stages that did not end well, the latest first."""
        query = (
            select(
                models.File.path,
                models.Stage.stage,
                models.Stage.state,
                models.Stage.reason,
                models.Stage.detail,
                models.Stage.at,
                models.File.id,
            )
            .join(models.File)
            .where(models.Stage.state != State.DONE.value)
            .order_by(models.Stage.at.desc(), models.File.path)
            .offset(offset)
            .limit(limit)
        )
        with self._reading() as connection:
            return [
                Problem(path, stage, _STATES[state], reason, detail, at, id_)
                for path, stage, state, reason, detail, at, id_ in connection.execute(query)
            ]

    def count_problems(self) -> int:
        """How many problems `problems` would list without a limit."""
        query = select(func.count()).where(models.Stage.state != State.DONE.value)
        with self._reading() as connection:
            return connection.execute(query).scalar_one()

    def annotations(self, video_id: int) -> list[Annotation]:
        """What is said, shown and named in a video, in order of time."""
        query = select(*_ANNOTATION).where(models.Annotation.video_id == video_id)
        query = query.order_by(models.Annotation.start_us, models.Annotation.id)
        with self._reading() as connection:
            return [_annotation(row) for row in connection.execute(query)]


_TROUBLED = models.Video.id.in_(select(models.Stage.file_id).where(models.Stage.state != State.DONE.value))
_CONDITIONS: dict[VideoState, ColumnElement[bool]] = {
    VideoState.DONE: ~_TROUBLED,
    VideoState.PARTIAL: _TROUBLED,
    VideoState.MISSING: models.File.missing.is_(True),
}
_ORDERS: dict[VideoOrder, tuple[Any, ...]] = {
    VideoOrder.PATH: (models.File.path,),
    VideoOrder.RECORDED: (models.Video.created.desc().nulls_last(), models.File.path),
    VideoOrder.ADDED: (models.File.indexed_at.desc(), models.File.path),
    VideoOrder.LENGTH: (models.Video.duration_us.desc(), models.File.path),
}


def _chosen(text: str, state: VideoState | None) -> list[ColumnElement[bool]]:
    chosen = [] if state is None else [_CONDITIONS[state]]
    if text:
        chosen.append(models.File.shown.contains(models.shown(text), autoescape=True))
    return chosen


def _is_id(name: str) -> bool:
    return name.isascii() and name.isdigit() and int(name) < 1 << 63


def _annotation(row: Sequence[Any]) -> Annotation:
    start_us, end_us, source, text, confidence, language, box = row
    span = Span(start_us, end_us)
    return Annotation(span, source, text, confidence, language, None if box is None else tuple(box))


def _shot(row: Sequence[Any]) -> Shot:
    id_, video_id, index, start_us, end_us, keyframes_us = row
    return Shot(id_, video_id, index, Span(start_us, end_us), tuple(keyframes_us))


def select_videos(connection: Connection, *where: ColumnElement[bool]) -> list[Video]:
    """Videos by path."""
    query = select(*_VIDEO).join(models.File).where(*where).order_by(models.File.path)
    return [Video(*row) for row in connection.execute(query)]


def _shot_counts(connection: Connection, video_ids: Sequence[int]) -> dict[int, int]:
    counts = dict.fromkeys(video_ids, 0)
    query = select(models.Shot.video_id, func.count()).group_by(models.Shot.video_id)
    for ids in chunks(video_ids):
        for id_, count in connection.execute(query.where(models.Shot.video_id.in_(ids))):
            counts[id_] = count
    return counts


def _video_states(connection: Connection, video_ids: Sequence[int]) -> dict[int, State]:
    states = dict.fromkeys(video_ids, State.DONE)
    query = select(models.Stage.file_id).where(models.Stage.state != State.DONE.value).distinct()
    for ids in chunks(video_ids):
        for id_ in connection.scalars(query.where(models.Stage.file_id.in_(ids))):
            states[id_] = State.PARTIAL
    return states
