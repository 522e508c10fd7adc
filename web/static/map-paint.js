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
const FAINT = 0.1; // of a pixel: what is covered less is left out
const FADED = 0.13;
const SOLID = 0.85;
const CROWD = 100000; // signs, of which each is a point, and no finer than a pixel of the page
const ODD = 0xff00ff; // red and blue of a pixel, between which green lies
const GREEN = 0x00ff00;
const LARGEST = 5; // radius of a sign, pixels

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
      covered /= FINE * FINE;
      if (covered > FAINT) found.push({ right, down, covered });
    }
  }
  return found;
}

// The same for an image whose rows have so many pixels; shares are of 256.
function laid(pixels, row, strength) {
  const steps = Int32Array.from(pixels, ({ right, down }) => down * row + right);
  return { steps, shares: Int32Array.from(pixels, ({ covered }) => Math.round(256 * covered * strength)) };
}

const packed = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

// Mixes a colour into the pixels of a sign, red and blue in one go, and leaves those that are full of it.
function print(pixels, { steps, shares }, colour, middle) {
  for (let part = 0; part < steps.length; part += 1) {
    const at = middle + steps[part];
    const under = pixels[at];
    if (under === colour) continue;
    const share = shares[part];
    const odd = (((under & ODD) * (256 - share) + (colour & ODD) * share + 0x800080) >>> 8) & ODD;
    const green = (((under & GREEN) * (256 - share) + (colour & GREEN) * share + 0x8000) >>> 8) & GREEN;
    pixels[at] = 0xff000000 | odd | green;
  }
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
    this.ground = packed(resolved(this.plane, "--plane"));
    this.colours = SHAPES.map((_, at) => resolved(this.plane, at === REST ? "--rest" : `--g${at}`));
  }

  // points: positions, x and y in turn; groups: of each, or null; lit: the only group that is not faded, or -1.
  paint(view, { positions, groups, lit }) {
    const seen = this.seen(view, positions);
    const ratio = seen > CROWD ? 1 : devicePixelRatio || 1;
    const width = Math.max(1, Math.round(view.width * ratio));
    const height = Math.max(1, Math.round(view.height * ratio));
    const margin = Math.ceil(LARGEST * ratio) + 1; // around what is seen, so that no pixel of a sign has to be checked
    const row = width + 2 * margin;
    if (this.image?.width !== row || this.image.height !== height + 2 * margin) {
      Object.assign(this.canvas, { width, height });
      this.image = this.context.createImageData(row, height + 2 * margin);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    this.pixels.fill(this.ground);
    const radius = ratio * (seen > CROWD ? 1 : seen > 20000 ? 1.4 : seen > 4000 ? 2 : seen > 600 ? 3 : LARGEST);
    const signs = SHAPES.slice(0, groups ? SHAPES.length : 1).map((_, shape) => stamp(shape, radius));
    const colours = Uint32Array.from(this.colours, packed);
    const [scale, left, top] = [view.scale * ratio, width / 2 - view.x * view.scale * ratio, height / 2 - view.y * view.scale * ratio];
    for (const lighted of lit < 0 ? [null] : [false, true]) { // what is lit lies on top
      const stamps = signs.map((sign) => laid(sign, row, lighted === false ? FADED : SOLID));
      for (let at = 0; at < positions.length / 2; at += 1) {
        const x = Math.round(positions[2 * at] * scale + left) + margin;
        const y = Math.round(positions[2 * at + 1] * scale + top) + margin;
        if (x < margin || y < margin || x >= width + margin || y >= height + margin) continue;
        const group = groups ? groups[at] : 0;
        if (lighted !== null && (group === lit) !== lighted) continue;
        print(this.pixels, stamps[group], colours[group], y * row + x);
      }
    }
    this.context.putImageData(this.image, -margin, -margin);
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
