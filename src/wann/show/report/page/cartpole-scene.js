// Cart-pole swing-up, simulated in the page; the pole can be pushed.

import { CartPole, MAX_STEPS, POLE_LENGTH, TIME_STEP } from "./cartpole.js";
import { byId, element, format } from "./dom.js";
import { SceneView } from "./scene-view.js";

const PUSH = 3; // rad/s of one push by button or key
const PULL = 60; // rad/s² for each metre between the pole's tip and the pointer
const MAX_STEPS_PER_FRAME = 8;
const WAIT_AFTER_END = 1.4; // seconds

export class CartPoleScene {
  constructor(description, showsVelocities) {
    this.starts = description.starts;
    this.next = 0;
    this.cart = new CartPole(showsVelocities);
    this.pointer = null;
    this.#build(description.picture);
    this.restart();
  }

  get inputs() {
    return this.cart.observation();
  }

  // A new weight has an episode of its own, once the present one is over.
  setWeight() {
    if (this.steps >= MAX_STEPS || this.ended) this.restart();
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
    this.past = [];
    this.onRestart?.();
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
    this.past.push(this.bodies);
    if (this.past.length > this.view.pastSeconds / TIME_STEP) this.past.shift();
    const reward = this.cart.step(act(this.cart.observation())[0]);
    if (this.steps < MAX_STEPS) this.total += reward;
    this.steps += 1;
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
    return POLE_LENGTH * this.cart.cosine;
  }

  // The pole's tip is drawn towards the pointer.
  #pull() {
    const along = (this.pointer.x - this.tipX) * this.cart.cosine - (this.pointer.y - this.tipY) * this.cart.sine;
    this.cart.push(Math.max(-40, Math.min(40, PULL * along)) * TIME_STEP);
    this.pushed = true;
  }

  #build(picture) {
    this.view = new SceneView(picture);
    const { node } = this.view;
    node.classList.add("touched");
    byId("scene").replaceChildren(node);
    node.addEventListener("pointerdown", (event) => this.#grab(event));
    node.addEventListener("pointermove", (event) => this.pointer && (this.pointer = this.view.place(event)));
    for (const end of ["pointerup", "pointercancel"]) node.addEventListener(end, () => (this.pointer = null));
    const button = (label, text, direction) =>
      element("button", { type: "button", "aria-label": label, onclick: () => this.push(direction) }, text);
    byId("scene-buttons").replaceChildren(
      button("Push the pole to the left", "← push", -1),
      button("Push the pole to the right", "push →", 1),
    );
  }

  #grab(event) {
    event.preventDefault();
    this.view.node.setPointerCapture(event.pointerId);
    this.pointer = this.view.place(event);
  }

  // The cart and the pole, whose angle counts clockwise here.
  get bodies() {
    return [this.cart.position, 0, 0, this.cart.position, 0, -this.cart.angle];
  }

  draw() {
    this.view.draw(this.bodies, [this.cart.action], this.past);
  }

  status() {
    const time = `${format(this.steps * TIME_STEP, 1)} s`;
    const total = format(this.total, 0);
    if (this.ended && this.steps <= MAX_STEPS) return `episode over: ${total}, off the track after ${time}`;
    const reward = this.steps >= MAX_STEPS ? `episode over: ${total}` : `reward ${total}`;
    return `${reward}${this.pushed ? " (pushed)" : ""}, ${time}`;
  }
}
