// Buttons that change something: what they send stands in their data, and what came of it is said in one place.
const toast = document.getElementById("toast");
const sure = document.getElementById("sure");
let fading;

export function say(text, wrong = false) {
  if (!toast) return;
  clearTimeout(fading);
  toast.textContent = text;
  toast.classList.toggle("wrong", wrong);
  toast.hidden = false;
  if (!wrong) fading = setTimeout(() => (toast.hidden = true), 6000);
}

// Resolves to the answer; what is refused is thrown as an error whose message is for a person.
export async function send(method, address, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new Error("Shotseek does not answer. Is it still running?");
  }
  if (answer.status === 204) return undefined;
  const document = await answer.json();
  if (!answer.ok) throw new Error(document.error.message);
  return document;
}

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
    await send(method, to, body === undefined ? undefined : JSON.parse(body));
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
