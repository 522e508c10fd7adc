// What was asked in this browser, the latest first. It stays in the browser.
const NAME = "shotseek-recent";
const MOST = 20;

export function recent() {
  try {
    return JSON.parse(localStorage.getItem(NAME)) ?? [];
  } catch {
    return []; // written by something else, or kept from us
  }
}

export function remember(q, address) {
  const others = recent().filter((item) => item.q !== q);
  keep([{ q, address }, ...others].slice(0, MOST));
}

export function forget() {
  keep([]);
}

function keep(items) {
  try {
    localStorage.setItem(NAME, JSON.stringify(items));
  } catch {
    // a browser that keeps nothing has no recent searches
  }
}
