// Draws the scene of a task: shapes that stand still and shapes that move with bodies; see src/wann/tasks/scene.py.
// Lengths are the task's, y is up. Bodies are told as one row of numbers: x, y and angle of the first, of the second, ...

import { svgElement } from "./dom.js";
import { reachOf, viewAt } from "./view.js";

const SMALLEST_ACTION = 0.02; // smaller ones have no arrow
const HEAD = 4; // an arrow's head, as a part of its width
const HEAD_ANGLE = 0.64; // of its strokes against the shaft, in radians
const MAP_SHARE = 0.22; // of the scene's width, for a map in its corner
const MAP_MARGIN = 0.015;

export class SceneView {
  constructor({ shapes, view, description, overview }) {
    this.view = view;
    this.groups = []; // what moves with a body
    this.arrows = [];
    this.trails = [];
    this.labels = [];
    this.still = []; // what is only drawn while it is in view
    this.world = svgElement("g");
    for (const shape of shapes) this.#add(shape);
    const [width, height] = view.size;
    this.node = svgElement("svg", {
      class: "scene-view",
      viewBox: `${-width / 2} ${-height / 2} ${width} ${height}`,
      role: "img",
      "aria-label": description,
    });
    this.node.append(this.world);
    this.pastSeconds = Math.max(0, ...this.trails.map(({ shape }) => shape.seconds));
    if (overview) this.#addMap(overview);
  }

  // In the upper right corner.
  #addMap(overview) {
    const [width, height] = this.view.size;
    this.map = new SceneView(overview);
    const share = (MAP_SHARE * width) / overview.view.size[0];
    const [across, down] = overview.view.size.map((v) => v * share);
    const place = { x: width / 2 - across - MAP_MARGIN * width, y: -height / 2 + MAP_MARGIN * width, width: across, height: down };
    for (const [name, value] of Object.entries(place)) this.map.node.setAttribute(name, value.toFixed(3));
    this.map.node.setAttribute("class", "scene-map");
    this.node.append(svgElement("rect", { class: "scene-map-ground", rx: 0.008 * width, ...place }), this.map.node);
  }

  // The place of a pointer in the scene.
  place(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(this.world.getScreenCTM().inverse());
  }

  // `actions` led to where the bodies are; `past` are rows of where they were, oldest first.
  draw(bodies, actions, past) {
    for (const { node, body } of this.groups) node.setAttribute("transform", placed(bodies, body));
    for (const { node, shape } of this.arrows) node.setAttribute("d", arrowPath(shape, actions[shape.action]));
    for (const { node, shape } of this.trails)
      node.setAttribute("points", [...past, bodies].map((row) => pointOf(row, shape)).join(" "));
    this.#look(viewAt(this.view, bodies));
    this.map?.draw(bodies, actions, past);
  }

  #look({ x, y, angle }) {
    const turn = this.view.turns ? ` rotate(${((angle * 180) / Math.PI).toFixed(2)})` : "";
    this.world.setAttribute("transform", `${turn} scale(1,-1) translate(${(-x).toFixed(3)},${(-y).toFixed(3)})`.trim());
    if (this.view.follows === null) return;
    const radius = Math.hypot(...this.view.size) / 2;
    for (const shown of this.still) {
      const near = Math.hypot(shown.reach.x - x, shown.reach.y - y) <= shown.reach.radius + radius;
      if (near === shown.near) continue;
      shown.near = near;
      shown.node.style.display = near ? "" : "none";
    }
    if (this.view.turns) for (const { node, shape } of this.labels) node.setAttribute("transform", upright(shape, angle));
  }

  #add(shape) {
    const node = MAKERS[shape.kind](shape);
    node.classList.add(`role-${shape.role.replace(" ", "-")}`);
    if (shape.kind === "trail") {
      this.trails.push({ node, shape });
      this.world.append(node);
      return;
    }
    if (shape.kind === "arrow") this.arrows.push({ node, shape });
    if (shape.kind === "label") this.labels.push({ node, shape });
    const reach = reachOf(shape);
    if (reach) this.still.push({ node, reach, near: true });
    this.#groupOf(shape.body).append(node);
  }

  // Shapes that follow each other and move with one body stand in one group.
  #groupOf(body) {
    if (body === null) return this.world;
    const last = this.groups.at(-1);
    if (last && last.body === body && last.node === this.world.lastChild) return last.node;
    const node = svgElement("g", { class: `body-${body}` });
    this.groups.push({ node, body });
    this.world.append(node);
    return node;
  }
}

const MAKERS = {
  polygon: ({ points, body }) =>
    svgElement("polygon", { class: body === null ? "filled" : "filled moving", points: points.join(" ") }),
  line: ({ points, width }) => svgElement("polyline", { class: "stroked", "stroke-width": width, points: points.join(" ") }),
  disc: ({ center, radius }) => svgElement("circle", { class: "filled", cx: center[0], cy: center[1], r: radius }),
  label: (shape) => {
    const node = svgElement("g", { transform: upright(shape, 0) });
    node.append(svgElement("text", { class: "scene-label", "font-size": shape.height, "text-anchor": "middle" }, shape.text));
    return node;
  },
  arrow: ({ width }) => svgElement("path", { class: "stroked", "stroke-width": width }),
  trail: ({ width }) => svgElement("polyline", { class: "stroked trail", "stroke-width": width }),
};

function upright({ point }, angle) {
  const place = point.map((v) => v.toFixed(3)).join(",");
  return `translate(${place}) rotate(${((angle * 180) / Math.PI).toFixed(2)}) scale(1,-1)`;
}

function placed(bodies, body) {
  const [x, y, angle] = bodies.slice(3 * body, 3 * body + 3);
  return `translate(${x.toFixed(4)},${y.toFixed(4)}) rotate(${((angle * 180) / Math.PI).toFixed(2)})`;
}

// Where a point of a body is in the world.
function pointOf(bodies, { body, point }) {
  const [x, y, angle] = bodies.slice(3 * body, 3 * body + 3);
  const [s, c] = [Math.sin(angle), Math.cos(angle)];
  return `${(x + c * point[0] - s * point[1]).toFixed(3)},${(y + s * point[0] + c * point[1]).toFixed(3)}`;
}

function arrowPath({ start, vector, gap, width }, action) {
  const size = Math.min(Math.max(action, -1), 1);
  if (!(Math.abs(size) >= SMALLEST_ACTION)) return "";
  const [dx, dy] = vector.map((v) => v * size);
  const length = Math.hypot(dx, dy);
  const tail = [start[0] + (dx / length) * gap, start[1] + (dy / length) * gap];
  const tip = [tail[0] + dx, tail[1] + dy];
  const back = Math.atan2(-dy, -dx);
  const head = HEAD * width * Math.min(1, 2 * Math.abs(size));
  const strokes = [HEAD_ANGLE, -HEAD_ANGLE].map(
    (turn) => `M${tip.map(rounded)}l${rounded(head * Math.cos(back + turn))},${rounded(head * Math.sin(back + turn))}`,
  );
  return `M${tail.map(rounded)}L${tip.map(rounded)}${strokes.join("")}`;
}

const rounded = (x) => x.toFixed(3);
