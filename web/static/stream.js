// A proxy: what a browser can play of a video it cannot, fetched in segments around the moment that is watched.
import { _ } from "./texts.js";

const AHEAD_S = 24;
const KEPT_S = 60;
const SETTLE_MS = 120;
const RETRY_MS = 1000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const once = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));

export class Stream {
  // `report` is told what a person should know: a message, or nothing once there is something to see.
  constructor(player, { type, seconds, segments }, duration, report) {
    Object.assign(this, { player, seconds, segments, duration, report });
    this.held = new Set();
    this.wish = 0;
    this.failed = false;
    this.filling = this.open(type).catch((error) => this.fail(error.message));
    player.addEventListener("seeking", () => this.want());
    player.addEventListener("timeupdate", () => this.want(0));
  }

  async open(type) {
    this.source = new MediaSource();
    this.player.src = URL.createObjectURL(this.source);
    await once(this.source, "sourceopen");
    URL.revokeObjectURL(this.player.src);
    this.source.duration = this.duration;
    this.buffer = this.source.addSourceBuffer(type);
    this.buffer.mode = "segments";
  }

  fail(message) {
    this.failed = true;
    this.report(message, true);
  }

  number(time) {
    return Math.min(Math.max(Math.floor(time / this.seconds), 0), this.segments.length - 1);
  }

  // The next segment that is missing, from the moment on; undefined where enough is there.
  missing() {
    const now = this.player.currentTime;
    for (let at = this.number(now); at <= this.number(now + AHEAD_S); at++) if (!this.held.has(at)) return at;
    return undefined;
  }

  // A visitor who drags asks for many moments: only where they stay is fetched.
  want(settle = SETTLE_MS) {
    const wish = ++this.wish;
    if (settle && this.fetching && this.fetching.at !== this.number(this.player.currentTime)) this.fetching.aborter.abort();
    this.filling = this.filling.then(async () => {
      if (settle && wish === this.wish) await pause(settle);
      if (wish === this.wish && !this.failed) await this.fill(wish);
    });
  }

  async fill(wish) {
    for (let at = this.missing(); at !== undefined && !this.failed; at = this.missing()) {
      const needed = at === this.number(this.player.currentTime);
      if (needed) this.report(_("Preparing the picture…"));
      const data = await this.fetch(at);
      if (data) await this.append(at, data);
      if (needed && data) this.report("");
      if (wish !== this.wish && this.missing() !== at + 1) return;
    }
    const last = this.segments.length - 1;
    if (this.held.has(last) && this.source.readyState === "open") this.source.endOfStream();
  }

  async fetch(at) {
    const aborter = new AbortController();
    this.fetching = { at, aborter };
    try {
      const answer = await fetch(this.segments[at], { signal: aborter.signal });
      if (answer.ok) return await answer.arrayBuffer();
      if (answer.status === 503) await pause(RETRY_MS);
      else this.fail(answer.status === 422 ? await answer.text() : _("The server does not answer."));
    } catch {
      if (!aborter.signal.aborted) this.fail(_("The server does not answer."));
    } finally {
      this.fetching = undefined;
    }
    return undefined;
  }

  async append(at, data) {
    await this.forget();
    this.buffer.timestampOffset = at * this.seconds;
    this.buffer.appendBuffer(data);
    await once(this.buffer, "updateend");
    if (this.player.error) return;
    this.held.add(at);
  }

  // Browsers hold a few minutes at most: what lies far behind or ahead goes.
  async forget() {
    const now = this.player.currentTime;
    for (const at of [...this.held]) {
      const start = at * this.seconds;
      if (Math.abs(start - now) < KEPT_S) continue;
      this.held.delete(at);
      this.buffer.remove(start, start + this.seconds);
      await once(this.buffer, "updateend");
    }
  }
}
