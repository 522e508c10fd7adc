// Right and wrong: what is said of hits is kept at once and changes nothing on the page; the next search knows it.
import { register } from "./keys.js";
import { request } from "./request.js";
import { _, ngettext } from "./texts.js";

const bar = document.getElementById("marking");
const MARKS = "/marks";

function say(marks, changed) {
  const right = marks.filter((mark) => mark.right).length;
  const count = marks.length;
  const words = _("{right} right, {wrong} wrong", { right, wrong: count - right });
  bar.hidden = !count && !changed;
  bar.classList.toggle("settled", !changed);
  bar.querySelector("[role=status]").textContent = changed ? words : _("Ranked with what you marked: {words}", { words });
  document.getElementById("again").hidden = !changed;
  document.getElementById("again").textContent = count ? _("Search again with them") : _("Search again without them");
  document.getElementById("teach").hidden = !right;
  document.getElementById("forget").hidden = !count;
}

function press(hit, right) {
  for (const button of hit.querySelectorAll("[data-mark]")) {
    button.ariaPressed = String(right !== undefined && (button.dataset.mark === "right") === right);
  }
}

async function mark(button) {
  const hit = button.closest(".hit");
  const { query } = bar.dataset;
  const place = { video: Number(hit.dataset.video), at: Number(hit.dataset.at) };
  const taken = button.ariaPressed === "true";
  const right = button.dataset.mark === "right";
  try {
    const told = taken ? await request("DELETE", MARKS, { query, place }) : await request("POST", MARKS, { query, right, ...place });
    press(hit, taken ? undefined : right);
    say(told.marks, true);
  } catch (error) {
    bar.hidden = false;
    bar.querySelector("[role=status]").textContent = error.message;
  }
}

async function forget() {
  await request("DELETE", MARKS, { query: bar.dataset.query });
  for (const hit of document.querySelectorAll(".hit")) press(hit);
  say([], true);
}

async function teach(event) {
  event.preventDefault();
  const form = event.target;
  const status = form.querySelector("[role=status]");
  try {
    const { name, right } = await request("POST", "/concepts", { name: form.name.value, query: bar.dataset.query });
    const link = Object.assign(document.createElement("a"), { textContent: _("Search for it") });
    link.href = `/?${new URLSearchParams({ q: `concept:"${name}"` })}`;
    status.replaceChildren(ngettext("Learnt from {count} example.", "Learnt from {count} examples.", right), " ", link);
  } catch (error) {
    status.textContent = error.message;
  }
}

if (bar) {
  const before = (count, right) => Array.from({ length: count }, () => ({ right }));
  say([...before(Number(bar.dataset.right), true), ...before(Number(bar.dataset.wrong), false)], false);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-mark]");
    if (button) mark(button);
  });
  document.getElementById("forget").addEventListener("click", forget);
  document.getElementById("save-concept").addEventListener("submit", teach);
  const key = (name) => () => {
    const button = document.activeElement?.closest(".hit")?.querySelector(`[data-mark=${name}]`);
    return button ? void mark(button) : false;
  };
  register({ keys: ["m"], label: _("This hit is right"), part: _("Hits and shots"), run: key("right") });
  register({ keys: ["x"], label: _("This hit is wrong"), part: _("Hits and shots"), run: key("wrong") });
  register({ keys: ["r"], label: _("Search again with what was marked"), part: _("Hits and shots"), run: () => (bar.hidden ? false : document.getElementById("again").click()) });
}
