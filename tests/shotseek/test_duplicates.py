"""A piece of a film is found in it, and shown as what it is: by the command, the API, and Python."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from indexer.library import Library
from search.engine import Engine
from shotseek import open_library
from shotseek.draw import write_video
from tests.search.test_align import FPS, film
from tests.shotseek.conftest import Run
from web import create_app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of a film and of an excerpt of it; ``piece.mp4`` beside it is from the film and not in it."""
    home = tmp_path_factory.mktemp("copies")
    (home / "videos").mkdir()
    frames = film(1, 2, 3)
    write_video(home / "videos/film.mp4", frames, fps=FPS)
    write_video(home / "videos/excerpt.mp4", frames[150:], fps=FPS)
    write_video(home / "videos/other.mp4", film(4), fps=FPS)
    write_video(home / "piece.mp4", [frame[::2, ::2] for frame in frames[20:130]], fps=FPS)
    with open_library(home / "library", create=True, encoders=["palette"]) as library:
        library.index(home / "videos")
    return home


def test_the_command_lists_them(run: Run, folder: Path) -> None:
    answer = run("duplicates", "--library", folder / "library")
    assert answer.code == 0, answer.err
    assert "excerpt.mp4" in answer.out
    assert "other.mp4" not in answer.out
    (group,) = run("duplicates", "film.mp4", "--library", folder / "library", "--json").json["groups"]
    assert [Path(video["path"]).name for video in group["videos"]] == ["excerpt.mp4", "film.mp4"]
    (overlap,) = group["overlaps"]
    assert (overlap["one"]["start"], overlap["one"]["end"]) == pytest.approx((6, 12), abs=0.4)
    assert (overlap["other"]["start"], overlap["other"]["end"]) == pytest.approx((0, 6), abs=0.4)


def test_a_library_without_any_says_so(run: Run, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "library", tmp_path / "library")
    with open_library(tmp_path / "library") as library:
        library.remove("excerpt.mp4")
    answer = run("duplicates", "--library", tmp_path / "library")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err == "no video shows what another one shows\n"
    assert run("duplicates", "nosuch", "--library", tmp_path / "library").code != 0


def test_a_clip_is_found_by_the_command(run: Run, folder: Path) -> None:
    asked = "search", "--clip", folder / "piece.mp4", "--library", folder / "library"
    hit = run(*asked, "--json").json["hits"][0]
    assert Path(hit["video"]).name == "film.mp4"
    assert (hit["from"], hit["to"]) == pytest.approx((0.8, 5.2), abs=0.1)
    assert hit["evidence"][0]["source"] == "alignment"
    assert "alignment" in run(*asked).out


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[FlaskClient]:
    with Library.open(folder / "library") as library, Engine(library) as engine:
        yield create_app(engine).test_client()


def test_a_clip_is_found_by_the_api(client: FlaskClient, folder: Path) -> None:
    with (folder / "piece.mp4").open("rb") as file:
        answer = client.post("/api/v1/search?k=3", data={"clip": (file, "piece.mp4")})
    hit = answer.get_json()["hits"][0]
    assert hit["video"]["name"] == "film.mp4"
    assert (hit["moment_start"], hit["moment_end"]) == pytest.approx((0.8, 5.2), abs=0.1)
    assert hit["at"] == hit["moment_start"]


def test_the_api_tells_of_some_videos_at_a_time(client: FlaskClient) -> None:
    pages, offset = [], 0
    while offset is not None:
        pages.append(client.get(f"/api/v1/duplicates?limit=1&offset={offset}").get_json())
        offset = pages[-1]["next_offset"]
    assert len(pages) == 3
    (overlap,) = [item for page in pages for item in page["overlaps"]]
    assert {overlap["one"]["video"]["name"], overlap["other"]["video"]["name"]} == {"film.mp4", "excerpt.mp4"}
    assert client.get("/api/v1/duplicates?limit=0").status_code == 422
