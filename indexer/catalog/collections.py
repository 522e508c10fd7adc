"""Collections: moments that a person has picked, in an order of their own, with notes.

An item names a moment by the fingerprint of its content and a span, as marks do, so it survives a new index
and another path. Unlike a mark it is kept when the content is gone, and then has no video. Between the
positions of two items there is room, so that moving one writes one row.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from indexer.catalog import models
from indexer.catalog.connection import Connected, chunks
from indexer.catalog.dialects.expressions import total
from indexer.catalog.marks import Moment, content_of
from indexer.catalog.questions import clean
from indexer.catalog.reader import select_videos
from plugins.errors import InvalidValue, NotFound
from plugins.values import SECOND, Span, Video, printable, timecode

MAX_NAME = 100
"""characters of a collection's name"""
MAX_TEXT = 2_000
"""characters of a note or a label"""
MAX_ITEMS = 10_000
"""of one collection"""
ROOM = 1 << 20
"""between the positions of two items at first: as often as twenty times something can be put between"""


@dataclass(frozen=True, slots=True)
class Pick:
    """A moment to be put into a collection."""

    video_id: int
    span: Span
    label: str = ""
    """why it was picked: the words that found it"""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection without its items."""

    id: int
    name: str
    items: int
    """how many"""
    duration_us: int
    """of all items together"""
    at: datetime
    """of the last change, UTC"""


@dataclass(frozen=True, slots=True)
class CollectionItem:
    """A moment in a collection."""

    id: int
    fingerprint: str
    """of the content"""
    path: str
    """of its video; where the library has none any more, of the one it was picked from"""
    span: Span
    label: str
    note: str
    video: Video | None
    """None where the library no longer has the content"""

    @property
    def missing(self) -> bool:
        """Whether its file cannot be opened now."""
        return self.video is None or self.video.missing


class CollectionStore(Connected):
    """Reads and writes collections."""

    def collections(self) -> list[Collection]:
        """Every collection, the one that was changed last first."""
        with self._reading() as connection:
            return _collections(connection)

    def collection(self, key: int | str) -> Collection:
        """
        Args:
            key: id or name

        Raises:
            NotFound
        """
        with self._reading() as connection:
            return _collection(connection, key)

    def collection_items(self, id_: int) -> list[CollectionItem]:
        """What is in a collection, in its order.

        Raises:
            NotFound: there is no such collection
        """
        items = models.CollectionItem
        query = select(
            items.id, items.fingerprint, items.path, items.start_us, items.end_us, items.label, items.note
        )
        query = query.where(items.collection_id == id_).order_by(items.position, items.id)
        with self._reading() as connection:
            _collection(connection, id_)
            rows = connection.execute(query).all()
            copies = _videos(connection, {row.fingerprint for row in rows})
        return [_item(row, copies[row.fingerprint]) for row in rows]

    def new_collection(self, name: str) -> Collection:
        """
        Raises:
            InvalidValue: no name, too long a one, or there is one of that name
        """
        name = collection_name(name)
        with self._writing() as connection:
            _refuse_taken(connection, name)
            made = insert(models.Collection).returning(models.Collection.id)
            id_ = connection.execute(made, {"name": name, "at": datetime.now(UTC)}).scalar_one()
            return _collection(connection, id_)

    def rename_collection(self, id_: int, name: str) -> Collection:
        """
        Raises:
            InvalidValue: as `new_collection`
            NotFound
        """
        name = collection_name(name)
        with self._writing() as connection:
            _collection(connection, id_)
            _refuse_taken(connection, name, but=id_)
            _change(connection, id_, name=name)
            return _collection(connection, id_)

    def remove_collection(self, id_: int) -> None:
        """
        Raises:
            NotFound
        """
        with self._writing() as connection:
            _collection(connection, id_)
            connection.execute(delete(models.Collection).where(models.Collection.id == id_))

    def pick(self, id_: int, picks: Sequence[Pick]) -> list[int]:
        """Puts moments at the end of a collection. A moment that is there already is not put twice.

        Returns:
            the ids of the items, in the order of the picks

        Raises:
            NotFound: there is no such collection or video, or a video is not so long
            InvalidValue: the collection would grow too large, or a text is too long
        """
        with self._writing() as connection:
            if _collection(connection, id_).items + len(picks) > MAX_ITEMS:
                raise InvalidValue("a collection has at most %(most)s items", most=MAX_ITEMS)
            ids = [_pick(connection, id_, pick) for pick in picks]
            _change(connection, id_)
            return ids

    def edit_item(self, id_: int, item: int, *, span: Span | None = None, note: str | None = None) -> None:
        """Changes what an item shows or what is said of it.

        Raises:
            NotFound: there is no such item in that collection, or its video is not so long
            InvalidValue: the note is too long
        """
        values: dict[str, object] = {} if note is None else {"note": _text(note)}
        with self._writing() as connection:
            where = models.CollectionItem.id == item, models.CollectionItem.collection_id == id_
            row = connection.execute(select(models.CollectionItem.fingerprint).where(*where)).one_or_none()
            if row is None:
                raise NotFound("no item %(item)s in collection %(id)s", item=item, id=id_)
            if span is not None:
                for video in _videos(connection, [row.fingerprint])[row.fingerprint][:1]:
                    _refuse_beyond(video.id, span, video.duration_us)
                values |= {"start_us": span.start_us, "end_us": span.end_us}
            if values:
                connection.execute(update(models.CollectionItem).where(*where).values(values))
                _change(connection, id_)

    def move_item(self, id_: int, item: int, place: int) -> None:
        """Moves an item; usually this writes one row.

        Args:
            place: where it then is, from 0; beyond the end is the end

        Raises:
            NotFound: there is no such item in that collection
        """
        with self._writing() as connection:
            rest = _positions(connection, id_)
            if rest.pop(item, None) is None:
                raise NotFound("no item %(item)s in collection %(id)s", item=item, id=id_)
            position = _between(list(rest.values()), place)
            if position is None:  # no room is left
                for number, other in enumerate(rest, 1):
                    _put(connection, other, number * ROOM)
                position = max(0, min(place, len(rest))) * ROOM + ROOM // 2
            _put(connection, item, position)
            _change(connection, id_)

    def remove_items(self, id_: int, items: Iterable[int]) -> None:
        """
        Raises:
            NotFound: one of them is not in that collection; nothing was removed
        """
        wanted = set(items)
        with self._writing() as connection:
            _collection(connection, id_)
            if unknown := wanted - _positions(connection, id_).keys():
                raise NotFound("no item %(item)s in collection %(id)s", item=min(unknown), id=id_)
            for ids in chunks(wanted):
                connection.execute(delete(models.CollectionItem).where(models.CollectionItem.id.in_(ids)))
            _change(connection, id_)


def collection_name(name: str) -> str:
    """A name as collections are kept by: composed, one space between words.

    Raises:
        InvalidValue: empty, or longer than `MAX_NAME`
    """
    composed = clean(unicodedata.normalize("NFC", name))
    kept = " ".join("".join(char if char.isprintable() else " " for char in composed).split())
    if not 1 <= len(kept) <= MAX_NAME:
        raise InvalidValue(
            "a collection's name has 1 to %(most)s characters, got %(kept)s",
            most=MAX_NAME,
            kept=repr(kept[:MAX_NAME]),
        )
    return kept


def _text(text: str) -> str:
    text = clean(text).strip()
    if len(text) > MAX_TEXT:
        raise InvalidValue(
            "a note has at most %(most)s characters, got %(count)s", most=MAX_TEXT, count=len(text)
        )
    return text


def _collections(connection: Connection, *where: object) -> list[Collection]:
    collections, items = models.Collection, models.CollectionItem
    length = total(items.end_us - items.start_us)
    query = select(collections.id, collections.name, func.count(items.id), length, collections.at)
    query = query.outerjoin(items, items.collection_id == collections.id).group_by(collections.id)
    query = query.where(*where).order_by(collections.at.desc(), collections.id.desc())  # type: ignore[arg-type]
    return [Collection(*row) for row in connection.execute(query)]


def _collection(connection: Connection, key: int | str) -> Collection:
    named = models.Collection.id == key if isinstance(key, int) else models.Collection.name == key
    found = _collections(connection, named)
    if not found:
        raise NotFound("no collection %(key)s; see `shotseek collection list`", key=repr(printable(str(key))))
    return found[0]


def _refuse_taken(connection: Connection, name: str, but: int = 0) -> None:
    same = models.Collection.name == name, models.Collection.id != but
    if connection.scalar(select(models.Collection.id).where(*same)) is not None:
        raise InvalidValue("there is a collection %(name)s already", name=repr(name))


def _change(connection: Connection, id_: int, **values: object) -> None:
    """Says that a collection was changed now."""
    changed = update(models.Collection).where(models.Collection.id == id_)
    connection.execute(changed.values(at=datetime.now(UTC), **values))


def _pick(connection: Connection, id_: int, pick: Pick) -> int:
    fingerprint = content_of(connection, Moment(pick.video_id, pick.span.start_us))
    (video,) = select_videos(connection, models.Video.id == pick.video_id)
    _refuse_beyond(video.id, pick.span, video.duration_us)
    items = models.CollectionItem
    same = items.collection_id == id_, items.fingerprint == fingerprint
    span = items.start_us == pick.span.start_us, items.end_us == pick.span.end_us
    there = connection.scalar(select(items.id).where(*same, *span).limit(1))
    if there is not None:
        return there
    last = connection.scalar(select(func.max(items.position)).where(items.collection_id == id_))
    values = {
        "collection_id": id_,
        "position": (last or 0) + ROOM,
        "fingerprint": fingerprint,
        "path": video.path,
        "start_us": pick.span.start_us,
        "end_us": pick.span.end_us,
        "label": _text(pick.label),
        "note": _text(pick.note),
    }
    return connection.execute(insert(items).returning(items.id), values).scalar_one()


def _refuse_beyond(video_id: int, span: Span, duration_us: int) -> None:
    """The duration is rounded by some containers, so the end may be a little later."""
    if span.start_us < 0 or span.start_us >= duration_us or span.end_us > duration_us + SECOND:
        raise NotFound(
            "video %(video_id)s has nothing from %(start)s to %(stop)s; it ends at %(end)s",
            video_id=video_id,
            start=timecode(max(0, span.start_us)),
            stop=timecode(span.end_us),
            end=timecode(duration_us),
        )


def _positions(connection: Connection, id_: int) -> dict[int, int]:
    """The positions of a collection's items by id, in order."""
    items = models.CollectionItem
    query = select(items.id, items.position).where(items.collection_id == id_)
    rows = connection.execute(query.order_by(items.position, items.id))
    return {row.id: row.position for row in rows}


def _between(positions: Sequence[int], place: int) -> int | None:
    """A position at a place among others, None where there is no room."""
    place = max(0, min(place, len(positions)))
    if not positions:
        return ROOM
    if place == len(positions):
        return positions[-1] + ROOM
    before = positions[place - 1] if place else positions[0] - 2 * ROOM
    middle = (before + positions[place]) // 2
    return middle if before < middle < positions[place] else None


def _put(connection: Connection, item: int, position: int) -> None:
    moved = update(models.CollectionItem).where(models.CollectionItem.id == item)
    connection.execute(moved.values(position=position))


def _videos(connection: Connection, fingerprints: Iterable[str]) -> defaultdict[str, list[Video]]:
    """The videos of contents."""
    found: defaultdict[str, list[Video]] = defaultdict(list)
    wanted = list(fingerprints)
    for start in range(0, len(wanted), 500):
        for video in select_videos(connection, models.File.fingerprint.in_(wanted[start : start + 500])):
            found[video.fingerprint].append(video)
    return found


def _item(row: "Row[int, str, str, int, int, str, str]", copies: Sequence[Video]) -> CollectionItem:
    id_, fingerprint, path, start_us, end_us, label, note = row
    best = min(copies, key=lambda video: (video.missing, video.path != path, video.id), default=None)
    span = Span(start_us, end_us)
    return CollectionItem(id_, fingerprint, best.path if best else path, span, label, note, best)
