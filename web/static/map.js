// The map of the library: its points from the API, drawn, moved through, selected from.
import { legend, parts } from "./map-about.js";
import { heard } from "./line.js";
import { listen } from "./map-gestures.js";
import { Painter, REST } from "./map-paint.js";
import { Details, Pictures } from "./map-pictures.js";
import { Selection } from "./map-select.js";
import { View } from "./map-view.js";
import { READ } from "./request.js";
import { _ } from "./texts.js";

const SETTLED_MS = 140; // of stillness, until pictures are chosen anew
const POLL_MS = 1000;
const REACH = 14; // pixels from a sign at which it is meant
const POINT_BYTES = 16;
const SAMPLE = 20000; // points that come before the others, a fair sample, so that a slow line has a map soon

const atlas = document.getElementById("atlas");
const plane = document.getElementById("plane");
const tip = document.getElementById("tip");
const by = document.getElementById("by");
const { encoder } = atlas.dataset;
const none = { positions: new Float32Array(), shots: new BigInt64Array(), groups: null, lit: -1, box: null };

let map = { version: null, count: 0 };
let whole = none; // of all of the map, what has come so far
let points = none; // what is drawn: those, or all that lie around what is seen
let due = 0;
let waiting = 0;
let told = 0;

const view = new View(redraw);
const painter = new Painter(document.getElementById("canvas"), plane);
const details = new Details();
const pictures = new Pictures(document.getElementById("pictures"), details);
const selection = new Selection(speak);

function speak(words) {
  document.getElementById("spoken").textContent = words;
}

async function get(path, parameters) {
  const address = `/api/v1/${path}?${new URLSearchParams({ encoder, ...parameters })}`;
  const answer = await fetch(address, { headers: READ }).catch(() => {
    heard(false);
    throw new Error(_("Shotseek does not answer. Is it still running?"));
  });
  if (answer.ok) return answer;
  throw new Error((await answer.json()).error.message);
}

// Drawing

function redraw() {
  due ||= requestAnimationFrame(() => {
    due = 0;
    if (selection.corner) selection.draw(selection.edge ?? [view.x, view.y]);
    painter.paint(view, points);
    pictures.move(view);
    selection.move(view);
  });
  clearTimeout(waiting);
  waiting = setTimeout(settle, SETTLED_MS);
}

async function settle() {
  try {
    await refine();
    await pictures.choose(view, points);
  } catch (error) {
    say(error.message);
  }
  Object.assign(plane.dataset, { settled: view.scale, shown: points.shots.length });
}

// Points

async function load({ box = null, ...most } = {}) {
  const asked = { version: map.version, ...(box && { box: box.join(",") }), ...most };
  const data = await (await get("map/points", asked)).arrayBuffer();
  const count = data.byteLength / POINT_BYTES;
  const positions = new Float32Array(data, 0, 2 * count);
  const found = { positions, shots: new BigInt64Array(data, 8 * count, count), groups: null, lit: points.lit, box };
  if (by.value) await group(found, asked);
  return found;
}

async function group(found, asked) {
  const answer = await (await get("map/groups", { ...asked, by: by.value })).json();
  const count = answer.groups.length;
  found.groups = Uint8Array.from(atob(answer.of), (char) => (char.charCodeAt(0) < count ? char.charCodeAt(0) : REST));
  const others = found.groups.reduce((sum, number) => sum + (number === REST), 0);
  const title = _("By {what}", { what: by.selectedOptions[0].text });
  const light = (lit) => {
    points.lit = lit;
    redraw();
  };
  found.lit = -1;
  legend(document.getElementById("legend"), title, answer.groups, others, painter, light);
}

// Of a map of which not all points are there: all of the part that is seen, once one is near enough.
async function refine() {
  const [x0, y0, x1, y1] = view.box;
  const within = ({ box }) => box && x0 >= box[0] && y0 >= box[1] && x1 <= box[2] && y1 <= box[3];
  const near = whole.shots.length < map.count && view.scale > view.fitting * 3;
  if (near ? within(points) : points === whole) return;
  const margin = [(x1 - x0) / 2, (y1 - y0) / 2];
  const box = [x0 - margin[0], y0 - margin[1], x1 + margin[0], y1 + margin[1]].map((edge) => Number(edge.toFixed(4)));
  points = near ? await load({ box }) : whole;
  redraw();
}

// The points that have not come yet.
async function complete(state) {
  if (whole.shots.length === state.count) return;
  const coloured = by.value;
  const all = await load();
  if (map !== state || by.value !== coloured) return; // what came since is newer
  if (points === whole) points = all;
  whole = all;
  redraw();
}

// The state of the map

function say(words, done = null) {
  const progress = document.querySelector("#state progress");
  const line = document.querySelector("#state p");
  if (line.textContent !== words) line.textContent = words;
  progress.hidden = done === null;
  progress.value = done ?? 0;
}

async function follow() {
  try {
    const state = await (await get("map", {})).json();
    if (state.version && state.version !== map.version) await show(state);
    if (state.problem) say(_("The map could not be drawn: {why}.", { why: state.problem }));
    else if (state.done === null) say("");
    else say(map.version ? _("The library has changed; the map is being drawn again.") : _("The map is being drawn."), state.done);
    if (state.done !== null) setTimeout(follow, POLL_MS);
  } catch (error) {
    say(error.message);
    document.addEventListener("line", follow, { once: true });
  }
}

async function show(state) {
  const first = !map.version;
  map = state;
  view.bounds = state.bounds;
  whole = points = await load(state.count > SAMPLE ? { limit: SAMPLE } : {});
  selection.clear();
  if (first) view.set((state.bounds[0] + state.bounds[2]) / 2, (state.bounds[1] + state.bounds[3]) / 2, view.fitting);
  redraw();
  const answer = await (await get("map/parts", { version: map.version })).json();
  parts(document.getElementById("parts"), answer.parts, (part) => {
    view.show(part.box);
    selection.begin(part.box.slice(0, 2));
    selection.box = part.box;
    selection.ask(encoder, map.version);
    redraw();
  });
  plane.dataset.version = map.version;
  complete(state).catch((error) => say(error.message));
}

// Single shots

function nearest(left, top, reach) {
  const [x, y] = view.from(left, top);
  let best = -1;
  let least = (reach / view.scale) ** 2;
  for (let at = 0; at < points.shots.length; at += 1) {
    const apart = (points.positions[2 * at] - x) ** 2 + (points.positions[2 * at + 1] - y) ** 2;
    if (apart <= least) [best, least] = [at, apart];
  }
  return best;
}

async function hint(at, aloud = false) {
  tip.dataset.at = at;
  tip.hidden = at < 0;
  plane.classList.toggle("pointing", at >= 0);
  if (at < 0) return;
  const asked = (told += 1);
  const [shot] = await details.of([Number(points.shots[at])]);
  if (asked !== told || !shot) return;
  tip.querySelector("img").src = shot.thumbnail_url;
  tip.querySelector("b").textContent = shot.video.name;
  tip.querySelector("span").textContent = shot.clock;
  const [left, top] = view.at(points.positions[2 * at], points.positions[2 * at + 1]);
  const { offsetWidth: width, offsetHeight: height } = tip;
  const x = left + 14 + width > view.width ? left - 14 - width : left + 14;
  const y = Math.min(Math.max(top - height / 2, 8), view.height - height - 8);
  tip.style.transform = `translate(${Math.max(4, x)}px, ${y}px)`;
  if (aloud) speak(_("{name} at {time}", { name: shot.video.name, time: shot.clock }));
}

async function open(left, top, anywhere) {
  const at = nearest(left, top, anywhere ? Infinity : REACH);
  if (at < 0) return;
  const [shot] = await details.of([Number(points.shots[at])]);
  if (shot) location.href = shot.page_url;
}

// What gestures mean

const button = (name) => plane.querySelector(`[data-do=${name}]`);
const isSelecting = () => button("select").ariaPressed === "true";

function select(on) {
  button("select").ariaPressed = String(on);
  plane.classList.toggle("selecting", on);
}

function finish(left, top) {
  selection.draw(view.from(left, top));
  selection.edge = null;
  select(false);
  selection.ask(encoder, map.version).catch((error) => say(error.message));
  redraw();
}

function corner(left, top) {
  selection.begin(view.from(left, top));
  speak(_("A corner is marked. Move on, and press s again to select what lies between."));
  redraw();
}

const act = {
  isSelecting,
  corner,
  finish,
  open,
  hasCorner: () => Boolean(selection.corner),
  tap: (left, top) => (selection.corner ? finish : corner)(left, top),
  drawn(left, top) {
    selection.edge = view.from(left, top);
    redraw();
  },
  clear() {
    selection.clear();
    select(false);
    speak(_("Nothing is selected."));
    redraw();
  },
  hover(left, top, target) {
    if (selection.corner && isSelecting() && left !== undefined) return act.drawn(left, top);
    const link = target?.closest?.("[data-shot]");
    const pictured = link && points.shots.indexOf(BigInt(link.dataset.shot));
    const at = left === undefined ? -1 : pictured ?? nearest(left, top, REACH);
    return String(at) === tip.dataset.at ? undefined : hint(at);
  },
  keyed() {
    selection.edge = null;
    hint(nearest(view.width / 2, view.height / 2, 40), true);
  },
};

listen(plane, view, act);
button("in").addEventListener("click", () => view.zoom(1.5));
button("out").addEventListener("click", () => view.zoom(1 / 1.5));
button("fit").addEventListener("click", () => view.fit());
button("select").addEventListener("click", () => select(!isSelecting()));
document.getElementById("encoder")?.addEventListener("change", (event) => event.target.form.submit());
by.addEventListener("change", async () => {
  document.getElementById("legend").hidden = !by.value;
  if (!map.version) return;
  try {
    const { box } = points;
    whole = await load();
    points = box ? await load({ box }) : whole;
  } catch (error) {
    say(error.message);
  }
  redraw();
});

function recolour() {
  painter.recolour();
  redraw();
  if (by.value) by.dispatchEvent(new Event("change"));
}
new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);

new ResizeObserver(() => {
  const fits = Math.abs(view.scale / view.fitting - 1) < 0.01;
  view.resize(plane.clientWidth, plane.clientHeight);
  if (fits && map.version) view.set(view.x, view.y, view.fitting);
}).observe(plane);
view.width = plane.clientWidth;
view.height = plane.clientHeight;
follow();
