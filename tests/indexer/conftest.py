import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indexer import schema
from indexer.catalog import Catalog
from indexer.library import MARK

if TYPE_CHECKING:
    from tests.servers import Server

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
"""databases that a catalog can be kept in"""


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "catalog.db"
    schema.ensure(path)
    return path


@pytest.fixture
def sqlite(empty: Path, tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalog in a file."""
    with closing(Catalog(Path(shutil.copy(empty, tmp_path)))) as made:
        yield made


@pytest.fixture
def postgresql(server: "Server", tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalog in PostgreSQL; for tests with that marker."""
    with server.catalog(tmp_path / MARK) as database, closing(Catalog(database)) as made:
        yield made


@pytest.fixture(params=BOTH)
def catalog(request: pytest.FixtureRequest) -> Catalog:
    """An empty catalog, in each database."""
    made: Catalog = request.getfixturevalue(request.param)
    return made
