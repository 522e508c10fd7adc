"""Texts come compressed to who asks for it, and are the same."""

import gzip
import re
from html import unescape

import pytest
from flask import Response
from flask.testing import FlaskClient

from tests.web.conftest import Videos
from web.compress import LEAST, TABLE, compress

GZIP = {"Accept-Encoding": "br;q=0.5, gzip"}


def stylesheet(client: FlaskClient) -> str:
    found = re.search(r'href="(/static/app[^"]+)"', client.get("/").text)
    assert found is not None
    return unescape(found[1])


@pytest.mark.parametrize("path", ["/?q=blue", "/library", "/api/v1/openapi.json", "/api/v1/search?q=blue"])
def test_a_text_is_the_same_and_shorter(client: FlaskClient, path: str) -> None:
    plain, packed = client.get(path), client.get(path, headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) == packed.content_length < len(plain.data) / 2
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.vary


def test_a_static_file_is_known_again_by_its_tag(client: FlaskClient) -> None:
    address = stylesheet(client)
    plain, packed = client.get(address), client.get(address, headers=GZIP)
    assert gzip.decompress(packed.data) == plain.data
    assert packed.get_etag() == (plain.get_etag()[0], True)
    again = client.get(address, headers=GZIP | {"If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "max-age" in packed.headers["Cache-Control"]


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "identity"])
def test_who_does_not_ask_gets_it_plain(client: FlaskClient, accepted: str) -> None:
    answer = client.get("/?q=blue", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert answer.text.startswith("<!doctype html>")


def test_a_table_is_the_same_and_shorter(client: FlaskClient) -> None:
    table = b"".join(number.to_bytes(8, "little") for number in range(1000))
    with client.application.test_request_context(headers=GZIP):
        packed = compress(Response(table, mimetype=TABLE))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == table
    assert len(packed.data) < len(table) / 2


def test_pictures_videos_parts_of_files_and_short_texts_stay_as_they_are(
    client: FlaskClient, videos: Videos
) -> None:
    picture = re.findall(r'src="(/thumbnail/[^"]+)"', client.get("/?q=blue").text)[0]
    short = client.get("/api/v1/health", headers=GZIP)
    assert len(short.data) < LEAST
    part = client.get(stylesheet(client), headers=GZIP | {"Range": "bytes=0-9"})
    assert (part.status_code, len(part.data)) == (206, 10)
    others = [client.get(path, headers=GZIP) for path in (unescape(picture), f"/media/{videos.colours}")]
    assert all("Content-Encoding" not in answer.headers for answer in (short, part, *others))
