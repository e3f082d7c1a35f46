// Draws the scene of a task: shapes that stand still and shapes that move with bodies; see src/wann/tasks/scene.py.
// Lengths are the task's, y is up. Bodies are told as one row of numbers: x, y and angle of the first, of the second, ...

import { svgElement } from "./dom.js";

const SMALLEST_ACTION = 0.02; // smaller ones have no arrow
const HEAD = 4; // an arrow's head, as a part of its width
const HEAD_ANGLE = 0.64; // of its strokes against the shaft, in radians

export class SceneView {
  constructor({ shapes, view, description }) {
    this.view = view;
    this.groups = []; // what moves with a body
    this.arrows = [];
    this.trails = [];
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
    const { center, follows, share } = this.view;
    const [x, y] = follows === null ? [0, 0] : [share[0] * bodies[3 * follows], share[1] * bodies[3 * follows + 1]];
    this.world.setAttribute("transform", `translate(${(-center[0] - x).toFixed(3)},${(center[1] + y).toFixed(3)}) scale(1,-1)`);
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
  label: ({ text, point, height }) => {
    const upright = svgElement("g", { transform: `translate(${point.map((v) => v.toFixed(3)).join(",")}) scale(1,-1)` });
    upright.append(svgElement("text", { class: "scene-label", "font-size": height, "text-anchor": "middle" }, text));
    return upright;
  },
  arrow: ({ width }) => svgElement("path", { class: "stroked", "stroke-width": width }),
  trail: ({ width }) => svgElement("polyline", { class: "stroked trail", "stroke-width": width }),
};

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
