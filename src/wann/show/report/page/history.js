// The champions from the first generation to the last.

import { byId, counted, format, formatScore } from "./dom.js";

const CHANGES = {
  "insert node": (change) =>
    `${/^[aeiou]/.test(change.activation) ? "an" : "a"} ${change.activation} node was inserted in a connection`,
  "add connection": () => "a connection was added",
  "add recurrent connection": () => "a recurrent connection was added",
  "enable connection": () => "a disabled connection was enabled again",
  "change activation": (change) => `a node's activation became ${change.activation}`,
  mirror: (change) => `${change.activation} nodes behind all nodes made it act alike at w and −w`,
  none: () => "none; it is as it was at the start",
};

export const describeChange = (change) => CHANGES[change?.operator]?.(change) ?? "not recorded";

export class History {
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
    const size = `${counted(hidden, "hidden node")}, ${counted(network.source.length, "connection")}`;
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
