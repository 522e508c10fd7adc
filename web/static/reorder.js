// Putting moments in order, by dragging and by the keyboard; every move is said aloud and kept at once.
import { request } from "./request.js";
import { _ } from "./texts.js";

const picks = document.getElementById("picks");
const moved = document.getElementById("moved");
const wrong = document.getElementById("wrong");
const { id } = document.getElementById("collection").dataset;

const items = () => [...picks.children];
const place = (item) => items().indexOf(item);

async function keep(item) {
  const now = place(item);
  moved.textContent = _("Moved to place {place} of {count}.", { place: now + 1, count: items().length });
  try {
    await request("PATCH", `/collections/${id}/items/${item.dataset.item}`, { place: now });
  } catch (error) {
    wrong.textContent = _("{why} Load the page again to see the order that is kept.", { why: error.message });
  }
}

function target(item, key) {
  const all = items();
  const now = all.indexOf(item);
  return { ArrowUp: now - 1, ArrowDown: now + 1, Home: 0, End: all.length - 1 }[key];
}

// The others make way, so that the item itself stays in the page: it keeps the focus and the pointer.
function move(item, to) {
  const now = place(item);
  if (to === undefined || to < 0 || to >= items().length || to === now) return false;
  for (let step = now; step < to; step += 1) item.before(item.nextElementSibling);
  for (let step = now; step > to; step -= 1) item.after(item.previousElementSibling);
  return true;
}

picks?.addEventListener("keydown", (event) => {
  const grip = event.target.closest(".grip");
  if (!grip || event.ctrlKey || event.altKey || event.metaKey) return;
  const item = grip.closest(".pick");
  const to = target(item, event.key);
  if (to === undefined) return;
  event.preventDefault();
  if (!move(item, to)) return;
  item.scrollIntoView({ block: "nearest" });
  keep(item);
});

// The item follows the pointer: it goes before or behind those whose middle the pointer has passed.
function over(y) {
  return items().find((item) => {
    const box = item.getBoundingClientRect();
    return y >= box.top && y < box.bottom;
  });
}

picks?.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest(".grip");
  if (!grip || event.button) return;
  const item = grip.closest(".pick");
  const from = place(item);
  grip.setPointerCapture(event.pointerId);
  item.classList.add("dragged");
  const follow = ({ clientY }) => {
    const other = over(clientY);
    if (!other || other === item) return;
    const box = other.getBoundingClientRect();
    const below = place(other) > place(item);
    if (below === clientY > box.top + box.height / 2) move(item, place(other));
  };
  const stop = () => {
    item.classList.remove("dragged");
    grip.removeEventListener("pointermove", follow);
    grip.removeEventListener("lostpointercapture", stop);
    if (place(item) !== from) keep(item);
  };
  grip.addEventListener("pointermove", follow);
  grip.addEventListener("lostpointercapture", stop);
});
