// Several vectors of lanes side by side: what one node of a network has as its value.
#pragma once

#include <cstddef>

#include "lanes.hpp"

namespace wann {

// Vectors that stand side by side in a row of node values. Four chains of independent operations hide the latency of each.
inline constexpr int kBlockVectors = 4;
inline constexpr int kBlockLanes = kBlockVectors * kLaneWidth;

struct Row {
  Lanes vector[kBlockVectors];
  Lanes& operator[](std::size_t v) { return vector[v]; }
  const Lanes& operator[](std::size_t v) const { return vector[v]; }
};

}  // namespace wann
