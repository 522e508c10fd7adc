"""Which spaces are asked: those in use, and those that were before the last switch."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COLUMNS = ("asked", "asked_before")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("spaces", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.true()))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("spaces", name)
