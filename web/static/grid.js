// Arrows, and j and k, move between the cards of a page. Only the card that has the focus
// offers what else can be done with it to the Tab key.
import { register } from "./keys.js";
import { _ } from "./texts.js";

const shown = () => [...document.querySelectorAll("[data-grid] .open")].filter((link) => link.checkVisibility());
const card = () => document.activeElement?.closest("[data-grid] .card");
const current = () => card()?.querySelector(".open");
const middle = ({ left, width }) => left + width / 2;

function go(link) {
  if (!link) return false;
  link.focus();
  link.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

function step(by) {
  const links = shown();
  const at = links.indexOf(current());
  return go(at < 0 ? links[0] : links[at + by]);
}

// The card nearest in the next row, up or down.
function turn(down) {
  const from = current()?.getBoundingClientRect();
  if (!from) return false;
  const away = (box) => (down ? box.top - from.top : from.top - box.top);
  const boxes = shown().map((link) => ({ link, box: link.getBoundingClientRect() })).filter(({ box }) => away(box) > 4);
  const nearest = Math.min(...boxes.map(({ box }) => away(box)));
  const row = boxes.filter(({ box }) => away(box) < nearest + 4);
  const off = ({ box }) => Math.abs(middle(box) - middle(from));
  return go(row.sort((one, other) => off(one) - off(other))[0]?.link);
}

const inside = (move) => () => (card() ? move() || undefined : false);

register({ keys: ["j"], label: _("Next"), part: _("Moving between pictures"), run: () => step(1) });
register({ keys: ["k"], label: _("Previous"), part: _("Moving between pictures"), run: () => step(-1) });
register({ keys: ["ArrowRight"], label: _("Next"), part: _("Moving between pictures"), run: inside(() => step(1)) });
register({ keys: ["ArrowLeft"], label: _("Previous"), part: _("Moving between pictures"), run: inside(() => step(-1)) });
register({ keys: ["ArrowDown"], label: _("The row below"), part: _("Moving between pictures"), run: inside(() => turn(true)) });
register({ keys: ["ArrowUp"], label: _("The row above"), part: _("Moving between pictures"), run: inside(() => turn(false)) });
register({ keys: ["Home"], label: _("The first"), part: _("Moving between pictures"), run: inside(() => go(shown()[0])) });
register({ keys: ["End"], label: _("The last"), part: _("Moving between pictures"), run: inside(() => go(shown().at(-1))) });

const more = (of) => of.querySelectorAll(".acts > *, .why");

function offer(of, yes) {
  for (const item of more(of)) item.tabIndex = yes ? 0 : -1;
}

let offered;
for (const each of document.querySelectorAll("[data-grid] .card")) offer(each, false);
document.addEventListener("focusin", (event) => {
  const now = event.target.closest?.("[data-grid] .card");
  if (!now || now === offered) return;
  if (offered) offer(offered, false);
  offer(now, true);
  offered = now;
});
