// Picking moments: every element with data-collect (and data-video, data-start, data-end, and data-collect-label, there
// or around it) opens a small list of collections; the key "a" does so for the card that has the focus
// or the mouse, else for the marked piece or the shot that plays. Works for whatever is added to the page later.
import { register } from "./keys.js";
import { request } from "./request.js";
import { say } from "./toast.js";
import { _, ngettext } from "./texts.js";

const KEY = "collection";
const CARD = "li, article, [data-collect-card]";
const MEANT = ["#piece:not([hidden]) [data-collect]", "li:has([aria-current]) [data-collect]"]; // while a video plays

const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

const list = make("ul");
const input = make("input", { name: "name", required: true, maxLength: 100, autocomplete: "off", placeholder: _("New collection") });
input.ariaLabel = _("Name of a new collection");
const form = make("form", {}, input, make("button", { type: "submit", textContent: _("Add") }));
const wrong = make("p", { className: "bad", role: "alert" });
const panel = make("div", { className: "collector", popover: "auto" }, make("p", { textContent: _("Add to"), className: "quiet" }), list, form, wrong);
panel.setAttribute("role", "dialog");
panel.ariaLabel = _("Add to a collection");
document.body.append(panel);

let button;

function place() {
  const from = button.getBoundingClientRect();
  const size = panel.getBoundingClientRect();
  const below = from.bottom + 6 + size.height <= innerHeight;
  panel.style.left = `${Math.max(8, Math.min(from.right - size.width, innerWidth - size.width - 8))}px`;
  const top = below ? from.bottom + 6 : from.top - 6 - size.height;
  panel.style.top = `${Math.max(8, Math.min(top, innerHeight - size.height - 8))}px`; // its moment may be out of sight
}

function moment(element) {
  const told = (name) => element.closest(`[data-${name}]`)?.getAttribute(`data-${name}`) ?? "";
  return { video: Number(told("video")), start: Number(told("start")), end: Number(told("end")), label: told("collect-label") };
}

async function put(collection) {
  const told = await request("POST", `/collections/${collection.id}/items`, { items: [moment(button)] });
  localStorage.setItem(KEY, collection.id);
  button.ariaPressed = "true";
  panel.hidePopover();
  const link = make("a", { href: `/collections/${told.id}`, textContent: told.name });
  say([_("Added to"), " ", link, ": ", ngettext("{count} moment", "{count} moments", told.items)]);
}

async function attempt(action) {
  wrong.textContent = "";
  try {
    await action();
  } catch (error) {
    wrong.textContent = error.message;
  }
}

function choice(collection) {
  const made = make("button", { type: "button" }, make("b", { textContent: collection.name }), make("span", { textContent: collection.items }));
  made.addEventListener("click", () => attempt(() => put(collection)));
  return make("li", {}, made);
}

async function open(target) {
  button = target;
  const { collections } = await request("GET", "/collections");
  const last = Number(localStorage.getItem(KEY));
  collections.sort((one, other) => (other.id === last) - (one.id === last));
  list.replaceChildren(...collections.map(choice));
  form.reset();
  wrong.textContent = "";
  panel.showPopover();
  place();
  (list.querySelector("button") ?? input).focus({ preventScroll: true });
}

function show(target) {
  open(target).catch((error) => say(error.message, true));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!input.value.trim()) return void input.select();
  attempt(async () => put(await request("POST", "/collections", { name: input.value })));
});

panel.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const stops = [...list.querySelectorAll("button"), input];
  stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
});

panel.addEventListener("toggle", ({ newState }) => {
  const here = document.activeElement;
  if (newState === "closed" && (here === document.body || panel.contains(here))) button.focus({ preventScroll: true });
});
addEventListener("scroll", () => panel.matches(":popover-open") && place(), { passive: true });
addEventListener("resize", () => panel.matches(":popover-open") && place());

document.addEventListener("click", ({ target }) => {
  const found = target.closest?.("[data-collect]");
  if (found) show(found);
});

function current() {
  const hovered = [...document.querySelectorAll(":hover")].at(-1);
  for (const from of [document.activeElement, hovered]) {
    const found = from?.closest("[data-collect]") ?? from?.closest(CARD)?.querySelector("[data-collect]");
    if (found) return found;
  }
  return MEANT.map((selector) => document.querySelector(selector)).find(Boolean);
}

register({
  keys: ["a"],
  label: _("Add to a collection"),
  part: _("Hits and shots"),
  run: () => {
    const found = panel.matches(":popover-open") ? undefined : current();
    return found ? show(found) : false;
  },
});
