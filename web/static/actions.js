// Buttons that change something: what they send stands in their data, and what came of it is said in one place.
import { request } from "./request.js";
import { say } from "./toast.js";

const sure = document.getElementById("sure");

function isSure(question) {
  if (!question || !sure) return Promise.resolve(true);
  sure.querySelector("p").textContent = question;
  sure.returnValue = "";
  sure.showModal();
  return new Promise((resolve) => {
    sure.addEventListener("close", () => resolve(sure.returnValue === "yes"), { once: true });
  });
}

async function act(button) {
  const { send: method, to, body, said, then, sure: question } = button.dataset;
  if (!(await isSure(question))) return;
  button.disabled = true;
  try {
    await request(method, to, body === undefined ? undefined : JSON.parse(body));
    if (then) location.assign(then);
    else say(said);
    document.dispatchEvent(new CustomEvent("changed"));
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-send]");
  if (button) act(button);
});
