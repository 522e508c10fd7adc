// The keys that work everywhere, and the list of all that work here.
import { isOn, nameOf, register, table, turn } from "./keys.js";
import { _ } from "./texts.js";

const dialog = document.getElementById("key-list");
const opener = document.getElementById("show-keys");
const everywhere = _("Everywhere");

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

function key(name) {
  return name === " " ? [element("kbd", { textContent: nameOf(name) })] : name.split(" ").map((one) => element("kbd", { textContent: nameOf(one) }));
}

// One line for what is done by one or several keys, wherever these were registered.
function lines(entries) {
  const found = new Map();
  for (const { label, keys } of entries) found.set(label, [...(found.get(label) ?? []), ...keys]);
  return [...found].map(([label, keys]) => {
    const names = keys.flatMap((name, at) => [...(at ? [` ${_("or")} `] : []), ...key(name)]);
    return element("div", {}, element("dt", {}, ...names), element("dd", { textContent: label }));
  });
}

function section(part, at) {
  const heading = element("h3", { textContent: part, id: `key-list-${at}` });
  const made = element("section", {}, heading, element("dl", {}, ...lines(table.filter((entry) => entry.part === part))));
  made.setAttribute("aria-labelledby", heading.id);
  return made;
}

function show() {
  const parts = [...new Set(table.map(({ part }) => part))].filter((part) => part !== everywhere);
  dialog.querySelector(".parts").replaceChildren(...[...parts, everywhere].map(section));
  dialog.querySelector("[role=switch]").checked = isOn();
  dialog.showModal();
}

opener.hidden = false;
opener.addEventListener("click", show);
dialog.querySelector("[role=switch]").addEventListener("change", ({ target }) => turn(target.checked));
dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close()); // beside it

register({ keys: ["?"], label: _("This list"), part: everywhere, run: show });
register({
  keys: ["/"],
  label: _("To the search box"),
  part: everywhere,
  run() {
    const box = document.querySelector("main input[type=search]");
    if (!box) return void location.assign(document.querySelector(".brand").href);
    box.focus();
    box.select();
  },
});
for (const link of document.querySelectorAll("[data-key]")) {
  const label = _("Go to: {page}", { page: link.textContent.trim() });
  register({ keys: [link.dataset.key], label, part: everywhere, run: () => link.click() });
}
