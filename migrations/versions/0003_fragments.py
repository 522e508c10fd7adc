"""Parts of words: annotations keep their text folded too; an index knows any three characters in a row.

In PostgreSQL whole words come with it as well: they are made of the folded text.
"""

import sqlalchemy as sa
from alembic import op

from indexer.catalog.folding import folded
from migrations.characters import separators
from migrations.types import TEXT

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


WORDS = """
CREATE FUNCTION words_of(folded text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT coalesce(string_agg('''' || left(word, 500) || ''':' || least(place, 16383), ' '), '')::tsvector
FROM regexp_split_to_table(left(folded, 100000), '[SEPARATORS]+') WITH ORDINALITY AS split (word, place)
WHERE word <> ''
$$"""
"""Within PostgreSQL's bounds: a word has 2,046 bytes at most, a text 16,383 places."""
TRIGRAMS = """
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX ix_annotations_folded ON annotations USING gin (folded gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    NULL; -- parts of words are found without it too, by reading every text
END $$"""


def upgrade() -> None:
    op.add_column("annotations", sa.Column("folded", TEXT, nullable=False, server_default=""))
    _fold()
    if op.get_context().dialect.name == "postgresql":
        _words()
    else:
        for statement in FRAGMENTS:
            op.execute(statement)


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.drop_column("annotations", "words")
        op.execute("DROP FUNCTION words_of")
    else:
        for name in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER fragments_after_{name}")
        op.execute("DROP TABLE fragments")
    op.drop_column("annotations", "folded")


def _words() -> None:
    """What separates words is said here, as FTS5 has it, and not by the server's locale."""
    for statement in (
        WORDS.replace("SEPARATORS", separators()),
        "ALTER TABLE annotations ADD words tsvector GENERATED ALWAYS AS (words_of(folded)) STORED",
        "CREATE INDEX ix_annotations_words ON annotations USING gin (words)",
        TRIGRAMS,
    ):
        op.get_bind().exec_driver_sql(statement)


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
