// Classification: pick a sample or draw an image, and read the network's answer.

import { byId, element, format, svgElement } from "./dom.js";
import { cut, widthOf } from "./fit.js";
import { f32 } from "./float32.js";

const INK = 1;

export class SamplesScene {
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
    byId("scene").replaceChildren(scene, element("h3", { class: "heat-title" }, "Accuracy of each class by weight"), this.heat, heatScale());
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
    const look = { class: "cell", "fill-opacity": shade(value) };
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

// What the shades mean.
function heatScale() {
  const swatch = svgElement("svg", { class: "heat-scale", viewBox: "0 0 100 10", "aria-hidden": "true" });
  for (let i = 0; i < 10; ++i)
    swatch.append(svgElement("rect", { class: "cell", x: 10 * i, y: 0, width: 10.1, height: 10, "fill-opacity": shade((i + 0.5) / 10) }));
  return element("p", { class: "note" }, "0 % right ", swatch, " 100 %");
}

const shade = (part) => (0.06 + 0.94 * part).toFixed(3);

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
