// What stands beside the map: the groups that its signs mean, and its parts as a list.
import { REST } from "./map-paint.js";
import { _, number } from "./texts.js";

// Shows a group for each sign; `light` is told which of them is pressed, -1 for none.
export function legend(section, title, groups, others, painter, light) {
  const names = groups.map(({ name, count }, at) => ({ name, count, at }));
  if (others) names.push({ name: _("all others"), count: others, at: groups.length, sign: REST });
  section.hidden = !names.length;
  section.querySelector("h2").textContent = title;
  section.querySelector("ul").replaceChildren(...names.map(({ name, count, at, sign }) => {
    const button = Object.assign(document.createElement("button"), { type: "button", title: name, ariaPressed: "false" });
    const mark = document.createElement("canvas");
    painter.sign(mark, sign ?? at);
    button.append(mark, text("span", name), text("span", number(count), "number"));
    button.addEventListener("click", () => {
      const pressed = button.ariaPressed === "true";
      for (const other of section.querySelectorAll("button")) other.ariaPressed = "false";
      button.ariaPressed = String(!pressed);
      light(pressed ? -1 : sign ?? at);
    });
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

// Lists the parts of the map; `go` is told which was chosen.
export function parts(section, found, go) {
  section.hidden = !found.length;
  section.querySelector("ul").replaceChildren(...found.map((part) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "part" });
    button.append(
      Object.assign(new Image(), { src: part.shots[0]?.thumbnail_url ?? "", alt: "", loading: "lazy", width: 64, height: 36 }),
      text("b", part.name),
      text("span", number(part.count), "number"),
    );
    button.addEventListener("click", () => go(part));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

function text(name, content, className = "") {
  return Object.assign(document.createElement(name), { textContent: content, className });
}
