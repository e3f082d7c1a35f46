// Elements and numbers. Text from files only ever becomes text nodes and attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

export const element = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

export const svgElement = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

// A number for reading: a true minus sign, `digits` decimals.
export function format(x, digits = 2) {
  if (!Number.isFinite(x)) return "–";
  const text = Math.abs(x).toFixed(digits);
  return x < 0 && Number(text) !== 0 ? `−${text}` : text;
}

// As few digits as tell the number, up to three decimals: 1, −0.5, 0.25.
export const formatShort = (x) => String(Number(x.toFixed(3))).replace("-", "−");

// "1 node", "2 nodes".
export const counted = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

// Rewards and the like: three or so significant digits.
export function formatScore(x) {
  const size = Math.abs(x);
  return format(x, size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Calls `draw(width)` now and whenever the element's width changes.
export function onWidth(node, draw) {
  let last = 0;
  new ResizeObserver(() => {
    const width = Math.floor(node.clientWidth);
    if (width > 0 && width !== last) draw((last = width));
  }).observe(node);
  last = Math.floor(node.clientWidth);
  if (last > 0) draw(last);
}

// The value of a colour of the style sheet.
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
