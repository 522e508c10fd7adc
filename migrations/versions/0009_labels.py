"""Indexes answer by themselves which shots have a label, and which vectors a shot has."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

LABELS = sa.text("source IN ('label', 'tag')")


def upgrade() -> None:
    _labels("text", "source", "shot_id")
    _vectors(["id"])


def downgrade() -> None:
    _labels("text", "video_id")
    _vectors(None)


def _labels(*columns: str) -> None:
    op.drop_index("ix_annotations_labels", "annotations")
    op.create_index(
        "ix_annotations_labels", "annotations", columns, sqlite_where=LABELS, postgresql_where=LABELS
    )


def _vectors(included: list[str] | None) -> None:
    """SQLite has the ids in every index."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_vectors_shot_id_space_id", "vectors")
        columns = ["shot_id", "space_id"]
        op.create_index("ix_vectors_shot_id_space_id", "vectors", columns, postgresql_include=included)
