// Which part of the map is seen: a middle, and pixels for each unit of the map.
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const GLIDE_MS = 220;
const EDGE = 62; // pixels at an edge that a box leaves free: half a picture
const DEEPEST = 4000; // times as near as all of it

export class View {
  constructor(changed) {
    Object.assign(this, { x: 0, y: 0, scale: 1, width: 1, height: 1, bounds: [0, 0, 0, 0], changed });
    this.gliding = 0;
  }

  resize(width, height) {
    Object.assign(this, { width, height });
    this.changed();
  }

  // The scale at which a box fills the plane.
  filling([x0, y0, x1, y1]) {
    const wide = Math.max(x1 - x0, 1e-3);
    const high = Math.max(y1 - y0, 1e-3);
    const room = (side) => Math.max(side - 2 * EDGE, side / 2);
    return Math.min(room(this.width) / wide, room(this.height) / high, 2e4);
  }

  get fitting() {
    return this.filling(this.bounds);
  }

  at(x, y) {
    return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2];
  }

  from(left, top) {
    return [(left - this.width / 2) / this.scale + this.x, (top - this.height / 2) / this.scale + this.y];
  }

  get box() {
    return [...this.from(0, 0), ...this.from(this.width, this.height)];
  }

  set(x, y, scale) {
    const [x0, y0, x1, y1] = this.bounds; // the middle stays on the map, so that nobody gets lost
    this.scale = Math.min(Math.max(scale, this.fitting / 2), this.fitting * DEEPEST);
    this.x = Math.min(Math.max(x, x0), x1);
    this.y = Math.min(Math.max(y, y0), y1);
    this.changed();
  }

  pan(right, down) {
    cancelAnimationFrame(this.gliding);
    this.set(this.x + right / this.scale, this.y + down / this.scale, this.scale);
  }

  // Nearer or farther, while one point stays where it is.
  zoom(factor, left = this.width / 2, top = this.height / 2) {
    cancelAnimationFrame(this.gliding);
    const [x, y] = this.from(left, top);
    const scale = Math.min(Math.max(this.scale * factor, this.fitting / 2), this.fitting * DEEPEST);
    this.set(x - (left - this.width / 2) / scale, y - (top - this.height / 2) / scale, scale);
  }

  show(box) {
    this.glide((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, this.filling(box));
  }

  fit() {
    this.show(this.bounds);
  }

  glide(x, y, scale) {
    cancelAnimationFrame(this.gliding);
    if (calm.matches) return this.set(x, y, scale);
    const start = { x: this.x, y: this.y, scale: this.scale, at: performance.now() };
    const step = (now) => {
      const part = Math.min(1, Math.max(0, now - start.at) / GLIDE_MS);
      const eased = 1 - (1 - part) ** 3;
      const mix = (one, other) => one + (other - one) * eased;
      this.set(mix(start.x, x), mix(start.y, y), start.scale * (scale / start.scale) ** eased);
      if (part < 1) this.gliding = requestAnimationFrame(step);
    };
    this.gliding = requestAnimationFrame(step);
  }
}
