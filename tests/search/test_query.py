"""What can be a query, and one clear line for what cannot."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from plugins.errors import InvalidQuery, InvalidValue, NotFound
from plugins.queries import Filters, LikeShot, Query, Term, Text
from search.query import MAX_CHARACTERS, check, clip, picture, query

EVERYTHING = Filters()


def asked(words: str, *terms: Term, filters: Filters = EVERYTHING) -> Query:
    return query(words, terms, filters, find=lambda name: [len(name)])


@pytest.mark.parametrize("words", ["", "   ", "\n\t", "-red", "red >> -blue"])
def test_a_query_without_anything_to_look_for_is_refused(words: str) -> None:
    with pytest.raises(InvalidQuery, match=r"empty|what to look for"):
        check(asked(words), 20, 0)


def test_a_query_may_have_a_thousand_characters_and_not_one_more() -> None:
    check(asked("x" * MAX_CHARACTERS), 20, 0)
    with pytest.raises(InvalidQuery, match="1000 characters, this one has 10000"):
        asked("x" * 10_000)


def test_a_query_has_bounds() -> None:
    check(asked(" ".join(["2*red"] * 16)), 20, 0)
    for words in (" ".join(["2*red"] * 17), " >> ".join(["red"] * 6)):
        with pytest.raises(InvalidQuery, match="16 terms in 5 steps"):
            check(asked(words), 20, 0)


def test_words_join_what_else_is_asked_for() -> None:
    made = asked("red video:one longer:2s", LikeShot(3), filters=Filters(videos=(7,), max_duration_us=9))
    assert made.terms == (Text("red"), LikeShot(3))
    assert made.filters == Filters(videos=(7, 3), max_duration_us=9, min_duration_us=2_000_000)


@pytest.mark.parametrize(("k", "offset"), [(0, 0), (201, 0), (20, -1), (20, 10_001)])
def test_pages_have_bounds(k: int, offset: int) -> None:
    with pytest.raises(InvalidQuery):
        check(Query((Text("red"),)), k, offset)


def test_a_query_without_terms_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="empty"):
        check(Query(()), 20, 0)


@pytest.mark.parametrize("weight", [0.0, float("nan"), float("inf")])
def test_a_weight_is_a_number_other_than_nothing(weight: float) -> None:
    with pytest.raises(InvalidValue, match="weight"):
        Query((Text("red", weight),))


def test_a_picture_is_read_upright(tmp_path: Path) -> None:
    drawn = np.zeros((20, 40, 3), np.uint8)
    drawn[:, :20] = (250, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side: turn clockwise to see it upright
    Image.fromarray(drawn).save(tmp_path / "turned.png", exif=exif)
    seen = picture(tmp_path / "turned.png").image
    assert seen.shape == (40, 20, 3)
    assert seen[5, 10, 0] > 200
    assert seen[35, 10, 0] < 50


def test_a_picture_may_be_an_open_stream_with_transparency() -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (8, 6), (0, 200, 0, 128)).save(stream, "PNG")
    stream.seek(0)
    assert picture(stream).image.shape == (6, 8, 3)


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_a_picture_that_is_not_one_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "fake.png").write_bytes(content)
    with pytest.raises(InvalidQuery, match=r"fake\.png is not a picture"):
        picture(tmp_path / "fake.png")


@pytest.mark.parametrize("width", [7_000, 9_500, 20_000])
def test_a_flood_of_pixels_is_refused_before_it_is_decoded(tmp_path: Path, width: int) -> None:
    Image.new("1", (width, 10_000)).save(tmp_path / "flood.png")
    with pytest.raises(InvalidQuery, match="too many pixels"):
        picture(tmp_path / "flood.png")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such picture"):
        picture(tmp_path / "none.png")
    with pytest.raises(NotFound, match="no such clip"):
        clip(tmp_path / "none.mp4")
