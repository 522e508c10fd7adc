"""What holds for the whole project: its public surface, its rooms, and what nobody may call."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest

import shotseek

ROOT = Path(__file__).parent.parent
ROOMS = ("shotseek", "web", "search", "indexer", "plugins", "migrations")


def sources(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file's syntax tree."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def names_used(path: Path) -> set[str]:
    """Dotted names that a file calls or reads: ``av.open``, ``os.environ``, ``print``."""
    return {ast.unparse(node) for node in nodes(path) if isinstance(node, ast.Attribute | ast.Name)}


@cache
def imports(path: Path) -> set[str]:
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_the_public_surface_is_sorted_and_all_of_it_exists() -> None:
    assert shotseek.__all__ == sorted(shotseek.__all__, key=lambda name: (name.islower(), name))
    assert {name for name in shotseek.__all__ if getattr(shotseek, name, None) is None} == set()


def test_the_public_surface_is_what_it_is() -> None:
    """A name that leaves or joins is a decision: change this list, and the changelog."""
    assert shotseek.__all__ == [
        "Backup",
        "Confidence",
        "Evidence",
        "Filters",
        "Hit",
        "Progress",
        "Results",
        "Shot",
        "ShotseekError",
        "Span",
        "Video",
        "VideoLibrary",
        "open_library",
        "restore",
    ]


def test_what_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'search'"):
        _ = shotseek.search


def test_rooms_import_only_from_rooms_below() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


WRITERS = ("indexer/cut.py", "indexer/film.py", "indexer/proxy.py", "shotseek/draw.py")
"""of media: they open files to write into, and none to read"""
FORBIDDEN: dict[str, tuple[set[str], tuple[str, ...]]] = {
    "opens media": (
        {"av.open", "cv2.VideoCapture"},
        ("indexer/media.py", *WRITERS),
    ),
    "reads the environment": ({"os.environ", "os.getenv"}, ("shotseek/settings.py",)),
    "prints": ({"print", "sys.stdout", "sys.stderr"}, ("shotseek/cli/",)),
    "exits": ({"sys.exit", "exit", "quit"}, ("shotseek/cli/__init__.py",)),
    "runs programs": (
        {"os.system", "os.popen", "subprocess.run", "subprocess.Popen"},
        ("indexer/decoder.py", "search/maps.py"),
    ),
    "unpickles": (
        {
            "cloudpickle.loads",
            "dill.load",
            "dill.loads",
            "eval",
            "exec",
            "joblib.load",
            "marshal.loads",
            "pandas.read_pickle",
            "pickle.load",
            "pickle.loads",
            "shelve.open",
            "torch.hub.load",
            "torch.jit.load",
            "torch.package.PackageImporter",
            "yaml.load",
        },
        (),
    ),
}
"""what nobody may do, by which names, and the files that are there to do it"""


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nobody_else(what: str) -> None:
    names, allowed = FORBIDDEN[what]
    guilty = {
        f"{path}: {', '.join(used)}"
        for path in (file.relative_to(ROOT).as_posix() for file in sources(*ROOMS))
        if not path.startswith(allowed) and (used := sorted(names & names_used(ROOT / path)))
    }
    assert guilty == set()


def test_weights_are_never_unpickled() -> None:
    """``torch.load`` only with an explicit ``weights_only=True``."""
    loads = [
        (path, node)
        for path in sources(*ROOMS)
        for node in nodes(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load"
    ]
    unsafe = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, node in loads
        if not any(key.arg == "weights_only" and ast.unparse(key.value) == "True" for key in node.keywords)
    ]
    assert unsafe == []


def test_nothing_that_is_read_may_run() -> None:
    """The pickle between our own processes is the only one, and no library is told to trust a file's code."""
    assert {
        path.relative_to(ROOT).as_posix()
        for path in sources(*ROOMS)
        if imports(path) & {"pickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}
    } == {"indexer/decoder.py", "indexer/wire.py"}
    trusting = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(*ROOMS)
        for node in nodes(path)
        if isinstance(node, ast.keyword)
        and node.arg in ("allow_pickle", "trust_remote_code")
        and ast.unparse(node.value) != "False"
    ]
    assert trusting == []


def test_sql_is_written_in_the_catalog_only() -> None:
    """And where its schema is changed, and where the file itself is examined."""
    allowed = ("indexer/catalog/", "indexer/schema.py", "indexer/doctor.py", "migrations/")
    guilty = {
        path
        for path in (file.relative_to(ROOT).as_posix() for file in sources(*ROOMS))
        if not path.startswith(allowed)
        if any(name.split(".")[0] in ("sqlalchemy", "sqlite3") for name in imports(ROOT / path))
    }
    assert guilty == set()


def test_no_file_outgrows_its_idea() -> None:
    assert [
        str(path.relative_to(ROOT))
        for path in sources(*ROOMS)
        if len(path.read_text(encoding="utf-8").splitlines()) > 400
    ] == []


def test_every_dependency_has_an_exact_version() -> None:
    """constraints.txt holds what the tests ran with, and names no place to fetch it from."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    exact = {line.partition("==")[0].lower().replace("_", "-") for line in lines if "==" in line}
    assert {re.split(r"[^a-z0-9-]", item)[0] for item in wanted} - exact == set()
    assert [line for line in lines if "://" in line or line.startswith("-")] == []


def test_the_wheel_holds_the_weights_and_what_tells_of_them(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        held = {item.filename: item.file_size for item in archive.infolist()}
    starter = "plugins/encoders/starter/"
    told = {f"{starter}{name}" for name in ("MODEL_CARD.md", "pieces.txt", "words.txt")}
    assert told <= set(held)
    assert 5_000_000 < held[f"{starter}weights.safetensors"] <= 15_000_000
    assert {name.partition("/")[0] for name in held if ".dist-info" not in name} == set(ROOMS)
