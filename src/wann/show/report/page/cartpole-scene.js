// Cart-pole swing-up, simulated in the page; the pole can be pushed.

import { CartPole, MAX_STEPS, POLE_LENGTH, TIME_STEP, TRACK_HALF } from "./cartpole.js";
import { byId, element, format, svgElement } from "./dom.js";

const TRAIL = 70;
const PUSH = 3; // rad/s of one push by button or key
const PULL = 60; // rad/s² for each metre between the pole's tip and the pointer
const MAX_STEPS_PER_FRAME = 8;
const WAIT_AFTER_END = 1.4; // seconds

export class CartPoleScene {
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
