"""Files from strangers at every door of a server: indexed, sent, and put in the place of what was indexed."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.library import Library
from indexer.pipeline import Recipe, index
from search.engine import Engine
from shotseek.draw import write_video
from tests.canaries import LISTED, SECRET, STRANGERS, Canaries, canaries, plain, shows_canary
from tests.web.conftest import client_of

API = "/api/v1"
RECIPE = Recipe(("palette",), detector="fixed:1")


@pytest.fixture(scope="module")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaries]:
    with canaries(tmp_path_factory.mktemp("birds")) as made:
        yield made


def leaks(body: bytes) -> bool:
    """Whether an answer holds the canary's text or, where it is a picture, its colour."""
    if SECRET.encode() in body:
        return True
    if body[:2] == b"\xff\xd8":
        return shows_canary(np.asarray(Image.open(io.BytesIO(body)).convert("RGB"), np.uint8))
    return False


def test_what_takes_the_place_of_a_video_is_read_at_no_door(birds: Canaries, tmp_path: Path) -> None:
    """Indexed as films, then exchanged, and every address that reads the file is asked; then indexed again.
    Seen failing without the list of containers."""
    films = tmp_path / "films"
    films.mkdir()
    for name in LISTED:
        write_video(tmp_path / "film.mp4", [plain((20, 160, 40))] * 10, fps=10)
        (tmp_path / "film.mp4").replace(films / name)
    with Library.open(tmp_path / "library", create=True) as library:
        assert [item.stage for item in index(library, [films], RECIPE)].count("done") == len(LISTED)
        for name in LISTED:
            birds.write(name, films)
        (films / "canary.ts").unlink(missing_ok=True)
        for path in library.folder.rglob("*.jpg"):
            path.unlink()
        with Engine(library) as engine:
            client = client_of(engine)
            known = [item.video for item in library.catalog.videos()]
            assert len(known) == len(LISTED)
            for video in known:
                shot = library.catalog.shots(video.id)[0]
                for address, status in {
                    f"/thumbnail/{video.id}.jpg": 404,
                    f"/thumbnail/{video.id}/{shot.keyframes_us[0]}.jpg": 404,
                    f"/video/{video.id}/sprites.jpg": 404,
                    f"{API}/videos/{video.id}/playback": 422,
                    f"/media/{video.id}/proxy/0.mp4": None,
                    f"/video/{video.id}/captions.vtt": None,
                    f"/video/{video.id}/chapters.vtt": None,
                    f"/video/{video.id}": 200,
                    f"{API}/videos/{video.id}": 200,
                    f"{API}/search?like={shot.id}": 200,
                }.items():
                    answer = client.get(address)
                    assert status in (None, answer.status_code), address
                    assert answer.status_code < 500
                    assert not leaks(answer.data), f"{video.name} at {address}"
            assert client.get(f"{API}/duplicates").status_code == 200
        ended = {item.stage for item in index(library, [films], RECIPE)}
        assert ended == {"failed"}
        assert {item.reason for item in library.catalog.problems()} == {"not-media"}
        assert SECRET.encode() not in (library.folder / "catalog.db").read_bytes()
    assert birds.heard == []


def test_what_is_sent_is_not_followed(birds: Canaries, tmp_path: Path) -> None:
    with Library.open(tmp_path / "library", create=True) as library:
        write_video(tmp_path / "film.mp4", [plain((20, 160, 40))] * 10, fps=10)
        for _ in index(library, [tmp_path / "film.mp4"], RECIPE):
            pass
        with Engine(library) as engine:
            client = client_of(engine)
            for name in STRANGERS:
                body = birds.write(name, tmp_path).read_bytes()
                answer = client.post(f"{API}/search", data={"clip": (io.BytesIO(body), name)})
                assert answer.status_code == 422, name
                assert not leaks(answer.data)
            good = client.post(f"{API}/search", data={"clip": (io.BytesIO(birds.film.read_bytes()), "a.ts")})
            assert good.status_code == 200
        for upload in (library.folder / "uploads").iterdir():
            answer = client.get(f"/upload/{upload.name}.jpg")
            assert answer.status_code == 404 or upload.read_bytes() == birds.film.read_bytes()
    assert birds.heard == []
