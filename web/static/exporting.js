// Exports that take a while: started here, watched until they are done, then downloaded.
import { request } from "./request.js";
import { _ } from "./texts.js";

const menu = document.getElementById("export");
const working = document.getElementById("working");
const { id } = document.getElementById("collection").dataset;
const BEAT_MS = 300;

const status = working.querySelector("[role=status]");
const bar = working.querySelector("progress");
const stop = working.querySelector("button");
let job;

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function say(text) {
  if (status.textContent !== text) status.textContent = text;
}

function end(text, notes = []) {
  job = undefined;
  bar.hidden = true;
  stop.textContent = _("Close");
  say([text, ...notes].join(" "));
}

function download(address) {
  const link = Object.assign(document.createElement("a"), { href: address, download: "" });
  document.body.append(link);
  link.click();
  link.remove();
}

async function watch() {
  while (job && !job.done && !job.error) {
    bar.value = job.share;
    say(job.share ? _("is being made…") : _("is waiting for its turn…"));
    await rest(BEAT_MS);
    if (job) job = await request("GET", `/exports/${job.id}`);
  }
  if (!job) return;
  const { error, file_url: file, notes } = job;
  if (error) return void end(error === "stopped" ? _("was stopped.") : _("could not be made: {why}", { why: error }));
  download(file);
  end(_("is done, and is being downloaded."), notes);
}

async function start(link) {
  working.hidden = false;
  bar.hidden = false;
  bar.removeAttribute("value");
  stop.textContent = _("Stop");
  working.querySelector("b").textContent = link.querySelector("b").textContent;
  try {
    job = await request("POST", `/collections/${id}/exports`, { format: link.dataset.slow });
    await watch();
  } catch (error) {
    end(_("could not be made: {why}", { why: error.message }));
  }
}

menu?.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  menu.open = false;
  menu.querySelector("summary").focus();
  if (!link.dataset.slow || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (!job) start(link);
});

stop.addEventListener("click", () => {
  if (job) request("DELETE", `/exports/${job.id}`).catch(() => {});
  else working.hidden = true;
});
