// What is being indexed, live: a stream of events while the page is seen, else a question now and then.
import { request } from "./request.js";
import { say } from "./toast.js";
import { _, ngettext, number } from "./texts.js";

const panel = document.getElementById("progress");
const POLL_MS = 2000;
const SHOWN = 6;
const SOON = 3;
const STAGES = { scan: _("finding shots"), encode: _("encoding"), annotate: _("reading text") };
const WORKING = ["looking", "working", "paused", "blocked"];

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const base = (path) => path.split("/").filter(Boolean).at(-1) ?? path;

export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let at = 0;
  for (; bytes >= 1000 && at < units.length - 1; at += 1) bytes /= 1000;
  return `${bytes.toFixed(at && bytes < 100 ? 1 : 0)} ${units[at]}`;
}

// Rounded so that it does not pretend to know more than it does.
export function duration(seconds) {
  if (seconds < 10) return _("a few seconds");
  if (seconds < 60) return _("about {count} seconds", { count: Math.ceil(seconds / 10) * 10 });
  const minutes = seconds / 60;
  if (minutes < 90) return ngettext("about {count} minute", "about {count} minutes", Math.ceil(minutes));
  if (minutes < 48 * 60) return ngettext("about {count} hour", "about {count} hours", Math.round(minutes / 60));
  return ngettext("about {count} day", "about {count} days", Math.round(minutes / 1440));
}

function stageOf(item) {
  if (item.cancelling) return _("being cancelled");
  const [kind, by] = item.stage.split(":");
  return by ? `${STAGES[kind] ?? kind} (${by})` : (STAGES[kind] ?? kind);
}

// All files are done; what follows is of the library as a whole.
const isFinishing = (job) => job.state === "working" && job.total > 0 && job.done === job.total;

function title(job, paused) {
  const what = job.paths.length === 1 ? `“${base(job.paths[0])}”` : ngettext("{count} file", "{count} files", job.paths.length);
  if (job.state === "blocked") return _("Waiting: {why}", { why: job.message });
  if (paused) return job.active.length ? _("Pausing {what}: what is under way is finished", { what }) : _("Paused: {what}", { what });
  if (isFinishing(job)) return _("Finishing {what}: learning what is ordinary in this library", { what });
  return job.state === "looking" ? _("Looking through {what}", { what }) : _("Indexing {what}", { what });
}

function figures(job, status) {
  const parts = [];
  if (job.state === "blocked") parts.push(_("It goes on by itself when that has ended."));
  if (job.total) {
    parts.push(ngettext("{done} of {count} video", "{done} of {count} videos", job.total, { done: number(job.done) }));
    parts.push(_("{done} of {all}", { done: size(job.size_done), all: size(job.size) }));
    if (job.seconds_left !== null && !isFinishing(job)) parts.push(_("{time} left", { time: duration(job.seconds_left) }));
    else if (job.state === "working" && !isFinishing(job)) parts.push(_("time left not known yet"));
  }
  if (job.counts.failed) parts.push(_("{count} failed", { count: number(job.counts.failed) }));
  const queued = status.jobs.filter((other) => other.state === "waiting").length;
  if (queued) parts.push(ngettext("then {count} more request", "then {count} more requests", queued));
  return parts.join(" · ");
}

// Rows keep their elements from one event to the next, so that focus and reading position stay where they are.
class Rows {
  constructor(list, make, update) {
    Object.assign(this, { list, make, update, rows: new Map() });
  }

  show(items) {
    const wanted = new Map(items.map((item) => [item.key, item]));
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      row.remove();
      this.rows.delete(key);
    }
    for (const [key, item] of wanted) {
      if (!this.rows.has(key)) {
        this.rows.set(key, this.make(item));
        this.list.append(this.rows.get(key));
      }
      this.update(this.rows.get(key), item);
    }
    this.list.hidden = !items.length;
  }
}

function cancelButton(item) {
  const button = element("button", { type: "button", className: "icon small", title: _("Cancel this video") }, "✕");
  button.setAttribute("aria-label", _("Cancel {name}", { name: item.name }));
  button.addEventListener("click", () => ask("POST", `/api/v1/jobs/${item.job}/cancel`, { video: item.number }));
  return button;
}

function activeRow(item) {
  const bar = element("progress", { max: 1 });
  bar.setAttribute("aria-label", item.name);
  const name = element("span", { className: "what", textContent: item.name, title: item.path });
  return element("li", {}, name, bar, element("span", { className: "now quiet" }), cancelButton(item));
}

function updateActive(row, item) {
  const bar = row.querySelector("progress");
  bar.style.visibility = item.stage === "scan" ? "visible" : "hidden";
  if (item.total) bar.value = Math.min(1, item.done / item.total);
  else bar.removeAttribute("value");
  row.querySelector(".now").textContent = stageOf(item);
  row.querySelector("button").hidden = item.cancelling;
}

function soonRow(item) {
  const name = element("span", { className: "what", textContent: item.name, title: item.path });
  return element("li", {}, name, element("span", { className: "now quiet" }), ...(item.job ? [cancelButton(item)] : []));
}

function updateSoon(row, item) {
  row.querySelector(".now").textContent = item.label;
}

async function ask(...asked) {
  try {
    await request(...asked);
  } catch (error) {
    say(error.message, true);
  }
}

const STATES = { done: _("done"), moved: _("moved"), partial: _("partial"), missing: _("missing"), cancelled: _("cancelled"), failed: _("failed") };
const OUTCOMES = { done: "good", moved: "good", partial: "warn", missing: "warn", cancelled: "warn", failed: "bad" };

// What has ended of a job, the latest first.
class Lately {
  constructor(box) {
    this.box = box;
    this.rows = new Rows(box.querySelector("ul"), (item) => this.row(item), () => {});
  }

  row(item) {
    const name = item.page_url ? element("a", { href: item.page_url, textContent: item.name }) : element("span", { textContent: item.name });
    name.title = item.path;
    const state = element("span", { className: OUTCOMES[item.state] ?? "", textContent: STATES[item.state] ?? item.state });
    const why = element("span", { className: "quiet", textContent: item.why || item.detail });
    return element("li", {}, state, name, why);
  }

  show(job) {
    const counts = Object.entries(job?.counts ?? {}).filter(([state]) => state !== "unchanged");
    this.box.hidden = !counts.length;
    const told = counts.map(([state, count]) => `${number(count)} ${STATES[state] ?? state}`).join(", ");
    this.box.querySelector("summary").textContent = job?.ended ? _("Finished last: {told}", { told }) : _("Finished so far: {told}", { told });
    this.rows.show((job?.finished ?? []).map((item) => ({ ...item, key: `${job.id} ${item.at} ${item.path}` })));
  }
}

class Panel {
  constructor() {
    this.active = new Rows(panel.querySelector("#active"), activeRow, updateActive);
    this.lately = new Lately(document.getElementById("lately"));
    this.soon = new Rows(panel.querySelector("#soon"), soonRow, updateSoon);
    this.pause = panel.querySelector("[data-do=pause]");
    this.cancel = panel.querySelector("[data-do=cancel]");
    this.pause.addEventListener("click", () => ask("POST", `/api/v1/jobs/${this.paused ? "resume" : "pause"}`));
    this.cancel.addEventListener("click", () => this.job && ask("POST", `/api/v1/jobs/${this.job.id}/cancel`, {}));
  }

  show(status) {
    const job = status.jobs.find((item) => WORKING.includes(item.state)) ?? status.jobs.find((item) => item.state === "waiting");
    this.job = job;
    this.paused = status.paused;
    panel.hidden = !job && !status.writing.length;
    this.lately.show(job?.finished.length ? job : status.jobs.find((item) => item.ended));
    if (panel.hidden) return;
    const whole = panel.querySelector("#whole");
    whole.hidden = !job;
    this.pause.hidden = this.cancel.hidden = !job;
    this.pause.textContent = status.paused ? _("Resume") : _("Pause");
    panel.querySelector("#doing").textContent = job ? title(job, status.paused) : _("Waiting for files to be complete");
    panel.querySelector("#figures").textContent = job ? figures(job, status) : "";
    if (job?.size) whole.value = job.size_done / job.size;
    else whole.removeAttribute("value");
    const keyed = (item) => ({ ...item, job: job.id, key: `${job.id}-${item.number}` });
    const order = (item) => (item.stage === "scan" ? 0 : 1);
    const active = job ? job.active.map(keyed).sort((one, other) => order(one) - order(other)) : [];
    this.active.show(active.slice(0, SHOWN));
    this.others(active.length - SHOWN, job);
    const writing = status.writing.map((item) => ({ ...item, key: item.path, label: _("still being written, {size} so far", { size: size(item.size) }) }));
    const waiting = job ? job.waiting.slice(0, SOON).map((item) => ({ ...keyed(item), label: _("waits, {size}", { size: size(item.size) }) })) : [];
    this.soon.show([...writing, ...waiting]);
  }

  others(count, job) {
    const line = panel.querySelector("#others");
    const waiting = job ? job.total - job.done - job.active.length : 0;
    line.hidden = count <= 0 && waiting <= SOON;
    const parts = [];
    if (count > 0) parts.push(_("{count} more are being done", { count }));
    if (waiting > SOON) parts.push(_("{count} wait, these first:", { count: number(waiting) }));
    line.textContent = parts.join("; ");
  }
}

// Tells `onStatus` of every change. Several tabs share the few connections that a browser makes to one server,
// so a page that is not seen holds none.
function follow(onStatus) {
  let source;
  let timer;

  async function poll() {
    try {
      const answer = await fetch(panel.dataset.jobs);
      if (answer.ok) onStatus(await answer.json());
    } catch {
      // the server is gone; it may come back
    }
    timer = setTimeout(poll, POLL_MS);
  }

  function open() {
    clearTimeout(timer);
    source?.close();
    if (document.hidden) return;
    source = new EventSource(panel.dataset.events);
    source.addEventListener("status", (event) => onStatus(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) poll(); // refused: there are as many as there may be
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      clearTimeout(timer);
    } else open();
  });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
}

// What the page shows besides has changed when this has.
const news = (status) =>
  JSON.stringify([status.absent, status.jobs.map((job) => [job.id, job.state === "waiting", job.ended, job.finished.length && job.counts])]);

export function watch(onNews) {
  if (!panel) return;
  const shown = new Panel();
  const said = new Set();
  let last;
  follow((status) => {
    shown.show(status);
    for (const job of status.jobs) {
      if (!job.ended || said.has(job.id)) continue;
      said.add(job.id);
      if (last !== undefined && job.asked && job.message) say(`${job.paths.map(base).join(", ")}: ${job.message}`, job.state === "failed");
    }
    const now = news(status);
    if (last !== undefined && now !== last) onNews();
    last = now;
  });
}
