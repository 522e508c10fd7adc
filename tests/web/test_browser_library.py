"""The library page in a real Chromium, over a library that is changed through it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from indexer.service import IndexService
from search.engine import Engine
from shotseek.draw import write_video
from tests.web.conftest import BLUE, FPS, GREEN, HOSTILE, RED, scene, serve, watched_page
from tests.web.test_library import Stream, age, changing, film
from web.site import MAX_STREAMS

pytestmark = pytest.mark.browser


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[tuple[Engine, IndexService, str]]:
    """A library, what indexes it, and where it is served."""
    with changing(tmp_path / "library") as (engine, service), serve(engine, service) as address:
        yield engine, service, address


@pytest.fixture
def service(changed: tuple[Engine, IndexService, str]) -> IndexService:
    return changed[1]


@pytest.fixture
def shown(changed: tuple[Engine, IndexService, str], browser: Browser) -> Iterator[Page]:
    """A page of that library, which fails its test as `page` does."""
    context = browser.new_context(base_url=changed[2], viewport={"width": 1280, "height": 800})
    yield from watched_page(context, changed[2])
    context.close()


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    film(folder / "one.mp4", RED)
    film(folder / HOSTILE, BLUE)
    (folder / "broken.mp4").write_text("this is no video")
    age(folder / "broken.mp4")
    return folder


def add(page: Page, folder: Path) -> None:
    page.get_by_label("Folder of videos").fill(str(folder))
    page.keyboard.press("Enter")
    page.wait_for_url("**/library")


def names(page: Page) -> list[str]:
    return page.locator("[data-part=videos] .name").all_text_contents()


def test_a_folder_is_added_by_keyboard_fills_and_goes_on_filling(
    shown: Page, films: Path, hold: Path
) -> None:
    """From an empty library, on the front page; and whatever files are called."""
    shown.goto("/")
    shown.get_by_label("Folder of videos").press_sequentially(f"{films.parent}/fi")
    expect(shown.locator("#folder-names option")).to_have_attribute("value", f"{films}/")
    add(shown, films)
    expect(shown.locator("#doing")).to_contain_text("“films”")
    expect(shown.locator("#active li, #soon li").first).to_be_visible()
    hold.unlink()
    expect(shown.locator("[data-part=videos] .name")).to_have_count(2)
    expect(shown.locator("[data-part=problems]")).to_contain_text("This is not a video.")
    expect(shown.locator("#progress")).to_be_hidden()
    expect(shown.locator("#lately summary")).to_have_text(re.compile("Finished last: .*2 done"))
    assert HOSTILE in names(shown)
    assert shown.title() != "taken"
    film(films / "new <b>.mp4", GREEN)
    expect(shown.locator("[data-part=videos] .name")).to_have_count(3)
    assert "new <b>.mp4" in names(shown)


def test_a_file_that_is_being_written_is_shown_as_such(shown: Page, films: Path) -> None:
    shown.goto("/library")
    add(shown, films)
    expect(shown.locator("[data-part=videos] .name")).to_have_count(2)
    write_video(films.parent / "whole.mp4", scene(GREEN, 1), fps=FPS)
    whole = (films.parent / "whole.mp4").read_bytes()
    (films / "late.mp4").write_bytes(whole[: len(whole) // 2])
    expect(shown.locator("#soon")).to_contain_text("late.mp4")
    expect(shown.locator("#soon")).to_contain_text("still being written")
    (films / "late.mp4").write_bytes(whole)
    expect(shown.locator("[data-part=videos] .name")).to_have_count(3)


def test_pause_resume_and_cancel(shown: Page, films: Path, service: IndexService, hold: Path) -> None:
    shown.goto("/library")
    service.pause()
    add(shown, films)
    expect(shown.locator("#doing")).to_have_text("Paused: “films”")
    shown.get_by_role("button", name="Resume", exact=True).click()
    expect(shown.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    shown.get_by_role("button", name=re.compile("^Cancel one.mp4")).click()
    hold.unlink()
    expect(shown.locator("[data-part=problems]")).to_contain_text("You have cancelled it.")
    shown.locator("[data-part=problems] li", has_text="one.mp4").get_by_role("button", name="Retry").click()
    expect(shown.locator("#toast")).to_have_text("It is tried again.")
    expect(shown.locator("[data-part=videos] .name")).to_have_count(2)


def test_the_time_left_is_said_as_soon_as_it_is_known(
    shown: Page, films: Path, hold: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.estimate.LEAST_S", 3.0)
    shown.goto("/library")
    add(shown, films)
    figures = shown.locator("#figures")
    expect(figures).to_contain_text("time left not known yet")
    expect(figures).to_have_text(
        re.compile(r"^0 of 3 videos · .* of .* · (a few|about \d+) (seconds|minutes?) left$")
    )
    hold.unlink()
    expect(shown.locator("#progress")).to_be_hidden()


def test_a_folder_that_cannot_be_added_says_why_where_it_was_typed(
    changed: tuple[Engine, IndexService, str], browser: Browser
) -> None:
    """On a page of its own: a browser writes every refusal on the console."""
    page = browser.new_page(base_url=changed[2])
    page.goto("/library")
    field = page.get_by_label("Folder of videos")
    field.fill("/proc")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("belongs to the system")
    expect(field).to_be_focused()
    expect(page.get_by_role("heading", name="Your library is empty")).to_be_visible()
    page.close()


def test_a_page_that_gets_no_stream_asks_now_and_then(
    changed: tuple[Engine, IndexService, str], browser: Browser, films: Path
) -> None:
    streams = [Stream(changed[2]) for _ in range(MAX_STREAMS)]
    page = browser.new_page(base_url=changed[2])
    page.goto("/library")
    add(page, films)
    expect(page.locator("[data-part=videos] .name")).to_have_count(2)
    page.close()
    for stream in streams:
        stream.close()


def test_a_video_is_removed_and_brought_back(shown: Page, films: Path) -> None:
    shown.goto("/library")
    add(shown, films)
    expect(shown.locator("[data-part=videos] .name")).to_have_count(2)
    shown.locator(".card", has_text="one.mp4").locator(".open").click()
    expect(shown.get_by_role("heading", name="How it was indexed")).to_be_visible()
    shown.get_by_role("button", name="Remove").click()
    expect(shown.locator("dialog:modal")).to_contain_text("Its file is not touched.")
    shown.keyboard.press("Escape")
    shown.get_by_role("button", name="Remove").click()
    shown.get_by_role("button", name="Yes").click()
    shown.wait_for_url("**/library")
    assert names(shown) == [HOSTILE]
    shown.get_by_text("1 file is left out").click()
    shown.get_by_role("button", name="Bring back").click()
    expect(shown.locator("[data-part=videos] .name")).to_have_count(2)


def test_a_folder_is_watched_no_more_and_forgotten(shown: Page, films: Path, service: IndexService) -> None:
    shown.goto("/library")
    add(shown, films)
    expect(shown.locator("[data-part=videos] .name")).to_have_count(2)
    switch = shown.get_by_role("switch")
    expect(switch).to_be_checked()
    with shown.expect_response("**/api/v1/folders/1"):
        switch.focus()
        shown.keyboard.press("Space")
    shown.reload()
    expect(shown.get_by_role("switch")).not_to_be_checked()
    shown.get_by_role("button", name="Forget").click()
    shown.get_by_label(re.compile("Forget its videos")).check()
    shown.locator("dialog:modal").get_by_role("button", name="Forget").click()
    expect(shown.locator("#toast")).to_contain_text("were forgotten")
    shown.reload()
    expect(shown.get_by_role("heading", name="Your library is empty")).to_be_visible()


def test_order_and_state_stay_in_the_address_and_survive_back(page: Page) -> None:
    page.goto("/library")
    page.get_by_label("Order").select_option("Longest")
    page.wait_for_url("**/library?order=length")
    assert names(page)[0] == "colours.mp4"
    page.locator(".card .open").first.click()
    page.go_back()
    assert page.url.endswith("/library?order=length")
    expect(page.get_by_label("Order")).to_have_value("length")
    page.get_by_label("State").select_option("Missing")
    page.wait_for_url("**/library?state=missing&order=length")
    expect(page.get_by_text("No video is called that, or none is so")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1920])
def test_the_page_fits_while_something_is_done(
    shown: Page, films: Path, service: IndexService, hold: Path, width: int
) -> None:
    shown.set_viewport_size({"width": width, "height": 800})
    shown.goto("/library")
    add(shown, films)
    expect(shown.locator("#active li").first).to_be_visible()
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
