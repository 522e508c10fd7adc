// Saved searches: one is made over an answer, and forgotten where they are listed.
const API = "/api/v1/searches";

async function send(method, body) {
  const options = { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(API, options);
  if (!answer.ok) throw new Error((await answer.json()).error.message);
}

const form = document.getElementById("save-search");
if (form) {
  document.getElementById("save").hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const status = form.querySelector("[role=status]");
    try {
      await send("POST", { name: form.name.value, address: document.getElementById("answer").dataset.address });
      status.textContent = "Saved. It is on the first page, and in the search box.";
    } catch (error) {
      status.textContent = error.message;
    }
  });
}

for (const button of document.querySelectorAll("[data-forget]")) {
  button.addEventListener("click", async () => {
    const item = button.closest("li");
    await send("DELETE", { name: item.dataset.name });
    (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("a").focus();
    if (item.parentElement.children.length === 1) item.closest("section").remove();
    else item.remove();
  });
}
