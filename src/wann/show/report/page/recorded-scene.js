// Tasks that the page cannot simulate: episodes recorded at some weights are played.

import { byId, element, format, svgElement } from "./dom.js";

const WAIT_AT_END = 1; // seconds

export class RecordedScene {
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
export function unpacked({ columns, scale, data }) {
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
