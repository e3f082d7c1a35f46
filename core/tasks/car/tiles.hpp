// The road's tiles as shapes that wheels touch. A tile feels a wheel (it is a sensor); it does not push back.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "model.hpp"
#include "track.hpp"

namespace wann::car {

// Box2D's shapes touch within both their skins, and the rounding of its distance.
inline constexpr float kTouch = 2 * kSkin + 1.2e-6f;
inline constexpr float kWheelReach = 0.61f;  // of a wheel's corner from its centre

// Where a wheel stands: its centre and the direction of its axle.
struct WheelPlace {
  Vec2<float> centre, right;
};

// A convex polygon of at most four corners, counter-clockwise; side i runs from corner i to the next, and a point p is
// beyond it by normal · p - offset.
struct Tile {
  int n;
  Vec2<float> corner[4], normal[4];
  float offset[4];
};

namespace tile_detail {

inline std::vector<Vec2<float>> convex_hull(std::vector<Vec2<float>> points) {
  std::sort(points.begin(), points.end(), [](Vec2<float> a, Vec2<float> b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
  std::vector<Vec2<float>> hull;
  const auto add = [&hull](Vec2<float> p, std::size_t keep) {
    while (hull.size() > keep && cross(hull.back() - hull[hull.size() - 2], p - hull.back()) <= 0) hull.pop_back();
    hull.push_back(p);
  };
  for (const Vec2<float>& p : points) add(p, 1);
  const std::size_t lower = hull.size();
  for (std::size_t i = points.size() - 1; i-- > 0;) add(points[i], lower);
  hull.pop_back();
  return hull;
}

// A point of the road's line, and so far to its right.
inline Vec2<float> beside(const TrackPoint& p, double right) {
  return {static_cast<float>(p.x + right * std::cos(p.beta)), static_cast<float>(p.y + right * std::sin(p.beta))};
}

inline Tile make_tile(const Track& track, int i) {
  const TrackPoint &a = track.at(i), &b = track.before(i);
  const std::vector<Vec2<float>> hull = convex_hull(
      {beside(a, -kRoadHalfWidth), beside(a, kRoadHalfWidth), beside(b, kRoadHalfWidth), beside(b, -kRoadHalfWidth)});
  Tile t{};
  t.n = static_cast<int>(hull.size());
  for (int k = 0; k < 4; ++k) {
    // A triangle's last corner stands twice, and its second last side too.
    const Vec2<float> p = hull[static_cast<std::size_t>(std::min(k, t.n - 1))];
    const int side = std::min(k, t.n - 1);
    const Vec2<float> q = hull[static_cast<std::size_t>((side + 1) % t.n)];
    t.corner[k] = p;
    t.normal[k] = unit(right_normal(q - hull[static_cast<std::size_t>(side)]));
    t.offset[k] = dot(t.normal[k], p);
  }
  return t;
}

inline float distance_to_side(Vec2<float> p, Vec2<float> a, Vec2<float> b) {
  const Vec2<float> along = b - a, to = p - a;
  const float where = std::clamp(dot(to, along) / dot(along, along), 0.0f, 1.0f);
  const Vec2<float> apart = to - where * along;
  return std::sqrt(dot(apart, apart));
}

// Of two convex polygons that do not overlap.
inline float distance_between(std::span<const Vec2<float>> p, std::span<const Vec2<float>> q) {
  float least = 1e30f;
  const auto look = [&least](std::span<const Vec2<float>> points, std::span<const Vec2<float>> sides) {
    for (const Vec2<float>& x : points)
      for (std::size_t i = 0; i < sides.size(); ++i)
        least = std::min(least, distance_to_side(x, sides[i], sides[(i + 1) % sides.size()]));
  };
  look(p, q);
  look(q, p);
  return least;
}

}  // namespace tile_detail

// Whether a wheel touches a tile: by the widest gap along the normals of both (separating axes), and by their distance where
// that is within the skins.
inline bool touches(const Tile& tile, const WheelPlace& wheel) {
  constexpr float kHalfWidth = static_cast<float>(kWheelHalfWidth * kSize),
                  kHalfLength = static_cast<float>(kWheelRadius * kSize);
  const Vec2<float> right = wheel.right, forward = {-right.y, right.x};
  float beyond[4], gap = -1e30f;
  for (int k = 0; k < 4; ++k) {
    beyond[k] = dot(tile.normal[k], wheel.centre) - tile.offset[k];
    gap = std::max(gap, beyond[k]);
  }
  if (gap <= 0) return true;
  if (gap > kWheelReach + kTouch) return false;
  gap = -1e30f;
  for (int k = 0; k < 4; ++k) {
    const float reach =
        kHalfWidth * std::abs(dot(tile.normal[k], right)) + kHalfLength * std::abs(dot(tile.normal[k], forward));
    gap = std::max(gap, beyond[k] - reach);
  }
  const auto along = [&](Vec2<float> axis, float half) {
    float low = 1e30f, high = -1e30f;
    for (const Vec2<float>& c : tile.corner) {
      const float at = dot(axis, c - wheel.centre);
      low = std::min(low, at);
      high = std::max(high, at);
    }
    return std::max(low - half, -high - half);
  };
  gap = std::max({gap, along(right, kHalfWidth), along(forward, kHalfLength)});
  if (gap <= 0 || gap > kTouch) return gap <= 0;
  Vec2<float> corner[4];
  for (int k = 0; k < 4; ++k) {
    const float x = k == 1 || k == 2 ? kHalfWidth : -kHalfWidth, y = k >= 2 ? kHalfLength : -kHalfLength;
    corner[k] = wheel.centre + x * right + y * forward;
  }
  return tile_detail::distance_between(corner, {tile.corner, static_cast<std::size_t>(tile.n)}) <= kTouch;
}

// All tiles of a track, and for each square of a grid those that a wheel whose centre is in it may touch.
class TileGrid {
 public:
  explicit TileGrid(const Track& track) {
    for (int i = 0; i < track.size(); ++i) tile_.push_back(tile_detail::make_tile(track, i));
    std::vector<std::vector<std::uint16_t>> near(kSquares * kSquares);
    for (std::size_t i = 0; i < tile_.size(); ++i) {
      Vec2<float> low = tile_[i].corner[0], high = low;
      for (const Vec2<float>& c : tile_[i].corner) {
        low = {std::min(low.x, c.x), std::min(low.y, c.y)};
        high = {std::max(high.x, c.x), std::max(high.y, c.y)};
      }
      constexpr float kMargin = kWheelReach + 2 * kTouch;
      for (int y = index(low.y - kMargin); y <= index(high.y + kMargin); ++y)
        for (int x = index(low.x - kMargin); x <= index(high.x + kMargin); ++x)
          near[static_cast<std::size_t>(y * kSquares + x)].push_back(static_cast<std::uint16_t>(i));
    }
    for (const std::vector<std::uint16_t>& n : near) {
      begin_.push_back(static_cast<std::uint32_t>(near_.size()));
      near_.insert(near_.end(), n.begin(), n.end());
    }
    begin_.push_back(static_cast<std::uint32_t>(near_.size()));
  }

  int size() const { return static_cast<int>(tile_.size()); }

  // Calls `touched(i)` for every tile i that the wheel touches.
  template <class Touched>
  void find(const WheelPlace& wheel, Touched touched) const {
    if (!(std::abs(wheel.centre.x) < kReach && std::abs(wheel.centre.y) < kReach)) return;
    const auto square = static_cast<std::size_t>(index(wheel.centre.y) * kSquares + index(wheel.centre.x));
    for (std::uint32_t k = begin_[square]; k < begin_[square + 1]; ++k)
      if (touches(tile_[near_[k]], wheel)) touched(near_[k]);
  }

 private:
  static constexpr int kSquares = 176;
  static constexpr float kSquare = 4.0f, kReach = kSquares / 2 * kSquare;
  static_assert(kReach > kPlayfield);

  static int index(float x) { return std::clamp(static_cast<int>((x + kReach) * (1 / kSquare)), 0, kSquares - 1); }

  std::vector<Tile> tile_;
  std::vector<std::uint32_t> begin_;  // of a square's tiles in near_
  std::vector<std::uint16_t> near_;
};

}  // namespace wann::car
