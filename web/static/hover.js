// Moving over a picture looks its video through: small pictures out of one sheet, placed as a WebVTT file says. With
// the keyboard they follow each other by themselves, unless the visitor wants no motion.
import { paint, sheet } from "./sprites.js";

const STEP_MS = 900;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// The pictures of a shot and of no other: one that shows the same from end to end has nothing to be looked through.
function during(cells, { start, end } = {}) {
  return start === undefined ? cells : cells.filter((cell) => cell.start >= Number(start) && cell.start < Number(end));
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
    this.cells = during(found.cells, this.link.closest("[data-start]")?.dataset);
    this.picture = found.picture;
    if (this.cells.length > 1) this.show(this.share);
  }

  show(share) {
    this.share = share;
    if (!this.cells || this.cells.length < 2) return;
    const cell = this.cells[Math.min(Math.floor(share * this.cells.length), this.cells.length - 1)];
    paint(this.sprite, cell, this.picture, this.thumb.getBoundingClientRect());
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

function lookable(thumb) {
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

// A name that is cut off is told whole.
document.addEventListener("pointerover", ({ target }) => target.matches?.(".name") && (target.title ||= target.textContent.trim()));

// Makes the pictures in a part of the page ones that can be looked through.
export function attach(part) {
  part.querySelectorAll("[data-sprites]").forEach(lookable);
}

attach(document);
