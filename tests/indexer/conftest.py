import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer import schema
from indexer.catalog import Catalog


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "catalog.db"
    schema.ensure(path)
    return path


@pytest.fixture
def catalog(empty: Path, tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(Path(shutil.copy(empty, tmp_path)))
    yield made
    made.close()
