"""Searches that a person has given a name."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, TEXT

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_searches"),
        sa.UniqueConstraint("name", name="uq_saved_searches_name"),
    )


def downgrade() -> None:
    op.drop_table("saved_searches")
