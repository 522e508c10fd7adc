// A proxy: what a browser can play of a video it cannot, fetched in segments around the moment that is watched.
// Where its picture is copied, what is shown at the beginning of a segment may lie in one before it.
import { _ } from "./texts.js";

const AHEAD_S = 24;
const KEPT_S = 60;
const BACK_S = 13;
const SETTLE_MS = 120;
const RETRY_MS = 1000;
const ROUNDED_S = 0.001;
const LAST_S = 0.05;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const once = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));

export class Stream {
  // `start` is the moment that is wanted first. `report` is told what a person should know: a message, or nothing
  // once there is something to see.
  constructor(player, { type, seconds, segments }, duration, start, report) {
    Object.assign(this, { player, seconds, segments, duration, start, report });
    this.held = new Set();
    this.ahead = AHEAD_S;
    this.kept = KEPT_S;
    this.wish = 0;
    this.failed = false;
    this.filling = this.open(type).catch((error) => this.fail(error.message));
    player.addEventListener("seeking", () => this.want());
    player.addEventListener("timeupdate", () => this.want(0));
    player.addEventListener("error", () => player.error && this.fail(player.error.message));
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

  get now() {
    return this.player.readyState ? this.player.currentTime : this.start;
  }

  fail(message) {
    if (this.failed) return;
    this.failed = true;
    this.report(message, true);
  }

  number(time) {
    return Math.min(Math.max(Math.floor(time / this.seconds), 0), this.segments.length - 1);
  }

  // Whether there is a picture for a moment; the very last one ends where the video does, more or less.
  shows(time) {
    const { buffered } = this.player;
    const at = Math.min(time, this.duration - LAST_S);
    for (let part = 0; part < buffered.length; part++) {
      if (buffered.start(part) <= at + ROUNDED_S && at < buffered.end(part)) return true;
    }
    return false;
  }

  // The segments in which the picture of a moment may be, the likeliest first.
  before(time) {
    const [first, last] = [this.number(time - BACK_S), this.number(time)];
    return Array.from({ length: last - first + 1 }, (_, back) => last - back);
  }

  // The next segment that is missing, from the moment on; undefined where enough is there.
  missing() {
    const { now } = this;
    for (const at of this.shows(now) ? [] : this.before(now)) if (!this.held.has(at)) return at;
    for (let at = this.number(now); at <= this.number(now + this.ahead); at++) if (!this.held.has(at)) return at;
    return undefined;
  }

  // A visitor who drags asks for many moments: only where they stay is fetched.
  want(settle = SETTLE_MS) {
    const wish = ++this.wish;
    const { now } = this;
    // what a browser has dropped by itself is fetched again
    const before = settle && !this.shows(now) ? this.before(now) : [];
    if (before.every((at) => this.held.has(at))) before.forEach((at) => this.held.delete(at));
    if (settle && this.fetching && this.fetching.at !== this.number(now)) this.fetching.aborter.abort();
    this.filling = this.filling.then(async () => {
      if (settle && wish === this.wish) await pause(settle);
      if (wish === this.wish && !this.failed) await this.fill(wish);
    });
  }

  async fill(wish) {
    for (let at = this.missing(); at !== undefined && !this.failed; at = this.missing()) {
      const needed = !this.shows(this.now);
      if (needed) this.report(_("Preparing the picture…"));
      const data = await this.fetch(at);
      if (data && !this.failed) await this.append(at, data);
      if (needed && this.shows(this.now)) this.report("");
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

  // Large pictures may be more than a browser holds: then less is held ready.
  async append(at, data) {
    await this.forget();
    this.buffer.timestampOffset = at * this.seconds;
    try {
      this.buffer.appendBuffer(data);
    } catch (error) {
      this.ahead /= 2;
      this.kept /= 2;
      if (error.name !== "QuotaExceededError" || this.ahead < 1) this.fail(error.message);
      return;
    }
    await once(this.buffer, "updateend");
    if (!this.player.error) this.held.add(at);
  }

  // Browsers hold a few minutes at most. What lies far behind goes. If something lies far ahead the visitor has
  // gone back, and all goes: where it is cut off, a segment that stays might lose its end.
  async forget() {
    const distance = (at) => at * this.seconds - this.now;
    if ([...this.held].some((at) => distance(at) >= Math.max(this.kept, this.ahead))) {
      this.held.clear();
      await this.remove(0, Infinity);
    }
    const behind = Math.max(this.kept, BACK_S + this.seconds);
    for (const at of [...this.held]) {
      if (distance(at) > -behind) continue;
      this.held.delete(at);
      await this.remove(at * this.seconds, (at + 1) * this.seconds);
    }
  }

  async remove(start, end) {
    this.buffer.remove(start, end);
    await once(this.buffer, "updateend");
  }
}
