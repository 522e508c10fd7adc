// Mouse, touch, wheel and keys, as what they mean: move, zoom, mark a corner, open.
const STILL = 5; // pixels that a finger may slip in a click
const STEP = 80; // pixels of an arrow key
const NEARER = 1.5;

// act: view, corner(left, top), drawn(left, top), finish(left, top), clear(), hover(left, top, touch), open(left, top),
// isSelecting(), select(on)
export function listen(plane, view, act) {
  const pointers = new Map();
  let start = null;
  let moved = false;
  let drawing = false;

  const place = (event) => {
    const { left, top } = plane.getBoundingClientRect();
    return [event.clientX - left - plane.clientLeft, event.clientY - top - plane.clientTop];
  };

  plane.addEventListener("pointerdown", (event) => {
    if (event.button || event.target.closest(".tools")) return;
    pointers.set(event.pointerId, place(event));
    if (pointers.size > 1) drawing = false;
    start = place(event);
    moved = pointers.size > 1;
    drawing = pointers.size === 1 && (event.shiftKey || act.isSelecting());
    if (event.shiftKey) event.preventDefault();
  });

  plane.addEventListener("pointermove", (event) => {
    const now = place(event);
    const before = pointers.get(event.pointerId);
    if (!before) return event.target.closest(".tools") ? act.hover() : act.hover(...now, event.target);
    if (!moved && Math.hypot(now[0] - start[0], now[1] - start[1]) < STILL) return undefined;
    if (!moved) begin(event);
    if (pointers.size === 2) pinch(event.pointerId, before, now);
    else if (drawing) act.drawn(...now);
    else view.pan(before[0] - now[0], before[1] - now[1]);
    pointers.set(event.pointerId, now);
    return undefined;
  });

  function begin(event) {
    moved = true;
    plane.setPointerCapture(event.pointerId);
    plane.classList.add("moving");
    act.hover();
    if (drawing && !act.hasCorner()) act.corner(...start);
  }

  function pinch(id, before, now) {
    const [other] = [...pointers].filter(([key]) => key !== id).map(([, at]) => at);
    const apart = (at) => Math.max(8, Math.hypot(at[0] - other[0], at[1] - other[1]));
    view.zoom(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    view.pan((before[0] - now[0]) / 2, (before[1] - now[1]) / 2);
  }

  plane.addEventListener("pointerup", (event) => {
    if (!pointers.delete(event.pointerId)) return;
    const now = place(event);
    plane.classList.toggle("moving", pointers.size > 0);
    if (moved && drawing) act.finish(...now);
    else if (!moved && drawing) act.tap(...now);
  });
  plane.addEventListener("pointercancel", (event) => {
    pointers.delete(event.pointerId);
    plane.classList.remove("moving");
  });
  plane.addEventListener("pointerleave", () => act.hover());
  plane.addEventListener("dragstart", (event) => event.preventDefault());

  plane.addEventListener("click", (event) => {
    if (event.target.closest(".tools")) return;
    if (moved || drawing) event.preventDefault();
    else if (!event.target.closest("a")) act.open(...place(event));
  });

  plane.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : event.ctrlKey ? 0.01 : 0.0022)), ...place(event));
  }, { passive: false });

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const keys = {
    "+": () => view.zoom(NEARER),
    "=": () => view.zoom(NEARER),
    "-": () => view.zoom(1 / NEARER),
    "_": () => view.zoom(1 / NEARER),
    0: () => view.fit(),
    s: () => act.tap(view.width / 2, view.height / 2),
    Escape: () => act.clear(),
    Enter: () => act.open(view.width / 2, view.height / 2, true),
  };
  plane.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest(".tools") && event.key === "Enter") return;
    if (moves[event.key]) view.pan(...moves[event.key].map((way) => way * STEP * (event.shiftKey ? 4 : 1)));
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
    act.keyed();
  });
}
