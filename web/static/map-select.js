// A part of the map that was selected: its frame, what lies in it, and the search inside it.
import { request } from "./request.js";
import { _, ngettext } from "./texts.js";

const PRECISE = 4; // digits of a corner

export class Selection {
  constructor(say) {
    this.say = say;
    this.corner = null; // in units of the map
    this.box = null;
    this.frame = document.getElementById("frame");
    this.panel = document.getElementById("chosen");
    document.getElementById("clear").addEventListener("click", () => {
      this.clear();
      document.getElementById("plane").focus();
    });
  }

  begin(at) {
    this.clear();
    this.corner = at;
  }

  draw(at) {
    this.box = [
      Math.min(this.corner[0], at[0]), Math.min(this.corner[1], at[1]),
      Math.max(this.corner[0], at[0]), Math.max(this.corner[1], at[1]),
    ];
  }

  clear() {
    this.corner = this.box = null;
    this.frame.hidden = this.panel.hidden = true;
  }

  // Puts the frame where it belongs; while a corner is marked, up to the middle of the view.
  move(view) {
    const box = this.box;
    this.frame.hidden = !box;
    if (!box) return;
    const [left, top] = view.at(box[0], box[1]);
    const [right, bottom] = view.at(box[2], box[3]);
    const edge = (at, most) => Math.min(Math.max(at, -10), most + 10);
    const [x0, x1] = [edge(left, view.width), edge(right, view.width)];
    const [y0, y1] = [edge(top, view.height), edge(bottom, view.height)];
    Object.assign(this.frame.style, { left: `${x0}px`, top: `${y0}px`, width: `${x1 - x0}px`, height: `${y1 - y0}px` });
  }

  async ask(encoder, version) {
    this.corner = null;
    const region = `${encoder}:${version}:${this.box.map((edge) => edge.toFixed(PRECISE)).join(",")}`;
    const told = await request("GET", `/map/region?${new URLSearchParams({ region })}`);
    const words = told.count ? ngettext("{count} shot selected", "{count} shots selected", told.count) : _("Nothing lies there");
    document.getElementById("chosen-title").textContent = words;
    document.getElementById("region").value = region;
    document.getElementById("samples").replaceChildren(...told.shots.slice(0, 8).map(sample));
    this.panel.querySelector("form").hidden = !told.count;
    this.panel.hidden = false;
    return this.say(told.count ? `${words}. ${_("The search in them follows the map.")}` : words);
  }
}

function sample(shot) {
  const place = _("{name} at {time}", { name: shot.video.name, time: shot.clock });
  const link = Object.assign(document.createElement("a"), { href: shot.page_url, title: place });
  link.append(Object.assign(new Image(), { src: shot.thumbnail_url, alt: place }));
  const item = document.createElement("li");
  item.append(link);
  return item;
}
