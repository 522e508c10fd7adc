// All collections: making a new one leads to it.
import { request } from "./request.js";

const form = document.getElementById("new");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!form.elements.name.value.trim()) return;
  const wrong = form.querySelector("[role=alert]");
  try {
    const made = await request("POST", "/collections", { name: form.elements.name.value });
    location.assign(`/collections/${made.id}`);
  } catch (error) {
    wrong.textContent = error.message;
  }
});
form.querySelector("button").disabled = false; // without this script the form could do nothing
