// Upright boxes around shapes: what tells cheaply that two of them cannot touch.
#pragma once

#include "polygon.hpp"

namespace wann::physics {

// A box around a shape, with its skin.
struct Bounds {
  Lanes left, bottom, right, top;
};

inline constexpr float kMargin = 0.1f;

template <int n>
inline Bounds bounds_of(const Polygon<n>& shape, const Transform<Lanes>& t) {
  Vec2<Lanes> low = to_world(t, splat<Lanes>(shape.corner[0])), high = low;
  for (int i = 1; i < n; ++i) {
    const Vec2<Lanes> p = to_world(t, splat<Lanes>(shape.corner[i]));
    low = {smaller(low.x, p.x), smaller(low.y, p.y)};
    high = {larger(high.x, p.x), larger(high.y, p.y)};
  }
  return {low.x - kSkin, low.y - kSkin, high.x + kSkin, high.y + kSkin};
}

inline Bounds around(const Bounds& a, const Bounds& b) {
  return {smaller(a.left, b.left), smaller(a.bottom, b.bottom), larger(a.right, b.right), larger(a.top, b.top)};
}

// The margin around a body that moved by `d`: longer the way that it goes.
inline Bounds widen(const Bounds& b, Vec2<Lanes> d) {
  const Lanes zero{};
  return {b.left - kMargin + 2.0f * smaller(d.x, zero), b.bottom - kMargin + 2.0f * smaller(d.y, zero),
          b.right + kMargin + 2.0f * larger(d.x, zero), b.top + kMargin + 2.0f * larger(d.y, zero)};
}

inline Mask contains(const Bounds& a, const Bounds& b) {
  return (a.left <= b.left) & (a.bottom <= b.bottom) & (b.right <= a.right) & (b.top <= a.top);
}

struct FloatBounds {
  float left, bottom, right, top;
};
inline FloatBounds lane_of(const Bounds& b, int lane) { return {b.left[lane], b.bottom[lane], b.right[lane], b.top[lane]}; }

inline bool overlap(const FloatBounds& a, const FloatBounds& b) {
  return a.left <= b.right && b.left <= a.right && a.bottom <= b.top && b.bottom <= a.top;
}

}  // namespace wann::physics
