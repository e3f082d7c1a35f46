// The weight: a profile of reward by shared weight, along which the weight is dragged.

import { bandPath, frame, linePath, MARGIN, paddedDomain } from "./chart.js";
import { byId, element, format, formatScore, formatShort, onWidth, svgElement } from "./dom.js";

const PROFILE_HEIGHT = 210;
const ACCURACY = "% accuracy"; // a unit that has bounds

export class WeightControl {
  // `onChange` is called with the new weight.
  constructor({ searchWeights, marks, unit, onChange }) {
    this.searchWeights = searchWeights;
    this.jumps = marks;
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
    const [floor, ceiling] = this.unit === ACCURACY ? [0, 100] : [-Infinity, Infinity];
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
    const offered = this.jumps.filter((w) => !this.choices || this.choices.includes(w));
    this.marks.replaceChildren(...offered.map((w) => jump(w, formatShort(w))), jump(this.best(), "best"));
    for (const button of this.marks.children) button.disabled = this.enabled === false;
  }

  #move() {
    const { mean, std } = this.scoreAt(this.weight);
    this.slider.value = this.weight;
    this.slider.setAttribute("aria-valuetext", `${format(this.weight)}: ${formatScore(mean)} ${this.unit}`);
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
