"""axe looks at every page, light and dark, on a phone and on a desk, and finds nothing against WCAG 2.2 AA.

The viewer at /api is swagger-ui, unchanged: what it draws inside its own frame is left out, the page around
it is not.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from tests.web.conftest import Videos, draw_videos, serve
from tests.web.test_library import changing, until

pytestmark = pytest.mark.browser

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
EVERYTHING = {"type": "tag", "values": LEVELS}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""all that differs between light and dark"""
SIZES = ((1440, 900), (390, 844))
FEWEST = 8
"""rules that apply to the barest page; fewer would mean that axe has seen nothing"""
RUN = "(rules) => axe.run({exclude: ['.swagger-ui']}, {runOnly: rules, resultTypes: ['violations']})"


def violations(page: Page, rules: dict[str, Any]) -> list[str]:
    """Each with the element it is at, so that a failure says what to mend."""
    found = page.evaluate(RUN, rules)
    assert rules is COLOURS or len(found["passes"]) >= FEWEST
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def look(page: Page) -> None:
    """At the page as it stands, in both lights and both sizes."""
    page.evaluate(AXE_SCRIPT)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        assert violations(page, EVERYTHING) == [], f"{page.url}, {width} px"
        page.emulate_media(color_scheme="dark")
        assert violations(page, COLOURS) == [], f"{page.url}, dark, {width} px"


@pytest.fixture(scope="module")
def shown(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address)
    yield context.new_page()
    context.close()


def open_keys(page: Page) -> None:
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def open_menus(page: Page) -> None:
    page.locator(".more > summary").click()
    for filters in page.locator("details.filters").all():
        filters.evaluate("details => { details.open = true; }")


def wait_for_viewer(page: Page) -> None:
    expect(page.locator("#viewer .opblock").first).to_be_visible()


def just(page: Page) -> None:
    expect(page.locator("main")).to_be_visible()


def wait_for_map(page: Page) -> None:
    expect(page.locator("#state")).to_be_hidden(timeout=60_000)


PAGES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "front": ("/", just),
    "menus": ("/?q=blue+water", open_menus),
    "grid": ("/?q=blue", just),
    "by video": ("/?q=blue&view=videos", just),
    "by source": ("/?q=harbour&compare=1", just),
    "no hits": ("/?q=blue&min_duration=999", just),
    "wrong": ("/?q=%22open", just),
    "video": ("/video/{colours}?t=1&q=blue", just),
    "unplayable": ("/video/{old}", just),
    "library": ("/library", just),
    "no such name": ("/library?text=nothing+is+called+that", just),
    "problems": ("/problems", just),
    "encoders": ("/encoders", just),
    "api": ("/api", wait_for_viewer),
    "collections": ("/collections", just),
    "map": ("/map", wait_for_map),
    "not found": ("/nowhere", just),
    "keys": ("/video/{colours}", open_keys),
}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name: str, shown: Page, videos: Videos) -> None:
    """Seen failing with a paler `--quiet`."""
    path, then = PAGES[name]
    shown.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    shown.goto(path.format(colours=videos.colours, old=videos.old))
    then(shown)
    look(shown)


def test_axe_finds_nothing_where_things_can_be_changed(browser: Browser, tmp_path: Path) -> None:
    """An empty library, one with a folder and a problem, the form that adds, and collections with and without
    moments."""
    draw_videos(tmp_path / "videos")
    with changing(tmp_path / "library") as (engine, service), serve(engine, service) as address:
        context = browser.new_context(base_url=address)
        page = context.new_page()
        page.goto("/")
        look(page)
        page.request.post("/api/v1/folders", data={"path": str(tmp_path / "videos"), "watched": True})
        until(lambda: engine.library.catalog.count_problems() and engine.library.catalog.count_videos() == 5)
        video = page.request.get("/api/v1/videos").json()["videos"][0]["id"]
        moment = {"video": video, "start": 0, "end": 1, "label": "blue"}
        for number, items in enumerate([[], [moment]], 1):
            page.request.post("/api/v1/collections", data={"name": f"Number {number}"})
            page.request.post(f"/api/v1/collections/{number}/items", data={"items": items})
            page.goto(f"/collections/{number}")
            look(page)
        for path in ("/library", "/problems", f"/video/{video}"):
            page.goto(path)
            if path == "/library":
                page.get_by_role("button", name="Add folder").click()
            look(page)
        context.close()
