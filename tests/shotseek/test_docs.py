"""The manual says what the program does."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from plugins import errors
from plugins.errors import ShotseekError
from shotseek.cli.app import cli
from shotseek.cli.exits import Exit, code_of

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """docs/generate.py"""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["cli.md", "settings.md"])
def test_generated_pages_are_up_to_date(generate: ModuleType, name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == generate.pages()[name], f"docs/{name} is behind: run `make docs`"


def test_every_command_is_in_the_readme() -> None:
    table = README.partition("| command |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`([a-z]+)", "\n".join(row.split("|")[1] for row in table.splitlines()[1:])))
    assert named == set(cli.commands)


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_make_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE)) <= targets


def test_every_error_has_an_exit_code() -> None:
    codes = {
        name: code_of(error.__new__(error))
        for name, error in vars(errors).items()
        if isinstance(error, type) and issubclass(error, ShotseekError)
    }
    assert codes["NotFound"] is Exit.NOT_FOUND
    assert codes["SchemaTooNew"] is codes["LibraryBusy"] is Exit.LIBRARY
    assert codes["WeightsMissing"] is codes["Unsupported"] is codes["PullFailed"] is Exit.PLUGIN
    assert codes["MediaError"] is Exit.MEDIA
    assert codes["InvalidQuery"] is codes["NotUnderstood"] is codes["SettingsError"] is Exit.USAGE
    assert Exit.INTERNAL not in codes.values()
