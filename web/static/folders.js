// The form that adds a folder: completes names while they are typed, and leads to where it is indexed.
import { request } from "./request.js";
import { say } from "./toast.js";
import { _ } from "./texts.js";

for (const form of document.querySelectorAll("form[data-add]")) {
  const input = form.elements.path;
  const names = form.querySelector("datalist");
  const problem = form.querySelector("[data-error]");
  let waiting;
  let last = "";

  async function complete() {
    // what is in a folder is listed once, and narrowed by the browser from then on
    if (input.value === last || !/^[/~]/.test(input.value)) return;
    last = input.value;
    const address = new URL("/api/v1/folders/completions", location.origin);
    address.search = new URLSearchParams({ path: input.value });
    const answer = await fetch(address);
    if (!answer.ok || input.value !== last) return;
    const { paths } = await answer.json();
    names.replaceChildren(...paths.map((value) => Object.assign(document.createElement("option"), { value })));
  }

  input.addEventListener("input", () => {
    problem.hidden = true;
    input.removeAttribute("aria-invalid");
    clearTimeout(waiting);
    waiting = setTimeout(complete, 150);
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const folder = await request("POST", "/api/v1/folders", {
        path: input.value,
        watched: form.elements.watched.checked,
      });
      // a library that was empty has another page from now on
      if (location.pathname !== form.dataset.library || document.querySelector(".begin")) {
        location.assign(form.dataset.library);
        return;
      }
      say(_("{folder} was added and is being indexed.", { folder: folder.path }));
      form.reset();
      last = "";
      document.dispatchEvent(new CustomEvent("changed"));
      document.dispatchEvent(new CustomEvent("added"));
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      input.setAttribute("aria-invalid", "true");
      input.focus();
    } finally {
      button.disabled = false;
    }
  });
}
