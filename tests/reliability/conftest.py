import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from plugins.stores.faiss import FaissStore
from tests.reliability.golden import Known, changed, is_sound, known, opened, videos


@pytest.fixture
def snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots with an index are worth it at a few rows, so that a small library goes through it all."""
    monkeypatch.setattr("indexer.stores.MIN_PENDING", 2)
    monkeypatch.setattr(FaissStore, "flat_from", 2)


@dataclass(frozen=True)
class Scenario:
    """A folder, a library as it was before, and what it knows after an undisturbed run."""

    folder: Path
    before: Path
    golden: Known

    def library(self, folder: Path) -> Path:
        """A copy of the library to begin with."""
        return shutil.copytree(self.before, folder) if self.before.exists() else folder


Scenarios = Callable[[str], Scenario]


@pytest.fixture(scope="session")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Scenarios:
    """Scenarios by name: ``new`` indexes two videos for the first time, ``changed`` a folder of which one
    video shows something else and to which one more has come."""
    made: dict[str, Scenario] = {}

    def scenario(name: str) -> Scenario:
        if name not in made:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("indexer.stores.MIN_PENDING", 2)
                patch.setattr(FaissStore, "flat_from", 2)
                made[name] = _made(tmp_path_factory.mktemp(name), name)
        return made[name]

    return scenario


def _made(place: Path, name: str) -> Scenario:
    folder, before = videos(place / "videos"), place / "before"
    if name == "changed":
        with opened(before) as library:
            library.index(folder)
        changed(folder)
    with opened(shutil.copytree(before, place / "after") if before.exists() else place / "after") as library:
        library.index(folder)
        is_sound(library)
        return Scenario(folder, before, known(library))
