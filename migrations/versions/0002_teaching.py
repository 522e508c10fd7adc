"""What a person teaches: marks, concepts with their examples, and tags; labels can be counted."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, TEXT

revision = "0002"
down_revision = "0001"

LABELS = sa.text("source IN ('label', 'tag')")


def upgrade() -> None:
    _marks()
    _concepts()
    _tags()
    op.create_index(
        "ix_annotations_labels",
        "annotations",
        ["text", "video_id"],
        sqlite_where=LABELS,
        postgresql_where=LABELS,
    )


def downgrade() -> None:
    op.execute("DELETE FROM annotations WHERE source IN ('label', 'tag')")
    op.execute("DELETE FROM stages WHERE stage = 'label'")
    op.drop_index("ix_annotations_labels", "annotations")
    for table in ("tags", "examples", "concepts", "marks"):
        op.drop_table(table)


def _marks() -> None:
    op.create_table(
        "marks",
        sa.Column("id", ID, nullable=False),
        sa.Column("query", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("right", sa.Boolean, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_marks"),
        sa.UniqueConstraint("query", "fingerprint", "at_us", name="uq_marks_query_fingerprint_at_us"),
    )
    op.create_index("ix_marks_fingerprint", "marks", ["fingerprint"])


def _concepts() -> None:
    op.create_table(
        "concepts",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("words", TEXT),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_concepts"),
        sa.UniqueConstraint("name", name="uq_concepts_name"),
    )
    op.create_table(
        "examples",
        sa.Column("id", ID, nullable=False),
        sa.Column(
            "concept_id", ID, _cascade("concepts.id", "fk_examples_concept_id_concepts"), nullable=False
        ),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("right", sa.Boolean, nullable=False),
        sa.Column("picture", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_examples"),
        sa.UniqueConstraint(
            "concept_id", "fingerprint", "at_us", name="uq_examples_concept_id_fingerprint_at_us"
        ),
    )
    op.create_index("ix_examples_fingerprint", "examples", ["fingerprint"])


def _tags() -> None:
    op.create_table(
        "tags",
        sa.Column("id", ID, nullable=False),
        sa.Column("file_id", ID, _cascade("files.id", "fk_tags_file_id_files"), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT),
        sa.Column("start_us", sa.BigInteger),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
    )
    op.create_index("ix_tags_file_id", "tags", ["file_id"])


def _cascade(column: str, name: str) -> sa.ForeignKey:
    return sa.ForeignKey(column, name=name, ondelete="CASCADE")
