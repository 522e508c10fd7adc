"""How the schema came to be what it is: one Alembic revision a change, run by `indexer.schema`."""
