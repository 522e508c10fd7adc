"""Subtitles beside a video and inside it."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.media import MediaFile, open_media
from plugins.annotators.subtitles import MAX_BYTES, SubtitleAnnotator
from plugins.contracts import Annotator, Media
from plugins.errors import InvalidValue
from plugins.testing import AnnotatorContract
from plugins.values import SECOND, Annotation, Shot, Span
from tests.videos import clip

SRT = "1\n00:00:00,500 --> 00:00:01,250\n{}\n\n2\n00:00:02,000 --> 00:00:02,500\nsecond\n\n"
VTT = (
    "WEBVTT\n\n00:01.000 --> 00:02.000\n{}\n\nNOTE of nobody's business\n\n00:02.000 --> 00:02.500\nsecond\n"
)
ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,not shown\n"
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{}\n"
)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    clip(tmp_path / "film.mp4", 3)
    return tmp_path / "film.mp4"


@pytest.fixture
def media(video: Path) -> MediaFile:
    video.with_suffix(".srt").write_text(SRT.format("first"))
    with open_media(str(video), [str(video.parent)]) as opened:
        return opened


@pytest.fixture
def shots() -> Sequence[Shot]:
    return [Shot(0, 0, 0, Span(0, 3 * SECOND), (0,))]


class TestSubtitles(AnnotatorContract):
    @pytest.fixture
    def annotator(self) -> Annotator:
        return SubtitleAnnotator()


def lines(video: Path) -> list[Annotation]:
    shots = [Shot(0, 0, 0, Span(0, 3 * SECOND), (0,))]
    with open_media(str(video), [str(video.parent)]) as media:
        opened: Media = media
        return list(SubtitleAnnotator().annotate(opened, shots))


def test_times_and_text(video: Path) -> None:
    video.with_suffix(".srt").write_text(SRT.format("first\nof two"))
    assert [(item.span, item.text) for item in lines(video)] == [
        (Span(500_000, 1_250_000), "first\nof two"),
        (Span(2_000_000, 2_500_000), "second"),
    ]


@pytest.mark.parametrize(
    ("suffix", "file", "written", "read"),
    [
        (".srt", SRT, "<i>Hi</i> <font color='red'>there</font> &amp; {\\an8}you", "Hi there & you"),
        (".vtt", VTT, "<v Bob>Hi <c.loud>there</c> &amp; you", "Hi there & you"),
        (".ass", ASS, "{\\b1}Hi{\\b0}\\Nthere, you", "Hi\nthere, you"),
        (".ssa", ASS, "Hi", "Hi"),
        (".SRT", SRT, "Hi", "Hi"),
    ],
)
def test_formats_and_markup(suffix: str, file: str, written: str, read: str, video: Path) -> None:
    video.with_suffix(suffix).write_text(file.format(written))
    assert lines(video)[0].text == read
    assert "NOTE" not in "".join(item.text for item in lines(video))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str, video: Path) -> None:
    video.with_suffix(".srt").write_bytes(
        SRT.format("Café, Ärger, naïve").replace("\n", "\r\n").encode(encoding)
    )
    assert lines(video)[0].text == "Café, Ärger, naïve"


def test_names_say_the_language_and_whose_they_are(video: Path) -> None:
    for name in (
        "film.srt",
        "film.en.srt",
        "film.pt-BR.forced.srt",
        "film.2.srt",
        "film.commentary.srt",
        "film2.srt",
        "other.srt",
        "film.en.txt",
    ):
        video.with_name(name).write_text(SRT.format(name))
    assert [(item.text, item.language) for item in lines(video) if item.text != "second"] == [
        ("film.en.srt", "en"),
        ("film.pt-BR.forced.srt", "pt-BR"),
        ("film.srt", None),
    ]


def test_streams_inside_the_file(tmp_path: Path) -> None:
    said = Annotation(Span(SECOND, 2 * SECOND), "subtitles", "from inside")
    clip(tmp_path / "film.mkv", 3, subtitles=[said])
    (tmp_path / "film.srt").write_text(SRT.format("from beside"))
    assert [item.text for item in lines(tmp_path / "film.mkv")] == ["from inside", "from beside", "second"]


def test_what_lies_beyond_the_video_is_left_out(video: Path) -> None:
    video.with_suffix(".srt").write_text(SRT.format("in") + "3\n00:01:00,000 --> 00:01:02,000\nbeyond\n")
    assert [item.text for item in lines(video)] == ["in", "second"]


@pytest.mark.parametrize("content", [b"Once upon a time", bytes(range(256)) * 8, b"\xff\xfe\x00"])
@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
def test_what_is_no_subtitle_file_is_named(content: bytes, suffix: str, video: Path) -> None:
    video.with_suffix(suffix).write_bytes(content)
    with pytest.raises(InvalidValue, match=f"film{suffix}"):
        lines(video)


def test_an_empty_file_says_nothing(video: Path) -> None:
    video.with_suffix(".srt").touch()
    assert lines(video) == []


def test_only_ordinary_files_of_ordinary_size(video: Path, tmp_path: Path) -> None:
    beside = video.with_suffix(".srt")
    os.mkfifo(beside)
    with pytest.raises(InvalidValue, match="not a regular file"):
        lines(video)
    beside.unlink()
    (tmp_path / "secret").write_text(SRT.format("secret"))
    beside.symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidValue, match="not a regular file"):
        lines(video)
    beside.unlink()
    with beside.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(InvalidValue, match="no subtitle file"):
        lines(video)
