// Right and wrong: what is said of hits is kept at once and changes nothing on the page; the next search knows it.
import { register } from "./keys.js";

const bar = document.getElementById("marking");
const API = "/api/v1/marks";

async function send(address, method, body) {
  const options = { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(address, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error.message);
  return told;
}

function say(marks, changed) {
  const right = marks.filter((mark) => mark.right).length;
  const count = marks.length;
  const words = `${right} right, ${count - right} wrong`;
  bar.hidden = !count && !changed;
  bar.classList.toggle("settled", !changed);
  bar.querySelector("[role=status]").textContent = changed ? words : `Ranked with what you marked: ${words}`;
  document.getElementById("again").hidden = !changed;
  document.getElementById("again").textContent = count ? "Search again with them" : "Search again without them";
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
    const told = taken ? await send(API, "DELETE", { query, place }) : await send(API, "POST", { query, right, ...place });
    press(hit, taken ? undefined : right);
    say(told.marks, true);
  } catch (error) {
    bar.hidden = false;
    bar.querySelector("[role=status]").textContent = error.message;
  }
}

async function forget() {
  await send(API, "DELETE", { query: bar.dataset.query });
  for (const hit of document.querySelectorAll(".hit")) press(hit);
  say([], true);
}

async function teach(event) {
  event.preventDefault();
  const form = event.target;
  const status = form.querySelector("[role=status]");
  try {
    const { name, right } = await send("/api/v1/concepts", "POST", { name: form.name.value, query: bar.dataset.query });
    const link = Object.assign(document.createElement("a"), { textContent: "Search for it" });
    link.href = `/?${new URLSearchParams({ q: `concept:"${name}"` })}`;
    status.replaceChildren(`Learnt from ${right} ${right === 1 ? "example" : "examples"}. `, link);
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
  register({ keys: ["m"], label: "This hit is right", run: key("right") });
  register({ keys: ["x"], label: "This hit is wrong", run: key("wrong") });
  register({ keys: ["r"], label: "Search again with what was marked", run: () => (bar.hidden ? false : document.getElementById("again").click()) });
}
