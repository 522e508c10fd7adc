"""Folders that are watched, folders that are looked at no more, and files that are left out."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("roots", sa.Column("watched", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("roots", sa.Column("listed", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("roots", sa.Column("looked_at", sa.BigInteger))
    op.create_table(
        "left_out",
        sa.Column("id", ID, nullable=False),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_left_out"),
        sa.UniqueConstraint("path", name="uq_left_out_path"),
    )


def downgrade() -> None:
    op.drop_table("left_out")
    for name in ("looked_at", "listed", "watched"):
        op.drop_column("roots", name)
