import "./line.js";

// A menu closes with Escape, when the focus leaves it, and with a click elsewhere.
const menus = () => [...document.querySelectorAll("details.menu[open]")];

for (const name of ["click", "focusin"]) {
  document.addEventListener(name, ({ target }) => {
    for (const menu of menus()) if (!menu.contains(target)) menu.open = false;
  });
}
document.addEventListener("keydown", (event) => {
  const [menu] = menus();
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
