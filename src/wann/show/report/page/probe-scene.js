// Where a task can neither be simulated nor played: every input is set by hand or by a sample, and the outputs are read.

import { byId, element, format } from "./dom.js";
import { unpacked } from "./packed.js";

const MAX_SLIDERS = 40;
const SLIDER_STEPS = 100;

export class ProbeScene {
  constructor(network, description) {
    this.network = network;
    this.values = new Float32Array(network.inputs.length);
    this.units = unitsOf(description, network.inputs.length);
    this.samples = description.samples ? unpacked(description.samples) : [];
    this.targets = description.targets ? unpacked(description.targets) : [];
    this.rows = network.inputs.slice(0, MAX_SLIDERS).map((name, i) => this.#row(name, i));
    byId("scene").replaceChildren(element("div", { class: "probe" }, ...this.rows.map(({ node }) => node)));
    const button = (label, text, step) =>
      element("button", { type: "button", "aria-label": label, onclick: () => this.pick(this.index + step) }, text);
    byId("scene-buttons").replaceChildren(
      ...(this.samples.length ? [button("The sample before", "←", -1), button("The next sample", "→", 1)] : []),
    );
    this.still = true;
    if (this.samples.length) this.pick(0);
  }

  get inputs() {
    return this.values;
  }

  #row(name, i) {
    const { low, high } = this.units;
    const output = element("output", {}, "");
    const range = { min: low[i], max: high[i], step: (high[i] - low[i]) / SLIDER_STEPS || 1 };
    const slider = element("input", { type: "range", ...range, value: 0, "aria-label": name });
    const row = { slider, output, node: element("label", { class: "probe-row" }, element("span", {}, name), slider, output) };
    slider.addEventListener("input", () => {
      this.values[i] = Number(slider.value);
      this.index = null;
      this.#tell(row, i);
      this.onIdle?.();
    });
    this.#tell(row, i);
    return row;
  }

  // The value in the units of the data, which networks see in others.
  #tell({ slider, output }, i) {
    const text = format(this.units.mean[i] + this.values[i] * this.units.scale[i]);
    output.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  }

  pick(index) {
    this.index = ((index || 0) + this.samples.length) % this.samples.length;
    this.#set(this.samples[this.index]);
  }

  #set(values) {
    this.values.set(values);
    this.rows.forEach((row, i) => {
      row.slider.value = values[i];
      this.#tell(row, i);
    });
    this.onIdle?.();
  }

  // The first sample; without samples, zeros.
  restart() {
    if (this.samples.length) this.pick(0);
    else this.#set(new Float32Array(this.values.length));
  }

  advance(_seconds, act) {
    this.outputs = [...act(this.values)];
  }

  draw() {}

  status() {
    const { targetMean, targetScale } = this.units;
    const told = (value) => format(targetMean + value * targetScale);
    const truth = this.index === null ? undefined : this.targets[this.index];
    return this.network.outputs
      .slice(0, 6)
      .map((name, i) => `${name} ${told(this.outputs?.[i] ?? 0)}${truth ? `, in the data ${told(truth[i])}` : ""}`)
      .join("; ");
  }
}

// Ranges of the inputs and units of inputs and targets, where the page tells none.
function unitsOf(description, n) {
  const all = (value) => Array(n).fill(value);
  return { low: all(-2), high: all(2), mean: all(0), scale: all(1), targetMean: 0, targetScale: 1, ...description };
}
