// Line charts: axes with few ticks, bands, and lines, as SVG in pixels so that letters keep their size.

import { format, svgElement } from "./dom.js";

export const MARGIN = { left: 46, right: 14, top: 14, bottom: 40 };

export class Scale {
  constructor(domain, range) {
    [this.low, this.high] = domain;
    [this.from, this.to] = range;
  }

  at(value) {
    return this.from + ((value - this.low) / (this.high - this.low || 1)) * (this.to - this.from);
  }

  inverse(pixel) {
    return this.low + ((pixel - this.from) / (this.to - this.from)) * (this.high - this.low);
  }
}

// About `count` round numbers in [low, high].
export function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) found.push(i * step);
  return { values: found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

// A little more than the range of the values, so that lines keep off the frame.
export function paddedDomain(values, floor = null) {
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
  const pad = (high - low) * 0.06;
  return [floor === null ? low - pad : Math.min(floor, low), high + pad];
}

export function linePath(xs, ys, x, y) {
  return xs.map((value, i) => `${i ? "L" : "M"}${x.at(value).toFixed(1)},${y.at(ys[i]).toFixed(1)}`).join("");
}

export function bandPath(xs, low, high, x, y) {
  const back = xs.map((_, i) => xs.length - 1 - i);
  return `${linePath(xs, high, x, y)}${back
    .map((i) => `L${x.at(xs[i]).toFixed(1)},${y.at(low[i]).toFixed(1)}`)
    .join("")}Z`;
}

// An empty chart in `svg`; gives its scales.
export function frame(svg, { width, height, xDomain, yDomain, xLabel, xTicks }) {
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  const x = new Scale(xDomain, [MARGIN.left, width - MARGIN.right]);
  const y = new Scale(yDomain, [height - MARGIN.bottom, MARGIN.top]);
  const grid = svgElement("g", { class: "grid" });
  const labels = svgElement("g", { class: "labels" });
  const vertical = ticks(...yDomain, Math.max(2, Math.round(height / 50)));
  for (const value of vertical.values) {
    grid.append(svgElement("line", { x1: x.from, x2: x.to, y1: y.at(value), y2: y.at(value) }));
    labels.append(text(x.from - 7, y.at(value) + 4, format(value, vertical.digits), "end"));
  }
  const horizontal = xTicks ?? ticks(...xDomain, Math.max(2, Math.round(width / 90)));
  for (const value of horizontal.values) {
    grid.append(svgElement("line", { x1: x.at(value), x2: x.at(value), y1: y.from, y2: y.from + 4 }));
    labels.append(text(x.at(value), y.from + 17, format(value, horizontal.digits), "middle"));
  }
  if (xLabel) labels.append(text((x.from + x.to) / 2, y.from + 34, xLabel, "middle"));
  svg.append(grid, labels);
  return { x, y };
}

const text = (x, y, content, anchor) => svgElement("text", { x, y, "text-anchor": anchor }, content);
