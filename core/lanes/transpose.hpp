// Samples lie one after the other in memory, and the kernels want them side by side in the lanes: transposition, a square of
// kLaneWidth samples and inputs at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "row.hpp"

namespace wann {

// Exchanges the lanes of a and b at distance `step`: afterwards a holds the lanes of both whose number lacks that bit, and b
// those that have it.
template <int step, int... lane>
inline void exchange_lanes(Lanes& a, Lanes& b, std::integer_sequence<int, lane...>) {
  const Lanes low = __builtin_shufflevector(a, b, (lane & step ? kLaneWidth + lane - step : lane)...);
  b = __builtin_shufflevector(a, b, (lane & step ? kLaneWidth + lane : lane + step)...);
  a = low;
}

template <int step>
inline void transpose_step(Lanes (&x)[kLaneWidth]) {
  for (int i = 0; i < kLaneWidth; ++i)
    if (!(i & step)) exchange_lanes<step>(x[i], x[i + step], std::make_integer_sequence<int, kLaneWidth>());
  if constexpr (step > 1) transpose_step<step / 2>(x);
}

// Afterwards lane j of x[i] is what lane i of x[j] was.
inline void transpose(Lanes (&x)[kLaneWidth]) { transpose_step<kLaneWidth / 2>(x); }

// Brings the first n values of kBlockLanes samples into n rows: lane s of rows[i] is sample[s][i].
inline void transpose_block(const float* const (&sample)[kBlockLanes], std::uint32_t n, Row* rows) {
  std::uint32_t i = 0;
  for (; i + kLaneWidth <= n; i += kLaneWidth) {
    for (int v = 0; v < kBlockVectors; ++v) {
      Lanes x[kLaneWidth];
      for (int s = 0; s < kLaneWidth; ++s) x[s] = load(sample[v * kLaneWidth + s] + i);
      transpose(x);
      for (int k = 0; k < kLaneWidth; ++k) rows[i + k][v] = x[k];
    }
  }
  for (; i < n; ++i) {
    float* out = reinterpret_cast<float*>(rows + i);
    for (int s = 0; s < kBlockLanes; ++s) out[s] = sample[s][i];
  }
}

}  // namespace wann
