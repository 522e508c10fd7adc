// The line to the server. What is waited for is shown at once; where nothing comes, that is said plainly and can be tried
// again without losing the page; a picture that does not come keeps its place.
import { hush, say } from "./toast.js";
import { _ } from "./texts.js";

const LONG_MS = 8000;
const PING_MS = 5000;
const main = document.getElementById("main");
let lost = false;
let waiting;

const again = (action) => {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: _("Try again") });
  button.addEventListener("click", action);
  return button;
};

function busy(yes) {
  document.body.classList.toggle("busy", yes);
  main.ariaBusy = String(yes);
  clearTimeout(waiting);
}

// Whoever asks the server says whether it has answered. "line" is what waits for it to answer again.
export function heard(yes, retry = () => check()) {
  if (yes && lost) {
    lost = false;
    hush();
    document.querySelectorAll("img.gone").forEach((image) => (image.src += ""));
    document.dispatchEvent(new CustomEvent("line"));
  } else if (!yes && !document.body.classList.contains("busy")) { // whoever leaves a page breaks off what it asks
    lost = true;
    say([_("Shotseek does not answer. What you see stays as it is."), " ", again(retry)], true);
  }
}

// Asks whether the server is there, and goes on if so.
async function check(go) {
  busy(Boolean(go));
  const found = await fetch("/api/v1/health", { signal: AbortSignal.timeout(PING_MS) }).then(({ ok }) => ok, () => false);
  busy(found && Boolean(go));
  heard(found, () => check(go));
  if (found) go?.();
}

// A page is left only for one that can come: a browser would show its own error in place of everything.
function leave(event, go) {
  if (lost) {
    event.preventDefault();
    return void check(go);
  }
  busy(true);
  waiting = setTimeout(() => say([_("This takes long. It is still being waited for."), " ", again(go)], true), LONG_MS);
}

// On the window, after everything that may have its own use for the event.
addEventListener("submit", (event) => {
  const { target, defaultPrevented } = event;
  if (!defaultPrevented && target.hasAttribute("method") && target.method !== "dialog") leave(event, () => target.requestSubmit());
});
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const aside = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.defaultPrevented;
  if (!link || aside || link.hasAttribute("download") || link.target || link.origin !== location.origin) return;
  if (link.pathname + link.search === location.pathname + location.search && link.hash) return;
  leave(event, () => location.assign(link.href));
});
addEventListener("pageshow", () => busy(false)); // Back may bring a page out of memory
addEventListener("keydown", ({ key }) => key === "Escape" && busy(false)); // which stops the browser, too
for (const name of ["offline", "online"]) addEventListener(name, () => check());

const pictures = (action) => ({ target }) => target.matches?.(".thumb img") && action(target);
document.addEventListener("error", pictures((image) => image.classList.add("gone")), true);
document.addEventListener("load", pictures((image) => image.classList.remove("gone")), true);
for (const image of document.querySelectorAll(".thumb img")) {
  if (image.complete && !image.naturalWidth && image.loading !== "lazy") image.classList.add("gone");
}
