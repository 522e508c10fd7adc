"""The whole product over a catalog in PostgreSQL: indexed in one process, searched and taught in another."""

import os
import re
from pathlib import Path

import pytest

from indexer.doctor import examine
from indexer.library import DATABASE, MARK
from shotseek import open_library
from shotseek.cli.exits import Exit
from shotseek.settings import load
from tests.reliability import golden
from tests.servers import PASSWORD, Server
from tests.shotseek.conftest import Run, ended, start

pytestmark = pytest.mark.postgresql


def test_two_processes_index_search_teach_and_look_over(server: Server, tmp_path: Path, run: Run) -> None:
    films, folder = golden.videos(tmp_path / "films"), tmp_path / "library"
    url = server.address(server.create()).url
    given: list[str | Path] = ["--library", folder, "--database", url]
    with open_library(folder, create=True, database=url, encoders=["palette"], workers=1) as library:
        assert [item.stage for item in library.index(films)] == ["done"] * 2
        said = library.search("woodpecker").hits[0]
        assert (Path(said.video.path).name, said.evidence[0].source) == ("0.mp4", "words")
        before = golden.known(library)
        golden.videos(films, 1, first=2)
        assert ended(start("index", films, *given, "--encoder", "palette")).code == Exit.DONE
        assert len(golden.known(library)) > len(before)
        assert library.search(like=library.shots("2.mp4")[0].id).hits
        marked = run("mark", "woodpecker", "--right", f"{films / '0.mp4'}@0:00.5", *given)
        assert marked.code == Exit.DONE, marked.err
        assert [(mark.query, mark.right) for mark in library.catalog.marks()] == [("woodpecker", True)]
        assert examine(library.library) == []
    found = run("search", "woodpecker", *given, "--json").json
    assert Path(found["hits"][0]["video"]).name == "0.mp4"
    shown = run("db", "current", *given, "--json").json
    assert shown["revision"] == shown["newest"]
    assert (folder / MARK).exists()
    assert not (folder / DATABASE).exists()
    assert load().database is None  # what a command was given holds for that command


def test_the_password_is_said_nowhere(
    server: Server, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the settings that are shown, nor in what goes wrong, nor in a traceback."""
    secret = "s3cr3t"
    for url in (f"postgresql://me:{secret}@127.0.0.1:1/db", f"nothing://me:{secret}@host/db"):
        monkeypatch.setenv("SHOTSEEK_DATABASE", url)
        for command in (["config"], ["config", "--json"], ["videos"], ["doctor"], ["--debug", "videos"]):
            answer = run(*command)
            assert secret not in answer.out + answer.err
            assert "--debug" in command or answer.err.count("\n") <= 1
    assert re.search("cannot be used: it is of no PostgreSQL", run("videos").err)
    monkeypatch.delenv("SHOTSEEK_DATABASE")
    assert PASSWORD not in str(os.environ)
    given: list[str | Path] = [
        "--library",
        tmp_path / "library",
        "--database",
        server.address(server.create()).url,
    ]
    assert run("videos", *given).code == Exit.NOT_FOUND
    assert run("backup", tmp_path / "backup", *given).code == Exit.NOT_FOUND
    assert run("restore", tmp_path / "backup", *given).code == Exit.PLUGIN
