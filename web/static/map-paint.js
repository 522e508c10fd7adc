// Draws the shots of the map as signs, a colour and a shape for each group, straight into the pixels of a canvas: fast
// enough for 200,000 of them in a frame.
const SHAPES = [
  (x, y) => Math.hypot(x, y) < 0.95,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.8,
  (x, y) => y < 0.75 && y > -0.95 && Math.abs(x) < (y + 0.95) / 1.7,
  (x, y) => Math.abs(x) + Math.abs(y) < 1.1,
  (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.34 && Math.max(Math.abs(x), Math.abs(y)) < 1,
  (x, y) => y > -0.75 && y < 0.95 && Math.abs(x) < (0.95 - y) / 1.7,
  (x, y) => Math.hypot(x, y) < 1 && Math.hypot(x, y) > 0.5,
  (x, y) => Math.hypot(x, y) < 0.55,
];
export const REST = SHAPES.length - 1;
const FINE = 4; // samples of a pixel on each side
const FADED = 0.13;
const SOLID = 0.85;

// The pixels of a sign: steps from its middle, and how much of each is covered.
function stamp(shape, radius) {
  const reach = Math.ceil(radius);
  const found = [];
  for (let down = -reach; down <= reach; down += 1) {
    for (let right = -reach; right <= reach; right += 1) {
      let covered = 0;
      for (let part = 0; part < FINE * FINE; part += 1) {
        const x = right + ((part % FINE) + 0.5) / FINE - 0.5;
        const y = down + (Math.floor(part / FINE) + 0.5) / FINE - 0.5;
        covered += SHAPES[shape](x / radius, y / radius);
      }
      if (covered) found.push({ right, down, covered: covered / (FINE * FINE) });
    }
  }
  return found;
}

const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

// Any colour of CSS as red, green and blue.
function channels(colour) {
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  return probe.getImageData(0, 0, 1, 1).data;
}

// A property of an element as red, green and blue, in the theme that is on.
export function resolved(element, property) {
  const sign = element.appendChild(document.createElement("i"));
  sign.style.color = `var(${property})`;
  const { color } = getComputedStyle(sign);
  sign.remove();
  return channels(color);
}

export class Painter {
  constructor(canvas, plane) {
    Object.assign(this, { canvas, plane, context: canvas.getContext("2d", { alpha: false }) });
    this.recolour();
  }

  recolour() {
    this.ground = resolved(this.plane, "--plane");
    this.colours = SHAPES.map((_, at) => resolved(this.plane, at === REST ? "--rest" : `--g${at}`));
  }

  // points: positions, x and y in turn; groups: of each, or null; lit: the only group that is not faded, or -1.
  paint(view, { positions, groups, lit }) {
    const ratio = devicePixelRatio || 1;
    const width = Math.max(1, Math.round(view.width * ratio));
    const height = Math.max(1, Math.round(view.height * ratio));
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
      this.image = this.context.createImageData(width, height);
    }
    const pixels = this.image.data;
    const [red, green, blue] = this.ground;
    new Uint32Array(pixels.buffer).fill(((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0);
    const seen = this.seen(view, positions);
    const radius = ratio * (seen > 20000 ? 1.4 : seen > 4000 ? 2 : seen > 600 ? 3 : 5);
    const stamps = SHAPES.map((_, shape) => stamp(groups ? shape : 0, radius));
    const order = lit < 0 ? [null] : [false, true]; // what is lit lies on top
    for (const top of order) {
      for (let at = 0; at < positions.length / 2; at += 1) {
        const group = groups ? Math.min(groups[at], REST) : 0;
        if (top !== null && (group === lit) !== top) continue;
        const x = Math.round(((positions[2 * at] - view.x) * view.scale + view.width / 2) * ratio);
        const y = Math.round(((positions[2 * at + 1] - view.y) * view.scale + view.height / 2) * ratio);
        if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
        this.print(stamps[group], this.colours[group], x, y, top === false ? FADED : SOLID);
      }
    }
    this.context.putImageData(this.image, 0, 0);
  }

  print(pixels, colour, x, y, strength) {
    const { width, height, data } = this.image;
    for (const { right, down, covered } of pixels) {
      const left = x + right;
      const top = y + down;
      if (left < 0 || top < 0 || left >= width || top >= height) continue;
      const at = 4 * (top * width + left);
      const share = covered * strength;
      for (let part = 0; part < 3; part += 1) data[at + part] += (colour[part] - data[at + part]) * share;
    }
  }

  seen(view, positions) {
    const [x0, y0, x1, y1] = view.box;
    let count = 0;
    for (let at = 0; at < positions.length; at += 2) {
      const inside = positions[at] >= x0 && positions[at] <= x1 && positions[at + 1] >= y0 && positions[at + 1] <= y1;
      count += inside;
    }
    return count;
  }

  // The sign of a group, for the legend.
  sign(canvas, group) {
    const ratio = devicePixelRatio || 1;
    Object.assign(canvas, { width: 16 * ratio, height: 16 * ratio });
    const context = canvas.getContext("2d");
    context.fillStyle = `rgb(${this.colours[group].slice(0, 3).join(" ")})`;
    for (const { right, down, covered } of stamp(group, 6 * ratio)) {
      context.globalAlpha = covered;
      context.fillRect(8 * ratio + right, 8 * ratio + down, 1, 1);
    }
  }
}
