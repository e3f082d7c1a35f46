// The network, live: nodes are SVG (they can be reached by keyboard), connections are drawn on a canvas under them.

import { ACTIVATIONS, valueRange } from "./activations.js";
import { byId, colour, element, format, onWidth, svgElement } from "./dom.js";

const MAX_CURVES = 160; // with more nodes, they are plain dots
const MIN_LAYER = 38;
const NAME_SPACE = 12;

export class NetworkView {
  constructor() {
    this.host = byId("graph");
    this.svg = byId("graph-nodes");
    this.canvas = byId("graph-edges");
    this.context = this.canvas.getContext("2d");
    this.readout = byId("readout");
    this.legend = byId("legend");
    this.isolated = null;
    this.shown = null;
    this.svg.addEventListener("keydown", (event) => this.#onKey(event));
    this.svg.addEventListener("pointerleave", () => this.#show(null));
    onWidth(this.host, (width) => {
      this.width = width;
      if (this.network) this.#build();
    });
    this.refreshColours();
  }

  refreshColours() {
    this.colours = { positive: colour("positive"), negative: colour("negative"), edge: colour("edge") };
    this.edgesDirty = true;
  }

  setNetwork(network) {
    this.network = network;
    this.isolated = null;
    this.shown = null;
    this.readout.textContent = HINT;
    if (this.width) this.#build();
    this.#drawLegend();
  }

  #build() {
    const { network } = this;
    const { width: layers, height: slots } = network.layout;
    const named = (names) => Math.min(150, 7.2 * Math.max(...names.map((n) => n.length)));
    const narrow = this.width < 560;
    const pixel = network.image ? (narrow ? 110 : 224) / network.image[1] : 0;
    const block = network.image ? pixel * network.image[1] + 36 : 0;
    const left = network.image ? block : Math.min(narrow ? 96 : 150, named([...network.inputs, "bias"])) + 30;
    this.letters = network.image ? 20 : Math.max(6, Math.floor((left - 30) / 7));
    const right = Math.min(narrow ? 80 : 150, named(network.outputs)) + 30;
    const slot = Math.min(narrow ? 48 : 66, Math.max((narrow ? 420 : 470) / Math.max(slots, 1), 9));
    const least = slot < 20 ? MIN_LAYER / 2 : MIN_LAYER;
    const layer = Math.min(120, Math.max((this.width - left - right) / Math.max(layers, 1), least));
    this.labelled = slot >= 46;
    this.radius = Math.max(3, Math.min(17, 0.4 * slot, 0.36 * layer));
    const width = Math.max(this.width, left + right + layer * layers);
    const shift = Math.max(0, (this.width - left - right - layer * layers) / 2);
    const top = 26;
    const height = Math.max(top * 2 + slot * slots, narrow ? 200 : 330);
    this.size = [width, height];
    this.px = network.layout.x.map((x) => shift + left + x * layer);
    this.py = network.layout.y.map((y) => (height - slot * slots) / 2 + y * slot);
    const place = ([x, y]) => [shift + left + x * layer, (height - slot * slots) / 2 + y * slot];
    this.cell = pixel;
    if (network.image) this.#placePixels(shift, height);
    this.paths = network.layout.routes.map((route, c) => {
      const start = [this.px[network.source[c]], this.py[network.source[c]]];
      return curve([start, ...route.slice(1).map(place)]);
    });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#buildNodes();
    this.#applyIsolation();
    this.edgesDirty = true;
  }

  // Pixels stand as the image does, with the bias below.
  #placePixels(left, height) {
    const [rows, columns] = this.network.image;
    const top = (height - rows * this.cell) / 2;
    for (let i = 0; i < rows * columns; ++i) {
      this.px[1 + i] = left + 8 + (0.5 + (i % columns)) * this.cell;
      this.py[1 + i] = top + (0.5 + Math.floor(i / columns)) * this.cell;
    }
    this.px[0] = left + 8 + columns * this.cell * 0.5;
    this.py[0] = top + rows * this.cell + 22;
  }

  // An input that is a pixel: a square that shows its value.
  #addPixel(node) {
    const { network, cell } = this;
    const rect = svgElement("rect", {
      class: network.isUsed(node) ? "node pixel" : "node pixel unused",
      x: (this.px[node] - cell / 2).toFixed(1),
      y: (this.py[node] - cell / 2).toFixed(1),
      width: (cell - 0.6).toFixed(1),
      height: (cell - 0.6).toFixed(1),
      onclick: () => this.#isolate(node),
      onpointerenter: () => this.#show(node),
    });
    this.svg.append(rect);
    this.nodes.push({ group: rect, pixel: rect, used: network.isUsed(node) });
  }

  #buildNodes() {
    const { network, radius } = this;
    this.nodes = [];
    this.svg.replaceChildren();
    const detailed = network.nodeCount <= MAX_CURVES && radius >= 6;
    const room = network.image !== null || minimumGap(this.py.slice(0, network.fixedCount)) >= NAME_SPACE;
    for (let node = 0; node < network.nodeCount; ++node) {
      const activation = network.activation(node);
      if (network.image && node >= 1 && node < network.fixedCount) {
        this.#addPixel(node);
        continue;
      }
      const group = svgElement("g", {
        class: network.isUsed(node) ? "node" : "node unused",
        transform: `translate(${this.px[node].toFixed(1)},${this.py[node].toFixed(1)})`,
        role: "button",
        tabindex: node === 0 ? 0 : -1,
        "aria-pressed": "false",
        "aria-label": `${network.name(node)}${activation ? `, ${activation.label}` : ", input"}`,
        onclick: () => this.#isolate(node),
        onpointerenter: () => this.#show(node),
        onfocus: () => this.#onFocus(node),
        onblur: () => this.#show(null),
      });
      const parts = { group, used: network.isUsed(node) };
      parts.ring = svgElement("circle", { class: "ring", r: radius, fill: activation ? activation.colour : "var(--surface)" });
      group.append(svgElement("circle", { class: "target", r: Math.max(radius, 10) }), parts.ring);
      if (detailed) this.#addCurve(parts, activation);
      this.#addName(group, node, room);
      this.svg.append(group);
      this.nodes.push(parts);
    }
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

  #addName(group, node, room) {
    const { network, radius } = this;
    const beside = (x, anchor, y = 4) =>
      group.append(svgElement("text", { class: "name", x, y, "text-anchor": anchor }, cut(network.name(node), this.letters)));
    if (node < network.fixedCount) {
      if (room) beside(-radius - 8, "end");
    } else if (network.isOutput(node)) {
      // An output that feeds another one has connections where its name would stand.
      if (network.source.includes(node)) beside(0, "middle", -radius - 6);
      else beside(radius + 8, "start");
    }
    const activation = network.activation(node);
    if (activation && radius >= 13 && this.labelled)
      group.append(svgElement("text", { class: "kind", y: radius + 12, "text-anchor": "middle" }, activation.short));
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
    const { context, network, colours } = this;
    context.clearRect(0, 0, ...this.size);
    const count = this.paths.length;
    const fade = Math.min(1, Math.max(0.25, 10 / Math.sqrt(count)));
    for (let c = 0; c < count; ++c) {
      const apart = this.kept && !(this.kept.has(network.source[c]) && this.kept.has(network.target[c]));
      const signal = network.signal(c, weight);
      const strength = Math.abs(signal) / (1 + Math.abs(signal));
      context.globalAlpha = apart ? 0.05 : fade * (0.28 + 0.72 * strength);
      context.lineWidth = (0.7 + 3.2 * strength) * Math.max(0.5, fade);
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
    for (const parts of this.nodes) if (!parts.pixel) parts.group.setAttribute("tabindex", -1);
    this.nodes[node].group.setAttribute("tabindex", 0);
    this.#show(node);
  }

  #isolate(node) {
    this.isolated = this.isolated === node ? null : node;
    this.#applyIsolation();
    this.onIdle?.();
  }

  #applyIsolation() {
    this.kept = this.isolated === null ? null : this.network.ancestors(this.isolated);
    this.nodes.forEach((parts, node) => {
      parts.group.classList.toggle("apart", this.kept !== null && !this.kept.has(node));
      if (!parts.pixel) parts.group.setAttribute("aria-pressed", String(this.isolated === node));
    });
  }

  // Arrow keys go to the nearest node in that direction; Enter isolates; Escape shows all.
  #onKey(event) {
    const node = this.nodes.findIndex((parts) => parts.group === document.activeElement);
    if (event.key === "Escape" && this.isolated !== null) this.#isolate(this.isolated);
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
      if (this.nodes[other].pixel) continue;
      const x = this.px[other] - this.px[node];
      const y = this.py[other] - this.py[node];
      const along = x * dx + y * dy;
      const distance = along + 3 * Math.abs(x * dy + y * dx);
      if (along > 1 && distance < nearest) [best, nearest] = [other, distance];
    }
    return best;
  }

  #drawLegend() {
    const counts = new Map();
    for (const a of this.network.activations) counts.set(a, (counts.get(a) ?? 0) + 1);
    const entries = Object.values(ACTIVATIONS).filter((a) => counts.has(a));
    this.legend.replaceChildren(
      ...entries.map((a) => {
        const swatch = svgElement("svg", { width: 14, height: 14, "aria-hidden": "true" });
        swatch.append(svgElement("circle", { cx: 7, cy: 7, r: 6, fill: a.colour, stroke: "currentColor" }));
        return element("li", {}, swatch, ` ${a.label} ${counts.get(a)}`);
      }),
    );
  }
}

const HINT = "Point at a node to read it; click it to see only what feeds it.";
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const cut = (name, length) => (name.length > length ? `${name.slice(0, length - 1)}…` : name);

function minimumGap(ys) {
  const sorted = [...ys].sort((a, b) => a - b);
  return sorted.slice(1).reduce((gap, y, i) => Math.min(gap, y - sorted[i]), Infinity);
}

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
