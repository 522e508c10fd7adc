"""How a video is played: as it is or by a proxy, with captions and chapters; its pieces as queries."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import pytest
from flask.testing import FlaskClient

from indexer.library import Library
from indexer.pipeline import Recipe, index
from indexer.playback import Playback
from plugins.contracts import Annotator, Media
from plugins.values import SECOND, Annotation, Shot, Span, Video
from search.engine import Engine
from shotseek.draw import write_video
from tests.web.conftest import BLUE, FPS, GREEN, RED, Videos, client_of, scene
from web.playing import MP4, WEBM, cue_text, plays, seems_to_play

API = "/api/v1"
SPEAKS = ("tests.web.test_playing:Speaks", "subtitles")


class Speaks(Annotator):
    """Hears what a hostile film would say."""

    source = "speech"

    def annotate(self, media: Media, shots: Sequence[Shot]) -> Iterator[Annotation]:
        yield Annotation(Span(0, SECOND), "speech", "a --> <b>b</b> & c\n\nNOTE d\x01", language="de")


@pytest.mark.parametrize(
    ("container", "codec", "pixels", "sound", "expected"),
    [
        (MP4, "h264", "yuv420p", "aac", True),
        (MP4, "h264", "yuvj420p", "", True),
        (MP4, "av1", "yuv420p10le", "opus", True),
        (WEBM, "vp9", "yuv420p", "vorbis", True),
        (MP4, "h264", "yuv420p10le", "aac", False),
        (MP4, "h264", "yuv422p", "aac", False),
        (MP4, "hevc", "yuv420p", "aac", False),
        (MP4, "h264", "yuv420p", "ac3", False),
        (WEBM, "h264", "yuv420p", "aac", False),
        ("avi", "h264", "yuv420p", "mp3", False),
        ("mpegts", "h264", "yuv420p", "aac", False),
        ("mpeg", "mpeg2video", "yuv420p", "mp2", False),
    ],
)
def test_what_browsers_play(container: str, codec: str, pixels: str, sound: str, expected: bool) -> None:
    assert plays(Playback(container, codec, pixels, sound, 0, ())) is expected


@pytest.mark.parametrize(
    ("name", "codec", "expected"),
    [
        ("a.MP4", "h264", True),
        ("a.mov", "h264", True),
        ("a.webm", "vp9", True),
        ("a.mp4", "hevc", False),
        ("a.mkv", "h264", False),
        ("a.ts", "h264", False),
        ("a", "h264", False),
    ],
)
def test_what_the_catalog_lets_a_page_load_at_once(name: str, codec: str, expected: bool) -> None:
    video = Video(1, f"/films/{name}", "0", SECOND, 640, 360, None, codec, True, None)
    assert seems_to_play(video) is expected


def test_how_a_video_is_played(client: FlaskClient, videos: Videos) -> None:
    plain = client.get(f"{API}/videos/{videos.colours}/playback").get_json()
    assert (plain["plays"], plain["codec"], plain["sound"], plain["lead"]) == (True, "h264", "", 0)
    old = client.get(f"{API}/videos/{videos.old}/playback").get_json()
    assert (old["plays"], old["codec"], old["container"]) == (False, "mpeg4", "avi")
    [proxy] = old["proxies"]
    assert (proxy["type"], proxy["copied"]) == ('video/mp4; codecs="avc1.640028"', False)
    [segment] = proxy["segments"]
    answer = client.get(segment)
    assert (answer.status_code, answer.mimetype) == (200, "video/mp4")
    assert answer.cache_control.max_age == 7 * 24 * 3600
    with av.open(io.BytesIO(answer.data), "r") as container:
        assert sum(1 for _ in container.decode(video=0)) == 2 * FPS
    part = client.get(segment, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.data) == (206, answer.data[:10])
    assert client.get(segment.split("?")[0]).cache_control.max_age == 0


@pytest.mark.parametrize(
    "path", ["/media/999999/proxy/0.mp4", "/media/{old}/proxy/1.mp4", "/media/{old}/proxy/-1.mp4"]
)
def test_there_is_no_other_segment(client: FlaskClient, videos: Videos, path: str) -> None:
    assert client.get(path.format(old=videos.old)).status_code == 404


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Engine]:
    """The engine of a library whose one video a test may spoil."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "old.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nbelow\n\n")
    write_video(tmp_path / "own" / "old.avi", scene(RED, 2), fps=FPS, codec="mpeg4")
    with Library.open(tmp_path / "library", create=True) as library:
        for _ in index(
            library, [tmp_path / "own"], Recipe(("palette",), detector="fixed:2", annotators=SPEAKS)
        ):
            pass
        with Engine(library) as engine:
            yield engine


def test_what_cannot_be_made_says_why_in_plain_words(own: Engine, tmp_path: Path) -> None:
    (tmp_path / "own" / "old.avi").write_text("this is no video")
    client = client_of(own)
    answer = client.get("/media/1/proxy/0.mp4")
    assert (answer.status_code, answer.mimetype, answer.text) == (422, "text/plain", "This is not a video.")
    told = client.get(f"{API}/videos/1/playback")
    assert (told.status_code, told.get_json()["error"]["message"]) == (422, "This is not a video.")
    assert client.get("/video/1/chapters.vtt").text == "WEBVTT\n"


def test_a_file_swapped_for_a_link_out_is_not_played(own: Engine, tmp_path: Path) -> None:
    video = tmp_path / "own" / "old.avi"
    write_video(tmp_path / "secret.avi", scene(BLUE, 2), fps=FPS, codec="mpeg4")
    video.unlink()
    video.symlink_to(tmp_path / "secret.avi")
    assert client_of(own).get("/media/1/proxy/0.mp4").status_code == 422


def test_captions_show_text_literally(own: Engine) -> None:
    client = client_of(own)
    speech = client.get("/video/1/captions.vtt?source=speech")
    assert (speech.status_code, speech.mimetype) == (200, "text/vtt")
    assert speech.text == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na --&gt; &lt;b&gt;b&lt;/b&gt; &amp; c\nNOTE d\ufffd\n"
    )
    assert "below" in client.get("/video/1/captions.vtt").text
    assert client.get("/video/1/captions.vtt?source=name").text == "WEBVTT\n"
    assert client.get("/video/999999/captions.vtt").status_code == 404
    html = client.get("/video/1").text
    assert 'label="Speech" srclang="de"' in html
    assert cue_text(" \n ") == "\u00a0"


def test_a_piece_is_a_query(client: FlaskClient, videos: Videos) -> None:
    """The blue part of one video is found in another, and itself is left out."""
    found = client.get(f"{API}/search?piece={videos.colours}:2-4&k=10").get_json()
    assert found["hits"][0]["video"]["name"] == "sea.webm"
    assert all((hit["video"]["id"], hit["start"]) != (videos.colours, 2) for hit in found["hits"])


@pytest.mark.parametrize(
    ("piece", "status"),
    [
        ("{id}:4-2", 422),
        ("{id}:2-2", 422),
        ("{id}:600-700", 422),
        ("{id}:a-b", 422),
        ("{id}", 422),
        ("{id}:2-4;x", 422),
        ("999999:2-4", 404),
        ("{id}:5.5-600", 200),
        ("{id}:1.000001-1.000002", 200),
    ],
)
def test_pieces_that_are_none(client: FlaskClient, videos: Videos, piece: str, status: int) -> None:
    asked = piece.format(id=videos.colours)
    assert client.get(f"{API}/search", query_string={"piece": asked}).status_code == status
    assert client.get("/", query_string={"piece": asked}).status_code == status


def test_a_piece_that_another_video_has_too_is_found_there(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    frames = scene(RED, 3) + scene(BLUE, 4) + scene(GREEN, 3)
    write_video(tmp_path / "v" / "one.mp4", frames, fps=FPS)
    write_video(tmp_path / "v" / "two.mp4", scene(GREEN, 2) + frames[20:80], fps=FPS)
    with Library.open(tmp_path / "library", create=True) as library:
        for _ in index(library, [tmp_path / "v"], Recipe(("palette",), detector="fixed:1")):
            pass
        with Engine(library) as engine:
            names = {item.video.name: item.video.id for item in library.catalog.videos()}
            first = (
                client_of(engine).get(f"{API}/search?piece={names['one.mp4']}:2.5-7.5").get_json()["hits"][0]
            )
    assert first["evidence"][0]["source"] == "alignment"
    assert first["video"]["name"] == "two.mp4"
    assert first["at"] == pytest.approx(2.5, abs=0.5)
