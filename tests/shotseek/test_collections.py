"""Collections and exports from the command line and from Python."""

import csv
from pathlib import Path

import opentimelineio as otio
import pytest

from plugins.errors import InvalidValue, NotFound
from plugins.values import SECOND, Span
from shotseek import open_library
from shotseek.cli.exits import Exit
from tests.shotseek.conftest import Run


def test_a_collection_is_made_filled_shown_exported_and_removed(run: Run, own: Path, tmp_path: Path) -> None:
    at = ("--library", own)
    assert "no collections" in run("collection", "list", *at).err
    assert run("collection", "new", "best of", *at).out == "made best of\n"
    added = run("collection", "add", "best of", "meadow.mp4@0.5-1.25", "seaside.mp4@1", "--note", "nice", *at)
    assert added.out == "best of: 2 moments added\n"
    shown = run("collection", "show", "best of", *at, "--json").json
    assert [(Path(item["video"]).name, item["note"]) for item in shown["moments"]] == [
        ("meadow.mp4", "nice"),
        ("seaside.mp4", "nice"),
    ]
    assert (shown["moments"][0]["start"], shown["moments"][0]["end"]) == (0.5, 1.25)
    assert shown["moments"][1]["start"] <= 1 < shown["moments"][1]["end"]
    assert "meadow.mp4" in run("collection", "show", "best of", *at).out
    assert run("collection", "list", *at, "--json").json["collections"][0]["items"] == 2
    file = tmp_path / "cuts.otio"
    assert run("collection", "export", "best of", file, *at).out == f"wrote {file}\n"
    assert len(otio.adapters.read_from_file(str(file)).tracks[0]) == 2
    run("collection", "export", "best of", tmp_path / "cuts", "--format", "csv", *at)
    assert (tmp_path / "cuts").read_bytes().startswith(b"\xef\xbb\xbfnumber,video")
    assert run("collection", "remove", "best of", *at).out == "removed best of\n"
    assert run("collection", "show", "best of", *at).code == Exit.NOT_FOUND


def test_an_answer_is_exported(run: Run, own: Path, tmp_path: Path) -> None:
    file = tmp_path / "hits.csv"
    found = run("search", "a red ball", "-k", "2", "--export", file, "--library", own, "--json").json["hits"]
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["path"] for row in rows] == [hit["video"] for hit in found]
    assert {row["label"] for row in rows} == {"a red ball"}
    wrong = run("search", "a red ball", "--export", tmp_path / "hits.doc", "--library", own)
    assert (wrong.code, "the end of the name" in wrong.err) == (Exit.USAGE, True)
    wrong = run("search", "a red ball", "--export", tmp_path / "no" / "such", "--library", own)
    assert wrong.code == Exit.USAGE


def test_python_collects_hits_and_spans(own: Path, tmp_path: Path) -> None:
    with open_library(own) as library:
        made = library.new_collection("x")
        hits = library.search("a red ball", k=2).hits
        library.collect("x", hits, label="a red ball")
        assert [item.span for item in library.collection(made.id)] == [hit.span for hit in hits]
        library.collect("x", ["meadow.mp4@0-0:01.5"])
        assert library.collection("x")[-1].span == Span(0, 3 * SECOND // 2)
        for place, error in (
            ("meadow.mp4@1-", InvalidValue),
            ("meadow.mp4@99", NotFound),
            ("x", InvalidValue),
        ):
            with pytest.raises(error):
                library.collect("x", [place])
        assert library.export("x", tmp_path / "a.edl") == []
        library.export(hits, tmp_path / "b.fcpxml", name="balls")
        assert 'project name="balls"' in (tmp_path / "b.fcpxml").read_text("utf-8")
        library.remove_collection("x")
        assert library.collections() == []
