// Lists whose items lie in time (shots, lines, chapters, hits): the one being played is marked and in sight.
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class TimedList {
  // `seek(time)` is called where an item is chosen; its link goes on working in a tab of its own.
  constructor(list, seek) {
    this.list = list;
    this.seek = seek;
    this.current = undefined;
    this.read();
    list.addEventListener("click", (event) => this.choose(event));
  }

  read() {
    this.items = [...this.list.children].map((element) => ({
      element,
      link: element.querySelector("a"),
      start: Number(element.dataset.start),
      end: Number(element.dataset.end),
    }));
  }

  choose(event) {
    const item = this.items.find(({ link }) => link.contains(event.target));
    if (!item || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.seek(Number(new URL(item.link.href).searchParams.get("t")));
  }

  show(time) {
    const found = this.items.find((item) => item.start <= time && time < item.end);
    if (found === this.current) return;
    this.current?.link.removeAttribute("aria-current");
    found?.link.setAttribute("aria-current", "true");
    this.current = found;
    if (found && !this.list.contains(document.activeElement)) this.reveal(found.element);
  }

  reveal(element) {
    const box = this.list.getBoundingClientRect();
    const item = element.getBoundingClientRect();
    this.list.scrollBy({
      left: item.left - box.left - (box.width - item.width) / 2,
      top: item.top - box.top - (box.height - item.height) / 2,
      behavior: calm.matches ? "instant" : "smooth",
    });
  }
}

// Fills a list with links to moments: [{ start, end, at, clock, text, href }].
export function fill(list, items) {
  list.replaceChildren(
    ...items.map(({ start, end, clock, text, href, className = "" }) => {
      const item = document.createElement("li");
      Object.assign(item.dataset, { start, end });
      const link = Object.assign(document.createElement("a"), { href, className });
      link.append(Object.assign(document.createElement("time"), { textContent: clock }));
      link.append(Object.assign(document.createElement("span"), { textContent: text }));
      item.append(link);
      return item;
    }),
  );
}
