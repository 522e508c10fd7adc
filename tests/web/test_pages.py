"""The pages, as a browser without scripts gets them."""

import io
import re
import shlex
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from indexer.catalog import Problem, State
from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.errors import Reason
from plugins.values import SECOND
from search.engine import Engine
from shotseek.draw import write_video
from tests.web.conftest import FPS, HOSTILE, RED, Videos, client_of, scene
from tests.web.test_api import png
from web.cards import Piece, clock, pieces, seconds_param
from web.explain import WORDS, trouble

PAGES = ["/", "/?q=red", "/?q=zzz-no-such-colour", "/library", "/problems", "/encoders", "/api"]


def text_of(html: str) -> str:
    """What a reader sees of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    assert response.text.startswith("<!doctype html>")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/library", "/problems", "/encoders", "/api", "/?q=red"])
def test_every_page_opens_on_an_empty_library(empty: FlaskClient, path: str) -> None:
    assert empty.get(path).status_code == 200


def test_every_page_opens_on_a_library_of_one(tmp_path: Path) -> None:
    """One video of one colour: nothing to compare it with, nothing in the plural."""
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "only.mp4", scene(RED, 2), fps=FPS)
    with Library.open(tmp_path / "one", create=True) as library, Engine(library) as engine:
        for _ in index(library, [tmp_path / "videos"], Recipe(("palette",))):
            pass
        client, video = client_of(engine), next(iter(library.catalog.videos())).video
        for path in (*PAGES, "/map", "/collections", f"/video/{video.id}"):
            assert client.get(path).status_code == 200, path
        assert "1 hit for" in text_of(client.get("/?q=red").text)
        assert "1 video" in text_of(client.get("/library").text)
        assert "1 videos" not in text_of(client.get("/library").text)


@pytest.mark.parametrize("path", ["/", "/library", "/?q=red"])
def test_an_empty_library_says_how_to_fill_it(empty: FlaskClient, path: str) -> None:
    assert re.search(r"shotseek index --library \S+/empty ~/Videos", empty.get(path).text)


def test_hits_lead_to_their_moment(client: FlaskClient, videos: Videos) -> None:
    html = client.get("/?q=harbour").text
    assert "<mark>harbour</mark>" in html
    assert f'href="/video/{videos.colours}?t=2.5&amp;q=harbour"' in html
    assert "said or shown #1 at 0:02.5" in text_of(html)
    assert "1 hit for “harbour”" in text_of(html)


def test_the_query_stays_in_the_box(client: FlaskClient) -> None:
    html = client.get("/?q=red+%22flower%22&min_duration=1.5&video=sea.webm").text
    assert 'value="red &#34;flower&#34;"' in html
    assert 'value="1.5"' in html
    assert 'value="sea.webm"' in html
    assert '<details class="filters" open>' in html


def test_pages_of_hits_are_linked(client: FlaskClient) -> None:
    first = client.get("/?q=blue&k=2").text
    [following] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = client.get(unescape(following)).text
    assert "Hits 3–4" in second
    [back] = re.findall(r'rel="prev" href="([^"]+)"', second)
    assert client.get(unescape(back)).text.count('class="card hit"') == 2


def test_similar_shows_what_was_asked_with(client: FlaskClient, videos: Videos) -> None:
    [like] = re.findall(r'href="(/\?like=\d+)"', client.get("/?q=red&k=1").text)
    page = text_of(client.get(like).text)
    assert "Like colours.mp4 at 0:00.0" in page
    gone = client.get("/?like=999999")
    assert gone.status_code == 404
    assert "no shot 999999" in gone.text


def test_an_upload_leads_to_an_address_and_keeps_the_rest(client: FlaskClient) -> None:
    sent = client.post(
        "/upload", data={"file": (png(RED), "C:\\x.png"), "state": "q=red&min_duration=1&evil=1&offset=5"}
    )
    assert sent.status_code == 303
    assert re.fullmatch(r"/\?q=red&min_duration=1&offset=5&upload=[0-9a-f]{64}", sent.headers["Location"])
    found = client.get(sent.headers["Location"])
    assert found.status_code == 200
    assert "Like what you sent" in found.text


@pytest.mark.parametrize("content", [b"", b"neither picture nor clip"])
def test_an_upload_that_is_none_says_so(client: FlaskClient, content: bytes) -> None:
    sent = client.post("/upload", data={"file": (io.BytesIO(content), "x.png")}, follow_redirects=True)
    assert sent.status_code == 422
    assert ("empty" if not content else "cannot be used") in text_of(sent.text)
    assert client.post("/upload", data={}).status_code == 422


def test_a_query_that_cannot_be_says_why_and_keeps_the_page(client: FlaskClient) -> None:
    answer = client.get("/?q=red&video=nothing-like-it")
    assert answer.status_code == 404
    assert "no video here is called" in text_of(answer.text)
    assert 'value="red"' in answer.text
    assert client.get("/?q=red&k=0").status_code == 422
    assert client.get("/?q=red&from=elsewhere").status_code == 200


def test_the_video_page_has_all_there_is(client: FlaskClient, videos: Videos) -> None:
    html = client.get(f"/video/{videos.colours}?t=2.5").text
    assert f'src="/media/{videos.colours}#t=2.5"' in html
    page = text_of(html)
    assert "3 shots" in page
    assert "The harbour is quiet" in page
    assert "128 × 96" in page
    assert "h264" in page
    assert f"/?video={videos.colours}" in html
    assert client.get("/video/999999").status_code == 404
    assert client.get(f"/video/{videos.colours}?t=later").status_code == 422


def test_names_are_text_whatever_they_are(client: FlaskClient, videos: Videos) -> None:
    for path in ("/", "/library", f"/video/{videos.hostile}", "/?q=green"):
        html = client.get(path).text
        assert "<img src=x" not in html
        assert HOSTILE in unescape(html)
    assert "caf\ufffd \ufffd.mp4" in client.get(f"/video/{videos.latin_1}").text


def test_the_library_is_searched_by_name(client: FlaskClient) -> None:
    page = text_of(client.get("/library?text=SEA").text)
    assert "sea.webm" in page
    assert "colours.mp4" not in page
    assert "No video is called that" in client.get("/library?text=nothing").text
    assert client.get("/library?limit=2").text.count('class="card"') == 2


def test_problems_say_what_to_do(client: FlaskClient, videos: Videos) -> None:
    page = text_of(client.get("/problems").text)
    assert "broken.mp4" in page
    assert "This is not a video." in page
    assert re.search(rf"shotseek index --library \S+ --retry {videos.folder}/broken.mp4", page)


def test_encoders_are_named_with_where_they_come_from(client: FlaskClient) -> None:
    page = text_of(client.get("/encoders").text)
    assert "palette" in page
    assert "plugins.encoders.palette:PaletteEncoder" in page
    assert "shotseek pull open-clip" in page


def test_a_wrong_address_is_a_page(client: FlaskClient) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "Back to the search" in response.text


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(Reason)


def test_a_retry_can_be_pasted_into_a_shell() -> None:
    problem = Problem("/v/it's $HOME; rm.mp4", "scan", State.FAILED, "crashed", "", datetime.now(UTC))
    retry = trouble(problem, Path("/my library")).retry
    assert shlex.split(retry) == ["shotseek", "index", "--library", "/my library", "--retry", problem.path]


@pytest.mark.parametrize(
    ("us", "shown"),
    [(0, "0:00.0"), (59_999_999, "0:59.9"), (60_000_000, "1:00.0"), (3_723_400_000, "1:02:03.4")],
)
def test_clock(us: int, shown: str) -> None:
    assert clock(us) == shown


@pytest.mark.parametrize(("us", "shown"), [(0, "0"), (2_500_000, "2.5"), (333_333, "0.334")])
def test_an_address_never_points_before_its_frame(us: int, shown: str) -> None:
    assert seconds_param(us) == shown
    assert float(shown) * SECOND >= us


def test_a_long_time_keeps_its_milliseconds() -> None:
    assert seconds_param(12_345_678_000) == "12345.678"


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("", ()),
        ("plain", (Piece("plain", False),)),
        ("\ue000a\ue001 b \ue000c\ue001", (Piece("a", True), Piece(" b ", False), Piece("c", True))),
        ("\ue000open", (Piece("open", False),)),
    ],
)
def test_snippets_are_cut_at_their_marks(snippet: str, expected: tuple[Piece, ...]) -> None:
    assert pieces(snippet) == expected
