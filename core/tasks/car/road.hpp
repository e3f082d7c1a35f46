// The pieces of a road: tiles, and the border's stripes.
#pragma once

#include <array>
#include <cmath>
#include <vector>

#include "camera.hpp"
#include "geometry.hpp"
#include "track.hpp"

namespace wann::car {

using Quad = std::array<Point, 4>;

struct RoadPiece {
  enum class Kind : std::uint8_t { tile, white, red };
  Quad corner;
  Kind kind;
  int tile;
};

// The strip beside the middle of the road between the distances `from` and `to` from it, along tile i.
inline Quad strip_of(const Track& track, int i, double from, double to) {
  const TrackPoint& a = track.point[i];
  const TrackPoint& b = track.point[i ? i - 1 : track.size() - 1];
  const auto beside = [](const TrackPoint& p, double d) {
    return Point{p.x + d * std::cos(p.beta), p.y + d * std::sin(p.beta)};
  };
  return {beside(a, from), beside(a, to), beside(b, to), beside(b, from)};
}

// In the order in which they are drawn.
inline std::vector<RoadPiece> road_pieces(const Track& track) {
  std::vector<RoadPiece> pieces;
  for (int i = 0; i < track.size(); ++i) {
    pieces.push_back({strip_of(track, i, -kRoadHalfWidth, kRoadHalfWidth), RoadPiece::Kind::tile, i});
    if (!track.border[i]) continue;
    const double turn = track.point[i ? i - 1 : track.size() - 1].beta - track.point[i].beta;
    const double side = turn > 0 ? 1 : turn < 0 ? -1 : 0;
    pieces.push_back({strip_of(track, i, side * kRoadHalfWidth, side * (kRoadHalfWidth + kBorderWidth)),
                      i % 2 ? RoadPiece::Kind::red : RoadPiece::Kind::white, i});
  }
  return pieces;
}

// Levels of a tile's grey, until it is touched (kTouchedGrey) and before.
inline constexpr int kTouchedGrey = 102;
inline int tile_grey(int tile) { return kTouchedGrey + tile % 3 * 255 / 100; }

}  // namespace wann::car
