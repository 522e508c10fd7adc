"""What no page and no answer may do, whatever is in the library."""

import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import web
from tests.web.conftest import Videos
from web.render import STATIC

WEB = Path(web.__file__).parent
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
SCRIPTS = sorted(STATIC.glob("*.js"))
ADDRESSES = [
    "/",
    "/?q=red",
    "/library",
    "/collections",
    "/problems",
    "/encoders",
    "/api",
    "/video/1",
    "/video/999999",
    "/nowhere",
    "/media/1",
    "/media/999999",
    "/thumbnail/1.jpg",
    "/static/app.css",
    "/api/v1/search?q=red",
    "/api/v1/search",
    "/api/v1/openapi.json",
]


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_answer_carries_the_policy(client: FlaskClient, videos: Videos, path: str) -> None:
    response = client.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "object-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", [item for item in ADDRESSES if not item.startswith(("/media", "/thumb"))])
def test_nothing_is_fetched_from_elsewhere(client: FlaskClient, videos: Videos, path: str) -> None:
    text = client.get(path).text
    assert not re.findall(r"(?:src|href|action)=[\"'](?:https?:)?//", text)
    assert not re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", text)


class Inline(HTMLParser):
    """Finds scripts, styles and handlers that stand in the page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("path", ["/", "/?q=red", "/library", "/problems", "/encoders", "/api", "/nowhere"])
def test_no_script_and_no_style_stands_inside_a_page(client: FlaskClient, videos: Videos, path: str) -> None:
    inline = Inline()
    inline.feed(client.get(path).text)
    assert inline.found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_lets_text_through_as_html(path: Path) -> None:
    text = path.read_text()
    assert not re.findall(r"\|\s*safe|autoescape|Markup", text)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_html_of_text(path: Path) -> None:
    text = path.read_text()
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text)
    assert not re.findall(r"https?://", text)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "10.0.0.1", "localhost.evil.example", ""]
)
def test_other_names_are_not_answered_to(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400
    assert client.get("/api/v1/videos", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "localhost:8484", "127.0.0.1:80", "127.0.0.2", "[::1]:8484"])
def test_names_of_this_machine_are(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_another_site_cannot_send_anything(client: FlaskClient) -> None:
    for sent_from in ("cross-site", "same-site"):
        assert client.post("/upload", headers={"Sec-Fetch-Site": sent_from}).status_code == 403
        assert client.post("/api/v1/search", headers={"Sec-Fetch-Site": sent_from}).status_code == 403
    assert client.post("/upload", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 422


def test_vendored_files_are_what_they_were() -> None:
    vendor = STATIC / "vendor"
    listed = {
        vendor / name: digest
        for digest, name in (line.split("  ") for line in (vendor / "SHA256SUMS").read_text().splitlines())
    }
    found = {path for path in vendor.rglob("*") if path.is_file() and path.name != "SHA256SUMS"}
    assert found == set(listed)
    for path, digest in listed.items():
        assert sha256(path.read_bytes()).hexdigest() == digest, path
    assert {path.name for path in found} >= {"LICENSE", "VERSION"}
