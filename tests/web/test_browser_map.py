"""The map in a real Chromium: moved through, selected from and searched in, by keyboard and by mouse."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

pytestmark = pytest.mark.browser
PATIENCE = 60_000
"""milliseconds; the map is drawn by another process"""


@pytest.fixture
def plane(page: Page) -> Locator:
    """The map, drawn and at rest."""
    page.emulate_media(reduced_motion="reduce")
    page.goto("/map")
    expect(page.locator("#plane[data-version][data-settled]")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#pictures a").first).to_be_visible(timeout=PATIENCE)
    return page.locator("#plane")


def scale(plane: Locator) -> float:
    """Once it is at rest."""
    plane.page.wait_for_timeout(300)
    return float(plane.get_attribute("data-settled") or 0)


def selected(page: Page) -> int:
    title = page.locator("#chosen-title")
    expect(title).to_have_text(re.compile(r"\d+ shots? selected"), timeout=PATIENCE)
    return int((title.text_content() or "").split()[0])


def test_by_keyboard_from_the_map_to_a_search_inside_a_part_of_it(page: Page, plane: Locator) -> None:
    plane.focus()
    before = scale(plane)
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert scale(plane) > 2 * before
    page.keyboard.press("0")
    assert scale(plane) == pytest.approx(before, rel=0.01)
    for _ in range(9):
        page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("s")
    expect(page.locator("#spoken")).to_contain_text("corner is marked")
    for _ in range(9):
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("s")
    count = selected(page)
    assert count > 1
    page.locator("#within").fill("blue")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Inside a part of the map")).to_be_visible(timeout=PATIENCE)
    assert 0 < page.locator(".hit").count() <= count
    page.locator(".examples").get_by_role("link", name="Search without it").click()
    expect(page.get_by_text("Inside a part of the map")).to_have_count(0)


def test_keys_tell_what_is_in_the_middle_and_enter_opens_it(page: Page, plane: Locator) -> None:
    plane.focus()
    page.locator("#parts button").first.click()
    plane.focus()
    for _ in range(3):
        page.keyboard.press("+")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/video/\d+\?t="), timeout=PATIENCE)


def test_a_rectangle_is_drawn_with_shift_and_cleared_with_escape(page: Page, plane: Locator) -> None:
    box = plane.bounding_box()
    assert box is not None
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 200, steps=3)
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    total = int(re.findall(r"\d+", plane.get_attribute("aria-label") or "")[0])
    assert selected(page) == total
    expect(page.locator("#frame")).to_be_visible()
    plane.focus()
    page.keyboard.press("Escape")
    expect(page.locator("#chosen")).to_be_hidden()


def test_two_clicks_select_where_nobody_can_drag(page: Page, plane: Locator) -> None:
    box = plane.bounding_box()
    assert box is not None
    page.get_by_role("button", name="Select a part").click()
    page.mouse.click(box["x"] + 4, box["y"] + 4)
    page.mouse.click(box["x"] + box["width"] - 70, box["y"] + box["height"] - 4)
    assert selected(page) > 1
    expect(page.get_by_role("button", name="Select a part")).to_have_attribute("aria-pressed", "false")


def test_dragging_moves_and_the_wheel_zooms_and_no_link_is_followed(page: Page, plane: Locator) -> None:
    picture = page.locator("#pictures a").first
    before = picture.bounding_box()
    assert before is not None
    page.mouse.move(before["x"] + 20, before["y"] + 20)
    page.mouse.down()
    page.mouse.move(before["x"] + 80, before["y"] + 60, steps=4)
    page.mouse.up()
    assert page.url.endswith("/map")
    small = scale(plane)
    page.mouse.wheel(0, -600)
    assert scale(plane) > 2 * small


def test_of_a_map_with_too_many_points_the_part_that_is_seen_is_fetched(page: Page) -> None:
    few = re.compile(r"/map/points\?(?!.*box=)")
    page.route(few, lambda route: route.continue_(url=route.request.url + "&limit=3"))
    page.emulate_media(reduced_motion="reduce")
    page.goto("/map")
    plane = page.locator("#plane[data-version][data-settled]")
    expect(plane).to_be_visible(timeout=PATIENCE)
    plane.focus()
    with page.expect_response(re.compile(r"/map/points\?.*box="), timeout=PATIENCE) as answer:
        for _ in range(4):
            page.keyboard.press("+")
    assert answer.value.ok
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("0")
    expect(plane).to_have_attribute("data-shown", "3", timeout=PATIENCE)
    assert not [address for address in asked if few.search(address)]


def test_of_a_large_map_a_sample_is_drawn_first_and_the_rest_joins_it(page: Page) -> None:
    """The scripts are told that three points are a large map; the answer with all of them is held back."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        if "limit=3" in route.request.url:
            route.continue_()
        else:
            waiting.append(route)

    page.route("**/map/points?**", hold)
    script = re.compile(r"/static/map\.js")
    page.route(script, lambda route: route.fulfill(response=(it := route.fetch()), body=of_three(it.text())))
    page.emulate_media(reduced_motion="reduce")
    page.goto("/map")
    plane = page.locator("#plane[data-version]")
    expect(plane).to_have_attribute("data-shown", "3", timeout=PATIENCE)
    total = int(re.findall(r"\d+", plane.get_attribute("aria-label") or "")[0])
    assert total > 3
    while not waiting:
        page.wait_for_timeout(20)
    for route in waiting:
        route.continue_()
    expect(plane).to_have_attribute("data-shown", str(total), timeout=PATIENCE)


def of_three(script: str) -> str:
    assert "SAMPLE = 20000" in script
    return script.replace("SAMPLE = 20000", "SAMPLE = 3")


def test_a_picture_leads_to_its_moment(page: Page, plane: Locator) -> None:
    page.locator("#pictures a").first.click()
    page.wait_for_url(re.compile(r"/video/\d+\?t="), timeout=PATIENCE)


def test_colours_have_a_legend_with_shapes_and_counts(page: Page, plane: Locator) -> None:
    page.locator("#by").select_option("video")
    legend = page.locator("#legend")
    expect(legend.get_by_role("button").first).to_be_visible(timeout=PATIENCE)
    assert legend.locator("canvas").count() == legend.get_by_role("button").count() > 3
    legend.get_by_role("button").nth(1).click()
    expect(legend.get_by_role("button").nth(1)).to_have_attribute("aria-pressed", "true")


def test_the_list_of_parts_selects_one(page: Page, plane: Locator) -> None:
    part = page.locator("#parts button").first
    count = int(part.locator(".number").text_content() or 0)
    part.focus()
    page.keyboard.press("Enter")
    assert 0 < selected(page) <= count


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    for width in (360, 768, 1280, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto("/map")
        expect(page.locator("#plane[data-settled]")).to_be_visible(timeout=PATIENCE)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
