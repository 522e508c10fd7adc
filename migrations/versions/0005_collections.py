"""Collections: moments that a person has picked, in an order, with notes."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, TEXT

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "collections",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_collections"),
        sa.UniqueConstraint("name", name="uq_collections_name"),
    )
    collection = sa.ForeignKey(
        "collections.id", name="fk_collection_items_collection_id_collections", ondelete="CASCADE"
    )
    op.create_table(
        "collection_items",
        sa.Column("id", ID, nullable=False),
        sa.Column("collection_id", ID, collection, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_collection_items"),
    )
    op.create_index(
        "ix_collection_items_collection_id_position", "collection_items", ["collection_id", "position"]
    )
    op.create_index("ix_collection_items_fingerprint", "collection_items", ["fingerprint"])


def downgrade() -> None:
    for table in ("collection_items", "collections"):
        op.drop_table(table)
