"""The answer in a real Chromium: its views, what can be done with a hit, the way back; and nothing jumps."""

from urllib.parse import quote_plus

import pytest
from playwright.sync_api import Locator, Page, expect

from search.engine import Engine
from tests.web.conftest import Videos

pytestmark = pytest.mark.browser

SHIFTS = """
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifts += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


def ask(page: Page, words: str, more: str = "") -> Locator:
    """Asks, and returns the hits."""
    page.goto(f"/?q={quote_plus(words)}{more}")
    hits = page.locator(".hit")
    expect(hits.first).to_be_visible()
    return hits


def shots(page: Page) -> list[str]:
    """The hits, in the order of the page."""
    found: list[str] = page.locator(".hit").evaluate_all("hits => hits.map((hit) => hit.dataset.shot)")
    return found


@pytest.mark.parametrize("view", ["", "&view=videos", "&compare=1"])
def test_nothing_on_the_page_shifts_while_it_loads_and_is_looked_through(page: Page, view: str) -> None:
    page.add_init_script(SHIFTS)
    ask(page, "blue", view)
    page.wait_for_load_state("networkidle")
    for hit in page.locator(".hit .thumb").all()[:3]:
        hit.hover()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.wait_for_timeout(200)
    assert page.evaluate("window.shifts") == 0


def test_the_view_by_video_has_a_row_for_each_in_order_of_its_best_hit(page: Page, videos: Videos) -> None:
    ask(page, "blue")
    in_grid = page.locator(".hit .name").all_text_contents()
    page.get_by_role("link", name="By video").click()
    page.wait_for_url("**view=videos")
    names = page.locator(".row h2 > a:first-child").all_text_contents()
    assert names == list(dict.fromkeys(in_grid))
    row = page.locator(".row", has_text="colours.mp4")
    assert row.locator(".clock").all_text_contents() == sorted(row.locator(".clock").all_text_contents())
    page.get_by_role("link", name="By rank", exact=True).click()
    page.wait_for_url("**strip=rank")
    places = [int(text) for text in row.locator(".place").all_text_contents()]
    assert places == sorted(places)


def test_why_names_every_source_with_its_place_and_what_was_said(page: Page) -> None:
    hits = ask(page, "harbour")
    hits.first.get_by_role("button", name="why").click()
    reasons = page.locator(".reasons:popover-open")
    expect(reasons).to_contain_text("said or shown #1 at 0:02.5")
    expect(reasons.locator("mark")).to_have_text("harbour")
    page.keyboard.press("Escape")
    expect(reasons).to_have_count(0)


def test_how_sure_is_said_in_words_with_a_sign(page: Page) -> None:
    hits = ask(page, "harbour")
    expect(hits.first.locator(".sure.strong").first).to_have_text("strong")
    expect(hits.first.locator(".sure.strong .level").first).to_be_visible()


def test_back_leads_to_the_same_page_place_and_hit(page: Page) -> None:
    page.set_viewport_size({"width": 700, "height": 400})
    ask(page, "blue", "&k=6&offset=1")
    before = shots(page)
    last = page.locator(".hit .open").last
    last.scroll_into_view_if_needed()
    last.focus()
    place = page.evaluate("scrollY")
    assert place > 0
    page.keyboard.press("Enter")
    page.wait_for_url("**/video/*")
    page.go_back()
    expect(page.locator(".hit .open").last).to_be_focused()
    assert shots(page) == before
    assert abs(page.evaluate("scrollY") - place) < 2


def test_not_this_asks_again_without_it(page: Page) -> None:
    hits = ask(page, "blue")
    first = shots(page)[0]
    hits.first.hover()
    hits.first.get_by_role("link", name="Not this").click()
    page.wait_for_url(f"**/?q=blue&unlike={first}")
    assert first not in shots(page)
    expect(page.locator(".examples")).to_contain_text("Not like")
    page.get_by_role("link", name="Search without it").click()
    page.wait_for_url("**/?q=blue")
    assert shots(page)[0] == first


def test_then_asks_what_follows(page: Page) -> None:
    ask(page, "red")
    page.keyboard.press("t")
    box = page.locator("#q")
    expect(box).to_be_focused()
    expect(box).to_have_value("red >> ")
    page.keyboard.type("blue")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=red+%3E%3E+blue**")
    expect(page.locator(".hit .name").first).to_have_text("colours.mp4")


def test_everything_can_be_done_with_a_hit_by_keys(page: Page, engine: Engine) -> None:
    hits = ask(page, "blue")
    first = shots(page)[0]
    page.keyboard.press("j")
    expect(hits.nth(0).locator(".open")).to_be_focused()
    page.keyboard.press("w")
    expect(page.locator(".reasons:popover-open")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(hits.nth(0).get_by_role("button", name="why")).to_be_focused()
    page.keyboard.press("s")
    page.wait_for_url(f"**/?like={first}")
    page.go_back()
    page.keyboard.press("v")
    page.wait_for_url("**view=videos")
    page.keyboard.press("j")
    first = shots(page)[0]
    page.keyboard.press("n")
    page.wait_for_url(f"**unlike={first}")
