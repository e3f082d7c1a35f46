// Reward and connections of the last generation's individuals and of the search's champions, each with its Pareto front.

import { frame, paddedDomain } from "./chart.js";
import { byId, element, format, formatScore, onWidth, svgElement } from "./dom.js";

const PARETO_HEIGHT = 224;
const STAR = "M0,-8L2.1,-2.6 7.6,-2.5 3.2,1 4.7,6.5 0,3.3 -4.7,6.5 -3.2,1 -7.6,-2.5 -2.1,-2.6Z";

export class ParetoChart {
  constructor(pareto) {
    const host = byId("pareto");
    host.hidden = !pareto;
    if (!pareto) return;
    const { population, champions } = pareto;
    this.clouds = [
      ...(population ? [{ ...population, look: "front-0", of: "generation" }] : []),
      { ...champions, look: "front-1", of: "champions" },
    ];
    this.svg = svgElement("svg", { role: "img", "aria-label": description(this.clouds) });
    host.append(element("h3", {}, "mean reward by connections"), this.#key(population), this.svg);
    onWidth(host, (width) => this.#draw(width));
  }

  #key(population) {
    const swatch = (...parts) => {
      const svg = svgElement("svg", { width: 26, height: 14, "aria-hidden": "true" });
      svg.append(...parts);
      return svg;
    };
    const entry = (mark, text) => element("li", {}, mark, ` ${text}`);
    const line = (look) => svgElement("path", { class: `line ${look}`, d: "M1,7H25" });
    const size = population?.connections.length;
    return element(
      "ul",
      { class: "key" },
      ...(population
        ? [
            entry(swatch(dot(13, 7, "individual")), `${size} individuals of generation ${format(population.generation, 0)}`),
            entry(swatch(line("front-0"), dot(13, 7, "front-0")), "their Pareto front"),
          ]
        : []),
      entry(swatch(line("front-1"), dot(13, 7, "front-1")), "front of all champions"),
      entry(swatch(svgElement("path", { class: "star", d: STAR, transform: "translate(13,8) scale(0.85)" })), "the champion shown"),
    );
  }

  #draw(width) {
    const connections = this.clouds.flatMap((c) => c.connections);
    this.scales = frame(this.svg, {
      width,
      height: PARETO_HEIGHT,
      xDomain: paddedDomain(connections, 0),
      yDomain: paddedDomain(this.clouds.flatMap((c) => c.rewards)),
      xLabel: "connections",
    });
    for (const cloud of this.clouds) this.#drawCloud(cloud);
    this.star = svgElement("path", { class: "star", d: STAR, visibility: "hidden" });
    this.svg.append(this.star);
    if (this.marked) this.mark(...this.marked);
  }

  #drawCloud({ connections, rewards, front, look, of }) {
    const { x, y } = this.scales;
    const place = (i) => [x.at(connections[i]).toFixed(1), y.at(rewards[i]).toFixed(1)];
    if (of === "generation") this.svg.append(...connections.map((_, i) => dot(...place(i), "individual")));
    const steps = front.map((i, k) => (k ? `H${place(i)[0]}V${place(i)[1]}` : `M${place(i).join()}`)).join("");
    this.svg.append(svgElement("path", { class: `line ${look}`, d: steps }), ...front.map((i) => dot(...place(i), look)));
  }

  // Marks a champion by its connections and its confirmed mean reward.
  mark(connections, reward) {
    this.marked = [connections, reward];
    if (!this.star) return;
    const known = Number.isFinite(reward);
    this.star.setAttribute("visibility", known ? "visible" : "hidden");
    if (known)
      this.star.setAttribute("transform", `translate(${this.scales.x.at(connections).toFixed(1)},${this.scales.y.at(reward).toFixed(1)})`);
  }
}

const dot = (cx, cy, look) => svgElement("circle", { class: look, cx, cy, r: 2.4, "stroke-width": 0 });

function description(clouds) {
  const fronts = clouds.map(({ of, connections, rewards, front }) => {
    const points = [front[0], front.at(-1)].map((i) => `${connections[i]} connections ${formatScore(rewards[i])}`);
    return `${of === "generation" ? "the last generation" : "all champions"}: from ${points.join(" to ")}`;
  });
  return `Pareto front of mean reward by connections; ${fronts.join("; ")}`;
}
