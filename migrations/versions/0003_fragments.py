"""Parts of words: annotations keep their text folded too; an index knows any three characters in a row."""

import sqlalchemy as sa
from alembic import op

from indexer.catalog.folding import folded

revision = "0003"
down_revision = "0002"

FRAGMENTS = (
    "CREATE VIRTUAL TABLE fragments USING fts5"
    "(folded, content='annotations', content_rowid='id', tokenize='trigram')",
    "CREATE TRIGGER fragments_after_insert AFTER INSERT ON annotations BEGIN"
    " INSERT INTO fragments (rowid, folded) VALUES (new.id, new.folded); END",
    "CREATE TRIGGER fragments_after_delete AFTER DELETE ON annotations BEGIN"
    " INSERT INTO fragments (fragments, rowid, folded) VALUES ('delete', old.id, old.folded); END",
    "CREATE TRIGGER fragments_after_update AFTER UPDATE ON annotations BEGIN"
    " INSERT INTO fragments (fragments, rowid, folded) VALUES ('delete', old.id, old.folded);"
    " INSERT INTO fragments (rowid, folded) VALUES (new.id, new.folded); END",
    "INSERT INTO fragments (fragments) VALUES ('rebuild')",
)


def upgrade() -> None:
    op.add_column("annotations", sa.Column("folded", sa.Text, nullable=False, server_default=""))
    _fold()
    for statement in FRAGMENTS:
        op.execute(statement)


def downgrade() -> None:
    for name in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER fragments_after_{name}")
    op.execute("DROP TABLE fragments")
    op.drop_column("annotations", "folded")


def _fold() -> None:
    """Makes the folded text of every annotation that is there."""
    annotations = sa.table("annotations", sa.column("id"), sa.column("text"), sa.column("folded"))
    change = (
        annotations.update().where(annotations.c.id == sa.bindparam("at")).values(folded=sa.bindparam("new"))
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(annotations.c.id, annotations.c.text)).all()
    if rows:
        connection.execute(change, [{"at": id_, "new": folded(text)} for id_, text in rows])
