"""Alembic's way in. `indexer.schema` gives the connection and the one transaction around it all."""

from alembic import context

from indexer.catalog.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter a column: the table is made anew
)
context.run_migrations()
