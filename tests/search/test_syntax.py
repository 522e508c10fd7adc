"""The language of the search box: what it means, and what it says when it cannot be read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.errors import QuerySyntax
from plugins.queries import Concept, Filters, LikeShot, Step, Term, Text
from plugins.values import SECOND
from search.syntax import parse


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a  red\tball", (Text("a red ball"),)),
        ("beach -people", (Text("beach"), Text("people", -1))),
        ("2*sunset sea", (Text("sunset", 2), Text("sea"))),
        ("2*(red car) -(at night)", (Text("red car", 2), Text("at night", -1))),
        ("-2.5*fog hill", (Text("fog", -2.5), Text("hill"))),
        ('"good  morning" train', (Text("good morning", exact=True), Text("train"))),
        ('-"the end" sea', (Text("the end", -1, exact=True), Text("sea"))),
        ('concept:"my dog" -concept:cat', (Concept("my dog"), Concept("cat", -1))),
        ("like:12 3*like:7", (LikeShot(12), LikeShot(7, 3))),
        ("a t-shirt, it's 10:30 - now", (Text("a t-shirt, it's 10:30 - now"),)),
        ("see https://example.org", (Text("see https://example.org"),)),
        ("3 * 4", (Text("3 * 4"),)),
        ("größe café", (Text("größe café"),)),
        ("", ()),
        ("...", ()),
    ],
)
def test_terms(text: str, terms: tuple[Term, ...]) -> None:
    assert parse(text).terms == terms


def test_what_follows() -> None:
    parsed = parse("a dog >> a ball >>5s 2*sea -fog")
    assert parsed.terms == (Text("a dog"),)
    assert parsed.then == (
        Step((Text("a ball"),)),
        Step((Text("sea", 2), Text("fog", -1)), 5 * SECOND),
    )
    assert parse("dog>>ball") == parse("dog >> ball")


def test_filters() -> None:
    parsed = parse(
        'sea folder:"/my films" folder:/x video:a.mp4 after:2024 before:2024-05 longer:5s shorter:1.5m'
        " size:>=720 codec:HEVC has:speech tag:holiday label:beach"
    )
    assert parsed.terms == (Text("sea"),)
    assert parsed.videos == ("a.mp4",)
    assert parsed.filters == Filters(
        folders=("/my films", "/x"),
        after=datetime(2024, 1, 1, tzinfo=UTC),
        before=datetime(2024, 5, 1, tzinfo=UTC),
        min_duration_us=5 * SECOND,
        max_duration_us=90 * SECOND,
        min_height=720,
        codecs=("hevc",),
        sources=("speech",),
        labels=("holiday", "beach"),
    )
    assert parse("a size:720p").filters == Filters(min_height=720, max_height=720)
    assert parse("a size:<480").filters == Filters(max_height=479)


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ('a "red ball', 2, "never closed"),
        ("a (red ball", 2, "never closed"),
        ("red) ball", 3, "never opened"),
        ('a ""', 2, "nothing in here"),
        ("a befor:2024", 2, "did you mean before:"),
        ("colour:red", 0, "there are after, before, codec"),
        ("a after:yesterday", 2, "2024-05-01"),
        ("a longer:soon", 2, "1.5m"),
        ("a size:huge", 2, "720p"),
        (">> ball", 0, "either side"),
        ("dog >>", 6, "either side"),
        ("0*dog", 0, "weight"),
        ("2*folder:/x", 2, "filters"),
        ("like:me", 0, "number of a shot"),
        ("2*>>", 2, "follow"),
    ],
)
def test_errors_say_where(text: str, at: int, says: str) -> None:
    with pytest.raises(QuerySyntax, match=says) as raised:
        parse(text)
    assert raised.value.at == at
    assert str(raised.value).startswith(f"character {at + 1}: ")


@given(st.text(max_size=60) | st.text(alphabet='ab 2*->()":.', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parsed = parse(text)
    except QuerySyntax as error:
        at = error.at
    else:
        at = 0
        assert all(term.weight for term in parsed.terms)
    assert 0 <= at <= len(text)


@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=6))
def test_plain_words_are_one_sentence(words: list[str]) -> None:
    assert parse(" ".join(words)).terms == (Text(" ".join(words)),)
