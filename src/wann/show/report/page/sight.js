// What an encoder is given of a scene, and what its latents keep of it: small grey pictures.

import { Decoder } from "./decoder.js";
import { element } from "./dom.js";
import { reachOf, viewAt } from "./view.js";

const FINER = 4; // pixels are drawn so many times finer and then averaged

// Both pictures, with captions. There is no second one without a decoder.
export class Sight {
  constructor({ shapes, sight }, decoder) {
    this.seen = new SeenPicture(shapes, sight);
    this.canvases = [new GreyCanvas(sight)];
    this.node = element("div", { class: "sight" }, framed(this.canvases[0], `What the ${sight.who} sees`));
    if (!decoder) return;
    this.decoder = new Decoder(decoder);
    this.canvases.push(new GreyCanvas(sight));
    this.node.append(framed(this.canvases[1], "What the encoder keeps"));
  }

  draw(bodies, latents, seconds) {
    this.canvases[0].show(this.seen.picture(bodies, seconds));
    if (this.decoder) this.canvases[1].show(this.decoder.picture(latents));
  }
}

const framed = ({ node }, caption) => {
  node.setAttribute("aria-label", caption);
  return element("figure", {}, node, element("figcaption", {}, caption));
};

// A picture of greys from 0 to 1; its pixels are as wide and high as the view makes them.
class GreyCanvas {
  constructor({ rows, columns, view }) {
    this.node = element("canvas", { width: columns, height: rows, role: "img" });
    this.node.style.aspectRatio = view.size.join(" / ");
    this.context = this.node.getContext("2d");
  }

  show({ rows, columns, greys }) {
    const image = this.context.createImageData(columns, rows);
    greys.forEach((grey, i) => image.data.fill(Math.round(255 * grey), 4 * i, 4 * i + 3).fill(255, 4 * i + 3, 4 * i + 4));
    this.context.putImageData(image, 0, 0);
  }
}

// Draws the shapes that are seen in their greys, and takes the means of the fine pixels.
class SeenPicture {
  constructor(shapes, sight) {
    this.sight = sight;
    this.parts = shapes.filter(({ role, kind }) => role in sight.greys && kind in PATHS).map((shape) => new Part(shape, sight));
    const canvas = element("canvas", { width: FINER * sight.columns, height: FINER * sight.rows });
    this.context = canvas.getContext("2d", { willReadFrequently: true });
  }

  picture(bodies, seconds) {
    const { rows, columns, view } = this.sight;
    const zoom = this.#zoomAt(seconds);
    const { x, y, angle } = viewAt(view, bodies, zoom);
    const { context } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, FINER * columns, FINER * rows);
    context.translate((FINER * columns) / 2, (FINER * rows) / 2);
    context.scale((FINER * columns * zoom) / view.size[0], (-FINER * rows * zoom) / view.size[1]);
    context.rotate(-angle);
    context.translate(-x, -y);
    const reach = Math.hypot(...view.size) / 2 / zoom;
    for (const part of this.parts) if (part.isNear(x, y, reach)) part.draw(context, bodies);
    return { rows, columns, greys: this.#means() };
  }

  #zoomAt(seconds) {
    const { first_zoom: first, zoom_seconds: whole } = this.sight;
    return seconds >= whole ? 1 : first + ((1 - first) * seconds) / whole;
  }

  #means() {
    const { rows, columns } = this.sight;
    const { data } = this.context.getImageData(0, 0, FINER * columns, FINER * rows);
    const greys = new Float32Array(rows * columns);
    for (let i = 0; i < data.length / 4; ++i) {
      const column = Math.floor((i % (FINER * columns)) / FINER);
      const row = Math.floor(i / (FINER * FINER * columns));
      greys[row * columns + column] += data[4 * i] / (255 * FINER * FINER);
    }
    return greys;
  }
}

class Part {
  constructor(shape, { greys }) {
    const grey = Math.round(255 * greys[shape.role]);
    this.colour = `rgb(${grey},${grey},${grey})`;
    this.body = shape.body;
    this.width = shape.width ?? null;
    this.path = PATHS[shape.kind](shape);
    this.reach = reachOf(shape);
  }

  isNear(x, y, radius) {
    return this.reach === null || Math.hypot(this.reach.x - x, this.reach.y - y) <= this.reach.radius + radius;
  }

  draw(context, bodies) {
    context.save();
    if (this.body !== null) {
      context.translate(bodies[3 * this.body], bodies[3 * this.body + 1]);
      context.rotate(bodies[3 * this.body + 2]);
    }
    context.fillStyle = context.strokeStyle = this.colour;
    if (this.width === null) context.fill(this.path);
    else {
      context.lineWidth = this.width;
      context.lineCap = context.lineJoin = "round";
      context.stroke(this.path);
    }
    context.restore();
  }
}

const PATHS = {
  polygon: ({ points }) => new Path2D(`M${points.join("L")}Z`),
  line: ({ points }) => new Path2D(`M${points.join("L")}`),
  disc: ({ center, radius }) => {
    const path = new Path2D();
    path.arc(...center, radius, 0, 2 * Math.PI);
    return path;
  },
};
