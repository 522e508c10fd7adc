// The search box: drop, paste or choose a picture or a clip; suggest videos for the filter.
import { request } from "./request.js";

const upload = document.getElementById("upload");
const file = document.getElementById("file");
const drop = document.getElementById("drop");

file.addEventListener("change", send);

function send() {
  if (!file.files.length) return;
  upload.requestSubmit();
}

function take(transfer) {
  const found = [...transfer.files].find((item) => /^(image|video)\//.test(item.type)) ?? transfer.files[0];
  if (!found) return false;
  const chosen = new DataTransfer();
  chosen.items.add(found);
  file.files = chosen.files;
  send();
  return true;
}

document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length && take(event.clipboardData)) event.preventDefault();
});

const carriesFile = (event) => event.dataTransfer?.types.includes("Files");

document.addEventListener("dragover", (event) => {
  if (!carriesFile(event)) return;
  event.preventDefault();
  drop.hidden = false;
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.hidden = true;
});
document.addEventListener("drop", (event) => {
  if (!carriesFile(event)) return;
  event.preventDefault();
  drop.hidden = true;
  take(event.dataTransfer);
});

// Empty fields would only make the address longer.
document.querySelector("form.query").addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

const suggestions = document.getElementById("videos");
let waiting;
for (const input of document.querySelectorAll("input[name=video]")) {
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => suggest(input.value), 200);
  });
}

async function suggest(text) {
  const { videos } = await request("GET", `/videos?${new URLSearchParams({ text, limit: "10" })}`).catch(() => ({ videos: [] }));
  suggestions.replaceChildren(...videos.map(({ name }) => Object.assign(document.createElement("option"), { value: name })));
}
