// The weights that a network runs with, by lane.
#pragma once

namespace wann {

// One weight for each lane, shared by all connections, or a row of n_connections weights for each lane.
struct LaneWeights {
  const float* values;
  bool individual;
};

}  // namespace wann
