"""What a visitor sees while the line is slow, or broken."""

import re
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

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


def test_what_is_waited_for_is_shown_at_once_and_moves_nothing(page: Page) -> None:
    """The first answer leaves the page as it is: a browser on its way to another page tells nothing."""
    asked: list[str] = []

    def stay_at_first(route: Route) -> None:
        if not route.request.is_navigation_request():
            return route.continue_()
        asked.append(route.request.url)
        return route.fulfill(status=204) if len(asked) == 1 else route.continue_()

    page.clock.install()
    page.add_init_script(SHIFTS)
    page.goto("/?q=blue")
    page.route("**/*", stay_at_first)
    page.locator("#q").fill("red")
    page.locator("#q").press("Enter")
    expect(page.locator("body")).to_have_class("busy")
    expect(page.locator("main")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#toast")).to_be_hidden()
    page.clock.fast_forward(10_000)
    expect(page.locator("#toast")).to_contain_text("This takes long. It is still being waited for.")
    assert page.evaluate("window.shifts") == []
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url("**/?q=red")
    assert len(asked) == 2
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")


def test_a_page_is_not_left_for_one_that_cannot_come(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.goto("/?q=blue")
    expect(page.locator(".hit").first).to_be_visible()
    context.set_offline(True)
    toast = page.locator("#toast")
    expect(toast).to_contain_text("Shotseek does not answer")
    page.locator("#q").fill("red")
    page.locator("#q").press("Enter")
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")
    expect(toast).to_contain_text("Shotseek does not answer")
    page.get_by_role("link", name="By video").click()
    expect(page.locator(".hit").first).to_be_visible()
    assert page.url == f"{address}/?q=blue"
    context.set_offline(False)
    expect(toast).to_be_hidden()
    page.locator("#q").press("Enter")
    page.wait_for_url("**/?q=red")


def test_try_again_goes_on_with_what_was_asked(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/?q=blue")
    page.route("**/api/**", lambda route: route.abort())
    page.locator("#q").fill("blue sea")
    expect(page.locator("#toast")).to_contain_text("Shotseek does not answer")
    page.locator("#q").press("Enter")
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    page.unroute_all()
    again.click()
    page.wait_for_url("**/?q=blue+sea")


def test_a_picture_that_does_not_come_keeps_its_place_until_it_does(context: BrowserContext) -> None:
    page = context.new_page()
    page.add_init_script(SHIFTS)
    page.route("**/thumbnail/**", lambda route: route.abort())
    page.goto("/?q=blue")
    picture = page.locator(".hit .thumb").first
    expect(picture.locator("img.gone")).to_have_count(1)
    expect(picture).to_have_css("background-image", re.compile("repeating-linear-gradient"))
    context.set_offline(True)
    expect(page.locator("#toast")).to_be_visible()
    page.unroute_all()
    context.set_offline(False)
    expect(page.locator("img.gone")).to_have_count(0)
    assert picture.locator("img").evaluate("image => image.naturalWidth") > 0
    assert page.evaluate("window.shifts") == []


def test_what_the_player_asks_is_asked_again_when_the_line_is_back(
    context: BrowserContext, videos: Videos
) -> None:
    page = context.new_page()
    page.route("**/api/v1/search**", lambda route: route.abort())
    page.goto(f"/video/{videos.colours}?q=blue")
    expect(page.locator("#hits-count")).to_contain_text("Shotseek does not answer")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#hits li").first).to_be_visible()
    expect(page.locator("#hits-section")).to_have_attribute("aria-busy", "false")
