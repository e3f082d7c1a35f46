// Where a task can neither be simulated nor played: every input is set by hand, and the outputs are read.

import { byId, element, format } from "./dom.js";

const MAX_SLIDERS = 40;

export class ProbeScene {
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
