// Helps with the query while it is typed: how it is understood and where it is wrong, how it could go on, and what was
// asked before. A combobox with a list, as ARIA 1.2 has it.
import { forget, recent, remember } from "./recent.js";
import { request } from "./request.js";
import { _ } from "./texts.js";

const WAIT_MS = 120;
const OTHERS = 4; // recent and saved searches that fit what is typed
const box = document.getElementById("q");
const help = document.getElementById("help");
const reading = document.getElementById("reading");
const list = document.getElementById("options");
let options = [];
let active = -1;
let asked = 0;
let timer;
let saved;

Object.assign(box, { role: "combobox", ariaAutoComplete: "list", ariaExpanded: "false" });
box.setAttribute("aria-controls", "options");
box.setAttribute("aria-describedby", "reading");

const get = (path, parameters) => request("GET", `/${path}?${new URLSearchParams(parameters)}`).catch(() => undefined);

function element(name, text, className = "") {
  return Object.assign(document.createElement(name), { textContent: text, className });
}

// How it is understood.

function term({ kind, text, weight }) {
  const words = { phrase: `“${text}”`, concept: _("concept {text}", { text }), like: _("like shot {text}", { text }) }[kind] ?? text;
  const times = Math.abs(weight) === 1 ? "" : ` ×${Math.abs(weight)}`;
  return element("span", weight < 0 ? _("not {words}", { words: words + times }) : words + times, weight < 0 ? "chip not" : "chip");
}

function steps(found) {
  return found.flatMap(({ within, terms }) => [
    ...(within === null ? [] : [element("span", _("then within {within} s", { within }))]),
    ...terms.map(term),
  ]);
}

function understood({ steps: found, filters }) {
  const parts = [...steps(found), ...filters.map(({ name, value }) => element("span", `${name}: ${value}`, "chip"))];
  const plain = parts.length < 2 && !found.some(({ terms }) => terms.some(({ kind, weight }) => kind !== "text" || weight !== 1));
  return plain ? [] : [element("span", _("Understood as")), ...parts];
}

function wrong({ at, what }) {
  const code = element("code", box.value.slice(0, at));
  code.append(element("u", box.value[at] ?? "\u00a0"), box.value.slice(at + 1));
  return [code, element("span", what)];
}

function read(parsed) {
  box.ariaInvalid = String(Boolean(parsed?.error));
  reading.classList.toggle("bad", Boolean(parsed?.error));
  reading.replaceChildren(...(!parsed ? [] : parsed.error ? wrong(parsed.error) : understood(parsed)));
}

// How it could go on.

function before(text) {
  const fits = (item) => item.shown !== text && item.shown.toLowerCase().includes(text.toLowerCase());
  const asked = recent().map(({ q, address }) => ({ shown: q, hint: "", kind: "recent", address }));
  const named = saved.map(({ name, address }) => ({ shown: name, hint: "", kind: "saved", address }));
  const found = [...named, ...asked].filter(fits).slice(0, text ? OTHERS : 2 * OTHERS);
  if (text || !asked.length) return found;
  return [...found, { shown: _("Forget recent searches"), hint: "", kind: "", run: forget }];
}

function show(found) {
  options = found;
  active = -1;
  list.replaceChildren(...found.map(({ shown, hint, kind }, at) => {
    const item = element("li", "");
    item.id = `option-${at}`;
    item.role = "option";
    item.append(element("b", shown), element("span", hint), element("small", { recent: _("recent"), saved: _("saved") }[kind] ?? ""));
    return item;
  }));
  help.hidden = !found.length && !reading.childNodes.length;
  list.hidden = !found.length;
  box.ariaExpanded = String(found.length > 0);
  box.removeAttribute("aria-activedescendant");
}

function close() {
  asked += 1;
  clearTimeout(timer);
  help.hidden = true;
  box.ariaExpanded = "false";
  box.removeAttribute("aria-activedescendant");
  active = -1;
}

async function look() {
  const mine = (asked += 1);
  const text = box.value;
  saved ??= (await get("searches", {}))?.searches ?? [];
  const [parsed, next] = await Promise.all([get("parse", { q: text }), get("suggest", { q: text, at: box.selectionStart })]);
  if (mine !== asked || document.activeElement !== box) return;
  read(parsed);
  const known = next?.suggestions ?? [];
  show(text.trim() ? [...known, ...before(text.trim())].filter(({ kind }) => kind !== "sign") : [...before(""), ...known]);
}

function mark(at) {
  active = at < options.length ? at : -1; // after the last one comes the box again
  [...list.children].forEach((item, place) => (item.ariaSelected = String(place === active)));
  if (active < 0) return box.removeAttribute("aria-activedescendant");
  box.setAttribute("aria-activedescendant", list.children[active].id);
  list.children[active].scrollIntoView({ block: "nearest" });
}

function choose({ address, run, insert, start }) {
  if (address !== undefined) return location.assign(`/?${address}`);
  if (run) {
    run();
    return look();
  }
  box.setRangeText(insert, start, box.selectionStart, "end");
  return look();
}

box.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, WAIT_MS);
});
box.addEventListener("click", () => help.hidden && look());
box.addEventListener("blur", close);
box.addEventListener("keydown", (event) => {
  const open = !help.hidden;
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!open) look();
    else if (options.length) mark(event.key === "ArrowDown" ? active + 1 : active < 0 ? options.length - 1 : active - 1);
  } else if (event.key === "Enter" && open && active >= 0) {
    event.preventDefault();
    choose(options[active]);
  } else if (event.key === "Escape" && open) {
    event.preventDefault();
    close();
  }
});
list.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
list.addEventListener("click", ({ target }) => {
  const item = target.closest("li");
  if (item) choose(options[[...list.children].indexOf(item)]);
});

const answer = document.getElementById("answer");
if (answer && box.value.trim()) remember(box.value.trim(), answer.dataset.address);
