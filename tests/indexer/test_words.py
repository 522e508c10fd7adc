from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer import schema
from indexer.catalog import Catalog
from indexer.catalog.folding import composed, folded, located
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
    assert find("straße") == [(2, 5_000_000, "subtitles")]
    assert find("cafe") == find("holiday Café") == [(0, 0, "name")]
    assert find("past") == [(2, 6_000_000 - 1, "speech")]
    assert find("42,5 %") == [(2, 5_000_000, "subtitles")]
    best = catalog.words("fox", ALL, 10)[0]
    assert best.snippet == "The quick brown \ue000fox\ue001"
    assert best.score > 0
    assert len(catalog.words("quick", ALL, 1)) == 1


def test_words_that_say_nothing_need_not_be_there(catalog: Catalog) -> None:
    """Seen failing when they must be, and when a phrase may lack them."""
    publish(catalog, "/v/01_dog.mp4", said("to be or not to be", 0))
    expected = {"a dog": 1, "The Dog": 1, "a cat": 0, "to or": 1, "the": 0}
    assert {text: len(catalog.words(text, ALL, 10)) for text in expected} == expected
    assert not catalog.words("a dog", ALL, 10, exact=True)


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


TEXTS = st.text(max_size=60) | st.text(alphabet="*\"' aB1-é字ßİ\u0301\u0345", max_size=20)


@given(TEXTS, st.booleans())
@example('"', False)
@example("a AND", False)
@example("NEAR(", False)
@example("*", False)
@example("* ** *a* **b**", False)
@example("it's", True)
@example("text:x", False)
@example("^a -b +c {d}", False)
@example("\x00", True)
@example("\ud800", False)
@example("word " * 2000, False)
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_valid_question(spoken: Catalog, text: str, exact: bool) -> None:
    assert len(spoken.words(text, ALL, 5, exact=exact)) <= 1


@pytest.mark.parametrize("text", ["it's", "AND", "near(", "column:", "text*", "or none", '"miss"'])
def test_operators_are_words(spoken: Catalog, text: str) -> None:
    assert [match.whole for match in spoken.words(text, ALL, 5)] == [True]


@pytest.fixture(scope="module")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    path = tmp_path_factory.mktemp("signs") / "catalog.db"
    schema.ensure(path)
    made = Catalog(path)
    lines = [
        "RE16 TGK",
        "Gare de Lyon, Café de la Paix",
        "Straße der Einheit",
        "東京都庁前",
        "the red ball falls",
    ]
    publish(made, "/v/x.mp4", *(said(line, 2 * at) for at, line in enumerate(lines)), count=len(lines))
    yield made
    made.close()


def read(catalog: Catalog, text: str, exact: bool = False) -> list[str]:
    """Snippets with the marks as brackets."""
    found = catalog.words(text, ALL, 9, exact=exact)
    return [match.snippet.replace("\ue000", "[").replace("\ue001", "]") for match in found]


@pytest.mark.parametrize(
    ("text", "snippets"),
    [
        ("E16 TG", ["R[E16] [TG]K"]),
        ("*16*", ["RE[16] TGK"]),
        ("16", []),  # shorter than is looked for unasked
        ("*gk lyon", []),
        ("*GK re16", ["RE16 T[GK]"]),
        ("lyo*", ["Gare de [Lyon], Café de la Paix"]),
        ("ca* GARE", ["[Gare] de Lyon, [Café] de la Paix"]),
        ("cafe", ["Gare de Lyon, [Café] de la Paix"]),
        ("afe", ["Gare de Lyon, C[afé] de la Paix"]),
        ("strasse", ["[Straße] der Einheit"]),
        ("rass", ["St[raß]e der Einheit"]),
        ("都庁", ["東京[都庁]前"]),
        ("京", ["東[京]都庁前"]),
        ("red ball", ["the [red] [ball] falls"]),
        ("ball red", ["the [red] [ball] falls"]),
        ("alls", ["the red ball f[alls]"]),
    ],
)
def test_words_and_parts_of_words(signs: Catalog, text: str, snippets: list[str]) -> None:
    """Seen failing without the fold (rass, strasse), and without the look-up of short parts (都庁, *16*)."""
    assert read(signs, text) == snippets


def test_words_are_together_only_in_the_order_in_which_they_are_asked(catalog: Catalog) -> None:
    """Seen failing when any order would do: a green square was where the square is red. And by the first
    annotation of a shot alone: the other says it."""
    publish(
        catalog,
        "/v/x.mp4",
        said("red square, green ball", 0),
        said("ball, green; a green ball, at last", 2.5),
    )

    def near(text: str) -> list[bool]:
        return [match.near for match in catalog.words(text, ALL, 9)]

    assert near("red square") == [True]
    assert near("Square, GRE*") == [True]
    assert near("green square") == near("ball square") == [False]
    assert near("green last") == [False], "three words lie between"
    assert near("ball last") == [True], "one does"
    assert near("green at the last") == [True], "so many as stand between them when it is asked, too"
    assert near("green ball") == [True, True]
    publish(catalog, "/v/y.mp4", said("star, purple", 0.1), said("long, and said later: a purple star", 1.0))
    found = catalog.words("purple star", ALL, 9)
    assert [(match.near, match.at_us) for match in found] == [(True, 1_000_000)]


@pytest.mark.parametrize(
    ("text", "snippets"),
    [
        ("red ball", ["the [red ball] falls"]),
        ("RED, ball!", ["the [red ball] falls"]),
        ("ball red", []),
        ("e16 tg", []),
        ("red bal", []),
        ("red*", ["the [red] ball falls"]),  # a star means nothing here
        ("都庁", ["東京[都庁]前"]),
        ("...", []),
    ],
)
def test_a_phrase_is_whole_words_side_by_side(signs: Catalog, text: str, snippets: list[str]) -> None:
    assert read(signs, text, exact=True) == snippets


def test_whole_words_are_preferred_and_told_from_parts(catalog: Catalog) -> None:
    """Seen failing when both questions were always asked: ``cat`` then also found ``education``."""
    publish(catalog, "/v/x.mp4", said("the cat sat", 0), said("education", 2))
    assert [(match.snippet, match.whole) for match in catalog.words("cat", ALL, 9)] == [
        ("the \ue000cat\ue001 sat", True)
    ]
    assert [(match.snippet, match.whole) for match in catalog.words("duca", ALL, 9)] == [
        ("e\ue000duca\ue001tion", False)
    ]


def test_a_snippet_of_a_long_text_is_cut_around_what_was_found(catalog: Catalog) -> None:
    publish(catalog, "/v/x.mp4", said("many " * 50 + "unbelievable " + "more " * 50, 0.5))
    snippet = catalog.words("*liev*", ALL, 9)[0].snippet
    assert snippet.startswith("…")
    assert snippet.endswith("…")
    assert "unbe\ue000liev\ue001able" in snippet
    assert len(snippet) < 110


def test_where_a_match_lies_in_its_shot(catalog: Catalog) -> None:
    publish(catalog, "/v/x.mp4", said("inside", 0.5), said("beyond", 1.5))
    places = [catalog.words(word, ALL, 1)[0] for word in ("inside", "beyond")]
    assert [(place.at_us, place.end_us) for place in places] == [(500_000, 1_500_000), (1_500_000, 2_000_000)]


@given(st.text(max_size=30), st.data())
@settings(max_examples=300, deadline=None)
def test_any_part_of_a_folded_text_is_located_in_the_text(text: str, data: st.DataObject) -> None:
    """Seen failing when the fold of a text was not that of its characters, one by one."""
    text = composed(text)
    flat = folded(text)
    assert folded(flat) == flat
    start = data.draw(st.integers(0, len(flat)))
    part = flat[start : data.draw(st.integers(start, len(flat)))]
    spans = located(text, [part])
    assert bool(spans) == bool(part)
    assert all(0 <= first < last <= len(text) for first, last in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    if spans:
        assert folded(part) in "".join(folded(text[first:last]) for first, last in spans)
