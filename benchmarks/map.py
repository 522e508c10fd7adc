"""How the map of a large library comes and moves.

    python -m benchmarks.map FOLDER [--videos 10000] [--times 5]

FOLDER keeps the library between runs: that of `benchmarks.results`, 20 shots a video, and a map of it whose
shots lie in a hundred islands. Its page is opened in Chromium, 1280 by 800, on this machine and over the
slow line of `benchmarks.paint`. Then somebody zooms by the wheel to seven times as near and back, drags, and
points about, a step a frame, for 90 frames each; what is counted is how long the processor works for the
page, and the time from one frame to the next. Prints a section of docs/benchmarks.md.
"""

import argparse
import statistics
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks.paint import CHROMIUM, PATIENCE_MS, PHONE, serving
from benchmarks.results import prepare
from indexer.library import Library
from search.atlas import _atlas as atlas_of
from search.atlas import by_lot, save
from search.engine import Engine

ISLANDS = 100
WIDE = 40.0
"""of the map, in units of it"""
WATCH = """
  window.drawn = [];
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...rest) {
    put.apply(this, rest);
    window.drawn.push(performance.now());
  };
"""
"""notes when the map was drawn"""
WHOLE = """(count) => {
  if (document.getElementById("plane").dataset.shown !== String(count)) return null;
  const found = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/map/points"));
  const after = ({ responseEnd }) => window.drawn.find((when) => when > responseEnd);
  const sent = found.reduce((sum, { transferSize }) => sum + transferSize, 0);
  return [after(found[0]), after(found.at(-1)), sent];
}"""
FRAMES = """([kind, count]) => new Promise((done) => {
  const plane = document.getElementById("plane");
  const { left, top, width, height } = plane.getBoundingClientRect();
  const at = (step) => ({
    bubbles: true,
    cancelable: true,
    pointerId: 1,
    clientX: left + width * (0.5 + Math.sin(step / 9) / 3),
    clientY: top + height * (0.5 + Math.cos(step / 7) / 3),
  });
  const wheel = (step) => new WheelEvent("wheel", { ...at(step), deltaY: step % 30 < 15 ? -60 : 60 });
  const pointer = (step) => new PointerEvent("pointermove", at(step));
  const move = { zoom: wheel, drag: pointer, point: pointer }[kind];
  plane.setPointerCapture = () => {};
  if (kind === "drag") plane.dispatchEvent(new PointerEvent("pointerdown", at(0)));
  const apart = [];
  let before = 0;
  const frame = (now) => {
    if (before) apart.push(now - before);
    before = now;
    if (apart.length < count) {
      plane.dispatchEvent(move(apart.length));
      return requestAnimationFrame(frame);
    }
    if (kind === "drag") plane.dispatchEvent(new PointerEvent("pointerup", at(0)));
    return done(apart);
  };
  requestAnimationFrame(frame);
})"""
"""milliseconds from one frame to the next"""
STEPS = 90
KINDS = ("zoom", "drag", "point")


@dataclass(frozen=True)
class Coming:
    """Until the map was there: medians."""

    line: str
    first_ms: float
    whole_ms: float
    sent_kb: float


@dataclass(frozen=True)
class Moving:
    """Frames."""

    kind: str
    coloured: bool
    busy_ms: float
    """of the processor, a frame, mean"""
    apart_ms: tuple[float, float]
    """from one frame to the next, median and 95th percentile"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    folder = given.folder / f"results-{given.videos}"
    prepare(folder, given.videos)
    with Library.open(folder) as library, Engine(library) as engine:
        shots = lay_out(library, engine)
        with serving(engine) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            coming = [
                come(browser, address, shots, line, given.times) for line in ("this machine", "a phone's")
            ]
            moving = move(browser, address, shots)
            browser.close()
    report(shots, coming, moving)


def lay_out(library: Library, engine: Engine) -> int:
    """Keeps a map of the whole library, where there is none; says how many shots it has."""
    space = library.catalog.asked()[0]
    shots = by_lot(library.catalog.shots_in([space]))
    dice = np.random.default_rng(7)
    middles = dice.uniform(-WIDE / 2, WIDE / 2, (ISLANDS, 2))
    sizes = dice.gamma(2, WIDE / 80, ISLANDS)
    of = dice.choice(ISLANDS, len(shots), p=dice.dirichlet(np.ones(ISLANDS)))
    positions = middles[of] + dice.normal(size=(len(shots), 2)) * sizes[of, None]
    save(
        atlas_of(shots, positions.astype(np.float32), library.catalog.extent(space)),
        library.maps_folder(space),
    )
    assert engine.maps.sheet(space).is_current
    return len(shots)


def come(browser: Browser, address: str, shots: int, line: str, times: int) -> Coming:
    found = []
    for _ in range(times):
        page = opened(browser, address, shots, line)
        found.append(page.evaluate(WHOLE, shots))
        page.context.close()
    first, whole, sent = (statistics.median(column) for column in zip(*found, strict=True))
    return Coming(line, first, whole, sent / 1000)


def opened(browser: Browser, address: str, shots: int, line: str = "this machine") -> Page:
    """The map, all of it drawn, and at rest."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script(WATCH)
    page.route("**/thumbnail/**", lambda route: route.abort())  # there are no films to take them from
    if line != "this machine":
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", PHONE)
    page.goto(f"{address}/map", timeout=PATIENCE_MS)
    page.wait_for_selector("#plane[data-version][data-settled]", timeout=PATIENCE_MS)
    page.wait_for_function(WHOLE, arg=shots, timeout=PATIENCE_MS)
    return page


def move(browser: Browser, address: str, shots: int) -> list[Moving]:
    page = opened(browser, address, shots)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    found = []
    for coloured in (False, True):
        if coloured:
            page.locator("#by").select_option("folder")
            page.wait_for_selector("#legend button", timeout=PATIENCE_MS)
        for kind in KINDS:
            page.wait_for_timeout(1000)  # what the last kind has begun
            before = worked_s(session)
            apart = page.evaluate(FRAMES, [kind, STEPS])
            busy_ms = (worked_s(session) - before) * 1000 / STEPS
            median, most = np.percentile(apart, [50, 95])
            found.append(Moving(kind, coloured, busy_ms, (median, most)))
    page.context.close()
    return found


def worked_s(session: CDPSession) -> float:
    """The processor's time that the page has taken so far; others on the machine do not lengthen it."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(item["value"] for item in metrics if item["name"] == "TaskDuration"))


def report(shots: int, coming: list[Coming], moving: list[Moving]) -> None:
    print(f"{shots:,} shots.\n")
    print("| line | first drawing, ms | whole, ms | points sent, kB |\n| --- | ---: | ---: | ---: |")
    for item in coming:
        print(f"| {item.line} | {item.first_ms:.0f} | {item.whole_ms:.0f} | {item.sent_kb:.0f} |")
    print("\n| somebody | signs | processor, ms a frame | from frame to frame, ms: median, 95% |")
    print("| --- | --- | ---: | ---: |")
    for one in moving:
        signs = "by folder" if one.coloured else "alike"
        median, most = one.apart_ms
        print(f"| {one.kind}s | {signs} | {one.busy_ms:.1f} | {median:.1f}, {most:.1f} |")


if __name__ == "__main__":
    main()
