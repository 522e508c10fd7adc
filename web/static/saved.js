// Saved searches: one is made over an answer, and forgotten where they are listed.
import { request } from "./request.js";
import { _ } from "./texts.js";

const SEARCHES = "/searches";
const form = document.getElementById("save-search");
if (form) {
  document.getElementById("save").hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const status = form.querySelector("[role=status]");
    try {
      await request("POST", SEARCHES, { name: form.name.value, address: document.getElementById("answer").dataset.address });
      status.textContent = _("Saved. It is on the first page, and in the search box.");
    } catch (error) {
      status.textContent = error.message;
    }
  });
}

for (const button of document.querySelectorAll("[data-forget]")) {
  button.addEventListener("click", async () => {
    const item = button.closest("li");
    await request("DELETE", SEARCHES, { name: item.dataset.name });
    (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("a").focus();
    if (item.parentElement.children.length === 1) item.closest("section").remove();
    else item.remove();
  });
}
