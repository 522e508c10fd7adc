"""Every text of the pages can be translated: in a language in which each stands in brackets, nothing stands
outside them but what belongs to the visitor."""

import ast
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from indexer.catalog import Pick, StageRecord, State
from indexer.library import Library
from plugins.errors import Reason
from search.engine import Engine
from tests.web.conftest import Client, Videos, copied, serve
from web import create_app
from web.site import KEY
from web.texts import HERE, PAGE

EXTRACT = HERE.parents[1] / "docs" / "texts.py"
PSEUDO = "eo"
UNSEEN = ("script", "style", "code", "datalist", "kbd")
VOID = ("meta", "link", "img", "input", "track", "br", "hr", "wbr", "source")
SAID = ("aria-label", "title", "placeholder", "alt")
OWN = re.compile(
    r"""colours|sea\.webm|old\.avi|\S*\.mp4|<img|src=x|onerror=\S+|'taken'|'quotes'|caf\S*|harbour|tonight|The|is|quiet|and|cold
    |&|palette|blue|/\S+|~/\S+|shotseek|index|zebra|Shotseek|serve|--\S+|h264|vp8|mpeg4|B|kB|s|fps|MPEG-4|Mbit|UTC|subtitles|ocr|vp9|WebM""",
    re.VERBOSE,
)
"""names, words and numbers of the videos, of commands, and units"""


def bracket(text: str) -> str:
    return f"⟦{text}⟧"


@pytest.fixture(scope="module")
def translations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one language, in which every text stands in brackets."""
    folder = tmp_path_factory.mktemp("locale")
    catalog = read_po(BytesIO((HERE / "messages.pot").read_bytes()), locale=PSEUDO)
    for message in catalog:
        if message.id:
            texts = [message.id] if isinstance(message.id, str) else list(message.id)
            made = [bracket(text) for text in texts]
            message.string = made[0] if isinstance(message.id, str) else tuple(made)
    at = folder / PSEUDO / "LC_MESSAGES" / "messages.mo"
    at.parent.mkdir(parents=True)
    with at.open("wb") as file:
        write_mo(file, catalog)
    return folder


def client_in(engine: Engine, translations: Path) -> FlaskClient:
    app = create_app(engine, translations=translations)
    app.test_client_class = Client
    return app.test_client()


@pytest.fixture
def foreign(engine: Engine, translations: Path) -> FlaskClient:
    return client_in(engine, translations)


@dataclass(frozen=True)
class Made:
    engine: Engine
    numbers: dict[str, int]


class Texts(HTMLParser):
    """What a visitor reads or hears of a page, but for what it says is English: names of formats, and details
    of what went wrong."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[bool] = []
        self.feed(html)

    @property
    def deaf(self) -> bool:
        return any(self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag in UNSEEN or ("lang", "en") in attrs or ("translate", "no") in attrs)
        if not self.deaf:
            self.found += [value for name, value in attrs if name in SAID and value]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass  # <path/> says nothing

    def handle_data(self, data: str) -> None:
        if not self.deaf:
            self.found.append(data)


def left(text: str) -> Iterator[str]:
    """The words of a text that are neither translated nor the visitor's own."""
    outside, count = text, 1
    while count:  # one text may stand in another
        outside, count = re.subn(r"⟦[^⟦⟧]*⟧", " ", outside)
    for word in re.findall(r"\S*[A-Za-z]\S*", outside):
        if not OWN.fullmatch(word.strip("“”‘’·.,:;()?!>")):
            yield word


PAGES = {
    "pages.search": [
        "/",
        "/?q=blue",
        "/?q=blue&view=videos",
        "/?q=blue&compare=1",
        "/?q=blue&min_duration=999&video=sea.webm&codec=vp9",
        '/?q="blue',
        "/?q=labl:blue",
        "/?q=zebra",
        "/?q=zebra&compare=1",
        "/?q=blue&encoder=none",
        "/?q=blue&video=none.mp4",
        "/?q=blue&like={shot}&unlike={shot}&piece={colours}:0-2",
    ],
    "pages.video": ["/video/{colours}", "/video/{colours}?q=blue&t=2", "/video/{sea}"],
    "pages.library": ["/library", "/library?text=nothing"],
    "pages.problems": ["/problems"],
    "pages.encoders": ["/encoders"],
    "pages.api": ["/api"],
    "pages.map": ["/map", "/map?encoder=none"],
    "pages.collections": ["/collections"],
    "pages.collection": ["/collections/{full}", "/collections/{nothing}"],
    "login.show_login": ["/login"],
}
"""Addresses of every page, in its states, by route."""


@pytest.fixture(scope="module")
def made(engine: Engine, videos: Videos, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A library that has something of everything, and the numbers of it."""
    folder = copied(engine, tmp_path_factory.mktemp("texts") / "library")
    with Library.open(folder) as library, Engine(library) as own:
        catalog = library.catalog
        shot = catalog.shots(videos.colours)[0]
        pick = Pick(videos.colours, shot.span, "blue")
        full, nothing = (catalog.new_collection(name).id for name in ("colours", "cold"))
        catalog.pick(full, [pick])
        catalog.save_search("blue", "q=blue")
        catalog.set_stage(videos.sea, StageRecord("annotate:ocr", State.FAILED, Reason.ANNOTATOR, "no model"))
        numbers = {"colours": videos.colours, "sea": videos.sea, "shot": shot.id}
        yield Made(own, numbers | {"full": full, "nothing": nothing})


def test_what_a_search_says_is_in_the_language_of_the_page(made: Made, translations: Path) -> None:
    """Of a query that cannot be read, with what is wrong in it and the hint inside; of an encoder that knows
    no word. By the API it is English, whatever a browser speaks, unless the script of a page asks."""
    foreign = client_in(made.engine, translations)
    speaks = {"Accept-Language": PSEUDO}
    wrong = foreign.get("/?q=red+labl:blue", headers=speaks).text
    what = "nothing is called labl:; {}; a colon that is meant stands in quotes"
    told = bracket("character 5: " + bracket(what.format(bracket("did you mean label:"))))
    assert told in " ".join(Texts(wrong).found)
    note = "palette knows no word of 'zebra', only colours (red, pink, …), light (dark, vivid,"
    assert f"⟦{note}" in unescape(foreign.get("/?q=zebra", headers=speaks).text)

    found = foreign.get("/api/v1/search?q=zebra", headers=speaks).get_json()
    assert found["notes"][0].startswith(note)
    error = foreign.get("/api/v1/search?q=red+labl:blue", headers=speaks).get_json()["error"]
    assert error["message"] == f"character 5: {what.format('did you mean label:')}"
    asked = foreign.get("/api/v1/search?q=red+labl:blue", headers=speaks | {PAGE: "1"}).get_json()["error"]
    assert asked["message"].startswith("⟦character 5: ⟦nothing is called labl:")


def test_what_nobody_has_translated_says_that_it_is_english(made: Made, translations: Path) -> None:
    html = client_in(made.engine, translations).post("/library", headers={"Accept-Language": PSEUDO}).text
    assert '<span lang="en">The method is not allowed ' in html


@pytest.mark.parametrize(
    ("route", "english"),
    [
        ("/search?k=many", "k is a whole number, not 'many'"),
        ("/search?k=0&offset=-1", "k is 1 at least, not '0'; offset is 0 at least, not '-1'"),
        ("/search?k=201", "k is 200 at most, not '201'"),
        ("/search?min_duration=1e10", "min_duration is 1000000000 at most, not '1e10'"),
        ("/search?min_duration=long", "min_duration is a number, not 'long'"),
        ("/search?after=yesterday", "after is a day like 2024-05-31, not 'yesterday'"),
        ("/search?order=up", "order is one of score, date, not 'up'"),
        ("/search?upload=1", "upload cannot be '1'"),
        (f"/search?q={1001 * 'x'}", "q is too long: 1000 at most"),
        ("/search?what=ever", "there is no parameter what here"),
        ("/map/points", "version is missing"),
        (
            "/map/nothing",
            "There is nothing at this address. It may be mistyped, or what was there has been removed.",
        ),
    ],
)
def test_what_is_wrong_with_a_parameter_is_said_in_the_language_of_the_page(
    foreign: FlaskClient, route: str, english: str
) -> None:
    speaks = {"Accept-Language": PSEUDO}
    assert foreign.get(f"/api/v1{route}", headers=speaks).get_json()["error"]["message"] == english
    told = foreign.get(f"/api/v1{route}", headers=speaks | {PAGE: "1"}).get_json()["error"]["message"]
    assert told.startswith("⟦")
    assert told.replace("⟦", "").replace("⟧", "") == english


def test_bodies_are_refused_in_words(foreign: FlaskClient) -> None:
    bodies: list[tuple[Any, str]] = [
        ({}, "items is missing"),
        ({"items": []}, "items is too short"),
        ({"items": "all"}, "items is a list, not 'all'"),
        ({"items": [7]}, "items.0 is an object, not 7"),
        ({"items": [{"video": 1, "start": 1, "end": 0}]}, "items.0.end is more than 0, not 0"),
        ({"items": [{"video": 1, "start": 1, "end": 2, "note": 3}]}, "items.0.note is a text, not 3"),
    ]
    for body, english in bodies:
        answer = foreign.post("/api/v1/collections/1/items", json=body)
        assert (answer.status_code, answer.get_json()["error"]["message"]) == (422, english)
    sent = foreign.post("/api/v1/search", headers={PAGE: "1", "Accept-Language": PSEUDO})
    assert sent.get_json()["error"]["message"] == "⟦send exactly one file, as `image` or as `clip`⟧"


def test_why_an_export_failed_is_said_in_the_language_of_the_page(
    engine: Engine, videos: Videos, translations: Path, tmp_path: Path
) -> None:
    """Of a list whose videos are all gone."""
    with Library.open(copied(engine, tmp_path / "library")) as library, Engine(library) as own:
        number = library.catalog.new_collection("best of").id
        library.catalog.pick(number, [Pick(videos.sea, library.catalog.shots(videos.sea)[0].span, "blue")])
        library.catalog.remove([videos.sea])
        client = client_in(own, translations)
        speaks = {"Accept-Language": PSEUDO, PAGE: "1"}
        with closing(client.application.extensions[KEY]):
            path = f"/api/v1/collections/{number}/exports"
            job = client.post(path, json={"format": "reel"}, headers=speaks).get_json()
            client.application.extensions[KEY].exports.job(job["id"]).ended.wait(60)
            path = f"/api/v1/exports/{job['id']}"
            assert client.get(path).get_json()["error"] == "best of: every video of it is missing"
            said = client.get(path, headers=speaks).get_json()["error"]
            assert said == "⟦best of: every video of it is missing⟧"


ROOMS = ("indexer", "plugins", "search", "web")
TOLD = {
    "BrokenPlugin",
    "DuplicatePlugin",
    "InvalidQuery",
    "LibraryBusy",
    "NotFound",
    "NotUnderstood",
    "PluginError",
    "QuerySyntax",
    "UnknownPlugin",
    "Unsupported",
    "WeightsMissing",
}


@pytest.mark.parametrize("room", ROOMS)
def test_errors_that_pages_show_are_templates_and_their_values(room: str) -> None:
    """What is filled in where it is raised cannot be found by its template any more."""
    for path in sorted((HERE.parents[1] / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOLD:
                assert not isinstance(node.args[0], ast.JoinedStr), f"{path}:{node.lineno}"


def test_the_list_of_pages_is_complete(engine: Engine) -> None:
    """Whatever else answers under the names of pages is a file, or leads to a page."""
    rules = create_app(engine).url_map.iter_rules()
    found = {rule.endpoint for rule in rules if "GET" in (rule.methods or ())}
    found = {name for name in found if name.startswith(("pages.", "login."))}
    assert found - {"pages.export_search", "pages.export_collection"} == PAGES.keys()


@pytest.mark.parametrize("path", [path for paths in PAGES.values() for path in paths])
def test_every_text_of_a_page_is_translated(made: Made, translations: Path, path: str) -> None:
    foreign = client_in(made.engine, translations)
    html = foreign.get(
        path.format(**made.numbers), headers={"Accept-Language": PSEUDO}, follow_redirects=True
    ).text
    assert f'<html lang="{PSEUDO}">' in html
    assert sorted(set(left(" ".join(Texts(html).found)))) == []


def test_english_is_what_others_get(foreign: FlaskClient) -> None:
    for languages in ("en", "xx, de;q=0.5", "*", ""):
        html = foreign.get("/library", headers={"Accept-Language": languages}).text
        assert '<html lang="en">' in html
        assert "⟦" not in html
    assert '<html lang="eo">' in foreign.get("/", headers={"Accept-Language": "xx, eo;q=0.5, en;q=0.2"}).text


@pytest.mark.browser
def test_scripts_speak_the_language_of_the_page(
    engine: Engine, translations: Path, browser: Browser, videos: Videos
) -> None:
    with serve(engine, translations=translations) as address:
        context = browser.new_context(base_url=address, locale=PSEUDO)
        page = context.new_page()
        page.goto(f"/video/{videos.colours}?q=harbour")
        expect(page.locator("#hits-count")).to_have_text("⟦1 hit in this video⟧")
        page.keyboard.press("?")
        expect(page.locator("#key-list")).to_be_visible()
        words = page.locator("#key-list dd, #key-list h3, #key-list h2").all_inner_texts()
        assert len(words) > 15
        assert [text for text in words if not text.startswith("⟦")] == []
        page.goto("/")
        page.locator("#q").press_sequentially('red "blue')
        expect(page.locator("#reading")).to_contain_text('⟦" is never closed⟧')
        page.locator("#q").fill("")
        page.locator("#q").press_sequentially("fol")
        expect(page.locator("#options li").first).to_contain_text("⟦only inside this folder⟧")
        context.close()


def test_what_translators_get_is_current() -> None:
    """Run `make texts` where this fails."""
    spec = spec_from_file_location("docs_texts", EXTRACT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, text in module.files().items():
        assert (HERE / name).read_text("utf-8") == text, name
