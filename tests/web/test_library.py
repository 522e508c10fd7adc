"""Folders, jobs and events through the JSON API, over the real service."""

import http.client
import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from indexer.library import Library
from indexer.pipeline import Recipe, index
from indexer.service import IndexService
from search.engine import Engine
from shotseek.draw import write_video
from tests.web.conftest import BLUE, FPS, RED, Client, Videos, scene, serve
from tests.web.test_api import API, refusal
from tests.web.test_pages import text_of
from web import create_app
from web.cards import file_size
from web.site import MAX_STREAMS


@contextmanager
def changing(folder: Path, detector: str = "Held", **options: Any) -> Iterator[tuple[Engine, IndexService]]:
    """A library that can be changed, and what indexes it: see `tests.indexer.detectors` for how."""
    with Library.open(folder, create=True) as library, Engine(library) as engine:
        recipe = Recipe(("palette",), detector=f"tests.indexer.detectors:{detector}")
        indexing = partial(index, library, recipe=recipe, workers=1)
        options = {"look_s": 0.2, "settle_s": 0.3} | options
        with IndexService(library, indexing, **options) as service:
            yield engine, service


@pytest.fixture
def own(tmp_path: Path) -> Iterator[FlaskClient]:
    """The application of an empty library that can be changed."""
    with changing(tmp_path / "library") as (engine, service):
        app = create_app(engine, service)
        app.test_client_class = Client
        yield app.test_client()


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder with two videos and a file that is none."""
    folder = tmp_path / "films"
    folder.mkdir()
    film(folder / "one.mp4", RED)
    film(folder / "two.mp4", BLUE)
    (folder / "broken.mp4").write_text("this is no video")
    age(folder / "broken.mp4")
    return folder


def film(path: Path, colour: tuple[int, int, int]) -> None:
    write_video(path, scene(colour, 1), fps=FPS)
    age(path)


def age(path: Path) -> None:
    os.utime(path, (time.time() - 1000, time.time() - 1000))


def until(condition: Callable[[], Any], within_s: float = 60) -> Any:
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def jobs(client: FlaskClient) -> list[Any]:
    found: list[Any] = client.get(f"{API}/jobs").get_json()["jobs"]
    return found


def ended(client: FlaskClient, id_: int) -> Any:
    def over() -> Any:
        return next((job for job in jobs(client) if job["id"] == id_ and job["ended"]), None)

    return until(over)


def add(client: FlaskClient, folder: Path, **more: object) -> Any:
    """Adds a folder and waits until it is indexed."""
    sent = client.post(f"{API}/folders", json={"path": str(folder), **more})
    assert sent.status_code == 201, sent.text
    until(lambda: jobs(client) and all(job["ended"] for job in jobs(client)))
    return sent.get_json()


def test_a_folder_is_added_indexed_and_forgotten(own: FlaskClient, films: Path) -> None:
    added = add(own, films)
    assert (added["path"], added["watched"], added["videos"]) == (str(films), True, 0)
    [job] = jobs(own)
    assert (job["state"], job["total"], job["done"]) == ("done", 3, 3)
    assert job["counts"] == {"done": 2, "failed": 1}
    said = {item["name"]: (item["state"], item["why"]) for item in job["finished"]}
    assert said["broken.mp4"] == ("failed", "This is not a video.")
    assert [item["page_url"] is None for item in job["finished"] if item["state"] == "done"] == [False, False]
    [folder] = own.get(f"{API}/folders").get_json()["folders"]
    assert (folder["videos"], folder["failed"], folder["missing"]) == (2, 1, 0)
    kept = own.delete(f"{API}/folders/{folder['id']}", json={})
    assert kept.get_json() == {"videos": 0}
    assert own.get(f"{API}/videos").get_json()["total"] == 2
    assert own.get(f"{API}/folders").get_json() == {"folders": []}
    again = add(own, films)
    assert own.delete(f"{API}/folders/{again['id']}", json={"videos": True}).get_json() == {"videos": 3}
    assert own.get(f"{API}/videos").get_json()["total"] == 0
    assert (films / "one.mp4").exists()
    assert refusal(own.delete(f"{API}/folders/{again['id']}", json={}))[0] == 404


def test_what_cannot_be_added_says_why(own: FlaskClient, films: Path, tmp_path: Path) -> None:
    for path, status, why in [
        ("films", 422, "not a whole path"),
        ("/proc", 422, "belongs to the system"),
        (f"{films}-none", 404, "no such file or folder"),
        (f"{tmp_path}/library", 422, "part of the library itself"),
        ("", 422, "path"),
    ]:
        code, _, message = refusal(own.post(f"{API}/folders", json={"path": path}))
        assert (code, why in message) == (status, True), message
    assert refusal(own.post(f"{API}/folders", json={"path": str(films), "evil": 1}))[0] == 422
    assert refusal(own.post(f"{API}/folders", data="path=/"))[0] == 400


def test_names_of_folders_are_completed(own: FlaskClient, films: Path) -> None:
    answer = own.get(f"{API}/folders/completions", query_string={"path": f"{films.parent}/fi"})
    assert answer.get_json() == {"paths": [f"{films}/"]}
    assert own.get(f"{API}/folders/completions").get_json() == {"paths": []}


def test_what_is_on_this_machine_is_told_on_this_machine_only(own: FlaskClient, films: Path) -> None:
    far = {"REMOTE_ADDR": "192.0.2.7"}
    for path in ("folders/completions?path=/", "folders", "jobs", "events"):
        assert refusal(own.get(f"{API}/{path}", environ_base=far))[0] == 403
    assert own.post(f"{API}/folders", json={"path": str(films)}, environ_base=far).status_code == 403
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert own.post(f"{API}/folders", json={"path": str(films)}, headers=cross).status_code == 403
    assert jobs(own) == []


def test_a_server_that_only_shows_changes_nothing(client: FlaskClient, videos: Videos) -> None:
    for method, path, body in [
        ("POST", "folders", {"path": "/x"}),
        ("POST", "jobs", {}),
        ("POST", "jobs/pause", None),
        ("DELETE", f"videos/{videos.sea}", {}),
        ("GET", "events", None),
        ("GET", "folders/completions", None),
    ]:
        answer = client.open(f"{API}/{path}", method=method, json=body)
        assert refusal(answer)[2].startswith("this server shows the library"), path


def test_pause_cancel_and_retry(own: FlaskClient, films: Path, hold: Path) -> None:
    assert own.post(f"{API}/jobs/pause").status_code == 204
    own.post(f"{API}/folders", json={"path": str(films)})
    [job] = jobs(own)
    assert job["state"] == "waiting"
    assert own.get(f"{API}/jobs").get_json()["paused"]
    assert own.post(f"{API}/jobs/resume").status_code == 204
    running = until(lambda: next((item for item in jobs(own) if item["active"] and item["waiting"]), None))
    number = running["waiting"][-1]["number"]
    assert own.post(f"{API}/jobs/{job['id']}/cancel", json={"video": number}).status_code == 204
    hold.unlink()
    assert ended(own, job["id"])["counts"]["cancelled"] == 1
    problems = own.get(f"{API}/problems").get_json()
    assert {problem["reason"] for problem in problems["problems"]} == {"cancelled", "not-media"}
    [cancelled] = [item["file"] for item in problems["problems"] if item["reason"] == "cancelled"]
    tried = own.post(f"{API}/jobs", json={"files": [cancelled], "retry": True})
    assert tried.status_code == 202
    assert ended(own, tried.get_json()["id"])["counts"] == {"done": 1}
    assert own.get(f"{API}/problems?limit=1").get_json()["total"] == 1
    everything = own.post(f"{API}/jobs", json={"retry": True}).get_json()
    assert ended(own, everything["id"])["counts"] == {"unchanged": 2, "failed": 1}
    for path, body in [("jobs/999/cancel", {}), ("jobs", {"files": [999]}), ("jobs", {"folders": [999]})]:
        assert refusal(own.post(f"{API}/{path}", json=body))[0] == 404


def test_nothing_to_index_is_said(own: FlaskClient, tmp_path: Path) -> None:
    assert "no folder yet" in refusal(own.post(f"{API}/jobs", json={}))[2]
    (tmp_path / "empty").mkdir()
    add(own, tmp_path / "empty")
    assert jobs(own)[0]["message"] == "there is no video in it"


def test_a_video_is_removed_kept_out_brought_back_and_forgotten(own: FlaskClient, films: Path) -> None:
    add(own, films)
    ids = {video["name"]: video["id"] for video in own.get(f"{API}/videos").get_json()["videos"]}
    assert own.delete(f"{API}/videos/{ids['one.mp4']}", json={}).status_code == 204
    time.sleep(0.8)  # watching leaves it alone
    assert [video["name"] for video in own.get(f"{API}/videos").get_json()["videos"]] == ["two.mp4"]
    [left] = own.get(f"{API}/left-out").get_json()["files"]
    assert left["path"] == str(films / "one.mp4")
    assert own.delete(f"{API}/left-out/{left['id']}").status_code == 204
    until(lambda: own.get(f"{API}/videos").get_json()["total"] == 2)
    assert own.get(f"{API}/left-out").get_json() == {"files": []}
    assert own.delete(f"{API}/videos/{ids['two.mp4']}", json={"keep_out": False}).status_code == 204
    found = until(lambda: (f := own.get(f"{API}/videos").get_json())["total"] == 2 and f["videos"])
    assert {video["name"] for video in found} == {"one.mp4", "two.mp4"}  # watching finds it new
    assert {video["id"] for video in found} != set(ids.values())
    assert refusal(own.delete(f"{API}/videos/999", json={}))[0] == 404


def test_new_files_come_by_themselves_while_watched(own: FlaskClient, films: Path) -> None:
    folder = add(own, films)
    film(films / "three.mp4", RED)
    until(lambda: own.get(f"{API}/videos").get_json()["total"] == 3)
    assert not own.put(f"{API}/folders/{folder['id']}", json={"watched": False}).get_json()["watched"]
    film(films / "four.mp4", RED)
    time.sleep(0.8)
    assert own.get(f"{API}/videos").get_json()["total"] == 3
    own.put(f"{API}/folders/{folder['id']}", json={"watched": True})
    until(lambda: own.get(f"{API}/videos").get_json()["total"] == 4)


def test_videos_are_listed_in_order_and_by_state(client: FlaskClient, videos: Videos) -> None:
    longest = client.get(f"{API}/videos?order=length&limit=2").get_json()
    assert [video["id"] for video in longest["videos"]] == [videos.colours, videos.sea]
    assert longest["total"] == 5
    assert client.get(f"{API}/videos?state=missing").get_json()["total"] == 0
    assert client.get(f"{API}/videos?state=done&order=added").get_json()["total"] == 5
    assert refusal(client.get(f"{API}/videos?order=colour"))[0] == 422


def test_the_page_of_a_video_says_all_that_is_known(own: FlaskClient, films: Path) -> None:
    (films / "one.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nThe <i>tide</i> turns\n\n")
    add(own, films)
    id_ = own.get(f"{API}/videos?text=one").get_json()["videos"][0]["id"]
    own.post(f"{API}/videos/{id_}/tags", json={"text": "Holiday <b>"})
    page = text_of(own.get(f"/video/{id_}").text)
    size = (films / "one.mp4").stat().st_size
    for known in (
        "Words 0:00.1 The tide turns subtitles",
        "holiday <b> 1",
        "Container MPEG-4",
        "Picture 128 × 96, h264",
        f"File size {file_size(size)}",
        "Shots done in",
        "Vectors of palette done",
        "Text by subtitles done",
        "Index again Remove Forget",
    ):
        assert known in page
    again = own.post(f"{API}/jobs", json={"files": [id_], "again": True}).get_json()
    assert ended(own, again["id"])["counts"] == {"done": 1}
    assert "holiday <b>" in text_of(own.get(f"/video/{id_}").text)


def test_a_page_of_a_server_that_only_shows_offers_no_change(client: FlaskClient, videos: Videos) -> None:
    for path in ("/library", "/problems", f"/video/{videos.sea}"):
        assert "data-send" not in client.get(path).text


def test_a_long_list_has_pages(client: FlaskClient) -> None:
    first = client.get("/library?limit=2").text
    assert "5 videos 1–2" in text_of(first)
    last = client.get("/library?limit=2&offset=400").text  # of a list that has become shorter
    assert "5 videos 5–5" in text_of(last)
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last


class Stream:
    """A raw client of the events."""

    def __init__(self, address: str, known: str = "") -> None:
        self.connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        headers = {"Last-Event-ID": known} if known else {}
        self.connection.request("GET", f"{API}/events", headers=headers)
        self.response = self.connection.getresponse()

    def event(self) -> tuple[str, Any]:
        """The next one: its id and its data."""
        fields: dict[str, str] = {}
        while line := self.response.readline().decode():
            if line == "\n" and "data" in fields:
                return fields["id"], json.loads(fields["data"])
            if line != "\n" and not line.startswith(":"):
                name, _, value = line.rstrip("\n").partition(": ")
                fields[name] = value
        raise EOFError

    def close(self) -> None:
        self.response.close()
        self.connection.close()


def test_events_say_what_happens_as_it_happens(tmp_path: Path, films: Path) -> None:
    steady = changing(tmp_path / "library", "Steady", look_s=0)
    with steady as (engine, service), serve(engine, service) as address:
        stream = Stream(address)
        assert stream.response.status == 200
        assert stream.response.headers["Content-Type"].startswith("text/event-stream")
        assert "default-src 'self'" in stream.response.headers["Content-Security-Policy"]
        first, status = stream.event()
        assert status["jobs"] == []
        service.index([str(films)])
        seen: list[tuple[str, int]] = []
        shares: list[float] = []
        while not seen or seen[-1][0] != "done":
            last, status = stream.event()
            job = status["jobs"][0]
            seen.append((job["state"], job["done"]))
            shares += [job["size_done"]] if job["size"] else []
        assert [done for _, done in seen] == sorted(done for _, done in seen)
        assert shares == sorted(shares)
        assert {state for state, _ in seen} >= {"working", "done"}
        stream.close()
        again = Stream(address, known=last)  # hears nothing that it knows
        service.pause()
        newer, status = again.event()
        assert newer not in (first, last)
        assert status["paused"]
        again.close()


def test_streams_are_bounded_and_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, and not when something is written to them for the next time."""
    monkeypatch.setattr("web.api.jobs.HEARTBEAT_S", 3600.0)
    with changing(tmp_path / "library", look_s=0) as (engine, service), serve(engine, service) as address:
        streams = [Stream(address) for _ in range(MAX_STREAMS)]
        assert [stream.response.status for stream in streams] == [200] * MAX_STREAMS
        refused = Stream(address)
        assert refused.response.status == 503
        assert json.loads(refused.response.read())["error"]["code"] == "service-unavailable"
        refused.close()
        with urllib.request.urlopen(f"{address}{API}/jobs") as answer:  # everything else is answered
            assert answer.status == 200
        for stream in streams:
            stream.close()

        def free() -> bool:
            stream = Stream(address)
            stream.close()
            return stream.response.status == 200

        assert until(free)
