"""The answer in a real Chromium: its views, what can be done with a hit, the way back; and nothing jumps."""

import re
from collections.abc import Iterator
from urllib.parse import quote_plus

import pytest
from playwright.sync_api import Locator, Page, expect

from search.engine import Engine
from tests.web.conftest import BLUE, SHIFTS, Videos
from tests.web.test_api import png
from tests.web.test_browser import DROP

pytestmark = pytest.mark.browser

PASTE = """(bytes) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
  const options = { bubbles: true, cancelable: true, clipboardData: transfer };
  document.body.dispatchEvent(new ClipboardEvent("paste", options));
}"""


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
    assert page.evaluate("window.shifts") == []


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
    sign = hits.first.locator(".sure.strong").first.evaluate(
        "word => getComputedStyle(word, '::before').backgroundImage"
    )
    assert len(re.findall(r"linear-gradient\((rgb\([^)]*\))", sign)) == 3  # bars, and none of them faint


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


@pytest.fixture
def unmarked(engine: Engine) -> Iterator[None]:
    """Takes back what a test has taught."""
    yield
    catalog = engine.library.catalog
    for query in {mark.query for mark in catalog.marks()}:
        catalog.unmark(query)
    for concept in catalog.concepts():
        catalog.remove_concept(concept.name)
    for saved in catalog.saved_searches():
        catalog.remove_search(saved.name)


def test_marks_change_nothing_until_one_asks_again(page: Page, engine: Engine, unmarked: None) -> None:
    hits = ask(page, "blue")
    before = shots(page)
    expect(page.locator("#marking")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("m")
    right = hits.nth(0).get_by_role("button", name="Right")
    expect(right).to_have_attribute("aria-pressed", "true")
    hits.nth(1).hover()
    hits.nth(1).get_by_role("button", name="Wrong").click()
    expect(page.locator("#marking")).to_contain_text("1 right, 1 wrong")
    assert shots(page) == before
    assert [mark.right for mark in engine.library.catalog.marks("blue")] == [True, False]
    page.get_by_role("link", name="Search again with them").click()
    expect(page.locator("#marking")).to_contain_text("Ranked with what you marked: 1 right, 1 wrong")
    assert before[1] not in shots(page)
    expect(hits.nth(0).get_by_role("button", name="Right")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Forget", exact=True).click()
    page.get_by_role("link", name="Search again without them").click()
    expect(page.locator("#marking")).to_be_hidden()
    assert shots(page) == before


def test_a_mark_is_taken_back_by_the_same_button(page: Page, engine: Engine, unmarked: None) -> None:
    hits = ask(page, "blue")
    hits.first.hover()
    for pressed in ("true", "false"):
        hits.first.get_by_role("button", name="Right").click()
        expect(hits.first.get_by_role("button", name="Right")).to_have_attribute("aria-pressed", pressed)
    assert engine.library.catalog.marks("blue") == []


def test_marks_become_a_concept(page: Page, unmarked: None) -> None:
    ask(page, "blue")
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.get_by_text("Save as concept").click()
    page.get_by_label("Name of the concept").fill("my sea")
    page.keyboard.press("Enter")
    expect(page.locator("#save-concept")).to_contain_text("Learnt from 1 example.")
    page.get_by_role("link", name="Search for it").click()
    expect(page.locator("#q")).to_have_value('concept:"my sea"')
    expect(page.locator(".hit").first).to_be_visible()


def test_what_is_typed_is_read_and_completed(page: Page, videos: Videos) -> None:
    page.goto("/")
    box = page.locator("#q")
    box.press_sequentially("2*blue -red vid")
    option = page.locator("#options").get_by_role("option")
    expect(option).to_have_count(1)
    expect(page.locator("#reading")).to_have_text(re.compile("Understood as.*blue ×2.*not red.*vid"))
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "option-0")
    page.keyboard.press("Enter")
    expect(box).to_have_value("2*blue -red video:")
    page.keyboard.type("se")
    expect(page.locator("#options")).to_have_text("sea.webm")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(box).to_have_value("2*blue -red video:sea.webm ")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=2*blue*")
    expect(page.locator(".hit .name").first).to_have_text("sea.webm")


def test_a_mistake_is_shown_at_its_character_while_one_types(page: Page) -> None:
    page.goto("/")
    page.locator("#q").press_sequentially('sunset "good')
    expect(page.locator("#reading u")).to_have_text('"')
    expect(page.locator("#reading")).to_contain_text("is never closed")
    expect(page.locator("#q")).to_have_attribute("aria-invalid", "true")
    page.keyboard.type('"')
    expect(page.locator("#q")).to_have_attribute("aria-invalid", "false")


def test_what_was_asked_before_is_offered_and_can_be_forgotten(page: Page) -> None:
    ask(page, "blue", "&video=sea.webm")
    page.goto("/")
    page.locator("#q").click()
    first = page.locator("#options").get_by_role("option").first
    expect(first).to_contain_text("blue")
    first.click()
    page.wait_for_url("**/?q=blue&video=sea.webm")
    page.goto("/")
    page.keyboard.press("ArrowDown")
    page.locator("#options").get_by_role("option", name="Forget recent searches").click()
    expect(page.locator("#options").get_by_role("option", name="blue")).to_have_count(0)


def test_a_search_is_saved_opened_and_forgotten(page: Page, unmarked: None) -> None:
    ask(page, "blue", "&video=sea.webm")
    page.get_by_label("Save this search", exact=True).click()
    page.get_by_label("Save this search as").fill("<b>Sea</b>")
    page.keyboard.press("Enter")
    expect(page.locator("#save-search")).to_contain_text("Saved.")
    page.goto("/")
    page.get_by_role("link", name="<b>Sea</b>").click()
    page.wait_for_url("**/?q=blue&video=sea.webm")
    page.goto("/")
    page.get_by_role("button", name="Forget <b>Sea</b>").click()
    expect(page.locator(".saved")).to_have_count(0)
    page.reload()
    expect(page.locator(".saved")).to_have_count(0)


def test_a_pasted_picture_is_searched_with(page: Page) -> None:
    page.goto("/")
    with page.expect_navigation():
        page.evaluate(PASTE, list(png(BLUE).getvalue()))
    assert re.search(r"/\?upload=[0-9a-f]{64}$", page.url)
    expect(page.locator(".hit").first).to_be_visible()
    hits = page.locator(".hit")
    hits.first.hover()
    hits.first.get_by_role("link", name="Not this").click()
    page.wait_for_url("**&unlike=*")
    expect(page.locator(".examples li")).to_have_count(2)


def test_a_dropped_clip_is_searched_with(page: Page, videos: Videos) -> None:
    page.goto("/")
    with page.expect_navigation():
        assert page.evaluate(DROP, list((videos.folder / "sea.webm").read_bytes()))
    expect(page.locator(".hit .name").first).to_have_text("sea.webm")


@pytest.mark.parametrize(("width", "columns"), [(390, 2), (1280, 4), (1920, 4)])
def test_hits_stand_in_four_columns_by_rank_and_on_a_phone_in_two(
    page: Page, width: int, columns: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/?q=blue")
    boxes = [hit.bounding_box() for hit in page.locator(".hit").all()]
    places = [(box["y"], box["x"]) for box in boxes if box is not None]
    assert len(places) > columns
    assert places == sorted(places)
    assert len({x for _, x in places}) == columns


@pytest.mark.parametrize("path", ["/?q=blue&view=videos", "/?q=blue&compare=1", "/?q=blue&video=sea.webm"])
def test_no_view_is_wider_than_its_window(page: Page, path: str) -> None:
    for width in (360, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


CUES = """WEBVTT

00:00:00.000 --> 00:00:02.000
sprites.jpg#xywh=0,0,64,48

00:00:02.000 --> 00:00:03.000
sprites.jpg#xywh=64,0,64,48

00:00:03.000 --> 00:00:04.000
sprites.jpg#xywh=128,0,64,48

00:00:04.000 --> 00:00:06.000
sprites.jpg#xywh=192,0,64,48
"""


def test_hovering_looks_through_the_shot_and_no_other(page: Page, videos: Videos) -> None:
    """The cues are made up, since nothing changes inside the shots of these videos."""
    page.route("**/sprites.vtt", lambda route: route.fulfill(body=CUES, content_type="text/vtt"))
    ask(page, "blue", f"&video={videos.colours}")
    thumb = page.locator('.hit[data-start="2.0"] .thumb')
    box = thumb.bounding_box()
    assert box is not None
    seen = []
    for share in (0.05, 0.4, 0.6, 0.95):
        thumb.hover(position={"x": share * box["width"], "y": 30})
        expect(page.locator(".sprite")).to_have_count(1)
        place = page.locator(".sprite").evaluate("sprite => getComputedStyle(sprite).backgroundPositionX")
        scale = page.locator(".sprite").evaluate("sprite => parseFloat(sprite.style.width) / 64")
        seen.append(round(-float(place.removesuffix("px")) / scale))
    assert seen == [64, 64, 128, 128]
    page.locator('.hit[data-start="0.0"] .thumb').hover()
    expect(page.locator(".sprite")).to_have_count(0)
