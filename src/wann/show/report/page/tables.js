// The run: curves of the search, scores, settings, and how to repeat it.

import { frame, linePath, paddedDomain } from "./chart.js";
import { byId, element, format, formatScore, onWidth, svgElement } from "./dom.js";

const CURVE_HEIGHT = 224;

export class Curves {
  constructor(curves) {
    byId("curves-section").hidden = !curves;
    if (!curves) return;
    this.generations = curves.generation;
    this.charts = [
      new Curve("curve-reward", curves, ["best", "median", "mean", "champion"], "mean reward"),
      new Curve("curve-size", curves, ["connections", "nodes", "median connections"], "size", 0),
    ];
  }

  // Marks the generation of the champion that is shown.
  mark(generation) {
    for (const chart of this.charts ?? []) chart.mark(generation);
  }
}

class Curve {
  constructor(id, curves, names, label, floor = null) {
    this.svg = svgElement("svg", { role: "img", "aria-label": `${label} by generation: ${names.join(", ")}` });
    this.names = names;
    this.curves = curves;
    this.floor = floor;
    const key = element(
      "ul",
      { class: "key" },
      ...names.map((name, i) => {
        const swatch = svgElement("svg", { width: 26, height: 8, "aria-hidden": "true" });
        swatch.append(svgElement("path", { class: `line series-${i}`, d: "M1,4H25" }));
        return element("li", {}, swatch, ` ${name}`);
      }),
    );
    byId(id).append(element("h3", {}, label), key, this.svg);
    onWidth(byId(id), (width) => this.#draw(width));
  }

  #draw(width) {
    const xs = this.curves.generation;
    const values = this.names.flatMap((name) => this.curves[name]);
    this.scales = frame(this.svg, {
      width,
      height: CURVE_HEIGHT,
      xDomain: [xs[0], Math.max(xs.at(-1), xs[0] + 1)],
      yDomain: paddedDomain(values, this.floor),
      xLabel: "generation",
    });
    const { x, y } = this.scales;
    this.names.forEach((name, i) =>
      this.svg.append(svgElement("path", { class: `line series-${i}`, d: linePath(xs, this.curves[name], x, y) })),
    );
    this.marker = svgElement("line", { class: "marker", y1: y.from, y2: y.to });
    this.svg.append(this.marker);
    this.mark(this.generation ?? xs.at(-1));
  }

  mark(generation) {
    this.generation = generation;
    if (!this.marker || generation === null) return;
    const place = this.scales.x.at(generation).toFixed(1);
    this.marker.setAttribute("x1", place);
    this.marker.setAttribute("x2", place);
  }
}

export function fillScores(scores) {
  byId("scores-section").hidden = !scores;
  if (!scores) return;
  // Rewards come as numbers, all else as text.
  const cell = (value) => element("td", {}, typeof value === "number" ? formatScore(value) : value);
  const row = ({ label, cells }) => element("tr", {}, element("th", { scope: "row" }, label), ...cells.map(cell));
  const head = element(
    "tr",
    {},
    ...["", ...scores.columns].map((h) => element(h ? "th" : "td", { scope: h ? "col" : null }, h)),
  );
  byId("scores").append(element("thead", {}, head), element("tbody", {}, ...scores.rows.map(row)));
  byId("scores-note").textContent = scores.note;
}

export function fillSettings(settings, commands) {
  byId("settings").append(
    ...settings.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
  byId("run-section").hidden = !commands.length;
  // Then nothing stands beside the scores.
  byId("scores-section").classList.toggle("wide", !commands.length);
  const text = commands.join("\n");
  byId("commands").replaceChildren(...commands.map(commandLine));
  const button = byId("copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(byId("commands"));
      button.textContent = "selected";
    }
    setTimeout(() => (button.textContent = "copy"), 1500);
  });
}

// A line that is broken between words only: a browser would also break it after a hyphen.
function commandLine(line) {
  const words = line.split(" ").flatMap((word, i) => [i ? " " : "", element("span", {}, word)]);
  return element("span", { class: "line" }, ...words);
}
