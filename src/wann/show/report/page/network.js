// A network and its forward pass, in float32 and in the core's order of operations.

import { ACTIVATIONS } from "./activations.js";
import { cut } from "./fit.js";
import { clamp, f32, fma } from "./float32.js";

const MOST_REMEMBERED = 100; // of a hidden node or an output, as in core/network/network.hpp

export class Network {
  // `description` is what show/report/data.py writes: names, activations of hidden and output nodes, connections sorted by
  // target, which of them are recurrent, tuned weights or null, and the layout.
  //
  // Behind the nodes' values stand those of the step before that recurrent connections carry. An episode's steps are `forward`
  // and `remember`; `forget` is its start.
  constructor(description) {
    this.inputs = description.inputs;
    this.outputs = description.outputs;
    this.source = description.source;
    this.target = description.target;
    this.tuned = description.weights ? Float32Array.from(description.weights) : null;
    this.weights = this.tuned; // those that are used where there is no shared one
    this.sharedWeight = description.sharedWeight;
    this.layout = description.layout;
    this.image = description.image; // rows and columns, where the inputs are pixels
    this.fixedCount = 1 + this.inputs.length;
    this.activations = description.activations.map((number) => ACTIVATIONS[number]);
    this.nodeCount = this.fixedCount + this.activations.length;
    this.hiddenCount = this.activations.length - this.outputs.length;
    this.recurrent = new Set(description.recurrent);
    this.remembered = [...new Set(description.recurrent.map((c) => this.source[c]))].sort((a, b) => a - b);
    this.row = this.source.map((node, c) => (this.recurrent.has(c) ? this.nodeCount + this.remembered.indexOf(node) : node));
    this.values = new Float32Array(this.nodeCount + this.remembered.length);
    this.sums = new Float32Array(this.nodeCount);
    this.first = firstConnections(this.target, this.fixedCount, this.activations.length);
    this.used = new Set(this.source);
  }

  // A random weight for each connection, from U(-2, 2).
  randomWeights() {
    return Float32Array.from(this.source, () => 4 * Math.random() - 2);
  }

  forget() {
    this.values.fill(0, this.nodeCount);
  }

  remember() {
    this.remembered.forEach((node, m) => {
      const most = node < this.fixedCount ? Infinity : MOST_REMEMBERED;
      this.values[this.nodeCount + m] = clamp(this.values[node], -most, most);
    });
  }

  // Goes on from what it remembered at some step.
  recall(memory) {
    this.values.set(memory, this.nodeCount);
  }

  // Computes every node. `weight` is the shared weight, or null for the individual ones.
  forward(inputs, weight) {
    const { values, sums, row, first, weights } = this;
    values[0] = 1;
    values.set(inputs, 1);
    for (let k = 0; k < this.activations.length; ++k) {
      let sum = 0;
      if (weight === null) {
        for (let c = first[k]; c < first[k + 1]; ++c) sum = fma(weights[c], values[row[c]], sum);
      } else {
        for (let c = first[k]; c < first[k + 1]; ++c) sum = f32(sum + values[row[c]]);
        sum = f32(sum * weight);
      }
      sums[this.fixedCount + k] = sum;
      values[this.fixedCount + k] = this.activations[k].apply(sum);
    }
    return values.subarray(this.nodeCount - this.outputs.length, this.nodeCount);
  }

  // What connection c carries at present.
  signal(c, weight) {
    return this.values[this.row[c]] * (weight === null ? this.weights[c] : weight);
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

  // The names of what feeds the node directly.
  sourceNames(node, length) {
    if (node < this.fixedCount) return [];
    const k = node - this.fixedCount;
    const names = this.source.slice(this.first[k], this.first[k + 1]).map((source) => cut(this.name(source), length));
    return names.map((name, i) => (this.recurrent.has(this.first[k] + i) ? `${name} a step ago` : name));
  }

  // Whether an output has connections where its name would stand.
  feedsOthers(node) {
    return this.source.some((source, c) => source === node && !this.recurrent.has(c));
  }

  // The node and all that feeds it, directly or through others.
  ancestors(node) {
    const found = new Set([node]);
    // Once more where a recurrent connection led back.
    for (let before = 0; before < found.size; ) {
      before = found.size;
      for (let c = this.source.length - 1; c >= 0; --c) if (found.has(this.target[c])) found.add(this.source[c]);
    }
    return found;
  }
}

function firstConnections(target, fixedCount, computedCount) {
  const first = new Uint32Array(computedCount + 1);
  for (const t of target) ++first[t - fixedCount + 1];
  for (let k = 0; k < computedCount; ++k) first[k + 1] += first[k];
  return first;
}
