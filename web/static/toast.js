// One line that says what has happened. What went wrong stays until something else is said.
const LIFE_MS = 6000;
const toast = document.getElementById("toast");
let fading;

// Takes a text, or elements and texts.
export function say(what, wrong = false) {
  clearTimeout(fading);
  toast.replaceChildren(...[what].flat());
  toast.classList.toggle("wrong", wrong);
  toast.hidden = false;
  if (!wrong) fading = setTimeout(hush, LIFE_MS);
}

export const hush = () => (toast.hidden = true);

addEventListener("keydown", ({ key }) => key === "Escape" && hush());
