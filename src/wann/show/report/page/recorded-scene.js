// Tasks that the page cannot simulate: episodes recorded at some weights are played.

import { byId, element, format } from "./dom.js";
import { unpacked } from "./packed.js";
import { SceneView } from "./scene-view.js";
import { Sight } from "./sight.js";

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
    this.drawn = -1;
  }

  // Whether the network was recorded with random weights of its connections; one that was pruned was not.
  hasRandom() {
    return this.scene.random?.[0].weights.length === this.network.source.length;
  }

  // The weights of the next recording with random ones.
  randomWeights() {
    this.drawn = (this.drawn + 1) % this.scene.random.length;
    return Float32Array.from(this.scene.random[this.drawn].weights);
  }

  // A shared weight, or null with individual ones, "tuned" or "random".
  setWeight(weight, individual = null) {
    const recording = this.#recordingAt(weight ?? (individual === "random" ? `random ${this.drawn}` : individual));
    if (recording === this.current) return;
    this.current = recording;
    this.view.load?.(recording);
    this.restart();
  }

  #found(weight) {
    if (weight === "tuned") return this.scene.tuned;
    if (typeof weight === "string") return this.scene.random[this.drawn].recording;
    return this.scene.recordings[this.scene.weights.indexOf(weight)];
  }

  #recordingAt(weight) {
    if (this.cache.has(weight)) return this.cache.get(weight);
    const found = this.#found(weight);
    const tables = Object.fromEntries(
      ["inputs", "memory", "actions", "bodies"].filter((name) => found[name]).map((name) => [name, unpacked(found[name])]),
    );
    const decoded = { ...found, ...tables };
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

  // What a recurrent network remembered at the frame.
  get memory() {
    return this.current?.memory?.[this.frame];
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
    const over = this.current.ended && this.frame === this.frames - 1;
    return `${over ? "episode over: " : "reward "}${format(this.current.rewards[this.frame], 1)}, ${seconds} s${more}`;
  }
}

const VIEWS = {
  scene: (description) => new ShapesView(description),
  video: () => new VideoView(),
  traces: () => new TraceView(),
};

// Where the task tells of bodies and shapes: between two frames, the bodies are in between.
class ShapesView {
  constructor({ picture, decoder }) {
    this.view = new SceneView(picture);
    this.travels = picture.travels;
    this.node = this.view.node;
    if (!picture.sight) return;
    this.sight = new Sight(picture, decoder);
    this.node = element("div", {}, this.view.node, this.sight.node);
  }

  load() {
    this.sighted = null;
  }

  status({ bodies }, frame) {
    if (this.travels === null) return "";
    return `, ${format(bodies[frame][3 * this.travels] - bodies[0][3 * this.travels], 1)} m`;
  }

  draw({ bodies, inputs, actions, secondsAFrame }, place, scene) {
    const last = bodies.length - 1;
    const from = Math.min(Math.floor(place), last);
    const to = Math.min(from + 1, last);
    const mix = Math.min(place - from, 1);
    const past = Math.ceil(this.view.pastSeconds / secondsAFrame);
    this.view.draw(
      bodies[from].map((a, i) => a + (bodies[to][i] - a) * mix),
      actions[to],
      past ? bodies.slice(Math.max(from - past, 0), from + 1) : [],
    );
    if (this.sight && this.sighted !== scene.frame) this.sight.draw(bodies[scene.frame], inputs[scene.frame], scene.frame * secondsAFrame);
    this.sighted = scene.frame;
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
