"""The first schema: files, videos, shots, vectors, annotations and their words.

Before it there was nothing, so there is no way down from it.
"""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, TEXT

revision = "0001"
down_revision = None


WORDS = (
    "CREATE VIRTUAL TABLE words USING fts5"
    "(text, content='annotations', content_rowid='id', tokenize='unicode61 remove_diacritics 2')",
    "CREATE TRIGGER words_after_insert AFTER INSERT ON annotations BEGIN"
    " INSERT INTO words (rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER words_after_delete AFTER DELETE ON annotations BEGIN"
    " INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text); END",
    "CREATE TRIGGER words_after_update AFTER UPDATE ON annotations BEGIN"
    " INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text);"
    " INSERT INTO words (rowid, text) VALUES (new.id, new.text); END",
)
OWNER = (
    "CREATE TABLE library (name TEXT NOT NULL)",
    "INSERT INTO library VALUES (gen_random_uuid())",
)
ONLY = {"sqlite": WORDS, "postgresql": OWNER}
"""What the other has no need of: a file belongs to its folder, and PostgreSQL's words come with 0003."""


def upgrade() -> None:
    _files()
    _shots()
    _vectors()
    _annotations()
    for statement in ONLY[op.get_context().dialect.name]:
        op.execute(statement)


def _files() -> None:
    op.create_table(
        "roots",
        sa.Column("id", ID, nullable=False),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roots"),
        sa.UniqueConstraint("path", name="uq_roots_path"),
    )
    op.create_table(
        "files",
        sa.Column("id", ID, primary_key=True),
        sa.Column("root_id", ID, sa.ForeignKey("roots.id", name="fk_files_root_id_roots"), nullable=False),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("shown", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("missing", sa.Boolean, nullable=False),
        sa.Column("indexed_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("path", name="uq_files_path"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_files_root_id", "files", ["root_id"])
    op.create_index("ix_files_fingerprint", "files", ["fingerprint"])
    op.create_table(
        "videos",
        sa.Column("id", ID, _cascade("files.id", "fk_videos_id_files"), nullable=False),
        sa.Column("duration_us", sa.BigInteger, nullable=False),
        sa.Column("width", ID, nullable=False),
        sa.Column("height", ID, nullable=False),
        sa.Column("frame_rate", TEXT),
        sa.Column("codec", TEXT, nullable=False),
        sa.Column("has_audio", sa.Boolean, nullable=False),
        sa.Column("created", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_videos"),
    )
    op.create_index("ix_videos_created", "videos", ["created"])
    op.create_table(
        "stages",
        sa.Column("file_id", ID, _cascade("files.id", "fk_stages_file_id_files"), nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("file_id", "stage", name="pk_stages"),
    )


def _shots() -> None:
    op.create_table(
        "shots",
        sa.Column("id", ID, primary_key=True),
        sa.Column("video_id", ID, _cascade("videos.id", "fk_shots_video_id_videos"), nullable=False),
        sa.Column("index", ID, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("keyframes_us", sa.JSON, nullable=False),
        sa.UniqueConstraint("video_id", "index", name="uq_shots_video_id_index"),
        sqlite_autoincrement=True,
    )


def _vectors() -> None:
    op.create_table(
        "spaces",
        sa.Column("id", ID, primary_key=True),
        sa.Column("encoder", TEXT, nullable=False),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("dim", ID, nullable=False),
        sa.Column("generation", ID, nullable=False),
        sa.UniqueConstraint("encoder", "revision", "dim", name="uq_spaces_encoder_revision_dim"),
        sqlite_autoincrement=True,
    )
    space = sa.ForeignKey("spaces.id", name="fk_vectors_space_id_spaces")
    op.create_table(
        "vectors",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID, space, nullable=False),
        sa.Column("shot_id", ID, _cascade("shots.id", "fk_vectors_shot_id_shots"), nullable=False),
        sa.Column("time_us", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_vectors_space_id_id", "vectors", ["space_id", "id"])
    op.create_index("ix_vectors_shot_id_space_id", "vectors", ["shot_id", "space_id"])
    space = sa.ForeignKey("spaces.id", name="fk_removed_vectors_space_id_spaces")
    op.create_table(
        "removed_vectors",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID, space, nullable=False),
        sa.Column("vector_id", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_removed_vectors_space_id_id", "removed_vectors", ["space_id", "id"])


def _annotations() -> None:
    op.create_table(
        "annotations",
        sa.Column("id", ID, primary_key=True),
        sa.Column("video_id", ID, _cascade("videos.id", "fk_annotations_video_id_videos"), nullable=False),
        sa.Column("shot_id", ID, _cascade("shots.id", "fk_annotations_shot_id_shots"), nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("language", TEXT),
        sa.Column("box", sa.JSON),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_annotations_video_id", "annotations", ["video_id"])
    op.create_index("ix_annotations_shot_id", "annotations", ["shot_id"])


def _cascade(column: str, name: str) -> sa.ForeignKey:
    return sa.ForeignKey(column, name=name, ondelete="CASCADE")
