// The answer: its keys, its panels, and the way back to where one was.
import { register } from "./keys.js";

const answer = document.getElementById("answer");
const box = document.getElementById("q");
const hit = () => document.activeElement?.closest(".hit");

const follow = (link) => (link ? link.click() : false);
const act = (name) => () => follow(hit()?.querySelector(`[data-act=${name}]`));

register({ keys: ["s"], label: "More like this hit", run: act("similar") });
register({ keys: ["n"], label: "Not this hit, and nothing like it", run: act("unlike") });
register({
  keys: ["w"],
  label: "Why this hit was found",
  run() {
    return follow(hit()?.querySelector(".why"));
  },
});
register({
  keys: ["v"],
  label: "The next view of the answer",
  run() {
    const views = [...answer.querySelectorAll(".switch")[0].children];
    return follow(views[(views.findIndex((view) => view.ariaCurrent) + 1) % views.length]);
  },
});
register({ keys: ["]"], label: "The next page", run: () => follow(answer.querySelector("[rel=next]")) });
register({ keys: ["["], label: "The page before", run: () => follow(answer.querySelector("[rel=prev]")) });

// What follows is asked for in the box, after what was asked.
const then = document.getElementById("then");
function follows() {
  box.value = `${box.value.trim()} >> `.trimStart();
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}
then.hidden = !box.value.trim();
then.addEventListener("click", follows);
register({ keys: ["t"], label: "Ask what follows", run: () => (then.hidden ? false : follows()) });

// Why a hit was found is shown below its button, over everything else.
document.addEventListener("toggle", ({ target, newState }) => {
  if (!target.matches(".reasons") || newState !== "open") return;
  const from = document.querySelector(`[popovertarget="${target.id}"]`).getBoundingClientRect();
  const left = Math.min(from.left - 8, document.documentElement.clientWidth - target.offsetWidth - 8);
  const above = from.bottom + target.offsetHeight + 8 > innerHeight && from.top > target.offsetHeight;
  const top = above ? from.top - target.offsetHeight - 4 : from.bottom + 4;
  Object.assign(target.style, { margin: 0, left: `${Math.max(8, left)}px`, top: `${top}px` });
}, true);
addEventListener("scroll", () => document.querySelector(".reasons:popover-open")?.hidePopover(), { passive: true });

// A menu closes with Escape and with a click elsewhere.
const menus = () => [...document.querySelectorAll(".menu[open]")];
document.addEventListener("click", ({ target }) => {
  for (const menu of menus()) if (!menu.contains(target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const [menu] = menus();
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
for (const menu of document.querySelectorAll(".menu")) {
  menu.addEventListener("toggle", () => menu.open && menu.querySelector("input")?.select());
}

// Back leads to the hit that was opened.
addEventListener("pagehide", () => {
  const shot = hit()?.dataset.shot;
  if (shot) history.replaceState({ ...history.state, shot }, "");
});
if (history.state?.shot) {
  document.querySelector(`.hit[data-shot="${history.state.shot}"] .open`)?.focus({ preventScroll: true });
}

// The same hit in other columns lights up with it.
function light(event, on) {
  const number = event.target.closest?.("[data-shared]")?.dataset.shared;
  if (!number) return;
  for (const same of document.querySelectorAll(`[data-shared="${number}"]`)) same.classList.toggle("same", on);
}
for (const [name, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
  answer.addEventListener(name, (event) => light(event, on));
}
