// Where nodes and connections stand in pixels: as large as the width allows, at a zoom of 1 never wider than that.

const LARGEST_RADIUS = 17;
const SMALLEST_RADIUS = 2.5;
const WIDEST_LAYER = 120;
const NAME_GAP = 8;
const NAME_ROOM = 15; // pixels from the name of one output to the next
const MANY_NODES = 500; // with more, layers are spaced evenly
const TOP = 26;

// What depends on the window alone.
function frameFor(width) {
  const narrow = width < 560;
  return {
    width,
    narrow,
    slot: narrow ? 48 : 66,
    drawn: narrow ? 420 : 470,
    tallest: narrow ? 480 : 620,
    letters: narrow ? 16 : 22,
    font: narrow ? 11 : 13,
    image: narrow ? 110 : 224,
    least: narrow ? 200 : 330,
  };
}

// Pixels between two slots, at a zoom of 1.
function slotHeight({ layout }, frame) {
  const slots = Math.max(layout.height, 1);
  return Math.min(frame.slot, Math.max(frame.drawn / slots, Math.min(9, frame.tallest / slots)));
}

// The height of a network's picture at a zoom of 1.
export function fitHeight(network, width) {
  const frame = frameFor(width);
  const block = network.image ? (frame.image * network.image[0]) / network.image[1] + 60 : 0;
  return Math.ceil(Math.max(2 * TOP + slotHeight(network, frame) * network.layout.height, block, frame.least));
}

// How wide a name of the network is, in pixels.
let measuring;
export function widthOf(text, font) {
  measuring ??= document.createElement("canvas").getContext("2d");
  measuring.font = `${font}px ${getComputedStyle(document.body).fontFamily}`;
  return measuring.measureText(text).width;
}

export const cut = (name, length) => (name.length > length ? `${name.slice(0, length - 1)}…` : name);
const longest = (names, { letters, font }) => Math.max(...names.map((name) => widthOf(cut(name, letters), font)));

// Places a network in `width` by at least `least` pixels, times `zoom`. Gives px and py of all nodes, the radius, the size of a pixel of an image
// (0 without one), `place` for points of routes, and the size of the whole.
export function fitted(network, width, zoom, least) {
  const frame = frameFor(width);
  const { layout, image } = network;
  const slot = slotHeight(network, frame) * zoom;
  const cell = image ? (frame.image / image[1]) * zoom : 0;
  const names = image ? 0 : longest([...network.inputs, "bias"], frame);
  const outputs = longest(network.outputs, frame);
  const margins = (radius) => [
    image ? cell * image[1] + 16 : names + NAME_GAP + radius + 2,
    outputs + NAME_GAP + radius + 4,
  ];
  const height = Math.max(least * zoom, 2 * TOP + slot * layout.height);
  const py = layout.y.map((y) => (height - slot * layout.height) / 2 + y * slot);
  keepApart(py, network.nodeCount - network.outputs.length, height);
  const { radius, xs } = spread(network, py, { slot, zoom, width: width * zoom, gap: image ? Math.min(64 * zoom, width * 0.1) : 0 }, margins);
  const [left, right] = margins(radius);
  const whole = Math.max(width * zoom, left + xs.at(-1) + right);
  const shift = left + (whole - left - right - xs.at(-1)) / 2;
  const atLayer = (x) => shift + xs[x];
  const placed = {
    radius,
    cell,
    px: layout.x.map(atLayer),
    py,
    place: ([x, y]) => [atLayer(x), (height - slot * layout.height) / 2 + y * slot],
    size: [Math.floor(whole), Math.ceil(height)],
    letters: frame.letters,
    font: frame.font,
  };
  if (image) placePixels(placed, image, shift - cell * image[1] - 8, height);
  return placed;
}

// The largest radius at which the layers fit, and where each layer stands, from 0.
function spread(network, py, room, margins) {
  const layers = layersOf(network, py);
  const most = Math.min(LARGEST_RADIUS * Math.sqrt(room.zoom), 0.42 * room.slot);
  const available = (radius) => Math.max(room.width - margins(radius).reduce((a, b) => a + b), 40);
  let radius = SMALLEST_RADIUS;
  if (network.nodeCount <= MANY_NODES) {
    for (let tried = Math.max(most, SMALLEST_RADIUS); tried > SMALLEST_RADIUS; tried -= 0.5) {
      if (positions(layers, py, tried, room.gap).at(-1) > available(tried)) continue;
      radius = tried;
      break;
    }
  }
  const tight = network.nodeCount <= MANY_NODES ? positions(layers, py, radius, room.gap) : layers.map((_, i) => i);
  // What is left over is shared out evenly, as long as layers do not drift apart.
  const free = Math.min(available(radius), WIDEST_LAYER * room.zoom * (layers.length - 1)) - tight.at(-1);
  const step = layers.length > 1 ? free / (layers.length - 1) : 0;
  const scale = step < 0 ? available(radius) / tight.at(-1) : 1;
  return { radius, xs: tight.map((x, i) => x * scale + Math.max(step, 0) * i) };
}

function layersOf({ layout, image, fixedCount }, py) {
  const layers = Array.from({ length: layout.width + 1 }, () => []);
  layout.x.forEach((x, node) => {
    if (!image || node === 0 || node >= fixedCount) layers[x].push(node);
  });
  for (const layer of layers) layer.sort((a, b) => py[a] - py[b]);
  return layers;
}

// The tightest places of layers in which no two nodes are nearer than a little more than their size.
function positions(layers, py, radius, gap) {
  const apart = 2.5 * radius;
  const least = Math.max(1.3 * radius, 6);
  const xs = [0];
  for (let i = 1; i < layers.length; ++i) {
    let x = xs[i - 1] + (i === 1 ? Math.max(gap, 1.6 * apart) : least);
    for (let j = i - 1; j >= 0 && xs[j] + apart > x; --j) x = Math.max(x, xs[j] + needed(layers[j], layers[i], py, apart));
    xs.push(x);
  }
  // Names stand to the right of the last layer, so it keeps its distance.
  if (layers.length > 2) xs[xs.length - 1] = Math.max(xs.at(-1), xs.at(-2) + 1.6 * apart);
  return xs;
}

// How far to the right of one layer another must stand, both sorted by height.
function needed(before, after, py, apart) {
  let most = 0;
  let first = 0;
  for (const b of after) {
    while (first < before.length && py[before[first]] <= py[b] - apart) ++first;
    for (let k = first; k < before.length && py[before[k]] < py[b] + apart; ++k)
      most = Math.max(most, Math.sqrt(apart ** 2 - (py[before[k]] - py[b]) ** 2));
  }
  return most;
}

// Moves the outputs, from node `first` on, so far apart that all their names have room, if they can be.
function keepApart(py, first, height) {
  const order = py.map((_, node) => node).slice(first).sort((a, b) => py[a] - py[b]);
  if (order.length * NAME_ROOM > height) return;
  const before = order.map((node) => py[node]);
  order.forEach((node, i) => i && (py[node] = Math.max(py[node], py[order[i - 1]] + NAME_ROOM)));
  const moved = order.reduce((sum, node, i) => sum + py[node] - before[i], 0) / order.length;
  const shift = Math.min(Math.max(-moved, NAME_ROOM - py[order[0]]), height - NAME_ROOM - py[order.at(-1)]);
  for (const node of order) py[node] += shift;
}

// Pixels stand as the image does, with the bias below.
function placePixels({ px, py, cell }, [rows, columns], left, height) {
  const top = (height - rows * cell) / 2;
  for (let i = 0; i < rows * columns; ++i) {
    px[1 + i] = left + (0.5 + (i % columns)) * cell;
    py[1 + i] = top + (0.5 + Math.floor(i / columns)) * cell;
  }
  px[0] = left + columns * cell * 0.5;
  py[0] = top + rows * cell + 22;
}

// Boxes of texts that lie on nothing: `free(box)` tells whether a box is, and takes it.
export function freeSpace(px, py, radius, size) {
  const taken = new Map();
  const tile = 24;
  const tiles = function* ([x0, y0, x1, y1]) {
    for (let i = Math.floor(x0 / tile); i <= Math.floor(x1 / tile); ++i)
      for (let j = Math.floor(y0 / tile); j <= Math.floor(y1 / tile); ++j) yield `${i},${j}`;
  };
  const take = (box) => {
    for (const key of tiles(box)) (taken.get(key) ?? taken.set(key, []).get(key)).push(box);
  };
  px.forEach((x, i) => take([x - radius, py[i] - radius, x + radius, py[i] + radius]));
  return ([x0, y0, x1, y1]) => {
    if (x0 < 0 || y0 < 0 || x1 > size[0] || y1 > size[1]) return false;
    const hit = ([a0, b0, a1, b1]) => a0 < x1 && a1 > x0 && b0 < y1 && b1 > y0;
    for (const key of tiles([x0, y0, x1, y1])) if (taken.get(key)?.some(hit)) return false;
    take([x0, y0, x1, y1]);
    return true;
  };
}
