// The library page: follows what is being indexed and shows it, folder switches, and what is forgotten.
import "./actions.js";
import { request } from "./request.js";
import { say } from "./toast.js";
import { attach } from "./hover.js";
import { watch } from "./progress.js";
import { _, number } from "./texts.js";

const REFRESH_MS = 1500;
const dialog = document.getElementById("forget");
const adding = document.getElementById("adding");
let refreshing = false;
let again = false;

// The parts of the page are made by the server; after a change they are fetched and put in place of the old.
async function refresh() {
  again = refreshing;
  if (refreshing) return;
  refreshing = true;
  try {
    const answer = await fetch(location.href);
    if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // the server is gone; the next event brings the rest
  }
  setTimeout(() => {
    refreshing = false;
    if (again) refresh();
  }, REFRESH_MS);
}

function replace(fresh) {
  for (const part of document.querySelectorAll("[data-part]")) {
    const newer = fresh.querySelector(`[data-part=${part.dataset.part}]`);
    // what somebody is at stays as it is; the next change brings it up to date
    if (!newer || dialog?.open || part.contains(document.activeElement) || newer.isEqualNode(part)) continue;
    const open = [...part.querySelectorAll("details")].map((item) => item.open);
    part.replaceWith(newer);
    newer.querySelectorAll("details").forEach((item, at) => (item.open = open[at] ?? item.open));
    attach(newer);
  }
  tellTimes();
}

function ago(date) {
  const seconds = Math.max(0, (Date.now() - date) / 1000);
  if (seconds < 60) return _("just now");
  if (seconds < 3600) return _("{count} min ago", { count: Math.round(seconds / 60) });
  return seconds < 86_400 ? _("{count} h ago", { count: Math.round(seconds / 3600) }) : date.toLocaleDateString("en-CA");
}

function tellTimes() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    time.title ||= time.textContent;
    time.textContent = ago(new Date(time.dateTime));
  }
}

async function forget(button) {
  dialog.querySelector(".path").textContent = button.dataset.name;
  dialog.querySelector("[value=keep]").checked = true;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  if (dialog.returnValue !== "forget") return;
  const videos = dialog.querySelector("[name=videos]:checked").value === "forget";
  try {
    const answer = await request("DELETE", button.dataset.forget, { videos });
    say(videos ? _("The folder and {count} of its videos were forgotten.", { count: number(answer.videos) }) : _("The folder was forgotten; its videos stay."));
    button.blur();
    refresh();
  } catch (error) {
    say(error.message, true);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-forget]");
  if (button) forget(button);
});

document.addEventListener("change", async (event) => {
  const { target } = event;
  if (target.matches("[data-submit]")) target.form.requestSubmit();
  if (!target.matches("[data-watch]")) return;
  try {
    await request("PUT", target.dataset.watch, { watched: target.checked });
  } catch (error) {
    target.checked = !target.checked;
    say(error.message, true);
  }
});

// Empty fields would only make the address longer.
document.querySelector("form.find")?.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

function showForm(shown) {
  document.getElementById("add").hidden = !shown;
  adding.setAttribute("aria-expanded", String(shown));
  (shown ? document.getElementById("folder") : adding).focus();
}

adding?.addEventListener("click", () => showForm(document.getElementById("add").hidden));
document.addEventListener("added", () => showForm(false));
document.addEventListener("changed", () => {
  document.activeElement?.blur?.();
  refresh();
});
watch(refresh);
tellTimes();
setInterval(tellTimes, 30_000);
