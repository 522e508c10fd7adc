// What is known of single shots, and their pictures on the map: as many as fit without covering each other. Shots come in an
// order of lots, so those that have a picture far out keep it when one comes nearer.
import { REST } from "./map-paint.js";
import { _ } from "./texts.js";

const PER_REQUEST = 100;
const MOST = 90;
const WIDE = 104;
const NARROW = 72;
const SHAPE = 9 / 16;

export class Details {
  constructor() {
    this.known = new Map(); // shot -> what the API says, or null where it is gone
  }

  async of(shots) {
    const missing = shots.filter((shot) => !this.known.has(shot));
    for (let at = 0; at < missing.length; at += PER_REQUEST) {
      const part = missing.slice(at, at + PER_REQUEST);
      const answer = await fetch(`/api/v1/shots?${part.map((shot) => `shot=${shot}`).join("&")}`);
      if (!answer.ok) throw new Error(_("The server does not answer."));
      const told = new Map((await answer.json()).shots.map((shot) => [shot.id, shot]));
      for (const shot of part) this.known.set(shot, told.get(shot) ?? null);
    }
    return shots.map((shot) => this.known.get(shot)).filter(Boolean);
  }
}

export class Pictures {
  constructor(holder, details) {
    Object.assign(this, { holder, details, links: new Map(), size: [WIDE, WIDE * SHAPE] });
  }

  // Puts those that are there where they belong.
  move(view) {
    const [width, height] = this.size;
    for (const { link, x, y } of this.links.values()) {
      const [left, top] = view.at(x, y);
      link.style.transform = `translate(${Math.round(left - width / 2)}px, ${Math.round(top - height / 2)}px)`;
    }
  }

  // Decides anew which there are.
  async choose(view, points) {
    const width = view.width < 600 ? NARROW : WIDE;
    this.size = [width, width * SHAPE];
    const chosen = this.chosen(view, points);
    this.wanted = chosen;
    await this.details.of(chosen.map(({ shot }) => shot));
    if (this.wanted !== chosen) return; // asked again meanwhile
    const kept = new Set(chosen.map(({ shot }) => shot));
    for (const [shot, { link }] of this.links) {
      if (kept.has(shot)) continue;
      link.remove();
      this.links.delete(shot);
    }
    for (const place of chosen) this.put(place);
    this.move(view);
  }

  put({ shot, x, y, group }) {
    const known = this.details.known.get(shot);
    if (!known) return;
    const held = this.links.get(shot);
    const link = held?.link ?? document.createElement("a");
    link.style.width = `${this.size[0]}px`;
    link.style.height = `${this.size[1]}px`;
    link.style.borderBottom = group === null ? "" : `4px solid var(${group === REST ? "--rest" : `--g${group}`})`;
    if (!held) {
      Object.assign(link, { href: known.page_url, tabIndex: -1, draggable: false });
      link.dataset.shot = shot;
      const image = Object.assign(new Image(), { src: known.thumbnail_url, alt: "", draggable: false });
      link.append(image);
      this.holder.append(link);
    }
    this.links.set(shot, { link, x, y });
  }

  // Far out a picture stands for a wide surrounding, near by for itself alone.
  chosen(view, { positions, shots, groups }) {
    const near = Math.min(1, Math.log2(Math.max(1, view.scale / view.fitting)) / 3);
    const [width, height] = this.size.map((side) => side * (1.5 - 0.4 * near));
    const rows = new Map(); // of what was chosen, by cells as large as a picture
    const found = [];
    const [x0, y0, x1, y1] = view.box;
    for (let at = 0; at < shots.length && found.length < MOST; at += 1) {
      const x = positions[2 * at];
      const y = positions[2 * at + 1];
      if (x < x0 || y < y0 || x > x1 || y > y1) continue;
      const [left, top] = view.at(x, y);
      if (this.clashes(rows, left, top, width, height)) continue;
      const cell = `${Math.floor(left / width)},${Math.floor(top / height)}`;
      rows.set(cell, [left, top]);
      found.push({ shot: Number(shots[at]), x, y, group: groups ? groups[at] : null });
    }
    return found;
  }

  clashes(cells, left, top, width, height) {
    const column = Math.floor(left / width);
    const row = Math.floor(top / height);
    for (let across = -1; across <= 1; across += 1) {
      for (let along = -1; along <= 1; along += 1) {
        const other = cells.get(`${column + across},${row + along}`);
        if (other && Math.abs(other[0] - left) < width && Math.abs(other[1] - top) < height) return true;
      }
    }
    return false;
  }
}
