// The track of a car race: a closed line of points, and where it has a red and white border.
#pragma once

#include <cstdint>
#include <vector>

namespace wann::car {

struct TrackPoint {
  double alpha, beta, x, y;
};

// Tile i lies between the points i - 1 and i; tile 0 between the last and the first.
struct Track {
  std::vector<TrackPoint> point;
  std::vector<std::uint8_t> border;
  int size() const { return static_cast<int>(point.size()); }
};

}  // namespace wann::car
