// Arrow keys move between the cards of a grid; "/" goes to the search box.
const TURN = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", Home: "home", End: "end" };

function columns(links) {
  const top = links[0].getBoundingClientRect().top;
  return links.filter((link) => Math.abs(link.getBoundingClientRect().top - top) < 4).length;
}

function target(links, index, turn) {
  const row = columns(links);
  return { left: index - 1, right: index + 1, up: index - row, down: index + row, home: 0, end: links.length - 1 }[turn];
}

for (const grid of document.querySelectorAll("[data-grid]")) {
  grid.addEventListener("keydown", (event) => {
    const turn = TURN[event.key];
    const links = [...grid.querySelectorAll(".open")];
    const index = links.indexOf(document.activeElement);
    if (!turn || index < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    links[target(links, index, turn)]?.focus();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  event.preventDefault();
  document.querySelector("input[type=search]").select();
});
