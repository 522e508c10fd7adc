"""Writes a small library of the present schema as SQL, to be committed when a schema is released:

python -m tests.indexer.schemas.dump > tests/indexer/schemas/0002.sql
"""

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from indexer import schema
from indexer.catalog import Catalog, Example, Moment, Pick, StageRecord, State
from indexer.catalog.dialects.fts5 import INDEXES, REBUILD
from plugins.values import Span
from tests.indexer.catalogs import publish, said


def fill(database: Path) -> None:
    """Two videos, one with a name that is not UTF-8, a failure, and a video that was removed."""
    schema.ensure(database)
    with closing(Catalog(database)) as catalog:
        publish(catalog, "/v/a.mp4", said("a red flower", 2.5))
        publish(catalog, "/v/caf\udce9.mp4", said("black and white", 0.5), count=2, seed=1)
        failed = StageRecord("scan", State.FAILED, "empty", "the file is empty")
        catalog.publish_failure("/v/bad.mp4", root="/v", size=0, mtime_ns=1, fingerprint="", stage=failed)
        catalog.remove([publish(catalog, "/v/gone.mp4", seed=2).id])
        teach(catalog)


def teach(catalog: Catalog) -> None:
    """What a person has said of the first video."""
    moment = Moment(1, 2_500_000)
    catalog.mark("a flower", [moment], right=True)
    catalog.save_concept("my rose", [Example(catalog.fingerprint_at(moment), moment.at_us)], "a rose")
    catalog.add_tag(1, "Garden")
    catalog.add_tag(1, "bloom", Span(2_000_000, 4_000_000))
    picked = Pick(1, Span(2_000_000, 4_000_000), "a flower", "the best one")
    catalog.pick(catalog.new_collection("spring").id, [picked])
    catalog.save_search("Roses", "q=a+rose")


def statements(database: Path) -> Iterator[str]:
    """What makes the database again. Of the full-text indexes only their definitions: they are rebuilt."""
    with closing(sqlite3.connect(database)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        index = [
            name for name in names if name.startswith(tuple(f"{of}_" for of in INDEXES)) or name in INDEXES
        ]
        for line in connection.iterdump():
            if "writable_schema" not in line and not any(_is_of(line, name) for name in index):
                yield line
        for name in INDEXES:
            found = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,))
            yield f"{found.fetchone()[0]};"
        for (trigger,) in connection.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'"):
            yield f"{trigger};"
        for name in INDEXES:
            yield f"{REBUILD.format(name)};"


def _is_of(line: str, name: str) -> bool:
    starts = (f'INSERT INTO "{name}"', f"CREATE TABLE '{name}'", f"CREATE TRIGGER {name} ")
    return line.startswith((*starts, "INSERT INTO sqlite_master"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "catalog.db")
        for statement in statements(Path(folder) / "catalog.db"):
            sys.stdout.write(statement + "\n")
