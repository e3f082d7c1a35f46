// Continuous collision: the first time in a step at which a moving polygon comes as close to a static convex shape as the
// target distance (conservative advancement along separating axes; E. Catto, "Continuous collision", GDC 2013).
//
// Few rollouts need it in any one step, so it works on one of them, in plain floats.
#pragma once

#include <span>

#include "contact.hpp"

namespace wann::physics {

// Shapes rest between this distance and that of their skins; the search ends within the tolerance of it.
inline constexpr float kTargetDistance = kTouchDistance - 3.0f * kSlop;
inline constexpr float kTargetTolerance = 0.25f * kSlop;

// From pose `start` at time `begin` (0 to 1) to pose `end` at time 1.
struct Sweep {
  Pose<float> start, end;
  float begin;
  Vec2<float> local_centre;

  Pose<float> pose_at(float time) const {
    return {{(1.0f - time) * start.centre.x + time * end.centre.x, (1.0f - time) * start.centre.y + time * end.centre.y},
            (1.0f - time) * start.angle + time * end.angle};
  }
  Transform<float> transform_at(float time) const { return transform_of(pose_at(time), local_centre); }

  // Moves the start on to a later time.
  void advance(float time) {
    const float part = (time - begin) / (1.0f - begin);
    start = pose_at(part);
    begin = time;
  }
};

using Corners = std::span<const Vec2<float>>;

// The closest features of two shapes: a corner and a corner, or a corner of one and a side of the other.
struct Closest {
  float distance = 0.0f;  // 0 where they overlap
  int static_corner[2], body_corner[2];
  bool is_corner_pair, is_body_side;
};

inline float squared_distance_to_side(Vec2<float> p, Vec2<float> a, Vec2<float> b, float& along) {
  const Vec2<float> d = b - a;
  along = limit(dot(p - a, d) / dot(d, d), 0.0f, 1.0f);
  const Vec2<float> gap = p - (a + along * d);
  return dot(gap, gap);
}

// Whether some side of `a` has all of `b` strictly in front of it. A shape of two corners is a segment: two sides.
inline bool has_separating_side(Corners a, Corners b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Vec2<float> normal = right_normal(a[(i + 1) % a.size()] - a[i]);
    bool separates = true;
    for (const Vec2<float>& p : b) separates = separates && dot(normal, p - a[i]) > 0.0f;
    if (separates) return true;
  }
  return false;
}

inline Closest closest_features(Corners fixed, Corners moving) {
  Closest best{};
  // In the plane, convex shapes are apart exactly where a side of one of them separates them.
  if (!has_separating_side(fixed, moving) && !has_separating_side(moving, fixed)) return best;
  float square = 1e30f;
  const auto try_side = [&](Corners corners, Corners sides, bool body_side) {
    const int n_sides = sides.size() == 2 ? 1 : static_cast<int>(sides.size());
    for (int i = 0; i < static_cast<int>(corners.size()); ++i) {
      for (int s = 0; s < n_sides; ++s) {
        const int e = (s + 1) % static_cast<int>(sides.size());
        float along;
        const float d = squared_distance_to_side(corners[i], sides[s], sides[e], along);
        if (d >= square) continue;
        square = d;
        best.is_corner_pair = along <= 0.0f || along >= 1.0f;
        best.is_body_side = body_side;
        const int near = along >= 1.0f ? e : s;
        int* side_ends = body_side ? best.body_corner : best.static_corner;
        int* corner = body_side ? best.static_corner : best.body_corner;
        side_ends[0] = best.is_corner_pair ? near : s;
        side_ends[1] = best.is_corner_pair ? near : e;
        corner[0] = corner[1] = i;
      }
    }
  };
  try_side(moving, fixed, false);
  try_side(fixed, moving, true);
  best.distance = std::sqrt(square);
  return best;
}

// The distance along one axis as the body moves: the axis is fixed in the world between two corners, or goes with the side.
class Separation {
 public:
  Separation(const Closest& c, Corners fixed, Corners moving, const Sweep& sweep, float time)
      : fixed_(fixed), moving_(moving), sweep_(sweep), closest_(c) {
    const Transform<float> t = sweep.transform_at(time);
    const Vec2<float> on_static = fixed[c.static_corner[0]], on_body = to_world(t, moving[c.body_corner[0]]);
    if (c.is_corner_pair) {
      axis_ = unit(on_body - on_static);
    } else if (c.is_body_side) {
      const Vec2<float> a = moving[c.body_corner[0]], b = moving[c.body_corner[1]];
      middle_ = 0.5f * (a + b);
      axis_ = unit(right_normal(b - a));
      if (dot(on_static - to_world(t, middle_), rotate(t.q, axis_)) < 0.0f) axis_ = -axis_;
    } else {
      const Vec2<float> a = fixed[c.static_corner[0]], b = fixed[c.static_corner[1]];
      middle_ = 0.5f * (a + b);
      axis_ = unit(right_normal(b - a));
      if (dot(on_body - middle_, axis_) < 0.0f) axis_ = -axis_;
    }
  }

  // At a time, the pair of corners that is deepest along the axis, and how far apart it is.
  float deepest(float time) {
    const Transform<float> t = sweep_.transform_at(time);
    if (closest_.is_corner_pair) {
      static_index_ = support(fixed_, axis_);
      body_index_ = support(moving_, rotate_back(t.q, -axis_));
    } else if (closest_.is_body_side) {
      static_index_ = support(fixed_, -rotate(t.q, axis_));
    } else {
      body_index_ = support(moving_, rotate_back(t.q, -axis_));
    }
    return at(time);
  }

  // The distance of that pair at another time.
  float at(float time) const {
    const Transform<float> t = sweep_.transform_at(time);
    if (closest_.is_corner_pair) return dot(to_world(t, moving_[body_index_]) - fixed_[static_index_], axis_);
    if (closest_.is_body_side) return dot(fixed_[static_index_] - to_world(t, middle_), rotate(t.q, axis_));
    return dot(to_world(t, moving_[body_index_]) - middle_, axis_);
  }

 private:
  static int support(Corners corners, Vec2<float> direction) {
    int best = 0;
    for (int i = 1; i < static_cast<int>(corners.size()); ++i)
      if (dot(corners[i], direction) > dot(corners[best], direction)) best = i;
    return best;
  }

  Corners fixed_, moving_;
  const Sweep& sweep_;
  Closest closest_;
  Vec2<float> axis_{}, middle_{};
  int static_index_ = 0, body_index_ = 0;
};

// The time between two at which the chosen pair is at the target distance: secant and bisection by turns.
inline float time_at_target(const Separation& separation, float t1, float s1, float t2, float s2) {
  float a = t1, b = t2, t = t2;
  for (int i = 0; i < 50; ++i) {
    t = (i & 1) ? a + (kTargetDistance - s1) * (b - a) / (s2 - s1) : 0.5f * (a + b);
    const float s = separation.at(t);
    if (std::fabs(s - kTargetDistance) < kTargetTolerance) return t;
    if (s > kTargetDistance) {
      a = t;
      s1 = s;
    } else {
      b = t;
      s2 = s;
    }
  }
  return b;
}

inline constexpr float kNoImpact = 2.0f;

// Where a segment v1 v2 stays further than the target distance from a convex polygon for sure, on its way from one
// transform to another: some line of theirs separates them at both ends, by more than the paths in between bulge out.
// `reach` is the distance of the polygon's furthest corner from its centre of mass, `turned` its angle of turn.
template <class F, int n>
WANN_INLINE MaskOf<F> stays_clear(Vec2<F> v1, Vec2<F> v2, const Polygon<n>& shape, float reach, const Transform<F>& from,
                                  const Transform<F>& to, F turned) {
  constexpr float kNear = kTargetDistance + kTargetTolerance + 1e-4f;
  // A corner's path is an arc; this is how far it bulges out of a straight line.
  const F square = turned * turned;
  const F bulge = fma(square, splat<F>(reach / 8), splat<F>(kNear));
  const Vec2<F> right = right_normal(unit(v2 - v1));
  const MaskOf<F> front = dot(right, from.origin - v1) >= 0.0f;
  const Vec2<F> up = select<F>(front, right, -right);
  F gap = splat<F>(1e30f), left = gap, bottom = gap, most_right = -gap;
  const auto include_corners = [&](const Transform<F>& t) __attribute__((always_inline)) {
    for (const Vec2<float>& c : shape.corner) {
      const Vec2<F> p = to_world(t, splat<F>(c));
      gap = smaller(gap, dot(up, p - v1));
      left = smaller(left, p.x);
      bottom = smaller(bottom, p.y);
      most_right = larger(most_right, p.x);
    }
  };
  include_corners(from);
  include_corners(to);
  MaskOf<F> clear = (gap > bulge) | (left > larger(v1.x, v2.x) + bulge) | (most_right < smaller(v1.x, v2.x) - bulge) |
                    (bottom > larger(v1.y, v2.y) + bulge);
  // Seen from the body, the segment's ends turn around it, and further away than its own corners.
  const Vec2<F> moved = to.origin - from.origin;
  const F far = 2.0f * abs(turned) * sqrt(dot(moved, moved)) + square * (reach + sqrt(dot(v2 - v1, v2 - v1)) + 1.0f);
  const F seen = fma(far, splat<F>(0.125f), splat<F>(kNear));
  const Vec2<F> end[2][2] = {{to_body(from, v1), to_body(from, v2)}, {to_body(to, v1), to_body(to, v2)}};
  for (int i = 0; i < n; ++i) {
    const Vec2<F> normal = splat<F>(shape.normal[i]);
    const F level = splat<F>(shape.normal[i].x * shape.corner[i].x + shape.normal[i].y * shape.corner[i].y);
    const F nearest = smaller(smaller(dot(normal, end[0][0]), dot(normal, end[0][1])),
                              smaller(dot(normal, end[1][0]), dot(normal, end[1][1])));
    clear = clear | (nearest - level > seen);
  }
  return clear;
}

// The part of the sweep (0 to 1, from its start to its end) after which the shapes are at the target distance; kNoImpact
// where they stay apart, or overlap from the start.
inline float time_of_impact(Corners fixed, Corners moving, Sweep sweep) {
  constexpr float kFull = 6.2831855f;
  const float turns = kFull * std::floor(sweep.start.angle / kFull);
  sweep.start.angle -= turns;
  sweep.end.angle -= turns;
  std::array<Vec2<float>, 8> placed;
  float t1 = 0.0f;
  for (int iteration = 0; iteration < 20; ++iteration) {
    const Transform<float> transform = sweep.transform_at(t1);
    for (std::size_t i = 0; i < moving.size(); ++i) placed[i] = to_world(transform, moving[i]);
    const Closest closest = closest_features(fixed, Corners(placed.data(), moving.size()));
    if (closest.distance <= 0.0f) return kNoImpact;
    if (closest.distance < kTargetDistance + kTargetTolerance) return t1;
    Separation separation(closest, fixed, moving, sweep, t1);
    float t2 = 1.0f;
    for (int push = 0; push < 16; ++push) {
      const float s2 = separation.deepest(t2);
      if (s2 > kTargetDistance + kTargetTolerance) return kNoImpact;
      if (s2 > kTargetDistance - kTargetTolerance) {
        t1 = t2;
        break;
      }
      const float s1 = separation.at(t1);
      if (s1 < kTargetDistance - kTargetTolerance) return kNoImpact;
      if (s1 <= kTargetDistance + kTargetTolerance) return t1;
      t2 = time_at_target(separation, t1, s1, t2, s2);
    }
  }
  return kNoImpact;
}

}  // namespace wann::physics
