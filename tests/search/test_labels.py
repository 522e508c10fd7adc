"""Labels for shots whose colours are known: only what stands out, once, and again when the list changes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.errors import InvalidValue, NotFound, Unsupported
from plugins.queries import Filters
from search.calibrate import Scale
from search.engine import Engine
from search.labels import MAX_LABELS, MOST, Labeller, chosen, vocabulary
from shotseek.draw import write_video
from tests.search.readers import COLOURS

READER = "tests.search.readers:Reader"
SMALL = "tests.indexer.encoders:Small"


def draw(path: Path, *names: str) -> None:
    shown = [np.full((48, 64, 3), COLOURS[name], np.uint8) for name in names]
    write_video(path, [frame for frame in shown for _ in range(15)], fps=10)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "videos").mkdir()
    draw(tmp_path / "videos" / "one.mp4", "red", "blue")
    draw(tmp_path / "videos" / "two.mp4", "green", "red", "grey")
    with Library.open(tmp_path / "library", create=True) as library:
        for _ in index(library, [tmp_path / "videos"], Recipe((READER, SMALL), detector="fixed:1.5")):
            pass
        with Engine(library) as engine:
            yield engine


def counts(engine: Engine) -> dict[str, int]:
    return {item.text: item.shots for item in engine.library.catalog.label_counts()}


def test_shots_get_the_labels_they_stand_out_for_and_no_others(engine: Engine) -> None:
    """Seen to fail with the best label given to every shot: the grey one became "a walrus"."""
    words = ["red", "blue", "a walrus", "tax law"]
    done = list(Labeller(engine, words).run())
    assert [(Path(item.path).name, item.shots, item.of) for item in done] == [
        ("one.mp4", 2, 2),
        ("two.mp4", 1, 3),
    ]
    assert counts(engine) == {"red": 2, "blue": 1}
    assert counts(engine) == {"red": 2, "blue": 1}
    allowed = engine.library.catalog.allowed(engine.spaces()[0], Filters(labels=("blue",)))
    assert allowed is not None
    assert len(allowed) == 1


def test_labels_are_made_once_and_again_when_the_list_changes(engine: Engine) -> None:
    assert len(list(Labeller(engine, ["red"]).run())) == 2
    assert list(Labeller(engine, ["red"]).run()) == []
    assert len(list(Labeller(engine, ["red", "green"]).run())) == 2
    assert counts(engine) == {"red": 2, "green": 1}


def test_an_encoder_that_reads_nothing_labels_nothing(engine: Engine) -> None:
    with pytest.raises(Unsupported, match="no encoder of this library knows"):
        list(Labeller(engine, ["red"], encoder=SMALL).run())
    with pytest.raises(NotFound, match="nothing here was indexed with encoder 'none'"):
        Labeller(engine, ["red"], encoder="none")


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=12))
def test_a_shot_has_few_labels_the_best_first(scores: list[float]) -> None:
    labels = [str(number) for number in range(len(scores))]
    found = chosen(np.array(scores, np.float32), labels, Scale(0.2, 0.1))
    assert len(found) <= MOST
    assert [sure for _, sure in found] == sorted((sure for _, sure in found), reverse=True)
    assert all(0.9 < sure <= 1 for _, sure in found)
    assert all(scores[int(label)] > 0.2 for label, _ in found)


def test_a_list_is_one_label_a_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("\ufeff# of mine\nRed  Kite\n\nred kite\nÄgypten\n", "utf-8")
    assert vocabulary(path) == ["red kite", "ägypten"]
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidValue, match="cannot be read as a list of labels"):
        vocabulary(path)
    for text in ("# nothing\n", "\n".join(map(str, range(MAX_LABELS + 1)))):
        path.write_text(text)
        with pytest.raises(InvalidValue, match="it may hold 1 to"):
            vocabulary(path)
    with pytest.raises(NotFound, match="no such list of labels"):
        vocabulary(tmp_path / "none.txt")


def test_the_list_that_ships_is_one() -> None:
    labels = vocabulary()
    assert 300 <= len(labels) <= 500
    assert {"beach", "dog", "kitchen"} <= set(labels)
