"""The schema, as typed models. Portable: what only one database has stands in `indexer.catalog.dialects`.

`REVISION` names the migration that makes exactly this schema; a test holds the two together.
"""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from indexer.catalog.folding import folded
from indexer.catalog.types import ID, TEXT, Moment, PathBytes, Ratio
from plugins.values import printable

REVISION = "0009"
"""of the schema that this version reads and writes"""


class Base(DeclarativeBase):
    """Constraints have names by rule, so that later migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: Moment,
        Fraction: Ratio,
        str: TEXT,
        bytes: LargeBinary,
        int: ID,
    }


class Root(Base):
    """A folder, or single file, that was asked to be indexed."""

    __tablename__ = "roots"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    path: Mapped[str] = mapped_column(PathBytes, unique=True)
    watched: Mapped[bool] = mapped_column(default=False, server_default=false())
    """new files in it are indexed by themselves"""
    listed: Mapped[bool] = mapped_column(default=True, server_default=true())
    """whether it is looked at; one that is not has only lent its videos a place"""
    looked_at: Mapped[datetime | None]
    """when it was last compared with what is known"""


class LeftOut(Base):
    """A file that a person has taken out of the library, and that is left out when its folder is indexed."""

    __tablename__ = "left_out"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    path: Mapped[str] = mapped_column(PathBytes, unique=True)


class File(Base):
    """A file that was met; a `Video` of the same id says what is in it, unless it failed."""

    __tablename__ = "files"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    root_id: Mapped[int] = mapped_column(ID, ForeignKey("roots.id"), index=True)
    path: Mapped[str] = mapped_column(PathBytes, unique=True)
    shown: Mapped[str]
    """the path as a person types it, without case: for finding only"""
    size: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    fingerprint: Mapped[str] = mapped_column(index=True)
    missing: Mapped[bool]
    indexed_at: Mapped[datetime]


class Video(Base):
    """What a file shows."""

    __tablename__ = "videos"

    id: Mapped[int] = mapped_column(ID, ForeignKey("files.id", ondelete="CASCADE"), primary_key=True)
    duration_us: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int]
    height: Mapped[int]
    frame_rate: Mapped[Fraction | None]
    codec: Mapped[str]
    has_audio: Mapped[bool]
    created: Mapped[datetime | None] = mapped_column(index=True)


class Stage(Base):
    """How one stage of one file has ended."""

    __tablename__ = "stages"

    file_id: Mapped[int] = mapped_column(ID, ForeignKey("files.id", ondelete="CASCADE"), primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[str]
    revision: Mapped[str]
    seconds: Mapped[float]
    at: Mapped[datetime]


class Shot(Base):
    """A piece of a video."""

    __tablename__ = "shots"
    __table_args__ = (UniqueConstraint("video_id", "index"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    video_id: Mapped[int] = mapped_column(ID, ForeignKey("videos.id", ondelete="CASCADE"))
    index: Mapped[int]
    start_us: Mapped[int] = mapped_column(BigInteger)
    end_us: Mapped[int] = mapped_column(BigInteger)
    keyframes_us: Mapped[Sequence[int]] = mapped_column(JSON)


class Space(Base):
    """What makes vectors comparable."""

    __tablename__ = "spaces"
    __table_args__ = (UniqueConstraint("encoder", "revision", "dim"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    encoder: Mapped[str]
    revision: Mapped[str]
    dim: Mapped[int]
    generation: Mapped[int]
    """of the snapshot that a store has published last"""
    asked: Mapped[bool] = mapped_column(default=True, server_default=true())
    """by searches that name no encoder"""
    asked_before: Mapped[bool] = mapped_column(default=True, server_default=true())
    """until the last switch, see `indexer.catalog.spaces`"""


class Vector(Base):
    """A row of a space. Ids ascend with time and are never used again: stores rely on both."""

    __tablename__ = "vectors"
    __table_args__ = (
        Index(None, "space_id", "id"),
        # which rows a shot has is answered by the index alone; in SQLite an index has the ids anyway
        Index(None, "shot_id", "space_id", postgresql_include=["id"]),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    space_id: Mapped[int] = mapped_column(ID, ForeignKey("spaces.id"))
    shot_id: Mapped[int] = mapped_column(ID, ForeignKey("shots.id", ondelete="CASCADE"))
    time_us: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[bytes]
    """little-endian float16, see docs/storage.md"""


class RemovedVector(Base):
    """A vector that is gone, remembered until a snapshot without it is published."""

    __tablename__ = "removed_vectors"
    __table_args__ = (Index(None, "space_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    space_id: Mapped[int] = mapped_column(ID, ForeignKey("spaces.id"))
    vector_id: Mapped[int] = mapped_column(BigInteger)


_LABELS = text("source IN ('label', 'tag')")


def _folded(context: Any) -> str:
    return folded(context.get_current_parameters()["text"])


class Annotation(Base):
    """Timed text about a video."""

    __tablename__ = "annotations"
    __table_args__ = (
        # that a shot has a label is answered by the index alone
        Index(
            "ix_annotations_labels",
            "text",
            "source",
            "shot_id",
            sqlite_where=_LABELS,
            postgresql_where=_LABELS,
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    video_id: Mapped[int] = mapped_column(ID, ForeignKey("videos.id", ondelete="CASCADE"), index=True)
    shot_id: Mapped[int] = mapped_column(ID, ForeignKey("shots.id", ondelete="CASCADE"), index=True)
    """in which it starts"""
    start_us: Mapped[int] = mapped_column(BigInteger)
    end_us: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str]
    text: Mapped[str]
    folded: Mapped[str] = mapped_column(default=_folded, server_default="")
    """the text as parts of it are looked for, see `indexer.catalog.folding`; made of it where not given"""
    confidence: Mapped[float]
    language: Mapped[str | None]
    box: Mapped[Sequence[float] | None] = mapped_column(JSON(none_as_null=True))


class Mark(Base):
    """A moment that a person called right or wrong for a query. Of the content and not of the file: it is
    there whenever a file of this fingerprint is."""

    __tablename__ = "marks"
    __table_args__ = (UniqueConstraint("query", "fingerprint", "at_us"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    query: Mapped[str]
    """in canonical form, see `search.teach.key`"""
    fingerprint: Mapped[str] = mapped_column(index=True)
    at_us: Mapped[int] = mapped_column(BigInteger)
    right: Mapped[bool]
    at: Mapped[datetime]


class Concept(Base):
    """What a person has taught by examples, under a name."""

    __tablename__ = "concepts"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    words: Mapped[str | None]
    """what it shows, for encoders that read text"""
    at: Mapped[datetime]


class Example(Base):
    """A moment that is, or is not, what a concept means. Of the content, as a `Mark` is."""

    __tablename__ = "examples"
    __table_args__ = (UniqueConstraint("concept_id", "fingerprint", "at_us"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    concept_id: Mapped[int] = mapped_column(ID, ForeignKey("concepts.id", ondelete="CASCADE"))
    fingerprint: Mapped[str] = mapped_column(index=True)
    at_us: Mapped[int] = mapped_column(BigInteger)
    right: Mapped[bool]
    picture: Mapped[bytes | None]
    """JPEG, for libraries that do not have the video"""


class Tag(Base):
    """A word that a person gave to a video, or to a span of it. An annotation of source ``tag`` makes it
    findable."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    file_id: Mapped[int] = mapped_column(ID, ForeignKey("files.id", ondelete="CASCADE"), index=True)
    text: Mapped[str]
    fingerprint: Mapped[str | None]
    """of the content that the span is in; None for the whole video, whatever it shows"""
    start_us: Mapped[int | None] = mapped_column(BigInteger)
    end_us: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime]


class Collection(Base):
    """Moments that a person has picked, in an order, under a name."""

    __tablename__ = "collections"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    """of the last change"""


class CollectionItem(Base):
    """A moment in a collection. Of the content, as a `Mark` is, but kept when the content is gone."""

    __tablename__ = "collection_items"
    __table_args__ = (Index(None, "collection_id", "position"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    collection_id: Mapped[int] = mapped_column(ID, ForeignKey("collections.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(BigInteger)
    """orders the items of a collection; there is room between two, see `indexer.catalog.collections`"""
    fingerprint: Mapped[str] = mapped_column(index=True)
    path: Mapped[str] = mapped_column(PathBytes)
    """from which it was picked: preferred among copies, and named when all are gone"""
    start_us: Mapped[int] = mapped_column(BigInteger)
    end_us: Mapped[int] = mapped_column(BigInteger)
    label: Mapped[str]
    note: Mapped[str]


class SavedSearch(Base):
    """A search that a person has given a name."""

    __tablename__ = "saved_searches"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    """its parameters, as the address of the page has them"""
    at: Mapped[datetime]


class Account(Base):
    """Somebody who may use the library."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]
    """hashed, with how"""
    role: Mapped[str]
    at: Mapped[datetime]


class Key(Base):
    """What a program shows instead of a password."""

    __tablename__ = "keys"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    account_id: Mapped[int] = mapped_column(ID, ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    """SHA-256; a key is random enough for that"""
    role: Mapped[str]
    at: Mapped[datetime]


class Session(Base):
    """Somebody who is logged in."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of what the cookie holds"""
    account_id: Mapped[int | None] = mapped_column(
        ID, ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    ends: Mapped[datetime]


def shown(path: str) -> str:
    """A path as `File.shown` holds it."""
    return printable(path).casefold()
