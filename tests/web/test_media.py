"""Bytes of videos in ranges, thumbnails, previews; and what is never served."""

import os
import re
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image as Pillow

from indexer.library import Library
from indexer.pipeline import Recipe, index
from plugins.values import SECOND
from search.engine import Engine
from tests.web.conftest import RED, Videos, client_of
from tests.web.test_api import png
from web.media import TYPES


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        (None, 200, slice(None)),
        ("bytes=0-99", 206, slice(0, 100)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-100", 206, slice(-100, None)),
        ("bytes=0-0", 206, slice(0, 1)),
        ("bytes=99999999-", 416, None),
        ("bytes=0-1,5-6", 416, None),
        ("junk", 416, None),
    ],
)
def test_ranges(
    client: FlaskClient, videos: Videos, asked: str | None, status: int, expected: slice | None
) -> None:
    content = (videos.folder / "colours.mp4").read_bytes()
    response = client.get(f"/media/{videos.colours}", headers={"Range": asked} if asked else {})
    assert response.status_code == status
    if expected is None:
        assert response.headers["Content-Range"] == f"bytes */{len(content)}"
    else:
        assert response.data == content[expected]
        assert response.content_length == len(response.data)
        assert response.headers["Accept-Ranges"] == "bytes"


def test_a_range_of_another_version_is_the_whole(client: FlaskClient, videos: Videos) -> None:
    asked = {"Range": "bytes=0-9", "If-Range": '"another"'}
    response = client.get(f"/media/{videos.colours}", headers=asked)
    assert response.status_code == 200
    current = client.get(f"/media/{videos.colours}", headers=asked | {"If-Range": response.headers["ETag"]})
    assert (current.status_code, len(current.data)) == (206, 10)


def test_what_the_browser_has_is_not_sent_again(client: FlaskClient, videos: Videos) -> None:
    first = client.get(f"/media/{videos.colours}")
    by_tag = client.get(f"/media/{videos.colours}", headers={"If-None-Match": first.headers["ETag"]})
    by_time = client.get(
        f"/media/{videos.colours}", headers={"If-Modified-Since": first.headers["Last-Modified"]}
    )
    assert (by_tag.status_code, by_time.status_code) == (304, 304)


def test_head_says_how_long_without_sending(client: FlaskClient, videos: Videos) -> None:
    response = client.head(f"/media/{videos.colours}")
    assert response.content_length == (videos.folder / "colours.mp4").stat().st_size
    assert response.data == b""


def test_content_types_are_those_of_video_only(client: FlaskClient, videos: Videos) -> None:
    assert client.get(f"/media/{videos.colours}").content_type == "video/mp4"
    assert client.get(f"/media/{videos.sea}").content_type == "video/webm"
    assert all(kind.startswith(("video/", "image/gif")) for kind in TYPES.values())


def test_hostile_names_play(client: FlaskClient, videos: Videos) -> None:
    for id_ in (videos.hostile, videos.latin_1):
        assert client.get(f"/media/{id_}", headers={"Range": "bytes=0-9"}).status_code == 206


@pytest.mark.parametrize(
    "path", ["/media/999999", "/media/..%2f..%2fetc%2fpasswd", "/media/-1", "/media/1%00", f"/media/{10**30}"]
)
def test_only_videos_of_the_catalog_are_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.fixture
def own(tmp_path: Path, folder: Path) -> Library:
    """A library of one video that a test may spoil."""
    (tmp_path / "own").mkdir()
    shutil.copy(folder / "sea.webm", tmp_path / "own" / "sea.webm")
    library = Library.open(tmp_path / "library", create=True)
    for _ in index(library, [tmp_path / "own"], Recipe(("palette",), detector="fixed:2")):
        pass
    return library


def swap_for_link_out(video: Path) -> None:
    secret = video.parent.parent / "secret.webm"
    secret.write_text("secret")
    video.unlink()
    video.symlink_to(secret)


def swap_folder_for_link_out(video: Path) -> None:
    outside = video.parent.parent / "outside"
    video.parent.rename(outside)
    video.parent.symlink_to(outside)
    (outside / "sea.webm").write_text("secret")


def swap_for_pipe(video: Path) -> None:
    video.unlink()
    os.mkfifo(video)


def swap_for_folder(video: Path) -> None:
    video.unlink()
    video.mkdir()


SPOILS = [Path.unlink, swap_for_link_out, swap_folder_for_link_out, swap_for_pipe, swap_for_folder]


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_a_file_is_judged_when_it_is_served(
    own: Library, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(tmp_path / "own" / "sea.webm")
    with own, Engine(own) as engine:
        response = client_of(engine).get("/media/1")
        assert response.status_code == 404
        assert b"secret" not in response.data


def test_thumbnails_are_kept_for_ever_under_an_address_of_their_content(
    client: FlaskClient, videos: Videos
) -> None:
    [hit] = client.get("/api/v1/search?q=red&k=1").get_json()["hits"]
    response = client.get(hit["thumbnail_url"])
    assert response.content_type == "image/jpeg"
    assert response.cache_control.max_age == 365 * 24 * 3600
    again = client.get(hit["thumbnail_url"], headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    bare = client.get(hit["thumbnail_url"].split("?")[0])
    assert bare.cache_control.max_age in (0, None)


def test_lost_thumbnails_are_made_again(own: Library) -> None:
    with own, Engine(own) as engine:
        client = client_of(engine)
        video, shot = own.catalog.video(1), own.catalog.shots(1)[0]
        kept = own.thumbnail(video, shot.keyframes_us[0])
        kept.unlink()
        response = client.get(f"/thumbnail/1/{shot.keyframes_us[0]}.jpg")
        assert response.status_code == 200
        assert response.data == kept.read_bytes()
        assert client.get("/thumbnail/1.jpg").content_type == "image/jpeg"


def test_only_keyframes_have_thumbnails(own: Library) -> None:
    with own, Engine(own) as engine:
        response = client_of(engine).get("/thumbnail/1/123457.jpg")
        assert response.status_code == 404


def test_a_thumbnail_that_cannot_be_made_is_a_placeholder(own: Library, tmp_path: Path) -> None:
    with own, Engine(own) as engine:
        video, shot = own.catalog.video(1), own.catalog.shots(1)[0]
        own.thumbnail(video, shot.keyframes_us[0]).unlink()
        (tmp_path / "own" / "sea.webm").unlink()
        response = client_of(engine).get(f"/thumbnail/1/{shot.keyframes_us[0]}.jpg")
        assert response.status_code == 404
        assert response.content_type.startswith("image/svg+xml")
        assert response.headers["Cache-Control"] == "no-store"


def test_previews_are_never_the_file_itself(client: FlaskClient, videos: Videos) -> None:
    sent = png(RED).getvalue() + b"<script>alert(1)</script>"
    upload = client.post("/upload", data={"file": (png(RED), "x.png")})
    assert upload.status_code == 303
    with (videos.folder / "sea.webm").open("rb") as clip:
        clip_upload = client.post("/upload", data={"file": (clip, "x.webm")})
    for answer in (upload, clip_upload):
        id_ = answer.headers["Location"].partition("upload=")[2]
        response = client.get(f"/upload/{id_}.jpg")
        assert response.content_type == "image/jpeg"
        assert response.data.startswith(b"\xff\xd8")
        assert response.data not in sent
    assert client.get(f"/upload/{'0' * 64}.jpg").status_code == 404
    assert client.get("/upload/..%2fcatalog.db.jpg").status_code == 404


CUE = re.compile(r"^(\S+) --> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$", re.M)


def test_sprites_show_every_keyframe_where_their_cues_say(
    client: FlaskClient, videos: Videos, engine: Engine
) -> None:
    cues = client.get(f"/video/{videos.colours}/sprites.vtt")
    assert (cues.status_code, cues.mimetype) == (200, "text/vtt")
    assert cues.text.startswith("WEBVTT\n\n")
    found = CUE.findall(cues.text)
    keyframes = [us for shot in engine.library.catalog.shots(videos.colours) for us in shot.keyframes_us]
    clocks = [f"00:00:{us / SECOND:06.3f}" for us in keyframes[1:]]
    assert [start for start, *_ in found] == ["00:00:00.000", *clocks]
    assert [end for _, end, *_ in found] == [*clocks, "00:00:06.000"]
    sheet = client.get(found[0][2])
    assert (sheet.status_code, sheet.mimetype) == (200, "image/jpeg")
    assert sheet.cache_control.max_age == 365 * 24 * 3600
    with Pillow.open(BytesIO(sheet.data)) as picture:
        strongest = []
        for *_, x, y, width, height in found:
            box = int(x), int(y), int(x) + int(width), int(y) + int(height)
            means = np.asarray(picture.crop(box)).mean(axis=(0, 1))
            strongest.append("rgb"[int(means.argmax())])
    assert strongest == ["r", "b", "g"]
    again = client.get(cues.request.path, headers={"If-None-Match": cues.headers["ETag"]})
    assert again.status_code == 304
    assert client.get(found[0][2].split("?")[0]).cache_control.max_age == 0


def test_sprites_are_made_again_when_the_cache_is_lost(
    client: FlaskClient, videos: Videos, engine: Engine
) -> None:
    address = f"/video/{videos.sea}/sprites.jpg"
    first = client.get(address).data
    shutil.rmtree(engine.library.thumbnail(engine.library.catalog.video(videos.sea), 0).parent)
    assert client.get(address).data == first


def test_sprites_of_nothing_are_not_there(client: FlaskClient) -> None:
    assert client.get("/video/999999/sprites.vtt").status_code == 404
    assert client.get("/video/999999/sprites.jpg").status_code == 404
