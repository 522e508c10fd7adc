"""What bad input gets: one clear line, the right exit code, no traceback, and nothing lost."""

import sys
from pathlib import Path

import pytest

from shotseek.cli.exits import Exit
from tests.shotseek.conftest import Answer, Run

SMALL = "tests.indexer.encoders:Small"
WIDE = "tests.indexer.encoders:Wide"


def one_line(answer: Answer) -> str:
    """The error of a command that printed nothing else."""
    assert answer.out == ""
    lines = [line for line in answer.err.splitlines() if not line.startswith("encoder: ")]
    assert len(lines) == 1, answer.err
    assert lines[0].startswith("shotseek: ")
    return lines[0].removeprefix("shotseek: ")


def test_no_such_path(run: Run, tmp_path: Path) -> None:
    answer = run("index", "/no/such/folder", "--library", tmp_path / "library")
    assert answer.code == Exit.NOT_FOUND
    assert one_line(answer) == "no such file or folder: /no/such/folder"
    assert not (tmp_path / "library").exists()


def test_an_empty_folder(run: Run, own: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = run("index", tmp_path / "empty", "--library", own)
    assert answer.code == Exit.NOT_FOUND
    assert one_line(answer) == f"no video in {tmp_path / 'empty'}"
    assert len(run("videos", "--library", own, "--json").json["videos"]) == 3


@pytest.mark.parametrize(("content", "reason"), [(b"some text\n" * 100, "not-media"), (b"", "empty")])
def test_a_file_that_is_no_video(run: Run, own: Path, tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "x.mp4").write_bytes(content)
    answer = run("index", tmp_path / "x.mp4", "--library", own)
    assert answer.code == Exit.MEDIA
    assert answer.out.startswith("failed")
    assert f"{reason}: " in answer.out
    assert len(run("videos", "--library", own, "--json").json["videos"]) == 3


@pytest.mark.parametrize("query", [[], [""], ["  \n "], ["word " * 2_000]])
def test_a_query_of_nothing_or_too_much(run: Run, indexed: Path, query: list[str]) -> None:
    answer = run("search", *query, "--library", indexed)
    assert answer.code == Exit.USAGE
    assert "a query" in one_line(answer)


def test_a_picture_that_is_none(run: Run, indexed: Path, tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_text("not a picture")
    answer = run("search", "--image", tmp_path / "x.jpg", "--library", indexed)
    assert answer.code == Exit.USAGE
    assert "x.jpg is not a picture" in one_line(answer)


def test_a_clip_that_is_none(run: Run, indexed: Path, tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_text("not a video")
    answer = run("search", "--clip", tmp_path / "x.mp4", "--library", indexed)
    assert answer.code == Exit.MEDIA
    assert "not-media" in one_line(answer)


@pytest.mark.parametrize("flag", ["--image", "--clip"])
def test_a_query_file_that_is_not_there(run: Run, indexed: Path, flag: str) -> None:
    answer = run("search", flag, "/no/such/file", "--library", indexed)
    assert answer.code == Exit.NOT_FOUND
    assert "/no/such/file" in one_line(answer)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["search", "--like", "999999"], Exit.NOT_FOUND, "no shot 999999"),
        (
            ["search", "red", "--encoder", "cnn"],
            Exit.NOT_FOUND,
            "nothing here was indexed with encoder 'cnn'",
        ),
        (["search", "red", "-k", "0"], Exit.USAGE, "setting 'results', given here, cannot be '0'"),
        (["search", "red", "--video", "nix"], Exit.NOT_FOUND, "no video 'nix' in the library"),
        (["shots", "nix"], Exit.NOT_FOUND, "no video 'nix' in the library"),
        (["shots", "e"], Exit.NOT_FOUND, "'e' names 3 videos"),
        (["remove", "nix"], Exit.NOT_FOUND, "no video 'nix' in the library"),
        (["index", ".", "--encoder", "pallete"], Exit.PLUGIN, "did you mean 'palette'?"),
        (["index", ".", "--detector", "nix"], Exit.PLUGIN, "no shot detector is called 'nix'"),
        (["serve", "--host", "0.0.0.0"], Exit.USAGE, "nobody would have to log in"),
        (["serve", "--port", "x"], Exit.USAGE, "setting 'port', given here, cannot be 'x'"),
    ],
)
def test_one_clear_line(run: Run, indexed: Path, arguments: list[str], code: Exit, message: str) -> None:
    answer = run(*arguments, "--library", indexed)
    assert message in one_line(answer)
    assert answer.code == code


@pytest.mark.parametrize(
    "arguments", [["search", "red"], ["videos"], ["doctor"], ["problems"], ["db", "current"], ["remove", "1"]]
)
def test_no_library(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    answer = run(*arguments, "--library", tmp_path / "none")
    assert answer.code == Exit.NOT_FOUND
    assert "no library in" in one_line(answer)
    assert not (tmp_path / "none").exists()


def test_a_library_that_is_none(run: Run, tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"rubbish" * 1000)
    answer = run("videos", "--library", tmp_path)
    assert answer.code == Exit.LIBRARY
    assert "catalog.db" in one_line(answer)


def test_weights_that_are_not_here(run: Run, own: Path, videos: Path) -> None:
    answer = run("index", videos, "--encoder", "open-clip", "--library", own)
    assert answer.code == Exit.PLUGIN
    assert one_line(answer).endswith("fetch them with `shotseek pull open-clip`")
    assert run("search", "blue sea", "--library", own, "--json").json["hits"]


def test_words_for_an_encoder_that_reads_none(run: Run, videos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    assert run("index", videos / "meadow.mp4", "--encoder", SMALL, "--library", library).code == Exit.DONE
    by_name = run("search", "woodpecker", "--encoder", SMALL, "--library", library)
    assert by_name.code == Exit.PLUGIN
    assert "reads no text" in one_line(by_name)
    by_all = run("search", "woodpecker", "--library", library, "--json")
    assert by_all.json["hits"][0]["evidence"][0]["source"] == "words"
    assert "reads no text" in by_all.json["notes"][0]


def test_a_library_whose_encoder_is_gone(
    run: Run, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passing.py").write_text("from tests.indexer.encoders import Small as Guest\n")
    monkeypatch.syspath_prepend(tmp_path)
    library = tmp_path / "library"
    assert run("index", videos / "meadow.mp4", "--encoder", "passing:Guest", "--library", library).code == 0
    (tmp_path / "passing.py").unlink()
    monkeypatch.delitem(sys.modules, "passing")
    answer = run("search", "woodpecker", "--library", library, "--json")
    assert answer.code == Exit.DONE
    assert len(answer.json["hits"]) == 1
    assert "passing:Guest" in answer.json["notes"][0]
    assert run("search", "woodpecker", "--encoder", "passing:Guest", "--library", library).code == Exit.PLUGIN
    assert len(run("videos", "--library", library, "--json").json["videos"]) == 1


def test_libraries_of_different_dimensions(run: Run, videos: Path, tmp_path: Path) -> None:
    """Two libraries, and then both encoders in one: no vector is ever compared with one of another space."""
    still, a, b = tmp_path / "still.png", tmp_path / "a", tmp_path / "b"
    from shotseek.scenes import sea

    sea().background.save(still)
    for library, encoder in [(a, SMALL), (b, WIDE), (a, WIDE)]:
        assert run("index", videos / "seaside.mp4", "--encoder", encoder, "--library", library).code == 0
    for library, sources in [(a, {SMALL, WIDE}), (b, {WIDE})]:
        answer = run("search", "--image", still, "--library", library, "--json")
        assert {item["source"] for item in answer.json["hits"][0]["evidence"]} == sources


def test_mistakes_of_our_own_are_one_line_too(
    run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shotseek.videolibrary import VideoLibrary

    def broken(_self: object) -> None:
        raise ZeroDivisionError("a\nb")

    monkeypatch.setattr(VideoLibrary, "problems", broken)
    answer = run("problems", "--library", indexed)
    assert answer.code == Exit.INTERNAL
    assert "ZeroDivisionError: a b" in one_line(answer)
    assert "Traceback" in run("--debug", "problems", "--library", indexed).err
