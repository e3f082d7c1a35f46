// The network, live: nodes are SVG (they can be reached by keyboard), connections are drawn on a canvas under them.

import { ACTIVATIONS, valueRange } from "./activations.js";
import { byId, colour, element, format, formatScore, onWidth, svgElement } from "./dom.js";
import { cut, fitHeight, fitted, freeSpace, widthOf } from "./fit.js";

const MAX_CURVES = 200; // with more nodes, they are plain dots
const NAME_SPACE = 12;
const ZOOMS = [1, 1.5, 2, 3, 4, 6];
const RECURRENT_DASHES = [2, 3];
const ARC_HEAD = 7; // pixels of an arrow's head
const MAX_PARTS = 20; // outputs that get a button of their own
const LEAST_STRENGTH = 0.02; // signals that are weaker have no colour
const LEAST_LOSS = 0.15; // nor have such losses

export class NetworkView {
  // `networks` are all that may be shown: the picture keeps the height of the highest.
  constructor(networks) {
    this.networks = networks;
    this.host = byId("graph");
    this.scroller = byId("graph-scroll");
    this.svg = byId("graph-nodes");
    this.canvas = byId("graph-edges");
    this.context = this.canvas.getContext("2d");
    this.readout = byId("readout");
    this.legend = byId("legend");
    this.parts = byId("parts");
    this.isolated = null;
    this.shown = null;
    this.losses = null;
    this.zoom = 1;
    this.svg.addEventListener("pointerleave", () => this.#show(null));
    // A click beside the nodes shows all again; at a zoom it may be the end of a drag.
    this.svg.addEventListener("click", (event) => {
      if (event.target === this.svg && this.zoom === 1 && this.isolated !== null) this.#isolate(this.isolated);
    });
    this.host.addEventListener("keydown", (event) => this.#onKey(event));
    this.scroller.addEventListener("scroll", () => this.onIdle?.());
    this.scroller.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    this.#bindPanning();
    byId("zoom-in").addEventListener("click", () => this.#zoomBy(1));
    byId("zoom-out").addEventListener("click", () => this.#zoomBy(-1));
    byId("zoom-fit").addEventListener("click", () => this.setZoom(1));
    onWidth(this.host, (width) => {
      this.width = width;
      if (this.network) this.#build();
      this.onIdle?.();
    });
    this.refreshColours();
  }

  refreshColours() {
    this.colours = { positive: colour("positive"), negative: colour("negative"), edge: colour("edge") };
  }

  // Has connections and nodes tell what is lost without them; null has them tell their signals again.
  setLosses(losses) {
    this.losses = losses;
  }

  setNetwork(network) {
    this.network = network;
    this.losses = null;
    this.isolated = null;
    this.shown = null;
    this.zoom = 1;
    this.readout.textContent = HINT;
    if (this.width) this.#build();
    this.#drawLegend();
    this.#drawParts();
    this.#applyIsolation();
  }

  // Zooms to one of the steps; the point (x, y) of the picture that is seen, its middle if not given, stays where it is.
  setZoom(zoom, x = this.scroller.clientWidth / 2, y = this.scroller.clientHeight / 2) {
    const { scroller } = this;
    const part = [(scroller.scrollLeft + x) / this.size[0], (scroller.scrollTop + y) / this.size[1]];
    this.zoom = zoom;
    this.#build();
    scroller.scrollTo(part[0] * this.size[0] - x, part[1] * this.size[1] - y);
    this.onIdle?.();
  }

  #zoomBy(steps, x, y) {
    const place = Math.min(Math.max(ZOOMS.indexOf(this.zoom) + steps, 0), ZOOMS.length - 1);
    if (ZOOMS[place] !== this.zoom) this.setZoom(ZOOMS[place], x, y);
  }

  // The wheel scrolls the page; with Ctrl (and by pinching a touchpad) it zooms.
  #onWheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.turned = (this.turned ?? 0) - event.deltaY;
    if (Math.abs(this.turned) < 40) return;
    const box = this.scroller.getBoundingClientRect();
    this.#zoomBy(Math.sign(this.turned), event.clientX - box.left, event.clientY - box.top);
    this.turned = 0;
  }

  // Between the nodes the mouse drags the picture; touch scrolls it by itself.
  #bindPanning() {
    const { scroller } = this;
    scroller.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button || this.zoom === 1 || event.target.closest(".node")) return;
      scroller.setPointerCapture(event.pointerId);
      this.panning = true;
    });
    scroller.addEventListener("pointermove", (event) => {
      if (this.panning) scroller.scrollBy(-event.movementX, -event.movementY);
    });
    for (const end of ["pointerup", "pointercancel"]) scroller.addEventListener(end, () => (this.panning = false));
  }

  #build() {
    const { network, canvas, svg } = this;
    const height = Math.max(...this.networks.map((other) => fitHeight(other, this.width)));
    const placed = fitted(network, this.width, this.zoom, height);
    Object.assign(this, placed);
    this.heads = new Map();
    this.paths = network.layout.routes.map((route, c) => {
      const [start, end] = [network.source[c], network.target[c]].map((node) => [this.px[node], this.py[node]]);
      if (!network.recurrent.has(c)) return curve([start, ...route.slice(1, -1).map(placed.place), end]);
      const points = arcPoints(start, end, route.slice(1, -1).map(([, y]) => placed.place([0, y])[1]), this.radius);
      this.heads.set(c, arcHead(points, this.radius));
      return arcPath(points);
    });
    this.scroller.style.height = `${height}px`;
    svg.setAttribute("viewBox", `0 0 ${this.size.join(" ")}`);
    svg.setAttribute("width", this.size[0]);
    svg.setAttribute("height", this.size[1]);
    const ratio = window.devicePixelRatio || 1;
    this.seen = [this.width, height];
    [canvas.width, canvas.height] = this.seen.map((length) => length * ratio);
    [canvas.style.width, canvas.style.height] = this.seen.map((length) => `${length}px`);
    this.host.classList.toggle("zoomed", this.zoom > 1);
    byId("zoom-out").disabled = byId("zoom-fit").disabled = this.zoom === 1;
    byId("zoom-in").disabled = this.zoom === ZOOMS.at(-1);
    this.#buildNodes();
    this.#applyIsolation();
  }
  // An input that is a pixel: a square that shows its value.
  #addPixel(node) {
    const { network, cell } = this;
    const rect = svgElement("rect", {
      class: network.isUsed(node) ? "node pixel" : "node pixel unused",
      x: (this.px[node] - cell / 2).toFixed(1),
      y: (this.py[node] - cell / 2).toFixed(1),
      width: (cell - 0.8).toFixed(1),
      height: (cell - 0.8).toFixed(1),
      ...this.#handlers(node),
    });
    this.svg.append(rect);
    this.nodes.push({ group: rect, pixel: rect, used: network.isUsed(node) });
  }

  #handlers(node) {
    const activation = this.network.activation(node);
    return {
      role: "button",
      tabindex: node === 0 ? 0 : -1,
      "aria-pressed": "false",
      "aria-label": `${this.network.name(node)}${activation ? `, ${activation.label}` : ", input"}`,
      onclick: () => this.#isolate(node),
      onpointerenter: () => this.#show(node),
      onfocus: () => this.#onFocus(node),
      onblur: () => this.#show(null),
    };
  }

  #buildNodes() {
    const { network, radius } = this;
    const focused = this.nodes?.findIndex((parts) => parts.group === document.activeElement) ?? -1;
    this.nodes = null; // what is taken away loses the focus, which asks for an update
    this.svg.replaceChildren();
    this.nodes = [];
    const detailed = network.nodeCount <= MAX_CURVES && radius >= 4.5;
    for (let node = 0; node < network.nodeCount; ++node) {
      const activation = network.activation(node);
      if (network.image && node >= 1 && node < network.fixedCount) {
        this.#addPixel(node);
        continue;
      }
      const group = svgElement("g", {
        class: network.isUsed(node) ? "node" : "node unused",
        transform: `translate(${this.px[node].toFixed(1)},${this.py[node].toFixed(1)})`,
        ...this.#handlers(node),
      });
      const parts = { group, used: network.isUsed(node) };
      parts.ring = svgElement("circle", { class: "ring", r: radius, fill: activation ? activation.colour : "var(--surface)" });
      group.append(svgElement("circle", { class: "target", r: Math.max(radius, 7) }), parts.ring);
      if (detailed) this.#addCurve(parts, activation);
      this.svg.append(group);
      this.nodes.push(parts);
    }
    this.#addNames();
    if (focused >= 0) this.nodes[Math.min(focused, this.nodes.length - 1)].group.focus({ preventScroll: true });
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

  // Names of inputs and outputs beside them, of activations below them; what would lie on something is left out.
  #addNames() {
    const { network, radius, px, py } = this;
    const free = freeSpace(px, py, radius + 1, this.size);
    const text = (node, look, x, y, anchor, content) =>
      this.nodes[node].group.append(svgElement("text", { class: look, x, y, "text-anchor": anchor }, content));
    let lowest = -Infinity;
    const beside = (node, x, anchor) => {
      if (py[node] - lowest < NAME_SPACE) return;
      lowest = py[node];
      const content = cut(network.name(node), this.letters);
      const width = widthOf(content, this.font);
      const [from, to] = anchor === "end" ? [x - width, x] : [x, x + width];
      free([px[node] + from, py[node] - 6, px[node] + to, py[node] + 6]);
      text(node, "name", x, 4, anchor, content);
    };
    const byHeight = (a, b) => py[a] - py[b];
    const fixed = network.image ? [0] : Array.from({ length: network.fixedCount }, (_, i) => i).sort(byHeight);
    for (const node of fixed) beside(node, -radius - 8, "end");
    lowest = -Infinity;
    const outputs = network.outputs.map((_, i) => network.nodeCount - network.outputs.length + i).sort(byHeight);
    // An output that feeds another one has connections where its name would stand.
    const feeding = outputs.filter((node) => network.feedsOthers(node));
    for (const node of outputs) if (!feeding.includes(node)) beside(node, radius + 8, "start");
    for (const node of feeding) text(node, "name", 0, -radius - 6, "middle", cut(network.name(node), this.letters));
    if (radius < 8) return;
    for (let node = network.fixedCount; node < network.nodeCount; ++node) {
      const { short } = network.activation(node);
      const half = 3.1 * short.length;
      if (free([px[node] - half, py[node] + radius + 3, px[node] + half, py[node] + radius + 14]))
        text(node, "kind", 0, radius + 12, "middle", short);
    }
  }

  // Shows the present values. `weight` is the shared weight, or null for the individual ones.
  update(weight) {
    if (!this.nodes) return;
    const { network, colours } = this;
    const losses = this.losses ? lossStrengths(this.losses.nodes) : null;
    for (let node = 0; node < network.nodeCount; ++node) {
      const parts = this.nodes[node];
      const value = network.values[node];
      const lost = losses?.[node] ?? 0;
      if (parts.pixel) {
        parts.pixel.style.fill = losses ? colours.negative : "";
        parts.pixel.setAttribute("fill-opacity", Math.max(0, Math.min(1, losses ? lost : value)).toFixed(2));
        continue;
      }
      const signal = parts.used ? Math.abs(value) / (1 + Math.abs(value)) : 0;
      const strength = losses ? lost : signal;
      parts.ring.setAttribute("stroke", losses ? lossColour(lost, colours) : value < 0 ? colours.negative : colours.positive);
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
    const { context, network, colours, scroller, kept } = this;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, ...this.seen);
    context.translate(-scroller.scrollLeft, -scroller.scrollTop);
    const losses = this.losses ? lossStrengths(this.losses.losses) : null;
    const fade = Math.min(1, Math.max(0.25, 10 / Math.sqrt(this.keptCount)));
    for (let c = 0; c < this.paths.length; ++c) {
      const [source, target] = [network.source[c], network.target[c]];
      const apart = kept && !(kept.has(source) && kept.has(target));
      const shown = this.shown !== null && (source === this.shown || target === this.shown);
      const signal = losses ? -losses[c] : network.signal(c, weight);
      const strength = losses ? losses[c] : Math.abs(signal) / (1 + Math.abs(signal));
      // Of many connections, the few that matter stand out.
      const solid = shown ? 1 : losses ? Math.max(fade, strength) : fade;
      context.globalAlpha = apart ? 0.04 : solid * (0.28 + 0.72 * strength);
      context.lineWidth = ((0.7 + 3.2 * strength) * Math.max(0.5, losses ? solid : fade) + (shown ? 0.8 : 0)) * (this.radius < 8 ? 0.7 : 1);
      const shade = signal < 0 ? colours.negative : colours.positive;
      context.strokeStyle = losses ? lossColour(strength, colours) : strength < LEAST_STRENGTH ? colours.edge : shade;
      const recurrent = network.recurrent.has(c);
      const dashes = !losses && signal < 0 && strength >= LEAST_STRENGTH ? [6, 4] : [];
      context.setLineDash(recurrent ? RECURRENT_DASHES : dashes);
      context.stroke(this.paths[c]);
      if (!recurrent) continue;
      context.fillStyle = context.strokeStyle;
      context.fill(this.heads.get(c));
    }
    context.globalAlpha = 1;
  }

  #explain(node, weight) {
    const { network } = this;
    const value = format(network.values[node]);
    if (this.losses && node < this.losses.nodes.length) {
      const [loss, error] = [this.losses.nodes[node], this.losses.errors[node]].map((x) => formatScore(x));
      return `${network.name(node)}: without it ${loss} ± ${error} of the reward is lost`;
    }
    const activation = network.activation(node);
    if (!activation) return `${network.name(node)} = ${value}${network.isUsed(node) ? "" : " (not used)"}`;
    const names = network.sourceNames(node, 20);
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
      this.readout.textContent = this.isolated === null ? HINT : `what feeds ${this.network.name(this.isolated)}; Escape or a click beside shows all`;
    }
    this.onIdle?.();
  }

  #onFocus(node) {
    for (const parts of this.nodes) parts.group.setAttribute("tabindex", -1);
    const { group } = this.nodes[node];
    group.setAttribute("tabindex", 0);
    if (this.zoom > 1) group.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.#show(node);
  }

  #isolate(node) {
    this.isolated = this.isolated === node ? null : node;
    this.#applyIsolation();
    this.onIdle?.();
  }

  #applyIsolation() {
    const { network } = this;
    this.kept = this.isolated === null ? null : network.ancestors(this.isolated);
    const isKept = (c) => !this.kept || (this.kept.has(network.source[c]) && this.kept.has(network.target[c]));
    this.keptCount = network.source.filter((_, c) => isKept(c)).length;
    this.nodes?.forEach((parts, node) => {
      parts.group.classList.toggle("apart", this.kept !== null && !this.kept.has(node));
      parts.group.setAttribute("aria-pressed", String(this.isolated === node));
    });
    const first = network.nodeCount - network.outputs.length;
    [...this.parts.querySelectorAll("button")].forEach((button, i) =>
      button.setAttribute("aria-pressed", String(i === 0 ? this.isolated === null : this.isolated === first + i - 1)),
    );
  }

  // Arrow keys go to the nearest node in that direction; Enter isolates; Escape shows all; plus, minus and 0 zoom.
  #onKey(event) {
    const node = this.nodes.findIndex((parts) => parts.group === document.activeElement);
    if (event.key === "Escape" && this.isolated !== null) this.#isolate(this.isolated);
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key in ZOOM_KEYS) event.key === "0" ? this.setZoom(1) : this.#zoomBy(ZOOM_KEYS[event.key]);
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
      const x = this.px[other] - this.px[node];
      const y = this.py[other] - this.py[node];
      const along = x * dx + y * dy;
      const distance = along + 3 * Math.abs(x * dy + y * dx);
      if (along > 1 && distance < nearest) [best, nearest] = [other, distance];
    }
    return best;
  }

  // Buttons that show only what serves one output: a class, a joint.
  #drawParts() {
    const { outputs, nodeCount } = this.network;
    this.parts.hidden = outputs.length < 2 || outputs.length > MAX_PARTS;
    const button = (label, action) =>
      element("button", { type: "button", class: "chip", "aria-pressed": "false", onclick: action }, label);
    this.parts.replaceChildren(
      element("span", { class: "note" }, "Only what serves:"),
      button("all", () => this.isolated !== null && this.#isolate(this.isolated)),
      ...outputs.map((name, i) => button(cut(name, 20), () => this.#isolate(nodeCount - outputs.length + i))),
    );
  }

  // All activations of any champion, so that the legend keeps its size when another is shown.
  #drawLegend() {
    const occurring = new Set(this.networks.flatMap((network) => network.activations));
    this.legend.replaceChildren(
      ...Object.values(ACTIVATIONS).filter((a) => occurring.has(a)).map((a) => {
        const count = this.network.activations.filter((other) => other === a).length;
        const swatch = svgElement("svg", { width: 14, height: 14, "aria-hidden": "true" });
        swatch.append(svgElement("circle", { cx: 7, cy: 7, r: 6, fill: a.colour, stroke: "currentColor" }));
        return element("li", {}, swatch, ` ${a.label} ${count}`);
      }),
      ...(this.networks.some((network) => network.recurrent.size) ? [this.#recurrentEntry()] : []),
    );
  }

  #recurrentEntry() {
    const swatch = svgElement("svg", { width: 22, height: 14, "aria-hidden": "true" });
    const dashes = RECURRENT_DASHES.join(" ");
    swatch.append(svgElement("path", { d: "M1 12C5 -1 17 -1 21 12", fill: "none", stroke: "currentColor", "stroke-dasharray": dashes }));
    return element("li", {}, swatch, ` recurrent ${this.network.recurrent.size}: what was a step ago`);
  }
}

const HINT = "Point at a node to read it; click it to see only what feeds it.";
const ZOOM_KEYS = { "+": 1, "=": 1, "-": -1, 0: 0 };
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// How strongly to show losses, 0 to 1 for the largest: by the root, so that one outlier does not hide all others. A gain is
// no loss.
function lossStrengths(losses) {
  const largest = Math.max(...losses, 1e-9);
  return losses.map((loss) => Math.sqrt(Math.max(0, loss) / largest));
}

function lossColour(strength, colours) {
  return strength < LEAST_LOSS ? colours.edge : colours.negative;
}

// A recurrent connection: from above its source to above its target. The heights are those of its handles.
function arcPoints(start, end, heights, radius) {
  const beside = 1.3 * Math.max(radius, 6);
  return [start, [start[0] + beside, heights[0]], [end[0] - beside, heights[1]], end];
}

function arcPath([start, a, b, end]) {
  const path = new Path2D();
  path.moveTo(...start);
  path.bezierCurveTo(...a, ...b, ...end);
  return path;
}

// The head of its arrow, where it meets the target.
function arcHead([start, a, b, end], radius) {
  const at = (t) => {
    const [i, j, k, l] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t ** 2 * (1 - t), t ** 3];
    return [0, 1].map((axis) => i * start[axis] + j * a[axis] + k * b[axis] + l * end[axis]);
  };
  let t = 1;
  while (t > 0.5 && Math.hypot(at(t)[0] - end[0], at(t)[1] - end[1]) < radius + 1) t -= 0.01;
  const [tip, behind] = [at(t), at(t - 0.02)];
  const length = Math.hypot(tip[0] - behind[0], tip[1] - behind[1]) || 1;
  const [x, y] = [0, 1].map((axis) => (ARC_HEAD * (tip[axis] - behind[axis])) / length);
  const path = new Path2D();
  path.moveTo(...tip);
  path.lineTo(tip[0] - x - y / 2, tip[1] - y + x / 2);
  path.lineTo(tip[0] - x + y / 2, tip[1] - y - x / 2);
  path.closePath();
  return path;
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
