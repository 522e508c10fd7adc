// The answer: its keys, its panels, and the way back to where one was.
import { register } from "./keys.js";
import { _ } from "./texts.js";

const answer = document.getElementById("answer");
const box = document.getElementById("q");
const hit = () => document.activeElement?.closest(".hit");

const follow = (link) => (link ? link.click() : false);
const act = (name) => () => follow(hit()?.querySelector(`[data-act=${name}]`));

register({ keys: ["s"], label: _("More like this hit"), part: _("Hits and shots"), run: act("similar") });
register({ keys: ["n"], label: _("Not this hit, and nothing like it"), part: _("Hits and shots"), run: act("unlike") });
register({
  keys: ["w"],
  label: _("Why this hit was found"),
  part: _("Hits and shots"),
  run() {
    return follow(hit()?.querySelector(".why"));
  },
});
register({
  keys: ["v"],
  label: _("The next view of the answer"),
  part: _("Hits and shots"),
  run() {
    const views = [...answer.querySelectorAll(".switch")[0].children];
    return follow(views[(views.findIndex((view) => view.ariaCurrent) + 1) % views.length]);
  },
});
register({ keys: ["]"], label: _("The next page"), part: _("Hits and shots"), run: () => follow(answer.querySelector("[rel=next]")) });
register({ keys: ["["], label: _("The page before"), part: _("Hits and shots"), run: () => follow(answer.querySelector("[rel=prev]")) });

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
register({ keys: ["t"], label: _("Ask what follows"), part: _("Hits and shots"), run: () => (then.hidden ? false : follows()) });

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

// What a menu asks for can be typed at once.
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
