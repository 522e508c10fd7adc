// The keys of a page, in one table: who does something registers the keys that do it, and a list of them can be shown.
export const table = [];

// { keys: ["j"], label: "Next hit", run(event) {} }; where `run` returns false, the key was not for it.
export function register(entry) {
  table.push(entry);
}

const TYPING = "input:not([type=checkbox], [type=radio], [type=range]), select, textarea, [contenteditable]";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPING)) return;
  const found = table.find(({ keys, run }) => keys.includes(event.key) && run(event) !== false);
  if (found) event.preventDefault();
});
