"""The map through the JSON API and as a page; searching inside a part of it finds exactly what lies there."""

import re
import time
from base64 import b64decode
from html import unescape

import numpy as np
import pytest
from flask.testing import FlaskClient

from plugins.values import Matrix
from search.engine import Engine
from tests.web.conftest import Videos
from tests.web.test_pages import text_of

WHOLE = "-1e6,-1e6,1e6,1e6"


@pytest.fixture
def version(client: FlaskClient) -> str:
    """Of the map, once it is drawn."""
    for _ in range(1200):
        state = client.get("/api/v1/map").json
        assert state is not None
        if state["current"]:
            return str(state["version"])
        time.sleep(0.05)
    raise AssertionError(f"the map was never drawn: {state}")


def points(client: FlaskClient, version: str, more: str = "") -> tuple[Matrix, list[int]]:
    data = client.get(f"/api/v1/map/points?version={version}{more}").data
    count = len(data) // 16
    return np.frombuffer(data[: 8 * count], "<f4").reshape(-1, 2), np.frombuffer(
        data[8 * count :], "<i8"
    ).tolist()


def hits(client: FlaskClient, address: str) -> set[int]:
    answer = client.get(f"/api/v1/search?{address}")
    assert answer.json is not None
    assert answer.status_code == 200, answer.json
    return {hit["shot"] for hit in answer.json["hits"]}


def test_every_shot_has_a_point(client: FlaskClient, engine: Engine, version: str) -> None:
    positions, shots = points(client, version)
    assert sorted(shots) == engine.library.catalog.shots_in([engine.maps.space()]).tolist()
    state = client.get("/api/v1/map").json
    assert state is not None
    assert state["count"] == len(shots)
    assert state["bounds"] == pytest.approx([*positions.min(axis=0), *positions.max(axis=0)])


def test_points_are_kept_by_browsers_and_fewer_are_a_part(client: FlaskClient, version: str) -> None:
    answer = client.get(f"/api/v1/map/points?version={version}")
    assert (answer.cache_control.max_age or 0) > 1e6
    assert points(client, version, "&limit=3")[1] == points(client, version)[1][:3]


def test_points_of_a_rectangle(client: FlaskClient, version: str) -> None:
    positions, shots = points(client, version)
    x, y = positions[0].tolist()
    box = f"{x - 0.01},{y - 0.01},{x + 0.01},{y + 0.01}"
    near = [
        shot
        for shot, (left, top) in zip(shots, positions, strict=True)
        if abs(left - x) <= 0.01 and abs(top - y) <= 0.01
    ]
    assert points(client, version, f"&box={box}")[1] == near


def test_groups_stand_in_the_order_of_the_points(client: FlaskClient, engine: Engine, version: str) -> None:
    _, shots = points(client, version)
    answer = client.get(f"/api/v1/map/groups?version={version}&by=video").json
    assert answer is not None
    of, names = b64decode(answer["of"]), [group["name"] for group in answer["groups"]]
    known = engine.library.catalog.shots_with_videos(shots)
    assert [names[group] for group in of] == [known[shot][1].name for shot in shots]


def test_parts_cover_the_map_and_can_be_searched(client: FlaskClient, version: str) -> None:
    answer = client.get(f"/api/v1/map/parts?version={version}").json
    assert answer is not None
    _, shots = points(client, version)
    assert sum(part["count"] for part in answer["parts"]) == len(shots)
    assert hits(client, f"q=blue&region={answer['parts'][0]['region']}") <= set(shots)


def test_a_search_in_a_region_finds_all_that_lies_there_and_no_more(
    client: FlaskClient, version: str
) -> None:
    positions, shots = points(client, version)
    everything = hits(client, "q=blue&k=200")
    assert hits(client, f"q=blue&k=200&region=palette:{version}:{WHOLE}") == everything
    for corner in positions:
        box = f"-1e6,-1e6,{corner[0]:.6f},{corner[1]:.6f}"
        edge = np.array([float(f"{at:.6f}") for at in corner])
        inside = {shot for shot, at in zip(shots, positions, strict=True) if (at.astype(float) <= edge).all()}
        assert hits(client, f"q=blue&k=200&region=palette:{version}:{box}") == everything & inside
        region = client.get(f"/api/v1/map/region?region=palette:{version}:{box}").json
        assert region is not None
        assert region["count"] == len(inside)


def test_words_are_looked_for_inside_the_region_alone(client: FlaskClient, version: str) -> None:
    positions, shots = points(client, version)
    [said] = hits(client, "q=harbour&weight=palette=0")
    x, y = positions[shots.index(said)].tolist()
    at = f"{x - 1e-4},{y - 1e-4},{x + 1e-4},{y + 1e-4}"
    assert hits(client, f"q=harbour&weight=palette=0&region=palette:{version}:{at}") == {said}
    assert hits(client, f"q=harbour&weight=palette=0&region=palette:{version}:1e5,1e5,1e6,1e6") == set()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/map?encoder=nobody", 404),
        ("/api/v1/map/points?version=0123456789ab", 404),
        ("/api/v1/map/points?version=../../x", 422),
        ("/api/v1/map/points", 422),
        ("/api/v1/map/region?region=nonsense", 422),
        ("/api/v1/search?q=red&region=nonsense", 422),
        ("/api/v1/search?q=red&region=palette:0123456789ab:0,0,1,1", 404),
        ("/?q=red&region=palette:0123456789ab:0,0,1,1", 404),
        ("/map?encoder=nobody", 404),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    if answer.json:
        assert answer.json["error"]["message"]


def test_shots_are_described_by_number(client: FlaskClient, engine: Engine, videos: Videos) -> None:
    first, second, *_ = engine.library.catalog.shots(videos.hostile) + engine.library.catalog.shots(
        videos.sea
    )
    answer = client.get(f"/api/v1/shots?shot={second.id}&shot=999999&shot={first.id}").json
    assert answer is not None
    assert [shot["id"] for shot in answer["shots"]] == [second.id, first.id]
    assert client.get(answer["shots"][0]["thumbnail_url"]).status_code == 200
    many = "&".join(f"shot={number}" for number in range(1, 102))
    assert client.get(f"/api/v1/shots?{many}").status_code == 422


def test_the_results_show_the_region_and_lead_out_of_it(client: FlaskClient, version: str) -> None:
    html = client.get(f"/?q=blue&region=palette:{version}:{WHOLE}").text
    assert "Inside a part of the map" in text_of(html)
    assert f'name="region" value="palette:{version}:{WHOLE}"' in html
    [chip] = re.findall(r"Inside a part of the map</a>\s*<a [^>]*href=\"([^\"]+)\"", html)
    assert "region" not in unescape(chip)
    assert "q=blue" in chip


def test_nothing_found_blames_the_region(client: FlaskClient, version: str) -> None:
    html = client.get(f"/?q=blue&region=palette:{version}:1e5,1e5,1e6,1e6").text
    assert "only inside a part of the map" in text_of(html)


def test_an_empty_library_has_no_map_and_says_how_to_get_one(empty: FlaskClient) -> None:
    assert "shotseek index" in empty.get("/map").text
    answer = empty.get("/api/v1/map")
    assert answer.status_code == 404


def test_a_small_library_is_told_so(client: FlaskClient) -> None:
    assert "from about 20 shots on" in text_of(client.get("/map").text)
