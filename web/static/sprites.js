// Small pictures of a whole video: cut out of one sheet, as a WebVTT file of media fragments says.
const sheets = new Map();

const seconds = (clock) => clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) return undefined;
  const found = (await answer.text()).matchAll(/^(\S+) --> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm);
  const cells = [...found].map(([, start, end, picture, ...place]) => {
    const [x, y, width, height] = place.map(Number);
    return { start: seconds(start), end: seconds(end), picture, x, y, width, height };
  });
  if (!cells.length) return undefined;
  const picture = Object.assign(new Image(), { src: new URL(cells[0].picture, new URL(address, location)) });
  await picture.decode();
  return { cells, picture };
}

// The cells of a video and the sheet they lie on; undefined where there is none.
export function sheet(address) {
  if (!sheets.has(address)) sheets.set(address, load(address).catch(() => void sheets.delete(address))); // and tried again
  return sheets.get(address);
}

// Shows a cell as the background of an element, as large as fits into a box.
export function paint(element, cell, picture, box) {
  const scale = Math.min(box.width / cell.width, box.height / cell.height);
  Object.assign(element.style, {
    width: `${cell.width * scale}px`,
    height: `${cell.height * scale}px`,
    backgroundImage: `url("${picture.src}")`,
    backgroundSize: `${picture.naturalWidth * scale}px ${picture.naturalHeight * scale}px`,
    backgroundPosition: `${-cell.x * scale}px ${-cell.y * scale}px`,
  });
}
