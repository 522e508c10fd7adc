// The keys of a page, in one table: who does something registers the keys that do it, and a list of them can be shown.
// A key does nothing while somebody types, with a modifier, or where the focused control wants it itself.
export const table = [];

const TYPING = "input:not([type=checkbox], [type=radio], [type=range]), select, textarea, [contenteditable]";
const PRESSED = "button, a[href], summary, input";
const SLID = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];
const NAMES = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

// A key as it stands on the keyboard.
export const nameOf = (key) => NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);

// { keys: ["j"], label: "Next hit", run(event) {} }; where `run` returns false, the key was not for it.
export function register(entry) {
  table.push(entry);
}

function isWanted(target, key) {
  if (target.closest(TYPING)) return true;
  if (target.matches("input[type=range]") && SLID.includes(key)) return true;
  return (key === " " || key === "Enter") && target.closest(PRESSED) !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isWanted(event.target, event.key)) return;
  const found = table.find(({ keys, run }) => keys.includes(event.key) && run(event) !== false);
  if (found) event.preventDefault();
});
