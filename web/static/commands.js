// What the buttons and the keys of the player do.
import { nameOf, register } from "./keys.js";
import { _, ngettext } from "./texts.js";

const SPEEDS = [0.25, 0.5, 1, 1.5, 2, 4];
const DEFAULT_RATE = 25;
const JUMP_S = 5;
const NEAR_S = 0.05;
const byId = (id) => document.getElementById(id);

// A time for machines and colleagues: H:MM:SS.mmm.
export function timecode(time) {
  const ms = Math.floor(time * 1000 + 1e-3);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(ms / 3600000), Math.floor(ms / 60000) % 60, Math.floor(ms / 1000) % 60];
  return `${hours}:${two(minutes)}:${two(seconds)}.${String(ms % 1000).padStart(3, "0")}`;
}

export class Commands {
  constructor(watch) {
    this.watch = watch;
    this.player = watch.player;
    this.frame = 1 / (Number(this.player.dataset.rate) || DEFAULT_RATE);
    this.piece = { start: undefined, end: undefined };
    this.looped = undefined;
    this.table();
    this.controls();
    this.place();
    this.showPiece();
  }

  table() {
    this.add("play", ["k", " "], _("Play or pause"), () => this.play());
    this.add("previous-shot", ["["], _("Previous shot"), () => this.stepShot(-1));
    this.add("next-shot", ["]"], _("Next shot"), () => this.stepShot(1));
    this.add("previous-hit", ["p"], _("Previous hit"), () => this.stepHit(-1));
    this.add("next-hit", ["n"], _("Next hit"), () => this.stepHit(1));
    this.add("back-frame", [","], _("One frame back"), () => this.stepFrame(-1));
    this.add("forward-frame", ["."], _("One frame forward"), () => this.stepFrame(1));
    this.add("", ["j", "ArrowLeft"], _("Back {seconds} seconds", { seconds: JUMP_S }), () => this.jump(-JUMP_S));
    this.add("", ["l", "ArrowRight"], _("Forward {seconds} seconds", { seconds: JUMP_S }), () => this.jump(JUMP_S));
    this.add("loop", ["r"], _("Loop this shot, or the marked piece"), () => this.loop());
    this.add("in", ["i"], _("Mark in"), () => this.mark("start"));
    this.add("out", ["o"], _("Mark out"), () => this.mark("end"));
    this.add("clear", ["x"], _("Clear the marks"), () => this.clear());
    this.add("timecode", ["t"], _("Copy the timecode"), () => this.copy(timecode(this.watch.time), _("Timecode copied: {text}")));
    this.add("captions", ["c"], _("Captions"), () => this.captions());
    this.add("mute", ["m"], _("Mute"), () => (this.player.muted = !this.player.muted));
    this.add("full", ["f"], _("Full screen"), () => this.full());
  }

  // One command: its keys, and the button that does the same, if there is one.
  add(name, names, label, action) {
    register({ keys: names, label, part: _("Player"), run: () => void action() });
    const button = name && document.querySelector(`[data-do=${name}]`);
    if (!button) return;
    button.addEventListener("click", action);
    button.title = `${label} (${names.map(nameOf).join(` ${_("or")} `)})`;
    button.setAttribute("aria-keyshortcuts", names.map((key) => (key === " " ? "Space" : key)).join(" "));
  }

  controls() {
    const { player } = this;
    const playing = () => byId("stage").classList.toggle("playing", !player.paused);
    for (const name of ["play", "pause"]) player.addEventListener(name, playing);
    const volume = byId("volume");
    volume.addEventListener("input", () => {
      player.muted = false;
      player.volume = Number(volume.value);
    });
    player.addEventListener("volumechange", () => {
      byId("stage").classList.toggle("muted", player.muted || !player.volume);
      volume.value = player.muted ? 0 : player.volume;
      this.press("mute", player.muted);
    });
    const speed = byId("speed");
    speed.replaceChildren(...SPEEDS.map((rate) => new Option(`${rate}×`, rate, rate === 1, rate === 1)));
    speed.addEventListener("change", () => (player.playbackRate = Number(speed.value)));
    const tracks = [...player.textTracks].filter((track) => track.kind === "subtitles");
    document.querySelector("[data-do=captions]").hidden = !tracks.length;
    const link = byId("copy");
    link.hidden = false;
    link.addEventListener("click", () => {
      const address = new URL(location.pathname, location.origin);
      address.searchParams.set("t", this.watch.time.toFixed(3));
      this.copy(String(address), _("Link copied: {text}")).then((done) => done && this.praise(link.querySelector("span")));
    });
  }

  press(name, on) {
    document.querySelector(`[data-do=${name}]`).setAttribute("aria-pressed", String(on));
  }

  play() {
    if (this.player.paused) this.player.play().catch(() => {});
    else this.player.pause();
  }

  jump(seconds) {
    this.watch.seek(this.watch.time + seconds);
  }

  // To the middle of a frame's time: exactly where one begins, rounding decides which is shown.
  stepFrame(direction) {
    this.player.pause();
    const number = Math.floor(this.watch.time / this.frame + NEAR_S);
    this.watch.seek(Math.max(0, number + direction) * this.frame + this.frame / 4);
  }

  stepShot(direction) {
    const { shots, time } = this.watch;
    if (!shots.length) return;
    const now = this.watch.shotAt(time);
    const inside = direction < 0 && time > shots[now].start + 1;
    this.watch.seek(shots[Math.min(Math.max(inside ? now : now + direction, 0), shots.length - 1)].start);
  }

  stepHit(direction) {
    const { hits, time } = this.watch;
    const next =
      direction > 0 ? hits.find((hit) => hit.at > time + NEAR_S) : hits.findLast((hit) => hit.at < time - NEAR_S);
    if (next) this.watch.seek(next.at);
    else if (hits.length) this.say(direction > 0 ? _("This is the last hit") : _("This is the first hit"));
  }

  // Where among the hits the moment is.
  place() {
    const { hits, time } = this.watch;
    byId("hit-steps").hidden = !this.watch.asked;
    const passed = hits.filter((hit) => hit.at <= time + NEAR_S).length;
    byId("hit-place").textContent = passed ? _("hit {place} of {count}", { place: passed, count: hits.length }) : ngettext("{count} hit", "{count} hits", hits.length);
  }

  loop() {
    if (this.looped) this.looped = undefined;
    else this.looped = this.wholePiece() ?? this.watch.shots[this.watch.shotAt(this.watch.time)];
    this.press("loop", Boolean(this.looped));
    if (this.looped && this.player.paused) this.play();
  }

  // A loop begins again where its last frame has been seen. Whoever seeks out of it has left it.
  turn() {
    const { time } = this.watch;
    if (!this.looped || this.player.seeking) return;
    if (time < this.looped.start - 0.5 || time > this.looped.end + 0.5) return this.loop();
    if (time >= Math.min(this.looped.end, this.watch.duration - this.frame) - this.frame / 2) {
      this.watch.seek(this.looped.start + 0.001);
    }
  }

  mark(side) {
    const time = Number(this.watch.time.toFixed(3));
    const { start, end } = this.piece;
    const contradicts = side === "start" ? end !== undefined && end <= time : start !== undefined && start >= time;
    this.piece = contradicts ? {} : this.piece;
    this.piece = { start: this.piece.start, end: this.piece.end, [side]: time };
    this.showPiece();
  }

  clear() {
    this.piece = { start: undefined, end: undefined };
    this.showPiece();
  }

  // The marked piece where both ends are known; the video's own end stands for one that is not marked.
  wholePiece() {
    const { start, end } = this.piece;
    if (start === undefined && end === undefined) return undefined;
    return { start: start ?? 0, end: end ?? this.watch.duration };
  }

  showPiece() {
    const { start, end } = this.piece;
    this.watch.timeline.piece(start, end);
    const whole = this.wholePiece();
    byId("piece").hidden = !whole;
    if (this.looped) this.looped = whole;
    this.press("loop", Boolean(this.looped));
    if (!whole) return;
    byId("piece-times").textContent = `${timecode(whole.start)} – ${timecode(whole.end)}`;
    const asked = new URLSearchParams({ piece: `${this.watch.id}:${whole.start}-${Number(whole.end.toFixed(3))}` });
    Object.assign(byId("piece-collect")?.dataset ?? {}, whole);
    byId("piece-search").href = `${byId("piece-search").dataset.search}?${asked}`;
  }

  captions() {
    const tracks = [...this.player.textTracks].filter((track) => track.kind === "subtitles");
    const shown = tracks.findIndex((track) => track.mode === "showing");
    for (const track of tracks) track.mode = "disabled";
    if (tracks[shown + 1]) tracks[shown + 1].mode = "showing";
    this.press("captions", Boolean(tracks[shown + 1]));
    if (tracks.length) this.say(tracks[shown + 1]?.label ?? _("No captions"));
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else byId("stage").requestFullscreen?.();
  }

  async copy(text, said) {
    const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
    this.say((done ? said : _("It could not be copied: {text}")).replace("{text}", () => text));
    return done;
  }

  // Says on the button itself that it has done its work.
  praise(label) {
    const { before = label.textContent } = label.dataset;
    label.dataset.before = before;
    label.textContent = _("Copied");
    setTimeout(() => (label.textContent = before), 1500);
  }

  say(text) {
    const said = byId("echo");
    said.textContent = text;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => (said.textContent = ""), 2500);
  }
}

