// The player: starts at the moment, shows the shot and the line being played, seeks on click, copies the moment's link.
const player = document.getElementById("player");
const strip = document.getElementById("strip");
const transcript = document.getElementById("transcript");
const copy = document.getElementById("copy");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

class Track {
  // A list whose items lie in time: exactly one of them, or none, is current.
  constructor(list) {
    this.list = list;
    this.items = [...list.children].map((element) => ({
      element,
      link: element.querySelector("a"),
      start: Number(element.dataset.start),
      end: Number(element.dataset.end),
    }));
    this.current = undefined;
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

const tracks = [strip, transcript].filter(Boolean).map((list) => new Track(list));
const show = (time) => tracks.forEach((track) => track.show(time));

function seek(time) {
  player.currentTime = time;
  history.replaceState(null, "", `?t=${Number(time.toFixed(3))}`);
}

if (player) {
  const start = Number(player.dataset.start);
  show(start);
  player.addEventListener("timeupdate", () => show(player.currentTime));
  player.addEventListener("seeking", () => show(player.currentTime));
  player.addEventListener("error", () => {
    document.getElementById("unplayable").hidden = false;
    player.hidden = true;
  });
  // A visitor who came to see a moment wants it to run; a browser that has not been clicked in may refuse, and
  // then the controls wait.
  if (new URL(location).searchParams.has("t") && !calm.matches) player.play().catch(() => {});

  for (const { list, items } of tracks) {
    list.addEventListener("click", (event) => {
      const item = items.find(({ link }) => link.contains(event.target));
      if (!item || event.ctrlKey || event.metaKey || event.shiftKey || player.hidden) return;
      event.preventDefault();
      seek(Number(new URL(item.link.href).searchParams.get("t")));
    });
  }

  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const address = new URL(location.pathname, location.origin);
    address.searchParams.set("t", player.currentTime.toFixed(3));
    await navigator.clipboard.writeText(address);
    const label = copy.querySelector("span");
    const text = label.textContent;
    label.textContent = "Copied";
    setTimeout(() => (label.textContent = text), 1500);
  });
}
