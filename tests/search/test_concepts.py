"""Marks and concepts in searches, and concepts that go from one library to another."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.catalog import Moment
from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.errors import InvalidValue, NotFound, Unsupported
from plugins.queries import Concept, Query, Term, Text
from plugins.values import SECOND
from search.concepts import export, picture_by, take, teach
from search.engine import Engine
from tests.search.test_labels import READER, SMALL, draw


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("taught")
    for name, *colours in (
        ("one", "red", "blue"),
        ("two", "green", "red", "grey"),
        ("three", "blue", "grey"),
    ):
        (folder / "videos").mkdir(exist_ok=True)
        draw(folder / "videos" / f"{name}.mp4", *colours)
    with Library.open(folder / "library", create=True) as library:
        for _ in index(library, [folder / "videos"], Recipe((READER, SMALL), detector="fixed:1.5")):
            pass
    return folder


@pytest.fixture
def engine(indexed: Path, tmp_path: Path) -> Iterator[Engine]:
    own = shutil.copytree(indexed / "library", tmp_path / "library")
    with Library.open(own) as library, Engine(library) as engine:
        yield engine


def at(engine: Engine, name: str, shot: int) -> Moment:
    [video] = engine.library.catalog.find_videos(name)
    return Moment(video.id, engine.library.catalog.shots(video.id)[shot].span.start_us + SECOND // 2)


def ask(engine: Engine, term: Term, **how: object) -> list[tuple[str, int]]:
    found = engine.search(Query((term,)), **how)  # type: ignore[arg-type]
    return [(hit.video.name, hit.shot.index) for hit in found.hits]


def test_marks_turn_the_answer_at_once_in_every_space(engine: Engine) -> None:
    """The words mean nothing to any encoder; what was marked does. Seen to fail without the marks."""
    catalog = engine.library.catalog
    catalog.mark("my jumper", [at(engine, "one.mp4", 0)], right=True)
    catalog.mark("my jumper", [at(engine, "two.mp4", 0)], right=False)
    found = ask(engine, Text("My  jumper"))
    assert set(found[:2]) == {("one.mp4", 0), ("two.mp4", 1)}
    assert ("two.mp4", 0) not in found
    assert set(ask(engine, Text("my jumper"), encoders=[SMALL])[:2]) == set(found[:2])
    assert ("two.mp4", 0) in ask(engine, Text("my jumper"), marks=False)
    assert engine.search(Query((Text("my jumper"),))).hits[0].confidence is None
    catalog.unmark("my jumper")
    with pytest.raises(Unsupported):
        ask(engine, Text("my jumper"), encoders=[SMALL])


def test_a_concept_is_found_by_its_examples(engine: Engine) -> None:
    catalog = engine.library.catalog
    catalog.mark("jumper", [at(engine, "one.mp4", 0)], right=True)
    record = teach(catalog, "my jumper", query="jumper", wrong=[at(engine, "two.mp4", 2)])
    assert (record.words, [item.right for item in record.examples].count(True)) == ("jumper", 1)
    assert set(ask(engine, Concept("my jumper"))[:2]) == {("one.mp4", 0), ("two.mp4", 1)}
    again = teach(catalog, "my jumper", right=[at(engine, "two.mp4", 1)])
    assert (again.words, len(again.examples)) == ("jumper", 3)
    with pytest.raises(NotFound, match="no concept 'your jumper'"):
        ask(engine, Concept("your jumper"))


def test_a_concept_works_where_its_videos_are_not_if_it_has_pictures(engine: Engine, tmp_path: Path) -> None:
    teach(engine.library.catalog, "red", right=[at(engine, "one.mp4", 0)], words="nothing any encoder knows")
    bare = json.loads(export(engine.library.catalog.concepts()).model_dump_json())
    shown = json.loads(export(engine.library.catalog.concepts(), picture_by(engine)).model_dump_json())
    (tmp_path / "videos").mkdir()
    draw(tmp_path / "videos" / "other.mp4", "blue", "red", "grey")
    with Library.open(tmp_path / "other", create=True) as library, Engine(library) as other:
        for _ in index(library, [tmp_path / "videos"], Recipe((SMALL,), detector="fixed:1.5")):
            pass
        assert take(library.catalog, bare) == ["red"]
        with pytest.raises(Unsupported, match="concept 'red' has no example here"):
            ask(other, Concept("red"), encoders=[SMALL])
        with pytest.raises(InvalidValue, match="there is a concept 'red' already"):
            take(library.catalog, shown)
        take(library.catalog, shown, replacing=True)
        assert ask(other, Concept("red"), encoders=[SMALL])[0] == ("other.mp4", 1)
        assert export(library.catalog.concepts()).model_dump(mode="json") == shown


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "format"),
        ({"concepts": 3}, "concepts"),
        ({"concepts": [{"name": "x", "examples": []}]}, "needs an example"),
        ({"concepts": [{"name": "", "examples": [{"fingerprint": "aaaa", "at": 1}]}]}, "a concept's name"),
        ({"concepts": [{"name": "x", "examples": [{"fingerprint": "../x", "at": 1}]}]}, "fingerprint"),
        ({"concepts": [{"name": "x", "examples": [{"fingerprint": "aaaa", "at": -1}]}]}, "at"),
        ({"concepts": [{"name": "x", "more": 1, "examples": []}]}, "more"),
        (
            {"concepts": [{"name": "x", "examples": [{"fingerprint": "aaaa", "at": 1, "picture": "aGk="}]}]},
            "one of its pictures is none",
        ),
    ],
)
def test_a_document_that_is_none_is_refused_and_nothing_kept(
    engine: Engine, change: dict[str, object], message: str
) -> None:
    good = {"name": "good", "examples": [{"fingerprint": "aaaa", "at": 1}]}
    document: dict[str, object] = {"format": "shotseek-concepts-1", "concepts": [good], **change}
    if isinstance(change.get("concepts"), list):
        document["concepts"] = [good, *change["concepts"]]  # type: ignore[misc]
    with pytest.raises(InvalidValue, match=message):
        take(engine.library.catalog, document)
    assert engine.library.catalog.concepts() == []
