"""What a visitor sees while the line is slow, or broken."""

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser

from search.engine import Engine
from tests.web.conftest import SHIFTS, Videos, serve

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

pytestmark = pytest.mark.browser
PIECE = 240
"""bytes of a page that come together"""
PAUSE_S = 0.012
"""between them, long enough for the browser to draw what has come"""


def trickling(app: "WSGIApplication") -> "WSGIApplication":
    """The same application over a line that brings pages bit by bit."""

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        kinds: list[str] = []

        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            kinds.append(dict(headers).get("Content-Type", ""))
            return start(status, headers, *more)

        environ["HTTP_ACCEPT_ENCODING"] = ""
        parts = app(environ, begin)
        return pieces(b"".join(parts)) if kinds[0].startswith("text/html") else parts

    return answer


def pieces(page: bytes) -> Iterator[bytes]:
    for at in range(0, len(page), PIECE):
        yield page[at : at + PIECE]
        time.sleep(PAUSE_S)


@pytest.fixture(scope="module")
def slow(engine: Engine) -> Iterator[str]:
    with serve(engine, line=trickling) as address:
        yield address


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?q=blue",
        "/?q=blue&view=videos",
        "/?q=blue&compare=1",
        "/library",
        "/video/{}?t=2&q=blue",
        "/map",
    ],
)
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_that_is_seen_is_pushed_aside_by_what_comes_later(
    slow: str, browser: Browser, videos: Videos, path: str, width: int
) -> None:
    """Seen failing on every page: the header's menu moved when the signs beside it had come."""
    context = browser.new_context(base_url=slow, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.add_init_script(SHIFTS)
    page.goto(path.format(videos.colours))
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifts") == []
    context.close()
