// Moving over a picture looks its video through: small pictures out of one sheet, placed as a WebVTT file says. With
// the keyboard they follow each other by themselves, unless the visitor wants no motion.
const STEP_MS = 900;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const sheets = new Map();

const seconds = (clock) => clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) return undefined;
  const found = (await answer.text()).matchAll(/^(\S+) --> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm);
  const cells = [...found].map(([, start, end, picture, ...place]) => {
    const [x, y, width, height] = place.map(Number);
    return { start: seconds(start), end: seconds(end), picture, x, y, width, height };
  });
  if (!cells.length) return undefined;
  const picture = Object.assign(new Image(), { src: new URL(cells[0].picture, new URL(address, location)) });
  await picture.decode();
  return { cells, picture };
}

function sheet(address) {
  if (!sheets.has(address)) sheets.set(address, load(address).catch(() => undefined));
  return sheets.get(address);
}

class Look {
  // One picture that is being looked through.
  constructor(link, thumb) {
    this.link = link;
    this.thumb = thumb;
    this.sprite = Object.assign(document.createElement("span"), { className: "sprite" });
    this.share = 0;
  }

  async start() {
    this.wanted = true;
    const found = await sheet(this.thumb.dataset.sprites);
    if (!found || !this.wanted) return;
    const { start = 0, end = Infinity } = this.link.closest("[data-start]")?.dataset ?? {};
    this.cells = found.cells.filter((cell) => cell.end > Number(start) && cell.start < Number(end));
    this.picture = found.picture;
    if (this.cells.length > 1) this.show(this.share);
  }

  show(share) {
    this.share = share;
    if (!this.cells || this.cells.length < 2) return;
    const cell = this.cells[Math.min(Math.floor(share * this.cells.length), this.cells.length - 1)];
    const box = this.thumb.getBoundingClientRect();
    const scale = Math.min(box.width / cell.width, box.height / cell.height);
    Object.assign(this.sprite.style, {
      width: `${cell.width * scale}px`,
      height: `${cell.height * scale}px`,
      backgroundImage: `url("${this.picture.src}")`,
      backgroundSize: `${this.picture.naturalWidth * scale}px ${this.picture.naturalHeight * scale}px`,
      backgroundPosition: `${-cell.x * scale}px ${-cell.y * scale}px`,
    });
    if (!this.sprite.isConnected) this.thumb.append(this.sprite);
  }

  follow() {
    this.timer = setInterval(() => this.cells && this.show((this.share + 1 / this.cells.length) % 1), STEP_MS);
  }

  stop() {
    this.wanted = false;
    clearInterval(this.timer);
    this.sprite.remove();
  }
}

for (const thumb of document.querySelectorAll("[data-sprites]")) {
  const link = thumb.closest(".open");
  const look = new Look(link, thumb);
  const share = (event) => {
    const box = thumb.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  };
  thumb.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "touch") return;
    look.stop();
    look.share = share(event);
    look.start();
  });
  thumb.addEventListener("pointermove", (event) => look.wanted && look.show(share(event)));
  thumb.addEventListener("pointerleave", () => look.stop());
  link.addEventListener("focus", () => {
    if (calm.matches || !link.matches(":focus-visible")) return;
    look.share = 0;
    look.start();
    look.follow();
  });
  link.addEventListener("blur", () => look.stop());
}
