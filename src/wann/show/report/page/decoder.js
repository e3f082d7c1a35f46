// From an encoder's latents back to a grey picture; see src/wann/vision/decoding.py. Values lie channel by channel within
// columns within rows.

import { unpacked } from "./packed.js";

export class Decoder {
  constructor({ latents, start, dense, deconvolutions }) {
    this.latents = latents;
    this.start = start;
    this.dense = read(dense);
    this.layers = deconvolutions.map((layer) => ({ ...layer, ...read(layer) }));
  }

  // Rows, columns, and values from 0 to 1: the mean of the picture's channels.
  picture(latents) {
    let [rows, columns, channels] = this.start;
    let values = rectified(weightedSums(this.dense, latents));
    for (const layer of this.layers) {
      const larger = deconvolved(values, rows, columns, channels, layer);
      ({ rows, columns, channels } = larger);
      values = layer === this.layers.at(-1) ? larger.values : rectified(larger.values);
    }
    const greys = new Float32Array(rows * columns);
    values.forEach((x, i) => (greys[Math.floor(i / channels)] += 1 / (1 + Math.exp(-x)) / channels));
    return { rows, columns, greys };
  }
}

const read = ({ weights, biases }) => ({ weights: unpacked(weights), biases: Float32Array.from(biases) });

const rectified = (values) => values.map((x) => Math.max(x, 0));

function weightedSums({ weights, biases }, inputs) {
  const sums = Float32Array.from(biases);
  weights.forEach((row, i) => {
    for (let k = 0; k < sums.length; ++k) sums[k] += inputs[i] * row[k];
  });
  return sums;
}

// Each value is spread over a square of the larger picture, weighted; what falls beyond its edges is lost.
function deconvolved(values, rows, columns, channels, { weights, biases, kernel, stride, padding, extra }) {
  const out = biases.length;
  const height = (rows - 1) * stride + kernel - 2 * padding + extra[0];
  const width = (columns - 1) * stride + kernel - 2 * padding + extra[1];
  const sums = new Float32Array(height * width * out).map((_, i) => biases[i % out]);
  values.forEach((value, place) => {
    if (value === 0) return;
    const cell = Math.floor(place / channels);
    const top = Math.floor(cell / columns) * stride - padding;
    const left = (cell % columns) * stride - padding;
    const row = weights[place % channels];
    for (let i = Math.max(-top, 0); i < Math.min(kernel, height - top); ++i)
      for (let j = Math.max(-left, 0); j < Math.min(kernel, width - left); ++j) {
        const from = (i * kernel + j) * out;
        const to = ((top + i) * width + left + j) * out;
        for (let k = 0; k < out; ++k) sums[to + k] += value * row[from + k];
      }
  });
  return { rows: height, columns: width, channels: out, values: sums };
}
