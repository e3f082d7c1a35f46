// The activation functions by the numbers that network files of the paper's authors use.

import { cosPi, gaussian32, sigmoid32, sinPi, tanh32 } from "./float32.js";

// reach: how far to the left and right of 0 the curve of a node is drawn; colour: of the node, as in the pictures.
export const ACTIVATIONS = {
  1: { label: "linear", short: "linear", formula: "x", reach: 2, colour: "#dfe3e8", apply: (x) => x },
  2: { label: "step", short: "step", formula: "1 where x > 0, else 0", reach: 2, colour: "#b39b86",
    apply: (x) => (x > 0 ? 1 : x <= 0 ? 0 : x) },
  3: { label: "sine", short: "sin", formula: "sin(πx)", reach: 1, colour: "#56b4e9", apply: sinPi },
  4: { label: "gaussian", short: "gauss", formula: "exp(−x²/2)", reach: 3, colour: "#f2d64b", apply: gaussian32 },
  5: { label: "tanh", short: "tanh", formula: "tanh(x)", reach: 3, colour: "#f0a35e", apply: tanh32 },
  6: { label: "sigmoid", short: "sigm", formula: "1/(1 + exp(−x))", reach: 6, colour: "#e58fb8", apply: sigmoid32 },
  7: { label: "inverse", short: "inv", formula: "−x", reach: 2, colour: "#a7b0bb", apply: (x) => -x },
  8: { label: "absolute", short: "abs", formula: "|x|", reach: 2, colour: "#4fc3a1", apply: Math.abs },
  9: { label: "relu", short: "relu", formula: "max(0, x)", reach: 2, colour: "#b6dc7d", apply: (x) => (x < 0 ? 0 : x) },
  10: { label: "cosine", short: "cos", formula: "cos(πx)", reach: 1, colour: "#9aa5ee", apply: cosPi },
};

// The range of an activation's values over its reach; curves are drawn in it.
export function valueRange(activation) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i <= 64; ++i) {
    const y = activation.apply((i / 32 - 1) * activation.reach);
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  return [low, high];
}
