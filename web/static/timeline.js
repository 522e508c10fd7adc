// The timeline: shots, chapters, hits, the marked piece, what is loaded and the playhead, over the whole length.
// Shots and hits are one path each, so that thousands of them cost no more than one.
import { paint, sheet } from "./sprites.js";

const WIDTH = 1000;
const PREVIEW = { width: 160, height: 120 };

const percent = (share) => `${Math.min(Math.max(share, 0), 1) * 100}%`;

export class Timeline {
  // `seek(time)` is called where somebody points or steps; `say(time)` gives the words for a time.
  constructor(root, { duration, sprites, seek, say }) {
    Object.assign(this, { root, duration, sprites, seek, say });
    this.part = (name) => root.querySelector(`[data-part=${name}]`);
    root.setAttribute("aria-valuemin", "0");
    root.setAttribute("aria-valuemax", duration.toFixed(3));
    root.addEventListener("pointerdown", (event) => this.press(event));
    root.addEventListener("pointermove", (event) => this.point(event));
    root.addEventListener("pointerup", () => (this.dragging = false));
    root.addEventListener("pointercancel", () => (this.dragging = false));
    root.addEventListener("pointerleave", () => this.leave());
    root.addEventListener("keydown", (event) => this.step(event));
  }

  x(time) {
    return (time / this.duration) * WIDTH;
  }

  shots(shots) {
    const cuts = shots.slice(1).map(({ start }) => `M${this.x(start).toFixed(2)} 0V1`);
    this.part("shots").setAttribute("d", cuts.join(""));
  }

  hits(hits) {
    const least = WIDTH / 400;
    const boxes = hits.map(({ start, end }) => {
      const width = Math.max(this.x(end - start), least);
      return `M${Math.min(this.x(start), WIDTH - width).toFixed(2)} 0h${width.toFixed(2)}v1h${-width.toFixed(2)}z`;
    });
    this.part("hits").setAttribute("d", boxes.join(""));
    this.root.classList.toggle("with-hits", hits.length > 0);
  }

  chapters(chapters) {
    const row = this.part("chapters");
    row.replaceChildren(
      ...chapters.map(({ start, end, title }) => {
        const item = Object.assign(document.createElement("span"), { textContent: title, title });
        Object.assign(item.style, { left: percent(start / this.duration), width: percent((end - start) / this.duration) });
        return item;
      }),
    );
    row.hidden = !chapters.length;
  }

  piece(start, end) {
    const range = this.part("piece");
    range.hidden = start === undefined && end === undefined;
    const from = start ?? 0;
    Object.assign(range.style, {
      left: percent(from / this.duration),
      width: percent(((end ?? this.duration) - from) / this.duration),
    });
  }

  loaded(ranges) {
    const parts = [];
    for (let at = 0; at < ranges.length; at++) {
      const [from, to] = [this.x(ranges.start(at)), this.x(Math.min(ranges.end(at), this.duration))];
      parts.push(`M${from.toFixed(2)} 0H${to.toFixed(2)}V1H${from.toFixed(2)}z`);
    }
    this.part("loaded").setAttribute("d", parts.join(""));
  }

  show(time) {
    this.time = time;
    this.part("head").style.left = percent(time / this.duration);
    this.part("played").style.width = percent(time / this.duration);
    this.root.setAttribute("aria-valuenow", time.toFixed(3));
    this.root.setAttribute("aria-valuetext", this.say(time));
  }

  at(event) {
    const box = this.root.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * this.duration;
  }

  press(event) {
    if (event.button !== 0) return;
    this.root.setPointerCapture(event.pointerId);
    this.dragging = true;
    this.seek(this.at(event));
  }

  point(event) {
    const time = this.at(event);
    if (this.dragging) this.seek(time);
    if (event.pointerType !== "touch" || this.dragging) this.look(time);
  }

  leave() {
    if (!this.dragging) this.part("preview").hidden = true;
  }

  async look(time) {
    const preview = this.part("preview");
    preview.hidden = false;
    this.part("when").textContent = this.say(time);
    const box = this.root.getBoundingClientRect();
    const half = preview.offsetWidth / 2;
    const place = Math.min(Math.max((time / this.duration) * box.width, half), box.width - half);
    preview.style.left = `${place}px`;
    const found = await sheet(this.sprites);
    const cell = found?.cells.find((item) => time < item.end) ?? found?.cells.at(-1);
    if (cell) paint(this.part("picture"), cell, found.picture, PREVIEW);
  }

  step(event) {
    const moves = { PageUp: -10, PageDown: 10, ArrowUp: 1, ArrowDown: -1, Home: -Infinity, End: Infinity };
    if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.seek(Math.min(Math.max(this.time + moves[event.key], 0), this.duration));
  }
}
