// What is being indexed, live: a stream of events while the page is seen, else a question now and then.
import { say, send } from "./actions.js";

const panel = document.getElementById("progress");
const POLL_MS = 2000;
const SHOWN = 6;
const SOON = 3;
const STAGES = { scan: "finding shots", encode: "encoding", annotate: "reading text" };
const WORKING = ["looking", "working", "paused", "blocked"];

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const plural = (count, thing) => `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
const base = (path) => path.split("/").filter(Boolean).at(-1) ?? path;

export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let at = 0;
  for (; bytes >= 1000 && at < units.length - 1; at += 1) bytes /= 1000;
  return `${bytes.toFixed(at && bytes < 100 ? 1 : 0)} ${units[at]}`;
}

// Rounded so that it does not pretend to know more than it does.
export function duration(seconds) {
  if (seconds < 10) return "a few seconds";
  if (seconds < 60) return `about ${Math.ceil(seconds / 10) * 10} seconds`;
  const minutes = seconds / 60;
  if (minutes < 90) return `about ${plural(Math.ceil(minutes), "minute")}`;
  return minutes < 48 * 60 ? `about ${plural(Math.round(minutes / 60), "hour")}` : `about ${plural(Math.round(minutes / 1440), "day")}`;
}

function stageOf(item) {
  if (item.cancelling) return "being cancelled";
  const [kind, by] = item.stage.split(":");
  return by ? `${STAGES[kind] ?? kind} (${by})` : (STAGES[kind] ?? kind);
}

// All files are done; what follows is of the library as a whole.
const isFinishing = (job) => job.state === "working" && job.total > 0 && job.done === job.total;

function title(job, paused) {
  const what = job.paths.length === 1 ? `“${base(job.paths[0])}”` : plural(job.paths.length, "file");
  if (job.state === "blocked") return `Waiting: ${job.message}`;
  if (paused) return job.active.length ? `Pausing ${what}: what is under way is finished` : `Paused: ${what}`;
  if (isFinishing(job)) return `Finishing ${what}: learning what is ordinary in this library`;
  return job.state === "looking" ? `Looking through ${what}` : `Indexing ${what}`;
}

function figures(job, status) {
  const parts = [];
  if (job.state === "blocked") parts.push("It goes on by itself when that has ended.");
  if (job.total) {
    parts.push(`${job.done.toLocaleString("en")} of ${plural(job.total, "video")}`);
    parts.push(`${size(job.size_done)} of ${size(job.size)}`);
    if (job.seconds_left !== null && !isFinishing(job)) parts.push(`${duration(job.seconds_left)} left`);
    else if (job.state === "working" && !isFinishing(job)) parts.push("time left not known yet");
  }
  if (job.counts.failed) parts.push(`${job.counts.failed} failed`);
  const queued = status.jobs.filter((other) => other.state === "waiting").length;
  if (queued) parts.push(`then ${plural(queued, "more request")}`);
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
  const button = element("button", { type: "button", className: "icon small", title: "Cancel this video" }, "✕");
  button.setAttribute("aria-label", `Cancel ${item.name}`);
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

async function ask(...request) {
  try {
    await send(...request);
  } catch (error) {
    say(error.message, true);
  }
}

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
    const state = element("span", { className: OUTCOMES[item.state] ?? "", textContent: item.state });
    const why = element("span", { className: "quiet", textContent: item.why || item.detail });
    return element("li", {}, state, name, why);
  }

  show(job) {
    const counts = Object.entries(job?.counts ?? {}).filter(([state]) => state !== "unchanged");
    this.box.hidden = !counts.length;
    const told = counts.map(([state, count]) => `${count.toLocaleString("en")} ${state}`).join(", ");
    this.box.querySelector("summary").textContent = job?.ended ? `Finished last: ${told}` : `Finished so far: ${told}`;
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
    this.pause.textContent = status.paused ? "Resume" : "Pause";
    panel.querySelector("#doing").textContent = job ? title(job, status.paused) : "Waiting for files to be complete";
    panel.querySelector("#figures").textContent = job ? figures(job, status) : "";
    if (job?.size) whole.value = job.size_done / job.size;
    else whole.removeAttribute("value");
    const keyed = (item) => ({ ...item, job: job.id, key: `${job.id}-${item.number}` });
    const order = (item) => (item.stage === "scan" ? 0 : 1);
    const active = job ? job.active.map(keyed).sort((one, other) => order(one) - order(other)) : [];
    this.active.show(active.slice(0, SHOWN));
    this.others(active.length - SHOWN, job);
    const writing = status.writing.map((item) => ({ ...item, key: item.path, label: `still being written, ${size(item.size)} so far` }));
    const waiting = job ? job.waiting.slice(0, SOON).map((item) => ({ ...keyed(item), label: `waits, ${size(item.size)}` })) : [];
    this.soon.show([...writing, ...waiting]);
  }

  others(count, job) {
    const line = panel.querySelector("#others");
    const waiting = job ? job.total - job.done - job.active.length : 0;
    line.hidden = count <= 0 && waiting <= SOON;
    const parts = [];
    if (count > 0) parts.push(`${count} more are being done`);
    if (waiting > SOON) parts.push(`${waiting.toLocaleString("en")} wait, these first:`);
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
