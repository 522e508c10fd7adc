from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer import schema
from indexer.catalog import Catalog
from tests.indexer.catalogs import ALL, publish, said


def test_words_are_found_where_they_are_said(catalog: Catalog) -> None:
    made = publish(
        catalog,
        "/v/holiday_café.mp4",
        said("The quick brown fox", 2.5),
        said("quick lunch", 4.5),
        said("Ærøskøbing, Straße 42,5 %", 5.0),
        said("past the end", 60, "speech"),
    )
    ids = [shot.id for shot in catalog.shots(made.id)]

    def find(text: str) -> list[tuple[int, int, str]]:
        return [(ids.index(m.shot_id), m.at_us, m.source) for m in catalog.words(text, ALL, 10)]

    assert find("quick fox") == [(1, 2_500_000, "subtitles")]
    assert {place[0] for place in find("QUICK")} == {1, 2}
    assert find("fox lunch") == []
    assert find("strasse") == []
    assert find("straße") == [(2, 5_000_000, "subtitles")]
    assert find("cafe") == find("holiday Café") == [(0, 0, "name")]
    assert find("past") == [(2, 6_000_000 - 1, "speech")]
    assert find("42,5 %") == [(2, 5_000_000, "subtitles")]
    best = catalog.words("fox", ALL, 10)[0]
    assert best.snippet == "The quick brown \ue000fox\ue001"
    assert best.score > 0
    assert len(catalog.words("quick", ALL, 1)) == 1


def test_marks_in_a_text_cannot_be_forged(catalog: Catalog) -> None:
    publish(catalog, "/v/a.mp4", said("\ue000evil\ue001 \x00 twin \ud800 end", 0))
    snippet = catalog.words("twin", ALL, 1)[0].snippet
    assert snippet.count("\ue000") == snippet.count("\ue001") == 1
    assert len(catalog.words("evil end", ALL, 1)) == 1


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    path = tmp_path_factory.mktemp("spoken") / "catalog.db"
    schema.ensure(path)
    made = Catalog(path)
    publish(made, "/v/a.mp4", said("it's a NEAR miss AND a column: text* OR none", 0))
    yield made
    made.close()


@given(st.text(max_size=60))
@example('"')
@example("a AND")
@example("NEAR(")
@example("*")
@example("it's")
@example("text:x")
@example("^a -b +c {d}")
@example("\x00")
@example("\ud800")
@example("word " * 2000)
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_valid_question(spoken: Catalog, text: str) -> None:
    assert len(spoken.words(text, ALL, 5)) <= 1


@pytest.mark.parametrize("text", ["it's", "AND", "near(", "column:", "text*", "or none", '"miss"'])
def test_operators_are_words(spoken: Catalog, text: str) -> None:
    assert len(spoken.words(text, ALL, 5)) == 1
