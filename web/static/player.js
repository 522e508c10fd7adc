// The page of a video: plays at the moment, steps, loops, and shows what is known of every moment.
import { Commands } from "./commands.js";
import { TimedList, fill } from "./lists.js";
import { READ, request } from "./request.js";
import { Stream } from "./stream.js";
import { Timeline } from "./timeline.js";
import { _, ngettext, number } from "./texts.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const NEAREST = 6;
const NOTE_MS = 250;
const byId = (id) => document.getElementById(id);

// A time for reading, as the server writes it: 2:03.4, 1:02:03.4.
function clock(time) {
  const tenths = Math.floor(time * 10 + 1e-6);
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
  const seconds = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

class Watch {
  constructor(player) {
    this.player = player;
    const { start, duration, sheet, api, asked, id } = player.dataset;
    Object.assign(this, { api, asked, id, start: Number(start), duration: Number(duration) });
    this.lead = 0;
    this.shots = [...(byId("strip")?.children ?? [])].map(({ dataset }) => ({
      start: Number(dataset.start),
      end: Number(dataset.end),
    }));
    this.hits = [];
    this.chapters = [];
    this.goal = this.start;
    const seek = (time) => this.seek(time);
    this.lists = ["strip", "transcript"].map(byId).filter(Boolean).map((list) => new TimedList(list, seek));
    this.timeline = new Timeline(byId("timeline"), { duration: this.duration, sprites: sheet, seek, say: (time) => this.say(time) });
    this.timeline.shots(this.shots);
    this.commands = new Commands(this);
  }

  // Time 0 is the first picture; an element may count from before it, and is where it was told to go only soon, or
  // when it knows what it plays.
  get time() {
    return this.player.seeking || !this.player.readyState ? this.goal : Math.max(0, this.player.currentTime - this.lead);
  }

  seek(time) {
    this.goal = Math.min(Math.max(time, 0), this.duration);
    this.player.currentTime = this.goal + this.lead;
    this.show();
    this.note();
  }

  // The address is that of the moment, so that it can be kept and sent; while somebody drags, every now and then.
  note() {
    if (this.noting) return;
    this.noting = setTimeout(() => {
      this.noting = undefined;
      if (this.noted !== this.goal) this.note();
    }, NOTE_MS);
    this.noted = this.goal;
    const address = new URL(location);
    address.searchParams.set("t", String(Number(this.goal.toFixed(3))));
    history.replaceState(null, "", address);
  }

  shotAt(time) {
    let [low, high] = [0, this.shots.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.shots[middle].start <= time + 1e-6) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  say(time) {
    const shot = this.shotAt(time);
    return shot < 0 ? clock(time) : _("{time}, shot {place} of {count}", { time: clock(time), place: shot + 1, count: this.shots.length });
  }

  // The shot and the chapter that are played.
  where(time) {
    const shot = this.shotAt(time);
    const chapter = this.chapters.findLast(({ start, end }) => start <= time && time < end)?.title;
    const place = shot < 0 ? "" : _("Shot {place} of {count}", { place: shot + 1, count: number(this.shots.length) });
    return [place, chapter].filter(Boolean).join(" · ");
  }

  show() {
    const time = this.time;
    for (const list of this.lists) list.show(time);
    this.timeline.show(time);
    byId("now").textContent = clock(time);
    byId("where").textContent = this.where(time);
    this.commands.place();
  }

  report(message, failed = false) {
    const notice = byId("notice");
    notice.textContent = message;
    notice.hidden = !message;
    notice.setAttribute("role", failed ? "alert" : "status");
    byId("stage").classList.toggle("failed", failed);
  }

  async open() {
    const { player } = this;
    player.controls = false;
    byId("panel").hidden = false;
    this.timeline.loaded(player.buffered);
    this.show();
    this.listen();
    this.findHits();
    const answer = await fetch(`${this.api}/videos/${this.id}/playback`, { headers: READ }).catch(() => undefined);
    const found = answer?.ok ? await answer.json() : undefined;
    if (!found) return this.report(_("This video cannot be played. {why}", { why: (await answer?.json())?.error.message ?? "" }), true);
    this.showChapters(found.chapters);
    if (!found.plays || player.error) return this.useProxy(found);
    player.addEventListener("error", () => this.useProxy(found), { once: true });
    this.lead = found.lead;
    player.preload = "metadata";
    return this.begin();
  }

  // Of the proxies the best; where that cannot be made or played the next, from the moment that is watched.
  useProxy({ proxies: [proxy, ...others], codec }, going = undefined) {
    this.lead = 0;
    const why = _("This browser cannot play {codec} in this kind of file, and no copy that it can play was made.", { codec });
    const stream = new Stream(this.player, proxy, this.duration, this.goal, (message, failed) => {
      if (stream !== this.stream) return;
      if (!failed) return this.report(message);
      if (!others.length) return this.report(`${why} ${message}`, true);
      if (this.player.readyState) this.goal = this.time;
      this.useProxy({ proxies: others, codec }, this.player.readyState ? !this.player.paused : going);
    });
    this.stream = stream;
    byId("proxied").hidden = proxy.copied;
    byId("copied").hidden = !proxy.copied;
    return this.begin(going);
  }

  // A visitor who came to see a moment wants it to run; a browser that has not been clicked in may refuse, and
  // then the buttons wait.
  begin(going = new URL(location).searchParams.has("t") && !calm.matches) {
    const go = () => {
      this.player.currentTime = this.goal + this.lead;
      this.show();
      if (going) this.player.play().catch(() => {});
    };
    if (this.player.readyState >= 1 && !this.stream) go();
    else this.player.addEventListener("loadedmetadata", go, { once: true });
    this.stream?.want(0);
  }

  listen() {
    const { player } = this;
    for (const name of ["timeupdate", "seeking", "seeked", "loadedmetadata"]) {
      player.addEventListener(name, () => this.show());
    }
    player.addEventListener("progress", () => this.timeline.loaded(player.buffered));
    player.addEventListener("play", () => this.follow());
    player.addEventListener("click", () => this.commands.play());
  }

  // While it plays: once a frame, so that the playhead glides and a loop turns where it should.
  follow() {
    if (this.player.paused) return;
    this.commands.turn();
    this.timeline.show(this.time);
    requestAnimationFrame(() => this.follow());
  }

  addList(list, items) {
    fill(list, items);
    this.lists.push(new TimedList(list, (time) => this.seek(time)));
    this.show();
  }

  showChapters(chapters) {
    this.chapters = chapters;
    this.timeline.chapters(chapters);
    if (!chapters.length) return;
    byId("chapters-section").hidden = false;
    const items = chapters.map(({ start, end, title, page_url }) => ({
      start,
      end,
      clock: clock(start),
      text: title || _("Untitled"),
      href: page_url,
    }));
    this.addList(byId("chapters"), items);
  }

  // What the visitor has searched for, in this video.
  async findHits() {
    if (!this.asked) return;
    const address = new URLSearchParams(this.asked);
    address.set("video", this.id);
    address.set("k", "200");
    try {
      this.showHits((await request("GET", `/search?${address}`)).hits);
    } catch (error) {
      byId("hits-count").textContent = error.message;
      document.addEventListener("line", () => this.findHits(), { once: true });
    }
    byId("hits-section").ariaBusy = "false";
  }

  showHits(hits) {
    const sure = hits.filter((hit) => hit.confidence !== "weak");
    this.hits = (sure.length ? sure : hits.slice(0, NEAREST))
      .map((hit) => ({ start: hit.moment_start, end: hit.moment_end, at: hit.at, sure: hit.confidence }))
      .sort((one, other) => one.at - other.at);
    this.timeline.hits(this.hits);
    byId("hits-count").textContent = sure.length
      ? ngettext("{count} hit in this video", "{count} hits in this video", this.hits.length)
      : hits.length ? _("What comes nearest in this video") : _("No hits in this video");
    const href = (at) => `?${new URLSearchParams([["t", at.toFixed(3)], ...new URLSearchParams(this.asked)])}`;
    const items = this.hits.map(({ start, end, at, sure }) => ({
      start,
      end,
      clock: clock(at),
      text: sure && sure !== "weak" ? sure : "",
      href: href(at),
      className: sure ?? "",
    }));
    this.addList(byId("hits"), items);
  }
}

const player = byId("player");
if (player) new Watch(player).open();
