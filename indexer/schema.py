"""Which schema a catalog has, and how it gets another one.

A migration is one transaction: interrupted anywhere, the catalog is what it was before. Of a file a copy is
laid beside it all the same before anything in it changes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.catalog import dialects
from indexer.catalog.dialects import Database
from indexer.catalog.models import REVISION
from plugins.errors import LibraryError, SchemaTooNew

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

MIGRATIONS = str(files("migrations"))


def current(where: Path | Database) -> str | None:
    """The revision of a catalog; None while it has no schema. Quick: asks the database and nothing else.

    Raises:
        LibraryError: it cannot be read
    """
    return dialects.database(where).revision()


def ensure(where: Path | Database, scripts: str = MIGRATIONS, target: str = REVISION) -> None:
    """Makes the schema where there is none, and brings an older one up to date.

    Raises:
        SchemaTooNew: the schema is not one of ours
        LibraryError: the migration failed; the database is as it was
    """
    if current(where) != target:
        upgrade(where, scripts, target)


def upgrade(where: Path | Database, scripts: str = MIGRATIONS, target: str = REVISION) -> None:
    """Brings a database to a later revision, the newest by default. What was there is copied first.

    Raises:
        SchemaTooNew, LibraryError
    """
    from alembic import command

    config, script = _alembic(scripts)
    database = dialects.database(where)
    found = database.revision()
    _refuse_unknown(database, found, script)
    if found is not None and found != target:
        database.keep_copy(f"before-{target}")
    with _migrating(database, config):
        command.upgrade(config, target)


def downgrade(where: Path | Database, target: str, scripts: str = MIGRATIONS) -> None:
    """Brings a database to an earlier revision, for an older Shotseek. What was there is copied first.

    Raises:
        SchemaTooNew: the schema is not one of ours
        LibraryError: there is no such earlier revision, or the migration failed; the database is as it was
    """
    from alembic import command

    config, script = _alembic(scripts)
    database = dialects.database(where)
    found = database.revision()
    _refuse_unknown(database, found, script)
    earlier = [item.revision for item in script.iterate_revisions(found or "base", "base")]
    if target not in earlier:
        raise LibraryError(
            f"{database} has schema {found} and can go back to {', '.join(earlier)}, not to {target}"
        )
    if target == found:
        return
    database.keep_copy(f"before-{target}")
    with _migrating(database, config):
        command.downgrade(config, target)


def refuse_newer(where: Path | Database) -> None:
    """
    Raises:
        SchemaTooNew: the schema is not one of ours
    """
    _, script = _alembic(MIGRATIONS)
    database = dialects.database(where)
    _refuse_unknown(database, database.revision(), script)


def _alembic(scripts: str) -> "tuple[Config, ScriptDirectory]":
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", scripts.replace("%", "%%"))
    return config, ScriptDirectory.from_config(config)


def _refuse_unknown(database: Database, revision: str | None, script: "ScriptDirectory") -> None:
    known = [item.revision for item in script.walk_revisions()]
    if revision is not None and revision not in known:
        raise SchemaTooNew(
            f"{database} has schema {revision}, this version of Shotseek knows {', '.join(known)};"
            " install the Shotseek that made it, or a newer one"
        )


@contextmanager
def _migrating(database: Database, config: "Config") -> Iterator[None]:
    with database.migrating() as connection:
        config.attributes["connection"] = connection
        yield
