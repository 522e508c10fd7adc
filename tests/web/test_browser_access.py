"""Logging in and out, another site, and hostile texts, in a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.security import generate_password_hash

from indexer.catalog import Pick, Role
from indexer.library import Library
from plugins.values import Span
from search.engine import Engine
from tests.web.conftest import Videos, copied, serve
from tests.web.test_access import CHEAP, PASSWORD
from tests.web.test_browser_axe import look

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "javascript:alert(1)",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "${alert(1)}`",
    "<a href='javascript:alert(1)'>x</a>",
    "<math><mtext><style><img src onerror=alert(1)>",
    "&lt;img src=x onerror=alert(1)&gt;\u202e",
]


@pytest.fixture(scope="module")
def guarded(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = copied(engine, tmp_path_factory.mktemp("guarded") / "library")
    with Library.open(folder) as library, Engine(library) as made:
        library.catalog.add_account("ann", generate_password_hash(PASSWORD, CHEAP), Role.ADMIN)
        library.catalog.add_account("bob", generate_password_hash(PASSWORD, CHEAP), Role.READER)
        yield made


@pytest.fixture(scope="module")
def at(guarded: Engine) -> Iterator[str]:
    with serve(guarded) as address:
        yield address


@pytest.fixture
def page(browser: Browser, at: str) -> Iterator[Page]:
    context = browser.new_context(base_url=at, viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def log_in(page: Page, name: str = "ann", password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_in_with_the_password_and_out_again(page: Page) -> None:
    page.goto("/collections")
    expect(page).to_have_url("/login?to=/collections")
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_role("navigation")).to_have_count(0)
    log_in(page, password="wrong")
    expect(page.get_by_role("alert")).to_contain_text("no account with that name and password")
    expect(page.get_by_label("Name")).to_have_value("ann")
    expect(page.get_by_label("Password")).to_have_value("")
    log_in(page)
    expect(page).to_have_url("/collections")
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url("/login")
    page.goto("/collections")
    expect(page).to_have_url("/login?to=/collections")


def test_axe_finds_nothing_where_one_logs_in(page: Page) -> None:
    page.goto("/login")
    look(page)
    log_in(page, password="wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    look(page)


def test_it_works_without_scripts(browser: Browser, at: str) -> None:
    context = browser.new_context(base_url=at, java_script_enabled=False)
    page = context.new_page()
    page.goto("/library")
    log_in(page)
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    context.close()


@contextmanager
def another_site(address: str) -> Iterator[str]:
    """A page elsewhere that sends what it can to the library of whoever visits it."""

    class Evil(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            form = f"""<form method="post" action="{address}/logout"><button>win a prize</button></form>
            <script>Promise.allSettled([
              fetch("{address}/api/v1/collections", {{method: "POST", credentials: "include", mode: "no-cors",
                headers: {{"Content-Type": "text/plain"}}, body: '{{"name": "taken"}}'}}),
              fetch("{address}/api/v1/collections", {{method: "POST", credentials: "include",
                headers: {{"Content-Type": "application/json"}}, body: '{{"name": "taken"}}'}}),
              fetch("{address}/api/v1/collections/1", {{method: "DELETE", credentials: "include"}}),
              fetch("{address}/api/v1/videos", {{credentials: "include"}})
                .then(() => document.title = "read"),
            ]).then(() => document.body.dataset.done = "")</script>"""
            self.wfile.write(form.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Evil)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_another_site_changes_and_reads_nothing(page: Page, at: str, guarded: Engine) -> None:
    """Another port of this machine is the same site and another origin, the hardest case: the cookie is
    sent."""
    catalog = guarded.library.catalog
    kept = catalog.new_collection("kept")
    page.goto("/login")
    log_in(page)
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    with another_site(at) as evil:
        page.goto(evil)
        page.locator("body[data-done]").wait_for()
        assert page.title() != "read"
        page.get_by_role("button", name="win a prize").click()
        expect(page.locator("h1")).to_have_text("Forbidden")
    assert [item.name for item in catalog.collections()] == ["kept"]
    page.goto("/collections")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    catalog.remove_collection(kept.id)


@pytest.fixture(scope="module")
def hostile(engine: Engine, videos: Videos, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A library whose every text is a payload."""
    folder = copied(engine, tmp_path_factory.mktemp("hostile") / "library")
    with Library.open(folder) as library, Engine(library) as made:
        catalog = library.catalog
        for payload in PAYLOADS:
            found = catalog.new_collection(payload[:100])
            pick = Pick(videos.colours, Span(0, 1_000_000), payload, payload)
            catalog.pick(found.id, [pick])
            catalog.add_tag(videos.colours, payload[:60])
            catalog.save_search(payload, "q=red")
        with serve(made) as address:
            yield address


def test_no_text_becomes_code(browser: Browser, hostile: str, videos: Videos) -> None:
    """Names, notes, labels, tags, saved searches, and what is asked: no dialog, no report of the policy, and
    names are there as they were written."""
    context = browser.new_context(base_url=hostile)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto("/collections")
    for payload in PAYLOADS[:7]:
        expect(page.get_by_title(payload, exact=True).first).to_be_visible()
    for number in range(1, len(PAYLOADS) + 1):
        page.goto(f"/collections/{number}")
    page.goto(f"/video/{videos.colours}")
    for payload in PAYLOADS:
        page.goto(f"/login?to={quote(payload)}")
        page.goto(f"/?q={quote(payload)}")
    box = page.get_by_role("combobox").first
    box.fill(PAYLOADS[0])
    box.press("Enter")
    page.wait_for_url(f"**/?q={quote(PAYLOADS[0], safe='')}*")
    page.goto("/library")
    unread = [text for text in complaints if "422" not in text]  # which a query that cannot be read is
    assert unread == []
    context.close()
