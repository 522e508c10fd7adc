"""What visitors teach through the API: marks, concepts, tags; and who may not."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import Videos

API = "/api/v1"


def got(client: FlaskClient, path: str) -> Any:
    response = client.get(f"{API}{path}")
    assert response.status_code == 200, response.text
    return response.json


def sent(client: FlaskClient, method: str, path: str, **body: Any) -> Any:
    response = client.open(f"{API}{path}", method=method, json=body)
    assert response.status_code == 200, response.text
    return response.json


def test_a_mark_changes_the_next_answer(own: FlaskClient, videos: Videos) -> None:
    before = got(own, "/search?q=blue")["hits"]
    first = before[0]
    body = {"query": "Blue", "video": first["video"]["id"], "at": first["at"]}
    marks = sent(own, "POST", "/marks", **body, right=False)["marks"]
    assert [(mark["query"], mark["right"]) for mark in marks] == [("blue", False)]
    after = got(own, "/search?q=blue")["hits"]
    assert first["shot"] not in [hit["shot"] for hit in after]
    assert got(own, "/marks?q=blue")["marks"] == marks
    place = {"video": first["video"]["id"], "at": first["at"]}
    assert sent(own, "DELETE", "/marks", query="blue", place=place) == {"marks": []}
    assert [hit["shot"] for hit in got(own, "/search?q=blue")["hits"]] == [hit["shot"] for hit in before]


def test_concepts_are_taught_asked_exported_and_forgotten(own: FlaskClient, videos: Videos) -> None:
    right = [{"video": videos.colours, "at": 2.5}]
    made = sent(own, "POST", "/concepts", name="my sea", right=right)
    assert made == {"name": "my sea", "words": None, "right": 1, "wrong": 0, "absent": 0}
    hits = got(own, '/search?q=concept:"my sea"')["hits"]
    assert hits[0]["video"]["id"] in (videos.colours, videos.sea)
    document = got(own, "/concepts/export?pictures=true")
    assert document["concepts"][0]["examples"][0]["picture"]
    assert sent(own, "DELETE", "/concepts", name="my sea") == {"concepts": []}
    assert sent(own, "POST", "/concepts/import", document=document) == {"concepts": ["my sea"]}
    assert own.post(f"{API}/concepts/import", json={"document": document}).status_code == 422
    assert got(own, "/concepts")["concepts"][0]["name"] == "my sea"


def test_tags_are_given_counted_and_taken_back(own: FlaskClient, videos: Videos) -> None:
    path = f"/videos/{videos.colours}/tags"
    assert sent(own, "POST", path, text="Nice") == {"tags": [{"text": "nice", "start": None, "end": None}]}
    sent(own, "POST", path, text="blue part", start=2, end=4)
    assert got(own, "/labels")["labels"] == [
        {"text": "nice", "source": "tag", "shots": 3},
        {"text": "blue part", "source": "tag", "shots": 1},
    ]
    assert len(got(own, "/labels?label=blue part")["labels"]) == 2
    assert got(own, f"/labels?video={videos.sea}")["labels"] == []
    assert len(sent(own, "DELETE", path, text="nice")["tags"]) == 1
    assert got(own, path)["tags"][0]["start"] == 2.0


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/marks", {"query": "a", "video": 999, "at": 1, "right": True}, 404),
        ("POST", "/marks", {"query": "a >> b", "video": 1, "at": 1, "right": True}, 422),
        ("POST", "/marks", {"query": "a", "video": 1, "at": -1, "right": True}, 422),
        ("POST", "/marks", {"query": "a", "video": 1, "at": "NaN", "right": True}, 422),
        ("POST", "/marks", {"query": "a", "video": 1, "at": 1, "right": True, "more": 1}, 422),
        ("POST", "/concepts", {"name": "x"}, 422),
        ("DELETE", "/concepts", {"name": "x"}, 404),
        ("POST", "/videos/999/tags", {"text": "x"}, 404),
        ("POST", "/videos/1/tags", {"text": ""}, 422),
        ("POST", "/videos/1/tags", {"text": "x", "start": 1}, 422),
        ("POST", "/videos/1/tags", {"text": "x", "start": 2, "end": 1}, 422),
        ("DELETE", "/videos/1/tags", {"text": "never given"}, 404),
        ("GET", "/concepts/export?name=x", None, 404),
    ],
)
def test_what_cannot_be_is_refused(
    own: FlaskClient, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    response = own.open(f"{API}{path}", method=method, json=body)
    assert response.status_code == status, response.text
    assert response.json is not None
    assert response.json["error"]["message"]


@pytest.mark.parametrize("path", ["/marks", "/concepts", "/concepts/import", "/videos/1/tags"])
def test_neither_another_site_nor_a_form_can_teach(own: FlaskClient, path: str) -> None:
    """Seen to fail with bodies read whatever their type: a form of another site needs no leave to be sent."""
    for method in ("POST", "DELETE"):
        if path == "/concepts/import" and method == "DELETE":
            continue
        for origin in ("cross-site", "same-site"):
            headers = {"Sec-Fetch-Site": origin}
            response = own.open(f"{API}{path}", method=method, json={"name": "x"}, headers=headers)
            assert response.status_code == 403
        body = b'{"query": "a", "video": 1, "at": 1, "right": true, "name": "x", "text": "x"}'
        response = own.open(f"{API}{path}", method=method, data=body, content_type="text/plain")
        assert response.status_code in (400, 415, 422)
