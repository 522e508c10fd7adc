"""Nobody is offered what they may not do: on every page a reader tries everything there is to click."""

from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Request, Response, Route
from werkzeug.routing import MapAdapter
from werkzeug.security import generate_password_hash

from indexer.catalog import Pick, Role
from indexer.library import Library
from indexer.pipeline import Recipe, index
from indexer.service import IndexService
from search.engine import Engine
from tests.web.conftest import Videos, copied, serve
from tests.web.test_access import CHEAP, PASSWORD
from tests.web.test_browser_access import log_in
from web import create_app
from web.access import TABLE

pytestmark = pytest.mark.browser
PEOPLE = {"rita": Role.READER, "ed": Role.EDITOR}
PAGES = (
    "/", "/?q=blue", "/video/{}?t=1&q=blue", "/library", "/problems", "/map", "/collections",
    "/collections/1",
)  # fmt: skip
KEYS = ("j", "m", "x", "a", "Escape", "s", "n", "i", "o")
"""that do something with a hit or a shot"""
OFFERED = {
    "collections.add_collection", "collections.add_items", "collections.change_item",
    "collections.remove_collection", "collections.remove_item", "collections.rename_collection",
    "searching.remove_search", "searching.save_search", "teaching.add_mark",
}  # fmt: skip
"""Routes for editors that the pages use."""
TRY = """async () => {
  addEventListener("submit", (event) => event.preventDefault()); // no form leads away
  addEventListener("click", (event) => event.target.closest("a") && event.preventDefault());
  const tried = new Set();
  const kind = ({ tagName, id, name, title, textContent, dataset }) =>
    [tagName, id, name, title, textContent.trim(), JSON.stringify(dataset).replace(/\\d+/g, "")].join(" ");
  const left = (item) => !tried.has(kind(item)) && item.type !== "file" && !item.closest("header.bar form");
  const fresh = () => [...document.querySelectorAll("button, summary, [role=switch], input, textarea")]
    .filter((item) => left(item) && item.checkVisibility());
  const opened = (item) => item.closest("details[open], dialog[open], [popover]:popover-open");
  for (let found = fresh(); found.length; found = fresh()) {
    const item = found.find(opened) ?? found[0]; // what has just opened may close again
    tried.add(kind(item));
    if (item.matches("textarea, input:not([type=checkbox], [type=radio])")) {
      item.value ||= item.type === "number" ? "1" : "x";
      item.dispatchEvent(new Event("change", { bubbles: true }));
      item.form?.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true }));
    } else item.click();
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  return tried.size;
}"""
"""Clicks whatever can be seen, and what appears by that; one of a kind."""


@pytest.fixture(scope="module")
def at(engine: Engine, videos: Videos, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A library that indexes, with accounts, where there is something of everything."""
    folder = copied(engine, tmp_path_factory.mktemp("roles") / "library")
    with Library.open(folder) as library, Engine(library) as made:
        catalog = library.catalog
        for name, role in {"ann": Role.ADMIN, **PEOPLE}.items():
            catalog.add_account(name, generate_password_hash(PASSWORD, CHEAP), role)
        shot = catalog.shots(videos.colours)[0]
        collection = catalog.new_collection("picked").id
        catalog.pick(collection, [Pick(videos.colours, shot.span, "blue", "a note")] * 2)
        catalog.save_search("blue ones", "q=blue")
        recipe = Recipe(("palette",), detector="fixed:2")
        indexing = partial(index, library, recipe=recipe, workers=1)
        with IndexService(library, indexing) as service, serve(made, service) as address:
            yield address


def stay(route: Route) -> None:
    """Nothing leads away from the page."""
    if route.request.is_navigation_request():
        route.fulfill(status=204)
    else:
        route.continue_()


def try_everything(context: BrowserContext, path: str) -> list[Response]:
    """What the scripts of a page were answered when everything on it was tried."""
    asked: list[Request] = []

    def on_request(request: Request) -> None:
        if request.resource_type == "fetch":
            asked.append(request)

    page = context.new_page()
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.route("**/*", stay)
    page.on("request", on_request)
    for key in KEYS:
        page.keyboard.press(key)
    assert page.evaluate(TRY) > 3
    answers = [answer for request in asked if (answer := request.response())]
    page.close()
    return answers


@pytest.fixture(scope="module")
def tried(browser: Browser, at: str, engine: Engine, videos: Videos) -> dict[str, list[tuple[str, int]]]:
    """For everybody the routes that all pages have asked, and how they were answered. The reader is first: an
    editor takes things away."""
    routes = create_app(engine).url_map.bind("localhost")
    found: dict[str, list[tuple[str, int]]] = {}
    for name in PEOPLE:
        context = browser.new_context(base_url=at, viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto("/login")
        log_in(page, name)
        answers = [one for path in PAGES for one in try_everything(context, path.format(videos.colours))]
        found[name] = [(_route(routes, answer), answer.status) for answer in answers]
        context.close()
    return found


def _route(routes: MapAdapter, answer: Response) -> str:
    endpoint, _ = routes.match(urlsplit(answer.url).path, answer.request.method)
    return str(endpoint)


def test_nothing_that_is_offered_is_refused(tried: dict[str, list[tuple[str, int]]]) -> None:
    """Seen failing: the buttons of marks, collections and saved searches shown to readers, as they were."""
    for name, answers in tried.items():
        assert sorted({endpoint for endpoint, status in answers if status in (401, 403)}) == [], name


def test_who_may_is_offered_it(tried: dict[str, list[tuple[str, int]]]) -> None:
    """That trying finds what there is: an editor's clicks come to the routes for editors."""
    asked = {endpoint for endpoint, _ in tried["ed"]}
    assert asked >= OFFERED
    assert {TABLE[endpoint] for endpoint in OFFERED} == {Role.EDITOR}
    assert not OFFERED & {endpoint for endpoint, _ in tried["rita"]}
