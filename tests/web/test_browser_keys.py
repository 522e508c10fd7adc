"""Everything by keyboard: the list of keys, the keys that work everywhere, and a walk with Tab over every
page."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Videos

pytestmark = pytest.mark.browser

FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const around = at.closest("label.icon, .box") ?? at; // a field that shows its focus around more than itself
  const box = around.getBoundingClientRect();
  const shown = [at, around].some((each) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  });
  window.walked ??= new Map();
  if (!window.walked.has(at)) window.walked.set(at, window.walked.size);
  const seen = box.width > 0 && box.height > 0;
  return { id: window.walked.get(at), shown, seen, what: at.outerHTML.slice(0, 160) };
}"""
REACHABLE = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled && each.tabIndex >= 0
    && !(each.type === "radio" && !each.checked))
  .filter((each) => !window.walked.has(each)).map((each) => each.outerHTML.slice(0, 160))"""
MOST = 150


def walk(page: Page) -> None:
    """From the top of the page to its end with Tab alone."""
    page.evaluate("() => { document.querySelector('.skip').focus(); window.walked = new Map(); }")
    known = {page.evaluate(FOCUSED)["id"]}
    for _ in range(MOST):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found is None or found["id"] == 0:
            break
        assert found["shown"], f"focus is not visible at {found['what']}"
        assert found["seen"], f"focus is at something that is not there: {found['what']}"
        assert found["id"] not in known, f"a trap at {found['what']}"
        known.add(found["id"])
    else:
        pytest.fail(f"no end after {MOST} steps")
    assert len(known) > 5
    assert page.evaluate(REACHABLE) == []


PAGES = [
    "/",
    "/?q=blue",
    "/?q=blue&view=videos",
    "/?q=harbour&compare=1",
    "/video/{colours}?q=blue",
    "/library",
    "/problems",
    "/encoders",
    "/collections",
    "/map",
]


@pytest.mark.parametrize("path", PAGES)
def test_tab_reaches_everything_and_is_seen(page: Page, videos: Videos, path: str) -> None:
    """Seen failing with the outline taken away."""
    page.goto(path.format(colours=videos.colours))
    page.wait_for_load_state("networkidle")
    walk(page)


def test_the_list_of_keys_says_what_works_here(page: Page, videos: Videos) -> None:
    page.goto(f"/video/{videos.colours}")
    opener = page.get_by_role("button", name="Keys")
    opener.focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog.get_by_role("region", name="Player")).to_contain_text("Play or pause")
    expect(dialog.get_by_role("region", name="Everywhere")).to_contain_text("Go to: Library")
    for _ in range(8):  # the focus goes round inside; Chromium's own bars count as inside
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.matches('#key-list *, body, #key-list')")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_list_differs_from_page_to_page(page: Page) -> None:
    page.goto("/collections")
    page.get_by_role("button", name="Keys").click()
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog.get_by_role("region", name="Everywhere")).to_be_visible()
    expect(dialog.get_by_role("region", name="Player")).to_have_count(0)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_two_keys_lead_to_a_page_and_one_to_the_search(page: Page) -> None:
    page.goto("/collections")
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/library")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Name or folder of a video")).to_be_focused()


def test_keys_can_be_turned_off_and_stay_off(page: Page) -> None:
    page.goto("/collections")
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("switch", name="Single keys do something").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    assert page.url.endswith("/collections")
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("switch", name="Single keys do something")).not_to_be_checked()
    page.get_by_role("switch", name="Single keys do something").check()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_a_menu_closes_with_escape_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/")
    more = page.locator(".more > summary")
    more.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Problems")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Problems")).to_be_hidden()
    expect(more).to_be_focused()
