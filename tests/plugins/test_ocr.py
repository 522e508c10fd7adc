"""Text on the screen, read by the real models from drawn pictures."""

import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pil
from PIL import ImageDraw, ImageFont

from indexer.library import Library
from indexer.media import MediaFile, open_media
from indexer.pipeline import Recipe, index
from plugins.annotators._lines import Line, Lines
from plugins.annotators.ocr import EVERY_US, OcrAnnotator, reader, worth_reading
from plugins.contracts import Annotator
from plugins.errors import Unsupported
from plugins.queries import Filters
from plugins.testing import AnnotatorContract
from plugins.values import SECOND, Annotation, Frame, Image, Shot, Span
from shotseek.draw import write_video
from tests.videos import FPS, scene

SIZE = (320, 180)
HALF = FPS // 2
BOX = (0.0, 0.0, 1.0, 1.0)


def written(image: Image, *lines: str, at: tuple[int, int] = (10, 20)) -> Image:
    """A picture with white lines of text on a black ground."""
    canvas = Pil.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(22)
    for number, line in enumerate(lines):
        place = at[0], at[1] + 40 * number
        draw.rectangle((*place, image.shape[1] - 10, place[1] + 30), fill="black")
        draw.text(place, line, "white", font)
    return np.asarray(canvas)


def sign(*lines: str, seed: int = 1, at: tuple[int, int] = (10, 20)) -> Image:
    return written(scene(seed, 1, SIZE)[0], *lines, at=at)


def film(path: Path, *pictures: Image, count: int = FPS) -> Path:
    """Each picture for a second."""
    write_video(path, [picture for picture in pictures for _ in range(count)], fps=FPS)
    return path


def shots(*ends: int) -> list[Shot]:
    """Shots that end at these seconds."""
    starts = [0, *ends[:-1]]
    return [
        Shot(0, 0, number, Span(start * SECOND, end * SECOND), (start * SECOND,))
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


class TestOcr(AnnotatorContract):
    @pytest.fixture
    def annotator(self) -> Annotator:
        return OcrAnnotator()

    @pytest.fixture
    def media(self, tmp_path: Path) -> MediaFile:
        film(tmp_path / "sign.mp4", sign("To the trains"), count=HALF)
        with open_media(str(tmp_path / "sign.mp4"), [str(tmp_path)]) as opened:
            return opened

    @pytest.fixture
    def shots(self) -> Sequence[Shot]:
        return shots(1)


def read(path: Path, within: Sequence[Shot]) -> list[Annotation]:
    with open_media(str(path), [str(path.parent)]) as media:
        return list(OcrAnnotator().annotate(media, within))


def test_every_line_has_its_text_its_time_and_its_place(tmp_path: Path) -> None:
    pictures = sign("Gate 7", "Way out 3"), sign("Gate 7", "closed now"), scene(1, 1, SIZE)[0]
    found = read(film(tmp_path / "a.mp4", *pictures), shots(3))
    assert [line.text for line in found] == ["Gate 7", "Way out 3", "closed now"]
    ends = [(line.span.start_us, line.span.end_us) for line in found]
    assert ends == [(0, 2 * SECOND), (0, SECOND), (SECOND, 2 * SECOND)]
    assert all(line.confidence > 0.8 for line in found)
    left, top, right, bottom = found[0].box or BOX
    assert left == pytest.approx(10 / 320, abs=0.03)
    assert top == pytest.approx(20 / 180, abs=0.06)
    assert right < 0.45
    assert bottom < 0.35


def test_what_the_screen_shows_is_found_by_search(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", scene(1, 1, SIZE)[0], sign("AB-123 parks", seed=9), scene(5, 1, SIZE)[0])
    with Library.open(tmp_path / "library", create=True) as library:
        ended = list(index(library, [tmp_path / "a.mp4"], Recipe(("palette",), annotators=("ocr",))))[-1]
        assert (ended.stage, ended.detail.partition(" ")[0]) == ("done", "3")
        second = library.catalog.shots(library.catalog.videos()[0].video.id)[1]
        for asked in ("parks", "*B-12*", "b-12", "AB-123"):
            (match,) = library.catalog.words(asked, Filters(), 9)
            assert (match.shot_id, match.source) == (second.id, "screen")
            assert second.span.start_us <= match.at_us < second.span.end_us


def test_without_the_extra_nothing_is_indexed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing when `index` only looked whether there is such an annotator: every video was partial."""
    film(tmp_path / "a.mp4", scene(1, 1, SIZE)[0])
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with Library.open(tmp_path / "library", create=True) as library:
        with pytest.raises(Unsupported, match=r"pip install 'shotseek\[ocr\]'"):
            list(index(library, [tmp_path], Recipe(("palette",), annotators=("ocr",))))
        assert library.catalog.files() == {}


def test_nothing_is_ever_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing when the models were not named by their paths: rapidocr then may fetch them."""
    from rapidocr.utils.download_file import DownloadFile

    def refuse(*_: object) -> None:
        raise AssertionError("a download")

    monkeypatch.setattr(DownloadFile, "run", refuse)
    reader.cache_clear()
    assert [line.text for line in reader()(sign("No network"))] == ["No network"]


def test_a_picture_without_text_has_none() -> None:
    assert reader()(np.full((90, 160, 3), 127, np.uint8)) == []


def frames(*pictures: Image) -> Iterator[Frame]:
    """Four a second, as they are looked at."""
    return (Frame(picture, number, Fraction(1, 4)) for number, picture in enumerate(pictures))


def chosen(*pictures: Image, keyframe_us: int = 0) -> list[tuple[float, float]]:
    """Seconds: since when a picture is there, and when it is read."""
    shot = Shot(0, 0, 0, Span(0, 60 * SECOND), (keyframe_us,))
    return [
        (since / SECOND, frame.time_us / SECOND) for since, frame in worth_reading(frames(*pictures), shot)
    ]


def test_a_still_picture_is_read_once() -> None:
    assert chosen(*[sign("a")] * 80) == [(0, 0)]
    assert chosen(*[sign("a")] * 80, keyframe_us=5 * SECOND) == [(0, 0.25)]


def test_a_shot_of_one_picture_is_read() -> None:
    assert chosen(sign("a"), keyframe_us=5 * SECOND) == [(0, 0)]
    assert chosen() == []


def test_another_text_is_read_as_soon_as_it_stands_still() -> None:
    """Seen failing when the mean of the whole picture was compared: a line of text hardly changes it."""
    pictures = [*[sign("12:07")] * 6, sign("12:08"), *[sign("Arrival at 12:09")] * 6]
    assert chosen(*pictures) == [(0, 0), (1.75, 2.0)]


def test_what_never_stands_still_is_read_now_and_then() -> None:
    moving = chosen(*scene(3, 40, SIZE, speed=8), keyframe_us=SECOND)
    assert [at for _, at in moving] == [1, 4, 7]
    assert EVERY_US == 3 * SECOND


def test_readings_of_one_line_become_one() -> None:
    lines = Lines(9 * SECOND)
    lines.see(0, [Line("Brcaking news", 0.7, BOX), Line("12:07", 0.9, BOX)])
    lines.see(2 * SECOND, [Line("Breaking news", 0.9, BOX), Line("12:08", 0.9, BOX)])
    lines.see(4 * SECOND, [Line("BreakingNews", 0.8, BOX)])
    lines.see(6 * SECOND, [])
    lines.see(8 * SECOND, [Line("Breaking news", 0.8, BOX)])
    told = [(line.text, span.start_us // SECOND, span.end_us // SECOND) for line, span in lines.all()]
    assert told == [("Breaking news", 0, 6), ("12:07", 0, 2), ("12:08", 2, 4), ("Breaking news", 8, 9)]


def test_one_text_in_two_places_is_two_lines() -> None:
    lines = Lines(SECOND)
    lines.see(0, [Line("EXIT", 0.9, BOX), Line("EXIT", 0.9, BOX)])
    lines.see(1, [Line("EXIT", 0.9, BOX)])
    assert [span for _, span in lines.all()] == [Span(0, SECOND), Span(0, 1)]
