"""How long a visitor waits for the first text or picture of a page.

    python -m benchmarks.paint VIDEOS FOLDER [--query "a dog"] [--times 9]

FOLDER keeps the library between runs. Its pages are opened in Chromium: cold, as a browser that was never
here, and warm, with what the first visit left in the cache; once as it is and once over a line as phones have
it (1.6 Mbit/s, 150 ms there and back). What is measured is the browser's first contentful paint, from when it
was told to go there. Prints a section of docs/benchmarks.md.
"""

import argparse
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from indexer.library import Library
from indexer.pipeline import Recipe, index
from search.engine import Engine
from web import create_app
from web.serving import make_server

CHROMIUM = "/usr/bin/chromium"
PHONE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
"""milliseconds, bytes a second"""
PATIENCE_MS = 120_000
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
WHEN = f"performance.timeOrigin + {PAINT}"
"""by the clock: what a slow line costs before the first byte is no part of the browser's own count"""
SENT = "performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize ?? 0), 0)"


@dataclass(frozen=True)
class Line:
    """One row of the table: medians."""

    page: str
    line: str
    cold_ms: float
    warm_ms: float
    sent_kb: float
    """of the cold visit, pictures included"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--query", default="a dog")
    parser.add_argument("--times", type=int, default=9)
    given = parser.parse_args()
    folder = given.folder / "paint"
    prepare(folder, given.videos)
    with Library.open(folder) as library, Engine(library) as engine:
        longest = max(library.catalog.videos(), key=lambda item: item.shots).video.id
        pages = {
            "results": f"/?q={quote_plus(given.query)}",
            "library": "/library",
            "player": f"/video/{longest}?q={quote_plus(given.query)}",
        }
        with serving(engine) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            lines = [
                measured(browser, address + path, page, line, given.times)
                for page, path in pages.items()
                for line in ("this machine", "a phone's")
            ]
            browser.close()
    report(lines, given.times)


def prepare(folder: Path, videos: Path) -> None:
    """Makes the library where there is none."""
    if folder.exists():
        return
    with Library.open(folder, create=True) as library:
        for _ in index(library, [videos], Recipe(("starter",))):
            pass


@contextmanager
def serving(engine: Engine) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = make_server(create_app(engine), listening)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.close()
    thread.join(timeout=5)


def measured(browser: Browser, address: str, page: str, line: str, times: int) -> Line:
    cold, warm, sent = [], [], []
    for _ in range(times):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        first, size = visit(context, address, line)
        cold.append(first)
        sent.append(size)
        warm.append(visit(context, address, line)[0])
        context.close()
    median = statistics.median
    return Line(page, line, median(cold), median(warm), median(sent) / 1000)


def visit(context: BrowserContext, address: str, line: str) -> tuple[float, float]:
    """Milliseconds until the first paint, and bytes that came."""
    page = context.new_page()
    if line != "this machine":
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", PHONE)
    began = time.time() * 1000
    page.goto(address, wait_until="load", timeout=PATIENCE_MS)
    page.wait_for_function(PAINT)
    when, sent = page.evaluate(f"[{WHEN}, {SENT}]")
    page.close()
    return when - began, sent


def report(lines: list[Line], times: int) -> None:
    print(f"Medians of {times} visits.\n")
    print("| page | line | cold, ms | warm, ms | sent when cold, kB |\n| --- | --- | ---: | ---: | ---: |")
    for line in lines:
        print(f"| {line.page} | {line.line} | {line.cold_ms:.0f} | {line.warm_ms:.0f} | {line.sent_kb:.0f} |")


if __name__ == "__main__":
    main()
