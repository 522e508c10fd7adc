// One collection: its name, and the notes and ends of its moments. What is changed is kept at once.
import { request } from "./request.js";
import { _, ngettext } from "./texts.js";

const collection = document.getElementById("collection");
const here = `/collections/${collection.dataset.id}`;
const picks = document.getElementById("picks");
const wrong = document.getElementById("wrong");
const rename = document.getElementById("rename");
const title = document.getElementById("name");
const LAST = "collection";

async function attempt(action) {
  wrong.textContent = "";
  try {
    return await action();
  } catch (error) {
    wrong.textContent = error.message;
    return undefined;
  }
}

const address = (item) => `${here}/items/${item.dataset.item}`;

function clock(seconds) {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  const rest = `${String(Math.floor((tenths % 600) / 10)).padStart(2, "0")}.${tenths % 10}`;
  const minutes = Math.floor(tenths / 600);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

function show({ moments, items, duration }) {
  document.getElementById("count").textContent = ngettext("{count} moment", "{count} moments", items);
  document.getElementById("length").textContent = clock(duration);
  for (const moment of moments) {
    const item = picks.querySelector(`[data-item="${moment.id}"]`);
    Object.assign(item.dataset, { start: moment.start, end: moment.end });
    item.querySelector(".span").textContent = `${clock(moment.start)} – ${clock(moment.end)}`;
    const length = item.querySelector(".clock");
    if (length) length.textContent = _("{seconds} s", { seconds: (moment.end - moment.start).toFixed(1) });
  }
}

async function trim(form) {
  const item = form.closest(".pick");
  const { start, end } = form.elements;
  if (Number(start.value) === Number(item.dataset.start) && Number(end.value) === Number(item.dataset.end)) return;
  if (!form.reportValidity()) return;
  const sent = [start.value, end.value];
  const told = await attempt(() => request("PATCH", address(item), { start: Number(sent[0]), end: Number(sent[1]) }));
  if (told) return void show(told);
  if (start.value !== sent[0] || end.value !== sent[1]) return; // more was typed meanwhile
  start.value = item.dataset.start;
  end.value = item.dataset.end;
}

async function note(area) {
  const told = await attempt(() => request("PATCH", address(area.closest(".pick")), { note: area.value }));
  area.classList.toggle("kept", Boolean(told));
}

async function remove(item) {
  const told = await attempt(() => request("DELETE", address(item)));
  if (!told) return;
  const next = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  if (!next) return void location.reload();
  next.querySelector(".remove").focus();
  show(told);
  document.getElementById("moved").textContent = _("Taken out.");
}

picks?.addEventListener("change", ({ target }) => {
  if (target.name === "note") note(target);
  else trim(target.form);
});
picks?.addEventListener("input", ({ target }) => target.classList.remove("kept"));
picks?.addEventListener("submit", (event) => {
  event.preventDefault();
  trim(event.target);
});
picks?.addEventListener("click", ({ target }) => {
  const button = target.closest(".remove");
  if (button) remove(button.closest(".pick"));
});

function renaming(open) {
  rename.hidden = !open;
  title.hidden = open;
  if (open) rename.elements.name.select();
  else document.getElementById("renaming").focus();
}

document.getElementById("renaming").addEventListener("click", () => renaming(rename.hidden));
rename.addEventListener("reset", () => renaming(false));
rename.addEventListener("keydown", ({ key }) => key === "Escape" && rename.reset());
rename.addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = await attempt(() => request("PATCH", here, { name: rename.elements.name.value }));
  if (!told) return;
  title.textContent = told.name;
  rename.elements.name.defaultValue = told.name;
  renaming(false);
});

document.getElementById("delete").addEventListener("click", async () => {
  if (!(await attempt(() => request("DELETE", here)))) return;
  if (localStorage.getItem(LAST) === collection.dataset.id) localStorage.removeItem(LAST);
  location.assign("/collections");
});
