"""Collections in a real Chromium: picking, order, notes, exports."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import opentimelineio as otio
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from indexer.catalog import Pick
from plugins.values import SECOND, Span
from search.engine import Engine
from search.export.formats import FORMATS, Format
from tests.web.conftest import Videos

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _empty(engine: Engine) -> Iterator[None]:
    """Every test begins and ends without collections."""
    yield
    for item in engine.library.catalog.collections():
        engine.library.catalog.remove_collection(item.id)


@pytest.fixture
def path(engine: Engine, videos: Videos) -> str:
    """The address of a collection of three moments."""
    catalog = engine.library.catalog
    id_ = catalog.new_collection("best of").id
    names = (videos.colours, videos.sea, videos.hostile)
    catalog.pick(id_, [Pick(video, Span(0, SECOND * 3 // 2), note=f"no. {video}") for video in names])
    return f"/collections/{id_}"


def order(page: Page) -> list[str]:
    return [text.strip().split()[0] for text in page.locator(".pick .name").all_text_contents()]


def kept(engine: Engine, path: str) -> list[str]:
    items = engine.library.catalog.collection_items(int(path.rpartition("/")[2]))
    return [item.path.rpartition("/")[2].split()[0] for item in items]


def test_a_hit_is_picked_into_a_new_collection_and_the_next_into_the_same(page: Page, engine: Engine) -> None:
    page.goto("/?q=blue")
    cards = page.locator(".hit")
    cards.nth(0).locator(".open").focus()
    page.keyboard.press("a")
    name = page.get_by_role("textbox", name="Name of a new collection")
    expect(name).to_be_focused()
    page.keyboard.type("Sea & sky")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_have_text("Added to Sea & sky: 1 moment")
    expect(cards.nth(0).locator("[data-collect]")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("dialog")).to_be_hidden()
    engine.library.catalog.new_collection("another")
    cards.nth(1).hover()
    cards.nth(1).get_by_role("button", name="Add to a collection").click()
    expect(page.get_by_role("button", name="Sea & sky 1")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="another 0")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("2 moments")
    (made,) = [item for item in engine.library.catalog.collections() if item.name == "Sea & sky"]
    items = engine.library.catalog.collection_items(made.id)
    assert [item.label for item in items] == ["blue", "blue"]
    shots = [cards.nth(index).get_attribute("data-start") for index in (0, 1)]
    assert [item.span.start_us / SECOND for item in items] == [float(start or -1) for start in shots]
    page.get_by_role("link", name="Sea & sky").click()
    expect(page.locator(".pick")).to_have_count(2)


def test_a_shot_is_picked_and_what_cannot_be_says_so(page: Page, videos: Videos, engine: Engine) -> None:
    engine.library.catalog.new_collection("taken")
    page.goto(f"/video/{videos.colours}")
    page.get_by_role("button", name="Add shot 2 to a collection").click()
    name = page.get_by_role("textbox", name="Name of a new collection")
    name.fill(" ")
    page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Add shot 2 to a collection")).to_be_focused()
    page.get_by_role("button", name="Add shot 2 to a collection").click()
    page.get_by_role("button", name="taken").click()
    expect(page.locator("#toast")).to_have_text("Added to taken: 1 moment")
    (made,) = engine.library.catalog.collections()
    assert engine.library.catalog.collection_items(made.id)[0].span == Span(2 * SECOND, 4 * SECOND)


def test_what_plays_is_picked_by_the_key_alone(page: Page, videos: Videos, engine: Engine) -> None:
    """The shot that plays, or the piece that is marked in it."""
    made = engine.library.catalog.new_collection("x").id
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"/video/{videos.colours}?t=2.5")
    expect(page.locator("#strip [aria-current]")).to_be_visible()
    page.keyboard.press("a")
    page.get_by_role("button", name="x 0").click()
    expect(page.locator("#toast")).to_have_text("Added to x: 1 moment")
    page.keyboard.press("i")
    expect(page.locator("#piece")).to_be_visible()
    page.get_by_role("button", name="Add to a collection", exact=True).click()
    page.get_by_role("button", name="x 1").click()
    expect(page.locator("#toast")).to_have_text("Added to x: 2 moments")
    spans = [item.span for item in engine.library.catalog.collection_items(made)]
    assert spans == [Span(2 * SECOND, 4 * SECOND), Span(round(2.5 * SECOND), 6 * SECOND)]


def test_moments_are_put_in_order_by_the_keyboard_and_it_is_said(
    page: Page, path: str, engine: Engine
) -> None:
    page.goto(path)
    assert order(page) == ["colours.mp4", "sea.webm", "<img"]
    grip = page.get_by_role("button", name="Move colours.mp4, 0:00.0")
    grip.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#moved")).to_have_text("Moved to place 2 of 3.")
    expect(grip).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator("#moved")).to_have_text("Moved to place 3 of 3.")
    page.keyboard.press("ArrowDown")
    assert order(page) == ["sea.webm", "<img", "colours.mp4"]
    page.keyboard.press("ArrowUp")
    expect(page.locator("#moved")).to_have_text("Moved to place 2 of 3.")
    page.wait_for_load_state("networkidle")
    page.reload()
    assert order(page) == kept(engine, path) == ["sea.webm", "colours.mp4", "<img"]


def test_moments_are_put_in_order_by_dragging(page: Page, path: str, engine: Engine) -> None:
    page.goto(path)
    grip = page.get_by_role("button", name="Move colours.mp4").bounding_box()
    last = page.locator(".pick").last.bounding_box()
    assert grip is not None
    assert last is not None
    page.mouse.move(grip["x"] + 10, grip["y"] + 20)
    page.mouse.down()
    page.mouse.move(grip["x"] + 10, last["y"] + last["height"] - 4, steps=12)
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.mouse.up()
    assert order(page) == kept(engine, path) == ["sea.webm", "<img", "colours.mp4"]


def test_notes_and_ends_are_kept_at_once(page: Page, path: str, engine: Engine) -> None:
    page.goto(path)
    note = page.get_by_role("textbox", name="Note on sea.webm")
    note.fill("waves <b>")
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        note.press("Tab")
    row = page.locator(".pick").nth(1)
    row.get_by_label("From").fill("0.5")
    row.get_by_label("to", exact=True).fill("1.25")
    row.get_by_label("to", exact=True).press("Enter")
    expect(row.locator(".span")).to_have_text("0:00.5 – 0:01.2")
    expect(page.locator("#length")).to_have_text("0:03.7")
    item = engine.library.catalog.collection_items(int(path.rpartition("/")[2]))[1]
    assert (item.note, item.span) == ("waves <b>", Span(SECOND // 2, SECOND * 5 // 4))
    page.reload()
    expect(note).to_have_value("waves <b>")


def test_moments_are_taken_out_and_the_collection_renamed_and_deleted(
    page: Page, path: str, engine: Engine
) -> None:
    page.goto(path)
    page.get_by_role("button", name="Take out sea.webm").click()
    expect(page.locator("#count")).to_have_text("2 moments")
    assert kept(engine, path) == ["colours.mp4", "<img"]
    page.get_by_role("button", name="Rename", exact=True).click()
    page.keyboard.type("finest")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("finest")
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Nothing is collected yet")).to_be_visible()
    expect(page.get_by_role("button", name="Make")).to_be_enabled()
    page.get_by_role("textbox", name="Name of a new collection").fill("new one")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is in it yet")).to_be_visible()


def test_exports_are_downloaded(page: Page, path: str, tmp_path: Path) -> None:
    page.goto(path)
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as got:
        page.get_by_role("link", name="Edit decision list").click()
    assert got.value.suggested_filename == "best of.edl"
    got.value.save_as(tmp_path / "cuts.edl")
    (track,) = otio.adapters.read_from_file(str(tmp_path / "cuts.edl"), rate=30).tracks
    assert len(track) == 3
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as got:
        page.get_by_role("link", name="Subclips").click()
    got.value.save_as(tmp_path / "clips.zip")
    assert len(zipfile.ZipFile(tmp_path / "clips.zip").namelist()) == 4
    expect(page.locator("#working")).to_contain_text("Subclips is done, and is being downloaded.")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#working")).to_be_hidden()


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_format_is_downloaded_by_its_name(page: Page, path: str, tmp_path: Path, form: Format) -> None:
    """And begins as such files do; tests/search reads every one back."""
    begins = {"reel": b"\0\0\0", "subclips": b"PK", "contact": b"\xff\xd8", "json": b"{", "otio": b"{"}
    begins |= {"fcpxml": b"<?xml", "m3u": b"#EXTM3U", "webvtt": b"WEBVTT", "chapters": b";FFMETADATA1"}
    page.goto(path)
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as got:
        page.locator("#export").get_by_role("link", name=re.compile(f"^{form.title}")).click()
    assert got.value.suggested_filename == f"best of{form.suffix}"
    got.value.save_as(tmp_path / "file")
    found = (tmp_path / "file").read_bytes()
    assert found.startswith(begins.get(form.name, b""))
    assert len(found) > 10


def test_an_answer_is_exported_from_the_search_page(page: Page) -> None:
    page.goto("/?q=blue")
    page.locator("summary[aria-label='Export the best 100 hits']").click()
    with page.expect_download() as got:
        page.get_by_role("link", name="Spreadsheet").click()
    assert got.value.suggested_filename == "blue.csv"


def test_no_page_is_wider_than_its_window(page: Page, path: str) -> None:
    for width in (360, 700, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        for address in ("/collections", path):
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_pages_can_be_read_and_exported_without_scripts(
    context: BrowserContext, address: str, path: str
) -> None:
    assert context.browser is not None
    with context.browser.new_context(base_url=address, java_script_enabled=False) as plain:
        page = plain.new_page()
        page.goto("/collections")
        page.get_by_role("link", name="best of").click()
        expect(page.locator(".pick")).to_have_count(3)
        page.get_by_text("Export", exact=True).click()
        with page.expect_download() as got:
            page.get_by_role("link", name="Contact sheet").click()
        assert got.value.suggested_filename == "best of.jpg"
