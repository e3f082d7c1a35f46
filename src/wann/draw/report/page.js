"use strict";
(() => {
// float32.js
// Arithmetic in float32 as the core does it: every operation rounds once.
//
// The polynomials and their order are those of core/lanes/math.hpp, so that a trajectory in the page is that of the core to the
// last bits. A product of two float32 numbers is exact in a JavaScript number, so `fma` rounds once too (but for double
// rounding, once in about 2^29 times).

const f32 = Math.fround;

const fma = (a, b, c) => f32(a * b + c);

// To the nearest integer, ties to even.
function roundHalfEven(x) {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

const constants = (...values) => values.map(f32);

const SINE = constants(0.0059732916, -0.07445937, 0.52378047, -2.0260837, 3.1415913);
const COSINE = constants(0.0015981181, -0.02537252, 0.2350465, -1.3351682, 4.0586977, -4.9348016, 1);
const POWER = constants(0.0013264727, 0.009671513, 0.055507336, 0.24022242, 0.693147, 1);
const [TURNS, INVERSE_PI] = constants(0.15915494, 0.31830987);
const [TURN_1, TURN_2, TURN_3] = constants(-6.28125, -1.9350051879882812e-3, -3.019915766344633e-7);
const [TANH_SCALE, SIGMOID_SCALE, GAUSSIAN_SCALE] = constants(-2.8853901, -1.44269504, -0.72134752);

function polynomial(coefficients, x) {
  let p = coefficients[0];
  for (let i = 1; i < coefficients.length; ++i) p = fma(p, x, coefficients[i]);
  return p;
}

const atLeast = (bound, x) => (x < bound ? bound : x);
const atMost = (bound, x) => (x > bound ? bound : x);
const clamp = (x, low, high) => atMost(high, atLeast(low, x));

// sin(πr) and cos(πr) for r in [-1, 1].
function sinPiReduced(r, r2) {
  return f32(fma(f32(-r2), r, r) * polynomial(SINE, r2));
}

const reduceHalfTurns = (x) => fma(roundHalfEven(f32(x * 0.5)), -2, x);

function sinPi(x) {
  const r = reduceHalfTurns(x);
  return sinPiReduced(r, f32(r * r));
}

function cosPi(x) {
  const r = reduceHalfTurns(x);
  return polynomial(COSINE, f32(r * r));
}

// Sine and cosine of x in radians.
function sinCos(x) {
  const turns = roundHalfEven(f32(x * TURNS));
  let r = fma(turns, TURN_1, x);
  r = fma(turns, TURN_2, r);
  r = f32(fma(turns, TURN_3, r) * INVERSE_PI);
  const r2 = f32(r * r);
  return [sinPiReduced(r, r2), polynomial(COSINE, r2)];
}

// 2^x for x in [-126, 126].
function exp2(x) {
  const n = roundHalfEven(x);
  return f32(polynomial(POWER, f32(x - n)) * 2 ** n);
}

function tanh32(x) {
  const e = exp2(atLeast(-126, f32(Math.abs(x) * TANH_SCALE)));
  const magnitude = f32(f32(1 - e) / f32(1 + e));
  return x < 0 || Object.is(x, -0) ? -magnitude : magnitude;
}

const sigmoid32 = (x) => f32(1 / f32(1 + exp2(clamp(f32(x * SIGMOID_SCALE), -126, 126))));

const gaussian32 = (x) => exp2(atLeast(-126, f32(f32(x * x) * GAUSSIAN_SCALE)));

// cartpole.js
// Cart-pole swing-up: the equations of core/tasks/swingup/task.hpp, operation by operation.


const TRACK_HALF = f32(2.4);
const POLE_LENGTH = f32(0.6);
const TIME_STEP = f32(0.01);
const MAX_STEPS = 1000;

const FORCE = 10;
const FRICTION = f32(0.1);
const MASS_LENGTH = f32(0.5 * POLE_LENGTH);
const GRAVITY = f32(9.82);
const LINEAR_GRAVITY = f32(1.5 * GRAVITY);
const ANGULAR_GRAVITY = f32(6 * GRAVITY);
const INVERSE_LENGTH = f32(1 / POLE_LENGTH);
const INVERSE_TRACK = f32(1 / TRACK_HALF);
const CENTRING = [0.0008476408, -0.020791614, 0.25364092, -1.233697, 1].map(f32);

class CartPole {
  // `start` is (x, ẋ, θ, θ̇); θ is 0 upright.
  reset(start) {
    [this.position, this.velocity, this.angle, this.angularVelocity] = start.map(f32);
    [this.sine, this.cosine] = sinCos(this.angle);
    this.action = 0;
  }

  observation() {
    return [this.position, this.velocity, this.cosine, this.sine, this.angularVelocity];
  }

  // One time step; gives the reward.
  step(action) {
    const { sine, cosine, velocity, angularVelocity } = this;
    this.action = clamp(action, -1, 1);
    const push = fma(velocity, -FRICTION, f32(this.action * FORCE));
    const swing = f32(f32(f32(angularVelocity * angularVelocity) * sine) * MASS_LENGTH);
    const inverse = f32(1 / fma(f32(cosine * cosine), -1.5, 4));
    const linear = f32(fma(swing, -2, fma(f32(sine * cosine), LINEAR_GRAVITY, f32(push * 4))) * inverse);
    const torque = fma(f32(swing * cosine), -3, fma(f32(push * cosine), 6, f32(sine * ANGULAR_GRAVITY)));
    const angular = f32(torque * f32(inverse * INVERSE_LENGTH));
    this.position = fma(velocity, TIME_STEP, this.position);
    this.angle = fma(angularVelocity, TIME_STEP, this.angle);
    this.velocity = fma(linear, TIME_STEP, velocity);
    this.angularVelocity = fma(angular, TIME_STEP, angularVelocity);
    [this.sine, this.cosine] = sinCos(this.angle);
    return f32(fma(this.cosine, 0.5, 0.5) * centring(this.position));
  }

  get offTrack() {
    return Math.abs(this.position) > TRACK_HALF;
  }

  // A push against the pole, in rad/s.
  push(angularVelocity) {
    this.angularVelocity = f32(this.angularVelocity + angularVelocity);
  }
}

function centring(position) {
  const u = f32(position * INVERSE_TRACK);
  const u2 = f32(u * u);
  return CENTRING.reduce((p, c) => fma(p, u2, c));
}

// States after each of `steps` steps from `start`; for tests and for the console.
function trajectory(network, start, weight, steps) {
  const cart = new CartPole();
  cart.reset(start);
  const states = [];
  const shared = weight === null ? null : f32(weight);
  for (let i = 0; i < steps; ++i) {
    const [action] = network.forward(cart.observation(), shared);
    const reward = cart.step(action);
    states.push([cart.position, cart.velocity, cart.angle, cart.angularVelocity, reward]);
  }
  return states;
}

// dom.js
// Elements and numbers. Text from files only ever becomes text nodes and attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

const element = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

const svgElement = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

const byId = (id) => document.getElementById(id);

// A number for reading: a true minus sign, `digits` decimals.
function format(x, digits = 2) {
  if (!Number.isFinite(x)) return "–";
  const text = Math.abs(x).toFixed(digits);
  return x < 0 && Number(text) !== 0 ? `−${text}` : text;
}

// Rewards and the like: three or so significant digits.
function formatScore(x) {
  const size = Math.abs(x);
  return format(x, size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Calls `draw(width)` now and whenever the element's width changes.
function onWidth(node, draw) {
  let last = 0;
  new ResizeObserver(() => {
    const width = Math.floor(node.clientWidth);
    if (width > 0 && width !== last) draw((last = width));
  }).observe(node);
  last = Math.floor(node.clientWidth);
  if (last > 0) draw(last);
}

// The value of a colour of the style sheet.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// cartpole-scene.js
// Cart-pole swing-up, simulated in the page; the pole can be pushed.


const TRAIL = 70;
const PUSH = 3; // rad/s of one push by button or key
const PULL = 60; // rad/s² for each metre between the pole's tip and the pointer
const MAX_STEPS_PER_FRAME = 8;
const WAIT_AFTER_END = 1.4; // seconds

class CartPoleScene {
  constructor(description) {
    this.starts = description.starts;
    this.next = 0;
    this.cart = new CartPole();
    this.pointer = null;
    this.unit = "reward";
    this.#build();
    this.restart();
  }

  get inputs() {
    return this.cart.observation();
  }

  restart() {
    this.cart.reset(this.starts[this.next % this.starts.length]);
    this.next += 1;
    this.steps = 0;
    this.total = 0;
    this.pushed = false;
    this.ended = false;
    this.left = 0;
    this.clock = 0;
    this.trail = [];
  }

  // Lets `seconds` go by; `act` gives the network's outputs for inputs.
  advance(seconds, act) {
    this.clock = Math.min(this.clock + seconds, MAX_STEPS_PER_FRAME * TIME_STEP);
    while (this.clock >= TIME_STEP) {
      this.clock -= TIME_STEP;
      if (this.ended) {
        this.left -= TIME_STEP;
        if (this.left <= 0) this.restart();
        continue;
      }
      this.#step(act);
    }
  }

  #step(act) {
    if (this.pointer) this.#pull();
    const reward = this.cart.step(act(this.cart.observation())[0]);
    if (this.steps < MAX_STEPS) this.total += reward;
    this.steps += 1;
    this.trail.push([this.tipX, this.tipY]);
    if (this.trail.length > TRAIL) this.trail.shift();
    if (this.cart.offTrack) [this.ended, this.left] = [true, WAIT_AFTER_END];
  }

  push(direction) {
    this.cart.push(direction * PUSH);
    this.pushed = true;
  }

  get tipX() {
    return this.cart.position + POLE_LENGTH * this.cart.sine;
  }

  get tipY() {
    return -POLE_LENGTH * this.cart.cosine;
  }

  // The pole's tip is drawn towards the pointer.
  #pull() {
    const along = (this.pointer.x - this.tipX) * this.cart.cosine + (this.pointer.y - this.tipY) * this.cart.sine;
    this.cart.push(Math.max(-40, Math.min(40, PULL * along)) * TIME_STEP);
    this.pushed = true;
  }

  #build() {
    const host = byId("scene");
    const half = TRACK_HALF;
    this.svg = svgElement("svg", {
      viewBox: "-2.75 -0.86 5.5 1.78",
      class: "cartpole",
      role: "img",
      "aria-label": "A cart on a track with a pole that turns freely",
    });
    this.path = svgElement("polyline", { class: "trail" });
    this.force = svgElement("line", { class: "force", y1: 0.2, y2: 0.2 });
    this.body = svgElement("g");
    this.pole = svgElement("line", { class: "pole", x1: 0, y1: 0 });
    this.tip = svgElement("circle", { class: "tip", r: 0.085 });
    this.body.append(
      svgElement("rect", { class: "cart", x: -0.2, y: -0.085, width: 0.4, height: 0.17, rx: 0.035 }),
      this.pole,
      svgElement("circle", { class: "axle", r: 0.03 }),
      this.tip,
    );
    this.svg.append(
      svgElement("line", { class: "track", x1: -half, x2: half, y1: 0.1, y2: 0.1 }),
      ...[-half, half].map((x) => svgElement("line", { class: "track", x1: x, x2: x, y1: 0.02, y2: 0.18 })),
      svgElement("line", { class: "middle", x1: 0, x2: 0, y1: 0.1, y2: 0.15 }),
      this.force,
      this.path,
      this.body,
    );
    host.replaceChildren(this.svg);
    this.svg.addEventListener("pointerdown", (event) => this.#grab(event));
    this.svg.addEventListener("pointermove", (event) => this.pointer && (this.pointer = this.#place(event)));
    for (const end of ["pointerup", "pointercancel"]) this.svg.addEventListener(end, () => (this.pointer = null));
    const button = (label, text, direction) =>
      element("button", { type: "button", "aria-label": label, onclick: () => this.push(direction) }, text);
    byId("scene-buttons").replaceChildren(
      button("Push the pole to the left", "← push", -1),
      button("Push the pole to the right", "push →", 1),
    );
  }

  #grab(event) {
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    this.pointer = this.#place(event);
  }

  #place(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return { x: point.x, y: point.y };
  }

  draw() {
    const { cart } = this;
    this.body.setAttribute("transform", `translate(${cart.position.toFixed(4)},0)`);
    const [x, y] = [this.tipX - cart.position, this.tipY];
    this.pole.setAttribute("x2", x.toFixed(4));
    this.pole.setAttribute("y2", y.toFixed(4));
    this.tip.setAttribute("cx", x.toFixed(4));
    this.tip.setAttribute("cy", y.toFixed(4));
    this.path.setAttribute("points", this.trail.map(([a, b]) => `${a.toFixed(3)},${b.toFixed(3)}`).join(" "));
    this.force.setAttribute("x1", cart.position.toFixed(4));
    this.force.setAttribute("x2", (cart.position + cart.action * 0.5).toFixed(4));
  }

  status() {
    const time = `${format(this.steps * TIME_STEP, 1)} s`;
    if (this.ended && this.steps <= MAX_STEPS) return `reward ${format(this.total, 0)}, off the track after ${time}`;
    const over = this.steps >= MAX_STEPS ? "10 s: " : "";
    return `${over}reward ${format(this.total, 0)}${this.pushed ? " (pushed)" : ""}, ${time}`;
  }
}

// activations.js
// The activation functions by the numbers that network files of the paper's authors use.


// reach: how far to the left and right of 0 the curve of a node is drawn; colour: of the node, as in the pictures.
const ACTIVATIONS = {
  1: { label: "linear", short: "linear", formula: "x", reach: 2, colour: "#dfe3e8", apply: (x) => x },
  2: { label: "step", short: "step", formula: "1 where x > 0, else 0", reach: 2, colour: "#b39b86",
    apply: (x) => (x > 0 ? 1 : x <= 0 ? 0 : x) },
  3: { label: "sine", short: "sin", formula: "sin(πx)", reach: 1, colour: "#56b4e9", apply: sinPi },
  4: { label: "gaussian", short: "gauss", formula: "exp(−x²/2)", reach: 3, colour: "#f2d64b", apply: gaussian32 },
  5: { label: "tanh", short: "tanh", formula: "tanh(x)", reach: 3, colour: "#f0a35e", apply: tanh32 },
  6: { label: "sigmoid", short: "sigm", formula: "1/(1 + exp(−x))", reach: 6, colour: "#e58fb8", apply: sigmoid32 },
  7: { label: "inverse", short: "inv", formula: "−x", reach: 2, colour: "#a7b0bb", apply: (x) => -x },
  8: { label: "absolute", short: "abs", formula: "|x|", reach: 2, colour: "#4fc3a1", apply: Math.abs },
  9: { label: "relu", short: "relu", formula: "max(0, x)", reach: 2, colour: "#b6dc7d", apply: (x) => (x < 0 ? 0 : x) },
  10: { label: "cosine", short: "cos", formula: "cos(πx)", reach: 1, colour: "#9aa5ee", apply: cosPi },
};

// The range of an activation's values over its reach; curves are drawn in it.
function valueRange(activation) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i <= 64; ++i) {
    const y = activation.apply((i / 32 - 1) * activation.reach);
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  return [low, high];
}

// fit.js
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
function fitHeight(network, width) {
  const frame = frameFor(width);
  const block = network.image ? (frame.image * network.image[0]) / network.image[1] + 60 : 0;
  return Math.ceil(Math.max(2 * TOP + slotHeight(network, frame) * network.layout.height, block, frame.least));
}

// How wide a name of the network is, in pixels.
let measuring;
function widthOf(text, font) {
  measuring ??= document.createElement("canvas").getContext("2d");
  measuring.font = `${font}px ${getComputedStyle(document.body).fontFamily}`;
  return measuring.measureText(text).width;
}

const cut = (name, length) => (name.length > length ? `${name.slice(0, length - 1)}…` : name);
const longest = (names, { letters, font }) => Math.max(...names.map((name) => widthOf(cut(name, letters), font)));

// Places a network in `width` by at least `least` pixels, times `zoom`. Gives px and py of all nodes, the radius, the size of a pixel of an image
// (0 without one), `place` for points of routes, and the size of the whole.
function fitted(network, width, zoom, least) {
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
function freeSpace(px, py, radius, size) {
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

// graph.js
// The network, live: nodes are SVG (they can be reached by keyboard), connections are drawn on a canvas under them.


const MAX_CURVES = 200; // with more nodes, they are plain dots
const NAME_SPACE = 12;
const ZOOMS = [1, 1.5, 2, 3, 4, 6];
const MAX_PARTS = 20; // outputs that get a button of their own

class NetworkView {
  // `networks` are all that may be shown: the picture keeps the height of the highest.
  constructor(networks) {
    this.networks = networks;
    this.host = byId("graph");
    this.scroller = byId("graph-scroll");
    this.svg = byId("graph-nodes");
    this.canvas = byId("graph-edges");
    this.context = this.canvas.getContext("2d");
    this.readout = byId("readout");
    this.legend = byId("legend");
    this.parts = byId("parts");
    this.isolated = null;
    this.shown = null;
    this.zoom = 1;
    this.svg.addEventListener("pointerleave", () => this.#show(null));
    this.host.addEventListener("keydown", (event) => this.#onKey(event));
    this.scroller.addEventListener("scroll", () => this.onIdle?.());
    this.scroller.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    this.#bindPanning();
    byId("zoom-in").addEventListener("click", () => this.#zoomBy(1));
    byId("zoom-out").addEventListener("click", () => this.#zoomBy(-1));
    byId("zoom-fit").addEventListener("click", () => this.setZoom(1));
    onWidth(this.host, (width) => {
      this.width = width;
      if (this.network) this.#build();
      this.onIdle?.();
    });
    this.refreshColours();
  }

  refreshColours() {
    this.colours = { positive: colour("positive"), negative: colour("negative"), edge: colour("edge") };
  }

  setNetwork(network) {
    this.network = network;
    this.isolated = null;
    this.shown = null;
    this.zoom = 1;
    this.readout.textContent = HINT;
    if (this.width) this.#build();
    this.#drawLegend();
    this.#drawParts();
    this.#applyIsolation();
  }

  // Zooms to one of the steps; the point (x, y) of the picture that is seen, its middle if not given, stays where it is.
  setZoom(zoom, x = this.scroller.clientWidth / 2, y = this.scroller.clientHeight / 2) {
    const { scroller } = this;
    const part = [(scroller.scrollLeft + x) / this.size[0], (scroller.scrollTop + y) / this.size[1]];
    this.zoom = zoom;
    this.#build();
    scroller.scrollTo(part[0] * this.size[0] - x, part[1] * this.size[1] - y);
    this.onIdle?.();
  }

  #zoomBy(steps, x, y) {
    const place = Math.min(Math.max(ZOOMS.indexOf(this.zoom) + steps, 0), ZOOMS.length - 1);
    if (ZOOMS[place] !== this.zoom) this.setZoom(ZOOMS[place], x, y);
  }

  // The wheel scrolls the page; with Ctrl (and by pinching a touchpad) it zooms.
  #onWheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.turned = (this.turned ?? 0) - event.deltaY;
    if (Math.abs(this.turned) < 40) return;
    const box = this.scroller.getBoundingClientRect();
    this.#zoomBy(Math.sign(this.turned), event.clientX - box.left, event.clientY - box.top);
    this.turned = 0;
  }

  // Between the nodes the mouse drags the picture; touch scrolls it by itself.
  #bindPanning() {
    const { scroller } = this;
    scroller.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button || this.zoom === 1 || event.target.closest(".node")) return;
      scroller.setPointerCapture(event.pointerId);
      this.panning = true;
    });
    scroller.addEventListener("pointermove", (event) => {
      if (this.panning) scroller.scrollBy(-event.movementX, -event.movementY);
    });
    for (const end of ["pointerup", "pointercancel"]) scroller.addEventListener(end, () => (this.panning = false));
  }

  #build() {
    const { network, canvas, svg } = this;
    const height = Math.max(...this.networks.map((other) => fitHeight(other, this.width)));
    const placed = fitted(network, this.width, this.zoom, height);
    Object.assign(this, placed);
    this.paths = network.layout.routes.map((route, c) => {
      const [start, end] = [network.source[c], network.target[c]].map((node) => [this.px[node], this.py[node]]);
      return curve([start, ...route.slice(1, -1).map(placed.place), end]);
    });
    this.scroller.style.height = `${height}px`;
    svg.setAttribute("viewBox", `0 0 ${this.size.join(" ")}`);
    svg.setAttribute("width", this.size[0]);
    svg.setAttribute("height", this.size[1]);
    const ratio = window.devicePixelRatio || 1;
    this.seen = [this.width, height];
    [canvas.width, canvas.height] = this.seen.map((length) => length * ratio);
    [canvas.style.width, canvas.style.height] = this.seen.map((length) => `${length}px`);
    this.host.classList.toggle("zoomed", this.zoom > 1);
    byId("zoom-out").disabled = byId("zoom-fit").disabled = this.zoom === 1;
    byId("zoom-in").disabled = this.zoom === ZOOMS.at(-1);
    this.#buildNodes();
    this.#applyIsolation();
  }
  // An input that is a pixel: a square that shows its value.
  #addPixel(node) {
    const { network, cell } = this;
    const rect = svgElement("rect", {
      class: network.isUsed(node) ? "node pixel" : "node pixel unused",
      x: (this.px[node] - cell / 2).toFixed(1),
      y: (this.py[node] - cell / 2).toFixed(1),
      width: (cell - 0.8).toFixed(1),
      height: (cell - 0.8).toFixed(1),
      ...this.#handlers(node),
    });
    this.svg.append(rect);
    this.nodes.push({ group: rect, pixel: rect, used: network.isUsed(node) });
  }

  #handlers(node) {
    const activation = this.network.activation(node);
    return {
      role: "button",
      tabindex: node === 0 ? 0 : -1,
      "aria-pressed": "false",
      "aria-label": `${this.network.name(node)}${activation ? `, ${activation.label}` : ", input"}`,
      onclick: () => this.#isolate(node),
      onpointerenter: () => this.#show(node),
      onfocus: () => this.#onFocus(node),
      onblur: () => this.#show(null),
    };
  }

  #buildNodes() {
    const { network, radius } = this;
    const focused = this.nodes?.findIndex((parts) => parts.group === document.activeElement) ?? -1;
    this.nodes = null; // what is taken away loses the focus, which asks for an update
    this.svg.replaceChildren();
    this.nodes = [];
    const detailed = network.nodeCount <= MAX_CURVES && radius >= 4.5;
    for (let node = 0; node < network.nodeCount; ++node) {
      const activation = network.activation(node);
      if (network.image && node >= 1 && node < network.fixedCount) {
        this.#addPixel(node);
        continue;
      }
      const group = svgElement("g", {
        class: network.isUsed(node) ? "node" : "node unused",
        transform: `translate(${this.px[node].toFixed(1)},${this.py[node].toFixed(1)})`,
        ...this.#handlers(node),
      });
      const parts = { group, used: network.isUsed(node) };
      parts.ring = svgElement("circle", { class: "ring", r: radius, fill: activation ? activation.colour : "var(--surface)" });
      group.append(svgElement("circle", { class: "target", r: Math.max(radius, 7) }), parts.ring);
      if (detailed) this.#addCurve(parts, activation);
      this.svg.append(group);
      this.nodes.push(parts);
    }
    this.#addNames();
    if (focused >= 0) this.nodes[Math.min(focused, this.nodes.length - 1)].group.focus({ preventScroll: true });
  }

  // The activation's curve with a dot at the present sum; inputs get a bar.
  #addCurve(parts, activation) {
    const size = this.radius * 0.62;
    if (!activation) {
      parts.bar = svgElement("rect", { class: "bar", x: -size * 0.45, width: size * 0.9, y: 0, height: 0 });
      parts.group.append(parts.bar);
      return;
    }
    const [low, high] = valueRange(activation);
    parts.toX = (sum) => Math.max(-1, Math.min(1, sum / activation.reach)) * size;
    parts.toY = (value) => (0.5 - Math.max(0, Math.min(1, (value - low) / (high - low)))) * size * 1.5;
    const points = [];
    for (let i = 0; i <= 48; ++i) {
      const x = (i / 24 - 1) * activation.reach;
      points.push(`${parts.toX(x).toFixed(1)},${parts.toY(activation.apply(x)).toFixed(1)}`);
    }
    parts.dot = svgElement("circle", { class: "dot", r: Math.max(1.8, this.radius * 0.17) });
    parts.group.append(svgElement("polyline", { class: "curve", points: points.join(" ") }), parts.dot);
  }

  // Names of inputs and outputs beside them, of activations below them; what would lie on something is left out.
  #addNames() {
    const { network, radius, px, py } = this;
    const free = freeSpace(px, py, radius + 1, this.size);
    const text = (node, look, x, y, anchor, content) =>
      this.nodes[node].group.append(svgElement("text", { class: look, x, y, "text-anchor": anchor }, content));
    let lowest = -Infinity;
    const beside = (node, x, anchor) => {
      if (py[node] - lowest < NAME_SPACE) return;
      lowest = py[node];
      const content = cut(network.name(node), this.letters);
      const width = widthOf(content, this.font);
      const [from, to] = anchor === "end" ? [x - width, x] : [x, x + width];
      free([px[node] + from, py[node] - 6, px[node] + to, py[node] + 6]);
      text(node, "name", x, 4, anchor, content);
    };
    const byHeight = (a, b) => py[a] - py[b];
    const fixed = network.image ? [0] : Array.from({ length: network.fixedCount }, (_, i) => i).sort(byHeight);
    for (const node of fixed) beside(node, -radius - 8, "end");
    lowest = -Infinity;
    const outputs = network.outputs.map((_, i) => network.nodeCount - network.outputs.length + i).sort(byHeight);
    // An output that feeds another one has connections where its name would stand.
    const feeding = outputs.filter((node) => network.used.has(node));
    for (const node of outputs) if (!feeding.includes(node)) beside(node, radius + 8, "start");
    for (const node of feeding) text(node, "name", 0, -radius - 6, "middle", cut(network.name(node), this.letters));
    if (radius < 8) return;
    for (let node = network.fixedCount; node < network.nodeCount; ++node) {
      const { short } = network.activation(node);
      const half = 3.1 * short.length;
      if (free([px[node] - half, py[node] + radius + 3, px[node] + half, py[node] + radius + 14]))
        text(node, "kind", 0, radius + 12, "middle", short);
    }
  }

  // Shows the present values. `weight` is the shared weight, or null for the individual ones.
  update(weight) {
    if (!this.nodes) return;
    const { network, colours } = this;
    for (let node = 0; node < network.nodeCount; ++node) {
      const parts = this.nodes[node];
      const value = network.values[node];
      if (parts.pixel) {
        parts.pixel.setAttribute("fill-opacity", Math.max(0, Math.min(1, value)).toFixed(2));
        continue;
      }
      const strength = parts.used ? Math.abs(value) / (1 + Math.abs(value)) : 0;
      parts.ring.setAttribute("stroke", value < 0 ? colours.negative : colours.positive);
      parts.ring.setAttribute("stroke-width", (0.8 + 4.5 * strength).toFixed(2));
      if (parts.dot) {
        parts.dot.setAttribute("cx", parts.toX(network.sums[node]).toFixed(1));
        parts.dot.setAttribute("cy", parts.toY(value).toFixed(1));
      } else if (parts.bar) {
        const height = Math.min(1, Math.abs(value) / 2) * this.radius * 0.62;
        parts.bar.setAttribute("y", (value < 0 ? 0 : -height).toFixed(1));
        parts.bar.setAttribute("height", height.toFixed(1));
        parts.bar.setAttribute("fill", value < 0 ? colours.negative : colours.positive);
      }
    }
    this.#drawEdges(weight);
    if (this.shown !== null) this.readout.textContent = this.#explain(this.shown, weight);
  }

  #drawEdges(weight) {
    const { context, network, colours, scroller, kept } = this;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, ...this.seen);
    context.translate(-scroller.scrollLeft, -scroller.scrollTop);
    const fade = Math.min(1, Math.max(0.25, 10 / Math.sqrt(this.keptCount)));
    for (let c = 0; c < this.paths.length; ++c) {
      const [source, target] = [network.source[c], network.target[c]];
      const apart = kept && !(kept.has(source) && kept.has(target));
      const shown = this.shown !== null && (source === this.shown || target === this.shown);
      const signal = network.signal(c, weight);
      const strength = Math.abs(signal) / (1 + Math.abs(signal));
      context.globalAlpha = apart ? 0.04 : (shown ? 1 : fade) * (0.28 + 0.72 * strength);
      context.lineWidth = ((0.7 + 3.2 * strength) * Math.max(0.5, fade) + (shown ? 0.8 : 0)) * (this.radius < 8 ? 0.7 : 1);
      context.strokeStyle = strength < 0.02 ? colours.edge : signal < 0 ? colours.negative : colours.positive;
      context.setLineDash(signal < 0 && strength >= 0.02 ? [6, 4] : []);
      context.stroke(this.paths[c]);
    }
    context.globalAlpha = 1;
  }

  #explain(node, weight) {
    const { network } = this;
    const value = format(network.values[node]);
    const activation = network.activation(node);
    if (!activation) return `${network.name(node)} = ${value}${network.isUsed(node) ? "" : " (not used)"}`;
    const names = network.sourcesOf(node).map((n) => cut(network.name(n), 20));
    const listed = names.length > 6 ? [...names.slice(0, 5), `${names.length - 5} more`] : names;
    const sum = listed.join(" + ") || "nothing";
    const inside = weight === null ? `weighted sum of ${sum}` : `${format(weight)} × (${sum})`;
    return (
      `${network.name(node)}: ${activation.label}, ${activation.formula}, ` +
      `of x = ${inside} = ${format(network.sums[node])}; gives ${value}`
    );
  }

  #show(node) {
    this.shown = node;
    if (node === null) {
      this.readout.textContent = this.isolated === null ? HINT : `what feeds ${this.network.name(this.isolated)}; Escape shows all`;
    }
    this.onIdle?.();
  }

  #onFocus(node) {
    for (const parts of this.nodes) parts.group.setAttribute("tabindex", -1);
    const { group } = this.nodes[node];
    group.setAttribute("tabindex", 0);
    if (this.zoom > 1) group.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.#show(node);
  }

  #isolate(node) {
    this.isolated = this.isolated === node ? null : node;
    this.#applyIsolation();
    this.onIdle?.();
  }

  #applyIsolation() {
    const { network } = this;
    this.kept = this.isolated === null ? null : network.ancestors(this.isolated);
    const isKept = (c) => !this.kept || (this.kept.has(network.source[c]) && this.kept.has(network.target[c]));
    this.keptCount = network.source.filter((_, c) => isKept(c)).length;
    this.nodes?.forEach((parts, node) => {
      parts.group.classList.toggle("apart", this.kept !== null && !this.kept.has(node));
      parts.group.setAttribute("aria-pressed", String(this.isolated === node));
    });
    const first = network.nodeCount - network.outputs.length;
    [...this.parts.querySelectorAll("button")].forEach((button, i) =>
      button.setAttribute("aria-pressed", String(i === 0 ? this.isolated === null : this.isolated === first + i - 1)),
    );
  }

  // Arrow keys go to the nearest node in that direction; Enter isolates; Escape shows all; plus, minus and 0 zoom.
  #onKey(event) {
    const node = this.nodes.findIndex((parts) => parts.group === document.activeElement);
    if (event.key === "Escape" && this.isolated !== null) this.#isolate(this.isolated);
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key in ZOOM_KEYS) event.key === "0" ? this.setZoom(1) : this.#zoomBy(ZOOM_KEYS[event.key]);
    else if (node < 0) return;
    else if (event.key === "Enter" || event.key === " ") this.#isolate(node);
    else if (DIRECTIONS[event.key]) {
      const next = this.#neighbour(node, ...DIRECTIONS[event.key]);
      if (next !== null) this.nodes[next].group.focus();
    } else return;
    event.preventDefault();
  }

  #neighbour(node, dx, dy) {
    let best = null;
    let nearest = Infinity;
    for (let other = 0; other < this.nodes.length; ++other) {
      const x = this.px[other] - this.px[node];
      const y = this.py[other] - this.py[node];
      const along = x * dx + y * dy;
      const distance = along + 3 * Math.abs(x * dy + y * dx);
      if (along > 1 && distance < nearest) [best, nearest] = [other, distance];
    }
    return best;
  }

  // Buttons that show only what serves one output: a class, a joint.
  #drawParts() {
    const { outputs, nodeCount } = this.network;
    this.parts.hidden = outputs.length < 2 || outputs.length > MAX_PARTS;
    const button = (label, action) =>
      element("button", { type: "button", class: "chip", "aria-pressed": "false", onclick: action }, label);
    this.parts.replaceChildren(
      element("span", { class: "note" }, "Only what serves:"),
      button("all", () => this.isolated !== null && this.#isolate(this.isolated)),
      ...outputs.map((name, i) => button(cut(name, 20), () => this.#isolate(nodeCount - outputs.length + i))),
    );
  }

  // All activations of any champion, so that the legend keeps its size when another is shown.
  #drawLegend() {
    const occurring = new Set(this.networks.flatMap((network) => network.activations));
    this.legend.replaceChildren(
      ...Object.values(ACTIVATIONS).filter((a) => occurring.has(a)).map((a) => {
        const count = this.network.activations.filter((other) => other === a).length;
        const swatch = svgElement("svg", { width: 14, height: 14, "aria-hidden": "true" });
        swatch.append(svgElement("circle", { cx: 7, cy: 7, r: 6, fill: a.colour, stroke: "currentColor" }));
        return element("li", {}, swatch, ` ${a.label} ${count}`);
      }),
    );
  }
}

const HINT = "Point at a node to read it; click it to see only what feeds it.";
const ZOOM_KEYS = { "+": 1, "=": 1, "-": -1, 0: 0 };
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// A smooth curve: horizontal at both ends, monotone between the points on its way.
function curve(points) {
  const chord = points.slice(1).map(([x, y], i) => (y - points[i][1]) / (x - points[i][0]));
  const slopes = points.map((_, i) => {
    const [a, b] = [chord[i - 1], chord[i]];
    return i > 0 && i < points.length - 1 && a * b > 0 ? (2 * a * b) / (a + b) : 0;
  });
  const path = new Path2D();
  path.moveTo(...points[0]);
  const part = points.length === 2 ? 2.4 : 3;
  for (let i = 1; i < points.length; ++i) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    const step = (x1 - x0) / part;
    path.bezierCurveTo(x0 + step, y0 + step * slopes[i - 1], x1 - step, y1 - step * slopes[i], x1, y1);
  }
  return path;
}

// history.js
// The champions from the first generation to the last.


const CHANGES = {
  "insert node": (change) => `a ${change.activation} node was inserted in a connection`,
  "add connection": () => "a connection was added",
  "enable connection": () => "a disabled connection was enabled again",
  "change activation": (change) => `a node's activation became ${change.activation}`,
  mirror: (change) => `${change.activation} nodes behind all nodes made it act alike at w and −w`,
  none: () => "none; it is as it was at the start",
};

const describeChange = (change) => CHANGES[change?.operator]?.(change) ?? "not recorded";

class History {
  constructor(champions, onChange) {
    this.champions = champions;
    this.onChange = onChange;
    this.slider = byId("history-slider");
    this.slider.max = champions.length - 1;
    this.slider.addEventListener("input", () => this.set(Number(this.slider.value)));
    byId("history-previous").addEventListener("click", () => this.set(this.index - 1));
    byId("history-next").addEventListener("click", () => this.set(this.index + 1));
    byId("history").hidden = champions.length < 2;
    this.#show(champions.length - 1);
  }

  set(index) {
    const inside = Math.min(Math.max(index, 0), this.champions.length - 1);
    if (inside === this.index) return;
    this.#show(inside);
    this.onChange(inside);
  }

  #show(index) {
    this.index = index;
    const { generation, network, score, change } = this.champions[index];
    const hidden = network.activations.length - network.outputs.length;
    const size = `${hidden} hidden node${hidden === 1 ? "" : "s"}, ${network.source.length} connections`;
    const mean = score ? `; mean reward over the search's weights ${formatScore(score.mean)}` : "";
    this.slider.value = index;
    this.slider.setAttribute("aria-valuetext", `generation ${generation}, ${size}`);
    byId("history-previous").disabled = index === 0;
    byId("history-next").disabled = index === this.champions.length - 1;
    byId("history-generation").textContent = generation === null ? "champion" : `generation ${format(generation, 0)}`;
    byId("history-size").textContent = size + mean;
    byId("history-change").textContent = `last change: ${describeChange(change)}`;
  }
}

// network.js
// A network and its forward pass, in float32 and in the core's order of operations.


class Network {
  // `description` is what draw/report/data.py writes: names, activations of hidden and output nodes, connections sorted by
  // target, individual weights or null, and the layout.
  constructor(description) {
    this.inputs = description.inputs;
    this.outputs = description.outputs;
    this.source = description.source;
    this.target = description.target;
    this.weights = description.weights ? Float32Array.from(description.weights) : null;
    this.sharedWeight = description.sharedWeight;
    this.layout = description.layout;
    this.image = description.image; // rows and columns, where the inputs are pixels
    this.fixedCount = 1 + this.inputs.length;
    this.activations = description.activations.map((number) => ACTIVATIONS[number]);
    this.nodeCount = this.fixedCount + this.activations.length;
    this.hiddenCount = this.activations.length - this.outputs.length;
    this.values = new Float32Array(this.nodeCount);
    this.sums = new Float32Array(this.nodeCount);
    this.first = firstConnections(this.target, this.fixedCount, this.activations.length);
    this.used = new Set(this.source);
  }

  // Computes every node. `weight` is the shared weight, or null for the individual ones.
  forward(inputs, weight) {
    const { values, sums, source, first, weights } = this;
    values[0] = 1;
    values.set(inputs, 1);
    for (let k = 0; k < this.activations.length; ++k) {
      let sum = 0;
      if (weight === null) {
        for (let c = first[k]; c < first[k + 1]; ++c) sum = fma(weights[c], values[source[c]], sum);
      } else {
        for (let c = first[k]; c < first[k + 1]; ++c) sum = f32(sum + values[source[c]]);
        sum = f32(sum * weight);
      }
      sums[this.fixedCount + k] = sum;
      values[this.fixedCount + k] = this.activations[k].apply(sum);
    }
    return values.subarray(this.nodeCount - this.outputs.length);
  }

  // What connection c carries at present.
  signal(c, weight) {
    return this.values[this.source[c]] * (weight === null ? this.weights[c] : weight);
  }

  activation(node) {
    return node < this.fixedCount ? null : this.activations[node - this.fixedCount];
  }

  isOutput(node) {
    return node >= this.nodeCount - this.outputs.length;
  }

  isUsed(node) {
    return node >= this.fixedCount || this.used.has(node);
  }

  name(node) {
    if (node === 0) return "bias";
    if (node < this.fixedCount) return this.inputs[node - 1];
    if (this.isOutput(node)) return this.outputs[node - this.nodeCount + this.outputs.length];
    return `node ${node}`;
  }

  sourcesOf(node) {
    if (node < this.fixedCount) return [];
    const k = node - this.fixedCount;
    return this.source.slice(this.first[k], this.first[k + 1]);
  }

  // The node and all that feeds it, directly or through others.
  ancestors(node) {
    const found = new Set([node]);
    for (let c = this.source.length - 1; c >= 0; --c) if (found.has(this.target[c])) found.add(this.source[c]);
    return found;
  }
}

function firstConnections(target, fixedCount, computedCount) {
  const first = new Uint32Array(computedCount + 1);
  for (const t of target) ++first[t - fixedCount + 1];
  for (let k = 0; k < computedCount; ++k) first[k + 1] += first[k];
  return first;
}

// chart.js
// Line charts: axes with few ticks, bands, and lines, as SVG in pixels so that letters keep their size.


const MARGIN = { left: 46, right: 14, top: 14, bottom: 40 };

class Scale {
  constructor(domain, range) {
    [this.low, this.high] = domain;
    [this.from, this.to] = range;
  }

  at(value) {
    return this.from + ((value - this.low) / (this.high - this.low || 1)) * (this.to - this.from);
  }

  inverse(pixel) {
    return this.low + ((pixel - this.from) / (this.to - this.from)) * (this.high - this.low);
  }
}

// About `count` round numbers in [low, high].
function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) found.push(i * step);
  return { values: found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

// A little more than the range of the values, so that lines keep off the frame.
function paddedDomain(values, floor = null) {
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
  const pad = (high - low) * 0.06;
  return [floor === null ? low - pad : Math.min(floor, low), high + pad];
}

function linePath(xs, ys, x, y) {
  return xs.map((value, i) => `${i ? "L" : "M"}${x.at(value).toFixed(1)},${y.at(ys[i]).toFixed(1)}`).join("");
}

function bandPath(xs, low, high, x, y) {
  const back = xs.map((_, i) => xs.length - 1 - i);
  return `${linePath(xs, high, x, y)}${back
    .map((i) => `L${x.at(xs[i]).toFixed(1)},${y.at(low[i]).toFixed(1)}`)
    .join("")}Z`;
}

// An empty chart in `svg`; gives its scales.
function frame(svg, { width, height, xDomain, yDomain, xLabel, xTicks }) {
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  const x = new Scale(xDomain, [MARGIN.left, width - MARGIN.right]);
  const y = new Scale(yDomain, [height - MARGIN.bottom, MARGIN.top]);
  const grid = svgElement("g", { class: "grid" });
  const labels = svgElement("g", { class: "labels" });
  const vertical = ticks(...yDomain, Math.max(2, Math.round(height / 50)));
  for (const value of vertical.values) {
    grid.append(svgElement("line", { x1: x.from, x2: x.to, y1: y.at(value), y2: y.at(value) }));
    labels.append(text(x.from - 7, y.at(value) + 4, format(value, vertical.digits), "end"));
  }
  const horizontal = xTicks ?? ticks(...xDomain, Math.max(2, Math.round(width / 90)));
  for (const value of horizontal.values) {
    grid.append(svgElement("line", { x1: x.at(value), x2: x.at(value), y1: y.from, y2: y.from + 4 }));
    labels.append(text(x.at(value), y.from + 17, format(value, horizontal.digits), "middle"));
  }
  if (xLabel) labels.append(text((x.from + x.to) / 2, y.from + 34, xLabel, "middle"));
  svg.append(grid, labels);
  return { x, y };
}

const text = (x, y, content, anchor) => svgElement("text", { x, y, "text-anchor": anchor }, content);

// pareto.js
// Reward and connections of the last generation's individuals and of the search's champions, each with its Pareto front.


const PARETO_HEIGHT = 224;
const STAR = "M0,-8L2.1,-2.6 7.6,-2.5 3.2,1 4.7,6.5 0,3.3 -4.7,6.5 -3.2,1 -7.6,-2.5 -2.1,-2.6Z";

class ParetoChart {
  constructor(pareto) {
    const host = byId("pareto");
    host.hidden = !pareto;
    if (!pareto) return;
    const { population, champions } = pareto;
    this.clouds = [
      ...(population ? [{ ...population, look: "front-0", of: "generation" }] : []),
      { ...champions, look: "front-1", of: "champions" },
    ];
    this.svg = svgElement("svg", { role: "img", "aria-label": description(this.clouds) });
    host.append(element("h3", {}, "mean reward by connections"), this.#key(population), this.svg);
    onWidth(host, (width) => this.#draw(width));
  }

  #key(population) {
    const swatch = (...parts) => {
      const svg = svgElement("svg", { width: 26, height: 14, "aria-hidden": "true" });
      svg.append(...parts);
      return svg;
    };
    const entry = (mark, text) => element("li", {}, mark, ` ${text}`);
    const line = (look) => svgElement("path", { class: `line ${look}`, d: "M1,7H25" });
    const size = population?.connections.length;
    return element(
      "ul",
      { class: "key" },
      ...(population
        ? [
            entry(swatch(dot(13, 7, "individual")), `${size} individuals of generation ${format(population.generation, 0)}`),
            entry(swatch(line("front-0"), dot(13, 7, "front-0")), "their Pareto front"),
          ]
        : []),
      entry(swatch(line("front-1"), dot(13, 7, "front-1")), "front of all champions"),
      entry(swatch(svgElement("path", { class: "star", d: STAR, transform: "translate(13,8) scale(0.85)" })), "the champion shown"),
    );
  }

  #draw(width) {
    const connections = this.clouds.flatMap((c) => c.connections);
    this.scales = frame(this.svg, {
      width,
      height: PARETO_HEIGHT,
      xDomain: paddedDomain(connections, 0),
      yDomain: paddedDomain(this.clouds.flatMap((c) => c.rewards)),
      xLabel: "connections",
    });
    for (const cloud of this.clouds) this.#drawCloud(cloud);
    this.star = svgElement("path", { class: "star", d: STAR, visibility: "hidden" });
    this.svg.append(this.star);
    if (this.marked) this.mark(...this.marked);
  }

  #drawCloud({ connections, rewards, front, look, of }) {
    const { x, y } = this.scales;
    const place = (i) => [x.at(connections[i]).toFixed(1), y.at(rewards[i]).toFixed(1)];
    if (of === "generation") this.svg.append(...connections.map((_, i) => dot(...place(i), "individual")));
    const steps = front.map((i, k) => (k ? `H${place(i)[0]}V${place(i)[1]}` : `M${place(i).join()}`)).join("");
    this.svg.append(svgElement("path", { class: `line ${look}`, d: steps }), ...front.map((i) => dot(...place(i), look)));
  }

  // Marks a champion by its connections and its confirmed mean reward.
  mark(connections, reward) {
    this.marked = [connections, reward];
    if (!this.star) return;
    const known = Number.isFinite(reward);
    this.star.setAttribute("visibility", known ? "visible" : "hidden");
    if (known)
      this.star.setAttribute("transform", `translate(${this.scales.x.at(connections).toFixed(1)},${this.scales.y.at(reward).toFixed(1)})`);
  }
}

const dot = (cx, cy, look) => svgElement("circle", { class: look, cx, cy, r: 2.4, "stroke-width": 0 });

function description(clouds) {
  const fronts = clouds.map(({ of, connections, rewards, front }) => {
    const points = [front[0], front.at(-1)].map((i) => `${connections[i]} connections ${formatScore(rewards[i])}`);
    return `${of === "generation" ? "the last generation" : "all champions"}: from ${points.join(" to ")}`;
  });
  return `Pareto front of mean reward by connections; ${fronts.join("; ")}`;
}

// probe-scene.js
// Where a task can neither be simulated nor played: every input is set by hand, and the outputs are read.


const MAX_SLIDERS = 40;

class ProbeScene {
  constructor(network) {
    this.values = new Float32Array(network.inputs.length);
    this.network = network;
    const rows = network.inputs.slice(0, MAX_SLIDERS).map((name, i) => this.#row(name, i));
    byId("scene").replaceChildren(element("div", { class: "probe" }, ...rows));
    byId("scene-buttons").replaceChildren();
    this.still = true;
  }

  get inputs() {
    return this.values;
  }

  #row(name, i) {
    const output = element("output", {}, format(0));
    const slider = element("input", { type: "range", min: -2, max: 2, step: 0.05, value: 0, "aria-label": name });
    slider.addEventListener("input", () => {
      this.values[i] = Number(slider.value);
      output.textContent = format(this.values[i]);
      this.onIdle?.();
    });
    return element("label", { class: "probe-row" }, element("span", {}, name), slider, output);
  }

  restart() {
    this.values.fill(0);
    for (const row of byId("scene").querySelectorAll(".probe-row")) {
      row.querySelector("input").value = 0;
      row.querySelector("output").textContent = format(0);
    }
  }

  advance(_seconds, act) {
    this.outputs = [...act(this.values)];
  }

  draw() {}

  status() {
    return this.network.outputs
      .slice(0, 6)
      .map((name, i) => `${name} ${format(this.outputs?.[i] ?? 0)}`)
      .join(", ");
  }
}

// recorded-scene.js
// Tasks that the page cannot simulate: episodes recorded at some weights are played.


const WAIT_AT_END = 1; // seconds

class RecordedScene {
  constructor(description) {
    this.view = VIEWS[description.view](description);
    byId("scene").replaceChildren(this.view.node);
    byId("scene-buttons").replaceChildren();
  }

  setChampion(_index, network, scene) {
    this.network = network;
    this.scene = scene;
    this.cache = new Map();
    this.current = null;
  }

  // null is the individual weights.
  setWeight(weight) {
    const recording = this.#recordingAt(weight);
    if (recording === this.current) return;
    this.current = recording;
    this.view.load?.(recording);
    this.restart();
  }

  #recordingAt(weight) {
    if (this.cache.has(weight)) return this.cache.get(weight);
    const found = weight === null ? this.scene.tuned : this.scene.recordings[this.scene.weights.indexOf(weight)];
    const decoded = { ...found, inputs: unpacked(found.inputs), shapes: found.shapes ? unpacked(found.shapes) : null };
    this.cache.set(weight, decoded);
    return decoded;
  }

  restart() {
    this.time = 0;
  }

  get frames() {
    return this.current.inputs.length;
  }

  get frame() {
    return Math.min(Math.floor(this.time / this.current.secondsAFrame), this.frames - 1);
  }

  get inputs() {
    return this.current ? this.current.inputs[this.frame] : new Float32Array(this.network.inputs.length);
  }

  advance(seconds) {
    this.time += seconds;
    if (this.time > this.frames * this.current.secondsAFrame + WAIT_AT_END) this.restart();
  }

  draw() {
    if (this.current) this.view.draw(this.current, this.time / this.current.secondsAFrame, this);
  }

  status() {
    if (!this.current) return "";
    const seconds = format(this.frame * this.current.secondsAFrame, 1);
    const more = this.view.status?.(this.current, this.frame) ?? "";
    return `reward ${format(this.current.rewards[this.frame], 1)}, ${seconds} s${more}`;
  }
}

// Rows of 16-bit integers with a scale for each column.
function unpacked({ columns, scale, data }) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const integers = new Int16Array(bytes.buffer);
  const rows = [];
  for (let start = 0; start < integers.length; start += columns)
    rows.push(Float32Array.from(scale, (s, i) => integers[start + i] * s));
  return rows;
}

const VIEWS = {
  walker: (description) => new WalkerView(description),
  video: () => new VideoView(),
  traces: () => new TraceView(),
};

// The hull and limbs of the walker, in metres from their origins; y is up.
const UNIT = 1 / 30;
const HULL = [[-30, 9], [6, 9], [34, 1], [34, -8], [-30, -8]].map(([x, y]) => `${x * UNIT},${y * UNIT}`).join(" ");
const LIMBS = [[8, 34], [6.4, 34], [8, 34], [6.4, 34]].map(([w, h]) => [w * UNIT, h * UNIT]);
const GROUND_STEP = 14 / 30;
const START = (20 * GROUND_STEP) / 2; // where walkers start
const MARK_EVERY = 2; // metres

class WalkerView {
  constructor({ ground, boxes }) {
    const points = ground.map((y, i) => `${(i * GROUND_STEP).toFixed(3)},${y}`);
    const end = (ground.length - 1) * GROUND_STEP;
    this.world = svgElement("g");
    this.world.append(
      svgElement("polygon", { class: "ground", points: `${points.join(" ")} ${end},-20 0,-20` }),
      ...this.#marks(ground),
      ...boxes.map(([left, bottom, right, top]) =>
        svgElement("rect", { class: "box", x: left, y: bottom, width: right - left, height: top - bottom }),
      ),
    );
    this.bodies = [
      ...[3, 4].map((i) => this.#limb(i, "limb far")),
      svgElement("polygon", { class: "hull", points: HULL }),
      ...[1, 2].map((i) => this.#limb(i, "limb")),
    ];
    this.order = [3, 4, 0, 1, 2];
    this.world.append(...this.bodies);
    this.node = svgElement("svg", {
      class: "walker",
      viewBox: "-4.2 -5.6 10.4 5.2",
      role: "img",
      "aria-label": "A hull on two legs that walks over uneven ground",
    });
    this.node.append(this.world);
  }

  // Metres from the start, on the ground, so that one sees the walker come on.
  #marks(ground) {
    const marks = [];
    for (let metres = 0; START + metres < (ground.length - 1) * GROUND_STEP; metres += MARK_EVERY) {
      const x = START + metres;
      const i = Math.floor(x / GROUND_STEP);
      const y = ground[i] + (ground[i + 1] - ground[i]) * (x / GROUND_STEP - i);
      const g = svgElement("g", { class: "metres", transform: `translate(${x.toFixed(3)},${y.toFixed(3)}) scale(1,-1)` });
      g.append(svgElement("line", { y2: 0.22 }), svgElement("text", { y: 0.55, "text-anchor": "middle" }, `${metres} m`));
      marks.push(g);
    }
    return marks;
  }

  status(recording, frame) {
    return `, ${format(recording.shapes[frame][0] - recording.shapes[0][0], 1)} m`;
  }

  #limb(body, kind) {
    const [width, height] = LIMBS[body - 1];
    return svgElement("rect", { class: kind, x: -width / 2, y: -height / 2, width, height, rx: 0.06 });
  }

  draw(recording, place) {
    const last = recording.shapes.length - 1;
    const from = Math.min(Math.floor(place), last);
    const [a, b] = [recording.shapes[from], recording.shapes[Math.min(from + 1, last)]];
    const mix = Math.min(place - from, 1);
    const at = (i) => a[i] + (b[i] - a[i]) * mix;
    this.order.forEach((body, k) => {
      const degrees = ((at(3 * body + 2) * 180) / Math.PI).toFixed(2);
      this.bodies[k].setAttribute(
        "transform",
        `translate(${at(3 * body).toFixed(3)},${at(3 * body + 1).toFixed(3)}) rotate(${degrees})`,
      );
    });
    this.world.setAttribute("transform", `translate(${(-at(0)).toFixed(3)},${(at(1) / 2 - 1).toFixed(3)}) scale(1,-1)`);
  }
}

// Frames of a video stand in one image, row by row.
class VideoView {
  constructor() {
    this.node = element("canvas", { class: "video", role: "img", "aria-label": "Video of the episode" });
    this.context = this.node.getContext("2d");
  }

  load({ video }) {
    if (!video) return;
    this.image = new Image();
    this.image.src = video.url;
    this.node.width = video.width;
    this.node.height = video.height;
  }

  draw({ video }, place, scene) {
    if (!video || !this.image.complete) return;
    const { width, height, columns, every } = video;
    const frame = Math.floor(scene.frame / every);
    const [row, column] = [Math.floor(frame / columns), frame % columns];
    this.context.drawImage(this.image, column * width, row * height, width, height, 0, 0, width, height);
  }
}

// Without a picture of the environment: what the network sees, as bars.
class TraceView {
  constructor() {
    this.node = element("div", { class: "traces" });
  }

  draw(recording, _place, scene) {
    const names = scene.network.inputs.slice(0, 24);
    if (this.node.childElementCount !== names.length) {
      this.node.replaceChildren(
        ...names.map((name) =>
          element("div", { class: "trace" }, element("span", {}, name), element("meter", { min: -1, max: 1, "aria-label": name })),
        ),
      );
    }
    const values = scene.inputs;
    [...this.node.children].forEach((row, i) => (row.lastChild.value = values[i] / (1 + Math.abs(values[i]))));
  }
}

// samples-scene.js
// Classification: pick a sample or draw an image, and read the network's answer.


const INK = 1;

class SamplesScene {
  constructor(description, searchWeights) {
    this.still = true;
    this.description = description;
    this.searchWeights = searchWeights;
    this.samples = decoded(description);
    this.values = new Float32Array(this.samples[0].length);
    this.#build();
    this.pick(0);
  }

  get inputs() {
    return this.values;
  }

  setChampion(_index, network, scene) {
    this.network = network;
    this.accuracy = scene.accuracy;
    this.#drawHeat();
  }

  setWeight(weight) {
    this.weight = weight;
  }

  #build() {
    const { image } = this.description;
    this.bars = this.description.classes.map((name) => {
      const [now, mean] = [element("i", { class: "now" }), element("i", { class: "ensemble" })];
      const number = element("output", {}, "");
      return { now, mean, number, row: element("div", { class: "answer" }, element("b", {}, name), element("span", {}, now, mean), number) };
    });
    const answers = element("div", { class: "answers" }, ...this.bars.map((bar) => bar.row));
    const key = element(
      "p",
      { class: "note" },
      element("i", { class: "swatch now" }),
      " this weight ",
      element("i", { class: "swatch ensemble" }),
      " mean over the search's weights",
    );
    const scene = element("div", { class: image ? "samples drawn" : "samples" });
    if (image) scene.append(this.#canvas(image));
    scene.append(element("div", {}, answers, key));
    this.heat = svgElement("svg", { class: "heat", role: "img", "aria-label": "Accuracy of each class by weight" });
    byId("scene").replaceChildren(scene, element("h3", { class: "heat-title" }, "Accuracy of each class by weight"), this.heat);
    const button = (label, text, action) =>
      element("button", { type: "button", "aria-label": label, onclick: action }, text);
    byId("scene-buttons").replaceChildren(
      button("The sample before", "←", () => this.pick(this.index - 1)),
      button("The next sample", "→", () => this.pick(this.index + 1)),
      ...(image ? [button("Clear the image", "clear", () => this.clear())] : []),
    );
  }

  #canvas([rows, columns]) {
    this.canvas = element("canvas", {
      class: "image",
      width: columns,
      height: rows,
      tabindex: 0,
      role: "img",
      "aria-label": "The image; draw with the pointer, or with arrow keys and space",
    });
    this.context = this.canvas.getContext("2d");
    this.cursor = [Math.floor(columns / 2), Math.floor(rows / 2)];
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * columns - 0.5, ((event.clientY - box.top) / box.height) * rows - 0.5];
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.canvas.setPointerCapture(event.pointerId);
      if (this.label !== null) this.clear();
      this.last = at(event);
      this.paint(this.last, this.last);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!(event.buttons & 1) || !this.last) return;
      const next = at(event);
      this.paint(this.last, next);
      this.last = next;
    });
    this.canvas.addEventListener("pointerup", () => {
      this.last = null;
      this.centre();
    });
    this.canvas.addEventListener("keydown", (event) => this.#onKey(event, rows, columns));
    return this.canvas;
  }

  #onKey(event, rows, columns) {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (move) {
      this.cursor = [
        Math.min(Math.max(this.cursor[0] + move[0], 0), columns - 1),
        Math.min(Math.max(this.cursor[1] + move[1], 0), rows - 1),
      ];
    } else if (event.key === " ") {
      if (this.label !== null) this.clear();
      this.paint(this.cursor, this.cursor);
    } else return;
    event.preventDefault();
    this.onIdle?.();
  }

  // A soft stroke from one place to another, in pixels.
  paint([x0, y0], [x1, y1]) {
    const { image, low, high } = this.description;
    const [rows, columns] = image;
    const width = columns / 11;
    const steps = Math.ceil(Math.hypot(x1 - x0, y1 - y0) * 2) + 1;
    for (let row = 0; row < rows; ++row) {
      for (let column = 0; column < columns; ++column) {
        let nearest = Infinity;
        for (let i = 0; i <= steps; ++i) {
          const [x, y] = [x0 + ((x1 - x0) * i) / steps, y0 + ((y1 - y0) * i) / steps];
          nearest = Math.min(nearest, Math.hypot(column - x, row - y));
        }
        const ink = Math.max(0, Math.min(INK, 1.25 - nearest / width));
        const i = row * columns + column;
        this.values[i] = Math.max(this.values[i], low + ink * (high - low));
      }
    }
    this.onIdle?.();
  }

  // Moves a drawn image so that its centre of mass is in the middle, as in the data.
  centre() {
    const { image, low } = this.description;
    const [rows, columns] = image;
    let [mass, x, y] = [0, 0, 0];
    this.values.forEach((v, i) => {
      mass += v - low;
      x += (v - low) * (i % columns);
      y += (v - low) * Math.floor(i / columns);
    });
    if (mass <= 0) return;
    const [dx, dy] = [Math.round((columns - 1) / 2 - x / mass), Math.round((rows - 1) / 2 - y / mass)];
    const moved = new Float32Array(this.values.length).fill(low);
    this.values.forEach((v, i) => {
      const [column, row] = [(i % columns) + dx, Math.floor(i / columns) + dy];
      if (column >= 0 && column < columns && row >= 0 && row < rows) moved[row * columns + column] = v;
    });
    this.values = moved;
    this.onIdle?.();
  }

  clear() {
    this.values = new Float32Array(this.values.length).fill(this.description.low);
    this.label = null;
    this.onIdle?.();
  }

  pick(index) {
    this.index = (index + this.samples.length) % this.samples.length;
    this.values = this.samples[this.index].slice();
    this.label = this.description.labels[this.index];
    this.onIdle?.();
  }

  restart() {
    this.pick(this.label === null ? this.index : this.index + 1);
  }

  advance(_seconds, act) {
    if (!this.network) return;
    const total = new Float64Array(this.bars.length);
    for (const weight of this.searchWeights)
      softmax(this.network.forward(this.values, f32(weight))).forEach((p, i) => (total[i] += p / this.searchWeights.length));
    this.ensemble = total;
    this.now = softmax(act(this.values));
  }

  draw() {
    if (!this.now) return;
    const best = largest(this.now);
    this.bars.forEach((bar, i) => {
      bar.now.style.width = `${(100 * this.now[i]).toFixed(1)}%`;
      bar.mean.style.width = `${(100 * this.ensemble[i]).toFixed(1)}%`;
      bar.number.textContent = format(100 * this.now[i], 0) + " %";
      bar.row.classList.toggle("best", i === best);
    });
    if (this.canvas) this.#drawImage();
    if (this.mark) this.#moveMark();
  }

  // With individual weights there is no shared one to mark.
  #moveMark() {
    const { weights } = this.accuracy;
    const place = ((this.weight ?? weights[0]) - weights[0]) / (weights.at(-1) - weights[0]);
    this.mark.setAttribute("x", (this.heatLeft + place * HEAT_WIDTH - 0.75).toFixed(2));
    this.mark.setAttribute("visibility", this.weight === null ? "hidden" : "visible");
  }

  #drawImage() {
    const { image, low, high } = this.description;
    const pixels = this.context.createImageData(image[1], image[0]);
    this.values.forEach((value, i) => {
      const shade = 255 - Math.round((255 * (value - low)) / (high - low));
      pixels.data.set([shade, shade, shade, 255], 4 * i);
    });
    if (document.activeElement === this.canvas && this.canvas.matches(":focus-visible"))
      pixels.data.set([200, 80, 10, 255], 4 * (this.cursor[1] * image[1] + this.cursor[0]));
    this.context.putImageData(pixels, 0, 0);
  }

  // A cell for one class at one weight.
  #heatCell(c, i, value, width, height) {
    const title = `${this.description.classes[c]} at weight ${format(this.accuracy.weights[i])}: ${format(100 * value, 0)} %`;
    const look = { class: "cell", "fill-opacity": (0.06 + 0.94 * value).toFixed(3) };
    const place = { x: (this.heatLeft + (i - 0.5) * width).toFixed(2), y: c * height };
    const size = { width: (width + 0.1).toFixed(2), height: height - 1 };
    return svgElement("rect", { ...look, ...place, ...size }, svgElement("title", {}, title));
  }

  // One row for each class, one column for each weight; the darker, the more samples are told right. A class without samples
  // has a gap.
  #drawHeat() {
    const { byClass, weights } = this.accuracy;
    const row = 11;
    const height = byClass.length * row;
    const cell = HEAT_WIDTH / (weights.length - 1);
    const names = this.description.classes.map((name) => cut(name, HEAT_LETTERS));
    const left = (this.heatLeft = Math.max(...names.map((name) => widthOf(name, HEAT_FONT))) + cell / 2 + 6);
    this.heat.setAttribute("viewBox", `0 0 ${(left + HEAT_WIDTH + 4).toFixed(1)} ${height + 12}`);
    const text = (x, y, anchor, content) => svgElement("text", { x: x.toFixed(1), y, "text-anchor": anchor }, content);
    const parts = byClass.flatMap((values, c) => [
      text(left - cell / 2 - 4, c * row + 8.5, "end", names[c]),
      ...(values.includes(null)
        ? [text(left + HEAT_WIDTH / 2, c * row + 8.5, "middle", "no samples")]
        : values.map((value, i) => this.#heatCell(c, i, value, cell, row))),
    ]);
    for (const part of [0, 0.5, 1])
      parts.push(text(left + part * HEAT_WIDTH, height + 10, "middle", format(weights[0] + part * (weights.at(-1) - weights[0]), 0)));
    this.mark = svgElement("rect", { class: "heat-mark", y: -1, width: 1.5, height: height + 1 });
    this.heat.replaceChildren(...parts, this.mark);
  }

  status() {
    if (!this.now) return "";
    const name = (i) => this.description.classes[i];
    const truth = this.label === null ? "drawn" : `${name(this.label)}`;
    return `sample: ${truth}; answer: ${name(largest(this.now))}, ensemble: ${name(largest(this.ensemble))}`;
  }
}

const HEAT_WIDTH = 250;
const HEAT_FONT = 8.5; // as in the style sheet
const HEAT_LETTERS = 14;

const largest = (values) => values.indexOf(Math.max(...values));

function softmax(values) {
  const top = Math.max(...values);
  const powers = Array.from(values, (v) => Math.exp(v - top));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((p) => p / sum);
}

function decoded({ values, count, low, high }) {
  const bytes = Uint8Array.from(atob(values), (c) => c.charCodeAt(0));
  const length = bytes.length / count;
  return Array.from({ length: count }, (_, k) =>
    Float32Array.from(bytes.subarray(k * length, (k + 1) * length), (b) => low + (b / 255) * (high - low)),
  );
}

// tables.js
// The run: curves of the search, scores, settings, and how to repeat it.


const CURVE_HEIGHT = 224;

class Curves {
  constructor(curves) {
    byId("curves-section").hidden = !curves;
    if (!curves) return;
    this.generations = curves.generation;
    this.charts = [
      new Curve("curve-reward", curves, ["best", "median", "mean", "champion"], "mean reward"),
      new Curve("curve-size", curves, ["connections", "nodes", "median connections"], "size", 0),
    ];
  }

  // Marks the generation of the champion that is shown.
  mark(generation) {
    for (const chart of this.charts ?? []) chart.mark(generation);
  }
}

class Curve {
  constructor(id, curves, names, label, floor = null) {
    this.svg = svgElement("svg", { role: "img", "aria-label": `${label} by generation: ${names.join(", ")}` });
    this.names = names;
    this.curves = curves;
    this.floor = floor;
    const key = element(
      "ul",
      { class: "key" },
      ...names.map((name, i) => {
        const swatch = svgElement("svg", { width: 26, height: 8, "aria-hidden": "true" });
        swatch.append(svgElement("path", { class: `line series-${i}`, d: "M1,4H25" }));
        return element("li", {}, swatch, ` ${name}`);
      }),
    );
    byId(id).append(element("h3", {}, label), key, this.svg);
    onWidth(byId(id), (width) => this.#draw(width));
  }

  #draw(width) {
    const xs = this.curves.generation;
    const values = this.names.flatMap((name) => this.curves[name]);
    this.scales = frame(this.svg, {
      width,
      height: CURVE_HEIGHT,
      xDomain: [xs[0], Math.max(xs.at(-1), xs[0] + 1)],
      yDomain: paddedDomain(values, this.floor),
      xLabel: "generation",
    });
    const { x, y } = this.scales;
    this.names.forEach((name, i) =>
      this.svg.append(svgElement("path", { class: `line series-${i}`, d: linePath(xs, this.curves[name], x, y) })),
    );
    this.marker = svgElement("line", { class: "marker", y1: y.from, y2: y.to });
    this.svg.append(this.marker);
    this.mark(this.generation ?? xs.at(-1));
  }

  mark(generation) {
    this.generation = generation;
    if (!this.marker || generation === null) return;
    const place = this.scales.x.at(generation).toFixed(1);
    this.marker.setAttribute("x1", place);
    this.marker.setAttribute("x2", place);
  }
}

function fillScores(scores) {
  byId("scores-section").hidden = !scores;
  if (!scores) return;
  const row = ({ label, mean, std, n }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, label),
      element("td", {}, formatScore(mean)),
      element("td", {}, formatScore(std)),
      element("td", {}, format(n, 0)),
    );
  const head = element(
    "tr",
    {},
    ...["", "mean", "standard deviation", "trials"].map((h) => element(h ? "th" : "td", { scope: h ? "col" : null }, h)),
  );
  byId("scores").append(element("thead", {}, head), element("tbody", {}, ...scores.rows.map(row)));
  byId("scores-note").textContent = scores.note;
}

function fillSettings(settings, commands) {
  byId("settings").append(
    ...settings.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
  byId("run-section").hidden = !commands.length;
  const text = commands.join("\n");
  byId("commands").replaceChildren(...commands.map(commandLine));
  const button = byId("copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(byId("commands"));
      button.textContent = "selected";
    }
    setTimeout(() => (button.textContent = "copy"), 1500);
  });
}

// A line that is broken between words only: a browser would also break it after a hyphen.
function commandLine(line) {
  const words = line.split(" ").flatMap((word, i) => [i ? " " : "", element("span", {}, word)]);
  return element("span", { class: "line" }, ...words);
}

// weight.js
// The weight: a profile of reward by shared weight, along which the weight is dragged.


const PROFILE_HEIGHT = 210;

class WeightControl {
  // `onChange` is called with the new weight.
  constructor({ searchWeights, unit, onChange }) {
    this.searchWeights = searchWeights;
    this.unit = unit;
    this.onChange = onChange;
    this.svg = byId("profile");
    this.slider = byId("weight-slider");
    this.value = byId("weight-value");
    this.score = byId("weight-score");
    this.marks = byId("weight-marks");
    this.slider.addEventListener("input", () => this.set(Number(this.slider.value)));
    this.svg.addEventListener("pointerdown", (event) => this.#drag(event));
    this.svg.addEventListener("pointermove", (event) => event.buttons & 1 && this.#drag(event));
  }

  // Shows a champion's profile; the weight stays, as far as it can. `choices` are the only weights that there are, or null.
  setProfile(profile, choices, weight) {
    this.profile = profile;
    this.choices = choices;
    this.slider.step = choices ? choices[1] - choices[0] : 0.01;
    const { weights } = profile;
    this.slider.min = weights[0];
    this.slider.max = weights.at(-1);
    this.weight = this.#nearest(weight);
    this.#draw(this.width);
    this.#drawMarks();
    if (!this.watching) {
      this.watching = true;
      onWidth(this.svg.parentElement, (width) => this.#draw(width));
    }
    this.#move();
  }

  set(weight) {
    this.weight = this.#nearest(weight);
    this.#move();
    this.onChange(this.weight);
  }

  // With individual weights there is no shared one to choose.
  setEnabled(enabled) {
    this.slider.disabled = !enabled;
    this.svg.classList.toggle("off", !enabled);
    for (const button of this.marks.children) button.disabled = !enabled;
    this.enabled = enabled;
    this.#move();
  }

  // The weight with the highest mean reward.
  best() {
    const { weights, mean } = this.profile;
    const allowed = weights.map((w, i) => i).filter((i) => !this.choices || this.choices.includes(weights[i]));
    return weights[allowed.reduce((a, b) => (mean[b] > mean[a] ? b : a), allowed[0])];
  }

  scoreAt(weight) {
    const { weights, mean, std } = this.profile;
    const step = (weights.at(-1) - weights[0]) / (weights.length - 1);
    const place = Math.min(Math.max((weight - weights[0]) / step, 0), weights.length - 1);
    const low = Math.min(Math.floor(place), weights.length - 2);
    const mix = (values) => values[low] + (values[low + 1] - values[low]) * (place - low);
    return { mean: mix(mean), std: mix(std) };
  }

  #nearest(weight) {
    const low = this.profile.weights[0];
    const high = this.profile.weights.at(-1);
    const inside = Math.min(Math.max(weight, low), high);
    if (!this.choices) return Math.round(inside * 100) / 100;
    return this.choices.reduce((a, b) => (Math.abs(b - inside) < Math.abs(a - inside) ? b : a));
  }

  #drag(event) {
    if (this.enabled === false || event.button > 0 || !this.scales) return;
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    const box = this.svg.getBoundingClientRect();
    this.set(this.scales.x.inverse(event.clientX - box.left));
  }

  #draw(width) {
    if (!width) return;
    this.width = width;
    const { weights, mean, std } = this.profile;
    const [floor, ceiling] = this.unit === "accuracy" ? [0, 1] : [-Infinity, Infinity];
    const low = mean.map((m, i) => Math.max(m - std[i], floor));
    const high = mean.map((m, i) => Math.min(m + std[i], ceiling));
    const { x, y } = (this.scales = frame(this.svg, {
      width,
      height: PROFILE_HEIGHT,
      xDomain: [weights[0], weights.at(-1)],
      yDomain: paddedDomain([...low, ...high]),
      xLabel: "shared weight",
    }));
    for (const w of this.searchWeights)
      this.svg.append(svgElement("line", { class: "searched", x1: x.at(w), x2: x.at(w), y1: y.from, y2: y.from - 5 }));
    this.svg.append(
      svgElement("path", { class: "band", d: bandPath(weights, low, high, x, y) }),
      svgElement("path", { class: "line accent", d: linePath(weights, mean, x, y) }),
    );
    this.handle = svgElement("g", { class: "handle" });
    this.handle.append(
      svgElement("line", { y1: y.from, y2: MARGIN.top - 6 }),
      (this.knob = svgElement("circle", { r: 8 })),
    );
    this.svg.append(this.handle);
    this.slider.style.marginLeft = `${MARGIN.left - 9}px`;
    this.slider.style.width = `${x.to - x.from + 18}px`;
    this.#move();
  }

  #drawMarks() {
    const jump = (weight, label) =>
      element("button", { type: "button", class: "chip", onclick: () => this.set(weight) }, label);
    const offered = this.searchWeights.filter((w) => !this.choices || this.choices.includes(w));
    this.marks.replaceChildren(...offered.map((w) => jump(w, format(w, w % 1 ? 1 : 0))), jump(this.best(), "best"));
    for (const button of this.marks.children) button.disabled = this.enabled === false;
  }

  #move() {
    const { mean, std } = this.scoreAt(this.weight);
    this.slider.value = this.weight;
    this.slider.setAttribute("aria-valuetext", `${format(this.weight)}, ${this.unit} ${formatScore(mean)}`);
    this.value.textContent = this.enabled === false ? "tuned" : format(this.weight);
    this.score.textContent =
      this.enabled === false
        ? "every connection runs with its own tuned weight"
        : `${formatScore(mean)} ± ${formatScore(std)} ${this.unit} at this weight, ${this.profile.note}`;
    if (!this.handle) return;
    this.handle.setAttribute("transform", `translate(${this.scales.x.at(this.weight).toFixed(1)},0)`);
    this.knob.setAttribute("cy", this.scales.y.at(mean).toFixed(1));
  }
}

// main.js
// Puts the page together: one clock, one present champion, one present weight.


class Page {
  constructor(data) {
    this.data = data;
    this.networks = data.champions.map((champion) => new Network(champion.network));
    this.network = this.networks.at(-1);
    this.individual = false;
    this.speed = 1;
    this.playing = !reducedMotion();
    this.#fillTexts();
    this.view = new NetworkView(this.networks);
    this.scene = makeScene(data, this.network);
    this.weights = new WeightControl({
      searchWeights: data.searchWeights,
      unit: data.unit,
      onChange: () => this.#changed(),
    });
    this.history = new History(data.champions, (index) => this.#showChampion(index));
    this.curves = new Curves(data.curves);
    this.pareto = new ParetoChart(data.pareto);
    fillScores(data.scores);
    fillSettings(data.settings, data.commands);
    this.#bindButtons();
    this.view.onIdle = this.scene.onIdle = () => this.#draw();
    this.weight = null;
    this.#showChampion(data.champions.length - 1);
    this.last = performance.now();
    requestAnimationFrame((now) => this.#frame(now));
  }

  // The shared weight, or null with individual weights.
  get presentWeight() {
    return this.individual ? null : f32(this.weights.weight);
  }

  act(inputs) {
    return this.network.forward(inputs, this.presentWeight);
  }

  #fillTexts() {
    byId("title").textContent = this.data.title;
    byId("summary").textContent = this.data.summary;
    byId("scene-caption").textContent = this.data.scene.caption;
  }

  #showChampion(index) {
    const champion = this.data.champions[index];
    this.network = this.networks[index];
    this.individual = false;
    this.view.setNetwork(this.network);
    this.scene.setChampion?.(index, this.network, champion.scene);
    this.weights.setProfile(champion.profile, champion.scene.weights ?? null, this.weights.weight ?? this.data.weight);
    this.weights.setEnabled(true);
    this.curves.mark(champion.generation);
    this.pareto.mark(champion.network.source.length, champion.score?.mean);
    byId("tuned").hidden = this.network.weights === null;
    byId("tuned-switch").setAttribute("aria-checked", "false");
    this.#changed();
  }

  #changed() {
    this.scene.setWeight?.(this.individual ? null : this.weights.weight);
    this.#draw();
  }

  #bindButtons() {
    const play = byId("play");
    const setPlaying = (playing) => {
      this.playing = playing;
      play.textContent = playing ? "pause" : "play";
    };
    setPlaying(this.playing);
    play.addEventListener("click", () => setPlaying(!this.playing));
    byId("restart").addEventListener("click", () => {
      this.scene.restart();
      this.#draw();
    });
    const slow = byId("slow");
    slow.addEventListener("click", () => {
      this.speed = this.speed === 1 ? 0.25 : 1;
      slow.setAttribute("aria-pressed", String(this.speed !== 1));
    });
    const still = Boolean(this.scene.still);
    for (const button of [play, byId("slow")]) button.hidden = still;
    const tuned = byId("tuned-switch");
    tuned.addEventListener("click", () => {
      this.individual = !this.individual;
      tuned.setAttribute("aria-checked", String(this.individual));
      this.weights.setEnabled(!this.individual);
      this.scene.restart();
      this.#changed();
    });
    const theme = byId("theme");
    const dark = matchMedia("(prefers-color-scheme: dark)");
    theme.addEventListener("click", () => {
      const now = document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
      document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
      this.view.refreshColours();
      this.#draw();
    });
    dark.addEventListener("change", () => this.view.refreshColours());
  }

  #frame(now) {
    const seconds = Math.min(Math.max(now - this.last, 0) / 1000, 0.1);
    this.last = now;
    if (this.playing && !this.scene.still) {
      this.scene.advance(seconds * this.speed, (inputs) => this.act(inputs));
      this.#draw();
    }
    requestAnimationFrame((next) => this.#frame(next));
  }

  #draw() {
    this.act(this.scene.inputs);
    if (this.scene.still) this.scene.advance(0, (inputs) => this.act(inputs));
    this.scene.draw();
    this.view.update(this.presentWeight);
    const status = this.scene.status();
    if (status !== this.status) byId("status").textContent = this.status = status;
  }
}

function makeScene({ scene, searchWeights }, network) {
  if (scene.kind === "cartpole") return new CartPoleScene(scene);
  if (scene.kind === "recorded") return new RecordedScene(scene);
  if (scene.kind === "samples") return new SamplesScene(scene, searchWeights);
  return new ProbeScene(network);
}

const page = new Page(JSON.parse(byId("data").textContent));

// For the console: wann.trajectory(1.0, [0, 0, Math.PI, 0], 300).
window.wann = {
  page,
  trajectory: (weight, start, steps = 1000, champion = page.networks.length - 1) =>
    trajectory(new Network(page.data.champions[champion].network), start, weight, steps),
};
})();
