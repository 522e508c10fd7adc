// Picking moments: every element with data-collect (and data-video, data-start, data-end, and data-label here or
// data-collect-label around it) opens a small list of collections; the key "a" does so for the card that has the focus
// or the mouse, else for the marked piece or the shot that plays. Works for whatever is added to the page later.
import { register } from "./keys.js";
import { request } from "./request.js";

const KEY = "collection";
const CARD = "li, article, [data-collect-card]";
const MEANT = ["#piece:not([hidden]) [data-collect]", "li:has([aria-current]) [data-collect]"]; // while a video plays
const LIFE_MS = 6000;

const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

const toast = make("div", { className: "collected", role: "status", hidden: true });
const list = make("ul");
const input = make("input", { name: "name", required: true, maxLength: 100, autocomplete: "off", placeholder: "New collection" });
input.ariaLabel = "Name of a new collection";
const form = make("form", {}, input, make("button", { type: "submit", textContent: "Add" }));
const wrong = make("p", { className: "bad", role: "alert" });
const panel = make("div", { className: "collector", popover: "auto" }, make("p", { textContent: "Add to", className: "quiet" }), list, form, wrong);
panel.setAttribute("role", "dialog");
panel.ariaLabel = "Add to a collection";
document.body.append(panel, toast);

let button;
let hiding;

function tell(...parts) {
  clearTimeout(hiding);
  toast.hidden = false;
  toast.replaceChildren(...parts);
  hiding = setTimeout(() => (toast.hidden = true), LIFE_MS);
}

function place() {
  const from = button.getBoundingClientRect();
  const size = panel.getBoundingClientRect();
  const below = from.bottom + 6 + size.height <= innerHeight;
  panel.style.left = `${Math.max(8, Math.min(from.right - size.width, innerWidth - size.width - 8))}px`;
  panel.style.top = `${below ? from.bottom + 6 : Math.max(8, from.top - 6 - size.height)}px`;
}

function moment(element) {
  const { video, start, end, label } = element.dataset;
  const said = label || element.closest("[data-collect-label]")?.dataset.collectLabel || "";
  return { video: Number(video), start: Number(start), end: Number(end), label: said };
}

async function put(collection) {
  const told = await request("POST", `/collections/${collection.id}/items`, { items: [moment(button)] });
  localStorage.setItem(KEY, collection.id);
  button.ariaPressed = "true";
  panel.hidePopover();
  const link = make("a", { href: `/collections/${told.id}`, textContent: told.name });
  tell("In ", link, `, ${told.items} ${told.items === 1 ? "moment" : "moments"}`);
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
  open(target).catch((error) => tell(error.message));
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
  label: "Add to a collection",
  run: () => {
    const found = panel.matches(":popover-open") ? undefined : current();
    return found ? show(found) : false;
  },
});
