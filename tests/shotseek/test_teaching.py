"""Marks, concepts, tags and labels from the command line and from Python."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.errors import InvalidQuery, InvalidValue, NotFound
from plugins.values import SECOND, Span, timecode
from shotseek import open_library
from shotseek.cli.exits import Exit
from shotseek.teaching import microseconds
from tests.shotseek.conftest import Run


def test_marks_are_made_listed_and_taken_back(run: Run, own: Path) -> None:
    at = ("--library", own)
    made = run(
        "mark", "a  red ball", "--right", "meadow.mp4@0:01.5", "--wrong", "seaside.mp4@1", *at, "--json"
    )
    assert made.code == Exit.DONE
    assert [(item["query"], Path(item["video"]).name, item["at"]) for item in made.json["marks"]] == [
        ("a red ball", "meadow.mp4", 1.5),
        ("a red ball", "seaside.mp4", 1.0),
    ]
    assert "wrong" in run("mark", *at).out
    wrong = {"seaside.mp4"}
    found = run("search", "a red ball", *at, "-k", "200", "--json").json["hits"]
    refused = [hit for hit in found if Path(hit["video"]).name in wrong and hit["start"] <= 1 < hit["end"]]
    assert refused == []
    assert len(run("mark", "a red ball", "--clear", "seaside.mp4@1.2", *at, "--json").json["marks"]) == 1
    assert "no marks" in run("mark", "a red ball", "--clear-all", *at).err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("a ball", "--right", "meadow.mp4"), Exit.USAGE, "VIDEO@TIME"),
        (("a ball", "--right", "meadow.mp4@soon"), Exit.USAGE, "a time is given as"),
        (("a ball", "--right", "none.mp4@1"), Exit.NOT_FOUND, "no video 'none.mp4'"),
        (("a ball", "--right", "meadow.mp4@1:00:00"), Exit.NOT_FOUND, "it ends at"),
        (("a >> b", "--right", "meadow.mp4@1"), Exit.USAGE, "one by one"),
        (("--right", "meadow.mp4@1"), Exit.USAGE, "give the query"),
    ],
)
def test_marks_that_cannot_be(
    run: Run, indexed: Path, arguments: tuple[str, ...], code: Exit, says: str
) -> None:
    refused = run("mark", *arguments, "--library", indexed)
    assert (refused.code, says in refused.err) == (code, True), refused.err


def test_a_concept_is_saved_used_exported_and_imported(run: Run, own: Path, tmp_path: Path) -> None:
    at = ("--library", own)
    saved = run("concept", "save", "my ball", "--right", "meadow.mp4@1.5", "--words", "a red ball", *at)
    assert saved.out.startswith("my ball: 1 right, 0 wrong")
    assert run("concept", "save", "my ball", "--wrong", "seaside.mp4@1", *at).code == Exit.DONE
    assert run("search", 'concept:"my ball"', *at, "--json").json["hits"]
    listed = run("concept", "list", *at, "--json").json["concepts"]
    assert [(item["name"], len(item["examples"])) for item in listed] == [("my ball", 2)]
    assert "meadow.mp4" in run("concept", "show", "my ball", *at).out
    file = tmp_path / "concepts.json"
    file.write_text(run("concept", "export", "--pictures", *at).out)
    assert all(item["picture"] for item in json.loads(file.read_text())["concepts"][0]["examples"])
    assert "already" in run("concept", "import", file, *at).err
    assert run("concept", "remove", "my ball", *at).out == "removed my ball\n"
    assert run("concept", "import", file, *at).out == "imported my ball\n"
    assert run("search", 'concept:"none"', *at).code == Exit.NOT_FOUND
    file.write_text("[1, 2")
    assert "is not what `shotseek concept export` writes" in run("concept", "import", file, *at).err


def test_tags_are_given_found_and_taken_back(run: Run, own: Path) -> None:
    at = ("--library", own)
    assert run("tag", "add", "meadow.mp4", "Summer 2024", *at).code == Exit.DONE
    assert run("tag", "add", "meadow.mp4", "goal", "--from", "1", "--to", "0:02", *at).code == Exit.DONE
    listed = run("tag", "list", "meadow.mp4", *at, "--json").json["tags"]
    assert [(item["tag"], item["start"], item["end"]) for item in listed] == [
        ("summer 2024", None, None),
        ("goal", 1.0, 2.0),
    ]
    assert {Path(hit["video"]).name for hit in run("search", "tag:GOAL red", *at, "--json").json["hits"]} == {
        "meadow.mp4"
    }
    assert "goal" in run("labels", *at).out
    assert run("tag", "remove", "meadow.mp4", "goal", *at).code == Exit.DONE
    assert run("tag", "remove", "meadow.mp4", "goal", *at).code == Exit.NOT_FOUND
    assert run("tag", "add", "meadow.mp4", "x", "--from", "1", *at).code == Exit.USAGE


def test_labels_need_a_list_and_an_encoder_that_reads(run: Run, own: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("a red thing\nsomething blue\n")
    done = run("label", "--vocabulary", tmp_path / "mine.txt", "--library", own, "--json")
    assert done.json["videos"] == 3
    assert run("label", "--vocabulary", tmp_path / "mine.txt", "--library", own, "--json").json["videos"] == 0
    assert run("label", "--vocabulary", tmp_path / "none.txt", "--library", own).code == Exit.NOT_FOUND
    (tmp_path / "mine.txt").write_text("qwertzuiop\n")
    assert "pull open-clip" in run("label", "--vocabulary", tmp_path / "mine.txt", "--library", own).err


def test_labels_are_given_at_the_end_of_indexing_where_that_is_set(videos: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("red\nblue\ngreen\nyellow\n")
    settings = {"encoders": ["palette"], "labels": True, "vocabulary": str(tmp_path / "mine.txt")}
    with open_library(tmp_path / "library", create=True, **settings) as library:
        [ended] = library.index(videos / "meadow.mp4")
        assert "label" in library.catalog.files()[ended.path].stages
        assert library.label() == []


def test_hits_can_be_marked_from_python(own: Path) -> None:
    with open_library(own) as library:
        hits = library.search("something red").hits
        library.mark("something red", right=[hits[1]], wrong=[hits[0], "meadow.mp4@0.5"])
        assert library.marks("Something  red")[0].right
        again = library.search("something red").hits
        assert hits[0].shot.id not in {hit.shot.id for hit in again}
        assert again[0].shot.id == hits[1].shot.id
        library.save_concept("red", query="something red")
        assert library.concept("red").words == "something red"
        library.add_tag("meadow.mp4", "nice", Span(0, SECOND))
        assert [tag.text for tag in library.tags()] == ["nice"]
        assert library.labels()[0].text == "nice"
        assert library.unmark("something red", [hits[1]]) == 1
        with pytest.raises(InvalidQuery):
            library.marks("like:3")
        with pytest.raises(NotFound):
            library.export_concepts(["none"])


@given(st.integers(0, 10**12))
def test_every_time_that_is_shown_can_be_typed(us: int) -> None:
    assert microseconds(timecode(us)) == us // 1000 * 1000


@pytest.mark.parametrize(
    ("text", "us"), [("90", 90), ("1:30.5", 90.5), ("2:00:00", 7200), ("0.000001", 1e-6)]
)
def test_times_as_people_type_them(text: str, us: float) -> None:
    assert microseconds(text) == round(us * SECOND)


@pytest.mark.parametrize("text", ["", "-1", "1:60:00", "1.5:00", "x", "1:2:3:4", "९", "1" * 30])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(InvalidValue):
        microseconds(text)
