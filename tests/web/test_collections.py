"""Collections and exports through the API and the pages."""

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from flask.testing import FlaskClient

from indexer.media import open_media
from search.export.formats import FORMATS
from search.export.names import file_name
from tests.indexer.test_decoder import children
from tests.web.conftest import Videos
from web.site import KEY

API = "/api/v1"


def ask(client: FlaskClient, method: str, path: str, status: int = 200, **body: Any) -> Any:
    response = client.open(f"{API}{path}", method=method, json=body or None)
    assert response.status_code == status, response.text
    return response.json


def made(client: FlaskClient, videos: Videos, name: str = "best of") -> tuple[str, list[int]]:
    """A collection of three moments: its address, and the ids of its items."""
    path = f"/collections/{ask(client, 'POST', '/collections', name=name)['id']}"
    items = [
        {"video": videos.colours, "start": 2, "end": 3.5, "label": "blue", "note": "the sea"},
        {"video": videos.hostile, "start": 0, "end": 1},
        {"video": videos.sea, "start": 0.5, "end": 1.5},
    ]
    return path, ask(client, "POST", f"{path}/items", items=items)["added"]


def names(answer: Any) -> list[int]:
    return [item["id"] for item in answer["moments"]]


def test_a_collection_is_made_filled_ordered_and_removed(own: FlaskClient, videos: Videos) -> None:
    path, (a, b, c) = made(own, videos)
    got = ask(own, "GET", path)
    assert (got["name"], got["items"], got["duration"], names(got)) == ("best of", 3, 3.5, [a, b, c])
    first = got["moments"][0]
    assert (first["note"], first["label"], first["missing"]) == ("the sea", "blue", False)
    assert own.get(first["thumbnail_url"]).mimetype == "image/jpeg"
    assert first["page_url"] == f"/video/{videos.colours}?t=2"
    assert names(ask(own, "PATCH", f"{path}/items/{c}", place=0)) == [c, a, b]
    changed = ask(own, "PATCH", f"{path}/items/{a}", start=2.1, end=2.5, note="shorter")
    assert [changed["moments"][1][key] for key in ("start", "end", "note")] == [2.1, 2.5, "shorter"]
    assert names(ask(own, "DELETE", f"{path}/items/{b}")) == [c, a]
    assert ask(own, "PATCH", path, name="finest")["name"] == "finest"
    assert [item["name"] for item in ask(own, "GET", "/collections")["collections"]] == ["finest"]
    assert ask(own, "DELETE", path) == {"collections": []}


def test_what_cannot_be_is_refused(own: FlaskClient, videos: Videos) -> None:
    path, (item, *_) = made(own, videos)
    ask(own, "POST", "/collections", 422, name="best of")
    ask(own, "POST", "/collections", 422, name=" ")
    ask(own, "GET", "/collections/99", 404)
    ask(own, "PATCH", f"{path}/items/99", 404, note="x")
    ask(own, "PATCH", f"{path}/items/{item}", 422, start=1)
    ask(own, "PATCH", f"{path}/items/{item}", 422, start=3, end=2)
    ask(own, "PATCH", f"{path}/items/{item}", 404, start=100, end=101)
    ask(own, "POST", f"{path}/items", 422, items=[])
    ask(own, "POST", f"{path}/items", 404, items=[{"video": 999, "start": 0, "end": 1}])
    ask(own, "GET", f"{path}/export/avi", 404)
    empty = ask(own, "POST", "/collections", name="empty")["id"]
    answer = ask(own, "GET", f"/collections/{empty}/export/edl", 422)
    assert answer["error"]["message"] == "empty is empty: there is nothing to export"


LISTS = [form for form in FORMATS if not form.is_slow]


@pytest.mark.parametrize("form", LISTS, ids=lambda form: form.name)
def test_every_list_is_a_download(own: FlaskClient, videos: Videos, form: Any) -> None:
    path, _ = made(own, videos, '..\\my <"cut">: 1/2')
    response = own.get(f"{API}{path}/export/{form.name}")
    assert response.status_code == 200
    assert response.mimetype == form.media_type
    assert response.headers["Content-Disposition"] == f'attachment; filename="_my __cut___ 1_2{form.suffix}"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert b"sea" in response.data


def test_an_exported_collection_opens_elsewhere(own: FlaskClient, videos: Videos) -> None:
    path, _ = made(own, videos)
    edl = own.get(f"{API}{path}/export/edl").text
    (track,) = otio.adapters.read_from_string(edl, "cmx_3600", rate=30).tracks
    assert [clip.source_range.duration.value for clip in track] == [45, 30, 30]  # drawn at 10 a second
    document = json.loads(own.get(f"{API}{path}/export/json").text)
    assert [item["note"] for item in document["items"]] == ["the sea", "", ""]


def ended(client: FlaskClient, job: Any) -> Any:
    """The job when it has ended."""
    deadline = time.monotonic() + 60
    while not job["done"] and not job["error"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
        job = ask(client, "GET", f"/exports/{job['id']}")
    return job


def test_a_reel_is_made_watched_and_downloaded(own: FlaskClient, videos: Videos, tmp_path: Path) -> None:
    path, _ = made(own, videos)
    job = ask(own, "POST", f"{path}/exports", format="reel")
    assert (job["format"], job["done"], job["file_url"]) == ("reel", False, None)
    job = ended(own, job)
    assert (job["error"], job["notes"], job["share"]) == (None, [], 1.0)
    response = own.get(job["file_url"])
    assert response.headers["Content-Disposition"] == 'attachment; filename="best of.mp4"'
    (tmp_path / "reel.mp4").write_bytes(response.data)
    with open_media(str(tmp_path / "reel.mp4"), [str(tmp_path)]) as media:
        assert len(list(media.frames())) == 105  # drawn at 10 a second, counted at 30
    assert own.get(f"{API}/exports/nothing").status_code == 404
    assert ask(own, "POST", f"{path}/exports", 404, format="avi")


@pytest.mark.parametrize("form", [form for form in FORMATS if form.is_slow], ids=lambda form: form.name)
def test_slow_formats_are_downloads_too(own: FlaskClient, videos: Videos, form: Any) -> None:
    path, _ = made(own, videos)
    response = own.get(f"{path}/export/{form.name}")
    assert (response.status_code, response.mimetype) == (200, form.media_type)
    assert response.headers["Content-Disposition"] == f'attachment; filename="best of{form.suffix}"'
    assert response.data.startswith({"contact": b"\xff\xd8", "subclips": b"PK", "reel": b"\0\0\0"}[form.name])


def test_an_export_that_fails_says_why(own: FlaskClient, videos: Videos, tmp_path: Path) -> None:
    path, (a, b, c) = made(own, videos)
    for item in (b, c):
        ask(own, "DELETE", f"{path}/items/{item}")
    library = own.application.extensions[KEY].engine.library
    library.catalog.remove([videos.colours])
    (item,) = ask(own, "GET", path)["moments"]
    assert (item["id"], item["video"], item["missing"], item["thumbnail_url"]) == (a, None, True, None)
    assert "missing" in own.get(path).text
    job = ended(own, ask(own, "POST", f"{path}/exports", format="reel"))
    assert job["error"] == "best of: every video of it is missing"
    assert own.get(f"{API}/exports/{job['id']}/file").status_code == 422
    assert own.get(f"{path}/export/reel").status_code == 422
    assert own.get(f"{path}/export/edl").status_code == 200


def test_an_export_is_stopped(own: FlaskClient, videos: Videos) -> None:
    path, _ = made(own, videos)
    ask(
        own,
        "POST",
        f"{path}/items",
        items=[{"video": videos.sea, "start": 0, "end": 1 + i / 50} for i in range(80)],
    )
    job = ask(own, "POST", f"{path}/exports", format="reel")
    waiting = ask(own, "POST", f"{path}/exports", format="contact")
    ask(own, "DELETE", f"/exports/{waiting['id']}")
    ask(own, "DELETE", f"/exports/{job['id']}")
    assert ended(own, job)["error"] == ended(own, waiting)["error"] == "stopped"
    assert ended(own, ask(own, "POST", f"{path}/exports", format="contact"))["done"]


def test_closing_ends_exports_and_their_processes(own: FlaskClient, videos: Videos) -> None:
    """The one under way and the one that waits. Seen failing: `close` without the loop that interrupts and
    joins; the reel went on."""
    path, _ = made(own, videos)
    long = [{"video": videos.sea, "start": 0, "end": 1 + i / 50} for i in range(80)]
    ask(own, "POST", f"{path}/items", items=long)
    before = children()
    exports = own.application.extensions[KEY].exports
    under_way, waiting = (exports.job(ask(own, "POST", f"{path}/exports", format="reel")["id"]) for _ in "12")
    while not under_way.share:
        time.sleep(0.01)
    assert children() > before
    exports.close()
    assert children() == before
    assert not under_way.path.exists()
    assert (under_way.error, waiting.error, waiting.share) == ("stopped", "stopped", 0.0)
    assert under_way.ended.is_set()
    assert waiting.ended.is_set()
    assert ask(own, "POST", f"{path}/exports", 503, format="reel")["error"]
    exports.close()


def test_pages_show_collections_whatever_is_in_them(own: FlaskClient, videos: Videos) -> None:
    assert "Nothing is collected yet" in own.get("/collections").text
    ask(own, "POST", "/collections", name="empty")
    assert 'class="clock"' not in own.get("/collections").text  # nothing lasts no time
    path, (item, *_) = made(own, videos, "<b>bold</b>")
    ask(own, "PATCH", f"{path}/items/{item}", note="</textarea><script>alert(1)</script>")
    for address in ("/collections", path):
        text = own.get(address).text
        assert "<b>bold" not in text
        assert "<script>alert" not in text
        assert "&lt;b&gt;bold" in text
    assert "<img src=x" not in own.get(path).text
    assert own.get("/collections/99").status_code == 404
    assert own.get("/export/csv?q=blue&view=videos").status_code == 200


def test_an_answer_is_exported_without_a_collection(own: FlaskClient, videos: Videos) -> None:
    hits = ask(own, "GET", "/search?q=blue&k=3")["hits"]
    response = own.get(f"{API}/search/export/csv?q=blue&k=3")
    assert response.headers["Content-Disposition"] == "attachment; filename=blue.csv"
    rows = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"), newline="")))
    assert [row["video"] for row in rows] == [hit["video"]["name"] for hit in hits]
    assert {row["label"] for row in rows} == {"blue"}
    assert own.get(f"{API}/search/export/csv").status_code == 422
    assert own.get(f"{API}/search/export/csv?q=blue&unknown=1").status_code == 422


def test_formats_say_what_they_are_for(own: FlaskClient) -> None:
    known = ask(own, "GET", "/export-formats")["formats"]
    assert [item["name"] for item in known] == [form.name for form in FORMATS]
    assert all(item["about"].startswith("For ") for item in known)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("best of", "best of.edl"),
        ("../../etc/passwd", "_.._etc_passwd.edl"),
        ("a\r\nSet-Cookie: x", "a__Set-Cookie_ x.edl"),
        ("CON", "_CON.edl"),
        ("com1.tar", "_com1.tar.edl"),
        (" . ", "shotseek.edl"),
        ("", "shotseek.edl"),
        ("x" * 300, "x" * 80 + ".edl"),
        ("日本", "日本.edl"),
    ],
)
def test_names_of_files_are_ones_that_every_system_keeps(name: str, kept: str) -> None:
    assert file_name(name, ".edl") == kept
