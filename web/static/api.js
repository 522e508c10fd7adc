// The viewer of the API's document. Nothing of it leaves this machine: no validator, no other document.
const root = document.documentElement;
const viewer = document.getElementById("viewer");
const system = matchMedia("(prefers-color-scheme: dark)");

// The viewer has its own name for dark.
function follow() {
  root.classList.toggle("dark-mode", (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark");
}
new MutationObserver(follow).observe(root, { attributeFilter: ["data-theme"] });
system.addEventListener("change", follow);
follow();

window.SwaggerUIBundle({
  url: viewer.dataset.document,
  domNode: viewer,
  validatorUrl: null,
  queryConfigEnabled: false,
  defaultModelsExpandDepth: 0,
  supportedSubmitMethods: ["get", "post"],
});
