"""A real library of small clips with known content, its application, and a browser that sees it."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    expect,
    sync_playwright,
)
from werkzeug.test import TestResponse

from indexer.library import Library
from indexer.pipeline import Recipe, index
from indexer.service import IndexService
from plugins.values import Image
from search.engine import Engine
from shotseek.draw import write_video
from web import create_app
from web.serving import make_server
from web.site import KEY
from web.texts import HERE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

expect.set_options(timeout=30_000)  # other work on the machine is no mistake of ours
CHROMIUM = "/usr/bin/chromium"
SWITCHED_OFF = [
    # the menu of the address bar, two hidden pages of its own in every window: half of what opening one costs
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
    # what Playwright switches off here; the browser believes the last list it is given only
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
]
FLAGS = [
    f"--disable-features={','.join(SWITCHED_OFF)}",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
RED, GREEN, BLUE = (210, 25, 25), (25, 160, 45), (25, 50, 210)
WHITE, BLACK = (235, 235, 235), (12, 12, 12)
HOSTILE = """<img src=x onerror="document.title='taken'"> & 'quotes'.mp4"""
LATIN_1 = os.fsdecode(b"caf\xe9 \xf1.mp4")
SHIFTS = """
  window.shifts = [];
  const corner = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
  const told = ({ node, previousRect, currentRect }) =>
    [(node?.outerHTML ?? node?.textContent)?.slice(0, 120), corner(previousRect), corner(currentRect)];
  new PerformanceObserver((list) => {
    for (const { sources, value } of list.getEntries()) window.shifts.push([value, sources.map(told)]);
  }).observe({ type: "layout-shift", buffered: true });
"""
"""What has moved on a page, and from where to where."""
FPS = 10
SRT = """1
00:00:02,500 --> 00:00:03,500
The harbour is quiet <i>tonight</i> & cold

"""


def scene(colour: tuple[int, int, int], seconds: float, *, size: tuple[int, int] = (96, 128)) -> list[Image]:
    """Frames of one colour with a light square that moves."""
    frames = []
    for step in range(round(seconds * FPS)):
        frame = np.full((*size, 3), colour, np.uint8)
        frame[10:20, 4 + 2 * step : 14 + 2 * step] = 255
        frames.append(frame)
    return frames


def copied(engine: Engine, folder: Path) -> Path:
    """A copy of a library that is open here, made by another process: closing any handle on SQLite's files
    would end the locks that this one holds on them."""
    subprocess.run(["cp", "-R", engine.library.folder, folder], check=True)
    return folder


def draw_videos(folder: Path) -> None:
    """Videos of three containers: two with names nobody should have chosen, one that no browser plays, one
    that is none."""
    folder.mkdir(parents=True)
    write_video(folder / "colours.mp4", scene(RED, 2) + scene(BLUE, 2) + scene(GREEN, 2), fps=FPS)
    (folder / "colours.srt").write_text(SRT)
    write_video(folder / "sea.webm", scene(BLUE, 2) + scene(WHITE, 2), fps=FPS, codec="libvpx")
    write_video(folder / HOSTILE, scene(GREEN, 2), fps=FPS)
    write_video(folder / LATIN_1, scene(WHITE, 2), fps=FPS)
    write_video(folder / "old.avi", scene(BLACK, 2), fps=FPS, codec="mpeg4")
    (folder / "broken.mp4").write_text("this is no video")


@dataclass(frozen=True)
class Videos:
    """The ids of the videos, by what they are."""

    folder: Path
    colours: int
    sea: int
    hostile: int
    latin_1: int
    old: int


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("web") / "videos"
    draw_videos(made)
    return made


@pytest.fixture(scope="session")
def engine(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Library.open(tmp_path_factory.mktemp("web-library"), create=True) as library:
        for _ in index(library, [folder], Recipe(("palette",), detector="fixed:2")):
            pass
        with Engine(library) as made:
            yield made


@pytest.fixture(scope="session")
def videos(engine: Engine, folder: Path) -> Videos:
    ids = {Path(item.video.path).name: item.video.id for item in engine.library.catalog.videos()}
    return Videos(folder, ids["colours.mp4"], ids["sea.webm"], ids[HOSTILE], ids[LATIN_1], ids["old.avi"])


class Client(FlaskClient):
    """Reads and closes every answer, as a server does."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True} | kwargs)


def client_of(engine: Engine) -> FlaskClient:
    app = create_app(engine)
    app.test_client_class = Client
    return app.test_client()


@pytest.fixture
def client(engine: Engine) -> FlaskClient:
    return client_of(engine)


@pytest.fixture
def own(engine: Engine, videos: Videos, tmp_path: Path) -> Iterator[FlaskClient]:
    """A client of a copy that may be changed."""
    folder = copied(engine, tmp_path / "library")
    with Library.open(folder) as library, Engine(library) as made:
        client = client_of(made)
        with closing(client.application.extensions[KEY]):
            yield client


@pytest.fixture
def hold(films: Path) -> Path:
    """What keeps the films of a test at work until it is removed, see `tests.indexer.detectors.Held`."""
    made = films / "hold"
    made.touch()
    return made


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[FlaskClient]:
    """The application of a library that has nothing."""
    with Library.open(tmp_path / "empty", create=True) as library, Engine(library) as engine:
        yield client_of(engine)


@pytest.fixture(scope="session")
def address(engine: Engine) -> Iterator[str]:
    """Where the application is really served."""
    with serve(engine) as at:
        yield at


@contextmanager
def serve(
    engine: Engine,
    service: IndexService | None = None,
    *,
    translations: Path = HERE,
    line: "Callable[[WSGIApplication], WSGIApplication]" = lambda app: app,
) -> Iterator[str]:
    """Serves a library as the command does, over a line that may be slow, and says where."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(engine, service, translations=translations)
    app.wsgi_app = line(app.wsgi_app)  # type: ignore[assignment]
    server = make_server(app, listening)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        if service is not None:
            service.end()
        server.close()
        thread.join(timeout=5)
        app.extensions[KEY].close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """A page that fails its test when anything goes wrong in it, or leaves this machine."""
    yield from watched_page(context, address)


def watched_page(context: BrowserContext, address: str) -> Iterator[Page]:
    """What `page` is made by."""
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def on_dialog(dialog: Dialog) -> None:
        complaints.append(dialog.message)
        dialog.dismiss()

    def on_request(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "blob:", "data:")):
            complaints.append(f"request to {request.url}")

    made = context.new_page()
    made.on("console", on_console)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("dialog", on_dialog)
    made.on("request", on_request)
    yield made
    assert complaints == []
