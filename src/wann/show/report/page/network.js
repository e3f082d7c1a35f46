// A network and its forward pass, in float32 and in the core's order of operations.

import { ACTIVATIONS } from "./activations.js";
import { f32, fma } from "./float32.js";

export class Network {
  // `description` is what show/report/data.py writes: names, activations of hidden and output nodes, connections sorted by
  // target, individual weights or null, and the layout.
  constructor(description) {
    this.inputs = description.inputs;
    this.outputs = description.outputs;
    this.source = description.source;
    this.target = description.target;
    this.weights = description.weights ? Float32Array.from(description.weights) : null;
    this.sharedWeight = description.sharedWeight;
    this.layout = description.layout;
    this.image = description.image; // rows and columns, where the inputs are pixels
    this.fixedCount = 1 + this.inputs.length;
    this.activations = description.activations.map((number) => ACTIVATIONS[number]);
    this.nodeCount = this.fixedCount + this.activations.length;
    this.hiddenCount = this.activations.length - this.outputs.length;
    this.values = new Float32Array(this.nodeCount);
    this.sums = new Float32Array(this.nodeCount);
    this.first = firstConnections(this.target, this.fixedCount, this.activations.length);
    this.used = new Set(this.source);
  }

  // Computes every node. `weight` is the shared weight, or null for the individual ones.
  forward(inputs, weight) {
    const { values, sums, source, first, weights } = this;
    values[0] = 1;
    values.set(inputs, 1);
    for (let k = 0; k < this.activations.length; ++k) {
      let sum = 0;
      if (weight === null) {
        for (let c = first[k]; c < first[k + 1]; ++c) sum = fma(weights[c], values[source[c]], sum);
      } else {
        for (let c = first[k]; c < first[k + 1]; ++c) sum = f32(sum + values[source[c]]);
        sum = f32(sum * weight);
      }
      sums[this.fixedCount + k] = sum;
      values[this.fixedCount + k] = this.activations[k].apply(sum);
    }
    return values.subarray(this.nodeCount - this.outputs.length);
  }

  // What connection c carries at present.
  signal(c, weight) {
    return this.values[this.source[c]] * (weight === null ? this.weights[c] : weight);
  }

  activation(node) {
    return node < this.fixedCount ? null : this.activations[node - this.fixedCount];
  }

  isOutput(node) {
    return node >= this.nodeCount - this.outputs.length;
  }

  isUsed(node) {
    return node >= this.fixedCount || this.used.has(node);
  }

  name(node) {
    if (node === 0) return "bias";
    if (node < this.fixedCount) return this.inputs[node - 1];
    if (this.isOutput(node)) return this.outputs[node - this.nodeCount + this.outputs.length];
    return `node ${node}`;
  }

  sourcesOf(node) {
    if (node < this.fixedCount) return [];
    const k = node - this.fixedCount;
    return this.source.slice(this.first[k], this.first[k + 1]);
  }

  // The node and all that feeds it, directly or through others.
  ancestors(node) {
    const found = new Set([node]);
    for (let c = this.source.length - 1; c >= 0; --c) if (found.has(this.target[c])) found.add(this.source[c]);
    return found;
  }
}

function firstConnections(target, fixedCount, computedCount) {
  const first = new Uint32Array(computedCount + 1);
  for (const t of target) ++first[t - fixedCount + 1];
  for (let k = 0; k < computedCount; ++k) first[k + 1] += first[k];
  return first;
}
