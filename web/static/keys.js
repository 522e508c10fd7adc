// The keys of a page, in one table: who does something registers the keys that do it, and help.js lists them.
// A key does nothing while somebody types, with a modifier, or where the focused control wants it itself. All of them
// can be turned off, for people who speak to their computer or hit keys by accident.
import { _ } from "./texts.js";

export const table = [];

const OFF = "keys-off";
const BETWEEN_MS = 1200;
const TYPING = "input:not([type=checkbox], [type=radio], [type=range]), select, textarea, [contenteditable]";
const PRESSED = "button, a[href], summary, input";
const SLID = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];
const NAMES = { " ": _("Space"), ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Home: _("Home"), End: _("End") };

// A key as it stands on the keyboard; one after another where there are two.
export const nameOf = (key) => NAMES[key] ?? key.split(" ").map((one) => (one.length === 1 ? one.toUpperCase() : one)).join(" ");

// { keys: ["j"], label: "Next hit", part: "Hits", run(event) {} }; where `run` returns false, the key was not for it.
// "g l" is g and then l.
export function register(entry) {
  table.push({ part: _("This page"), ...entry });
}

export const isOn = () => localStorage.getItem(OFF) === null;

export function turn(on) {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "yes");
}

function isWanted(target, key) {
  if (target.closest(TYPING)) return true;
  if (target.matches("input[type=range]") && SLID.includes(key)) return true;
  return (key === " " || key === "Enter") && target.closest(PRESSED) !== null;
}

let first = "";
let waiting;

// Whether it is the first of two keys; if so, the second is waited for.
function begins(key) {
  const found = key !== " " && table.some(({ keys }) => keys.some((name) => name.startsWith(`${key} `)));
  clearTimeout(waiting);
  first = found ? key : "";
  waiting = setTimeout(() => (first = ""), BETWEEN_MS);
  return found;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.key === "Shift") return;
  if (!isOn() || isWanted(event.target, event.key) || document.querySelector("dialog:modal")) return;
  const pressed = first ? `${first} ${event.key}` : event.key;
  first = "";
  const found = table.find(({ keys, run }) => keys.includes(pressed) && run(event) !== false);
  if (found || begins(event.key)) event.preventDefault();
});
