// What the walker senses: the lidar, and the observation that a network sees.
#pragma once

#include <cmath>

#include "../../lanes/row.hpp"
#include "ground_contacts.hpp"

namespace wann::walker {

inline constexpr float kLidarRange = 160 / kScale;

struct Rays {
  double dx[kRays], dy[kRays];
};
inline const Rays kRay = [] {
  Rays r;
  for (int i = 0; i < kRays; ++i) {
    r.dx[i] = std::sin(1.5 * i / 10.0) * (160 / 30.0);
    r.dy[i] = -(std::cos(1.5 * i / 10.0) * (160 / 30.0));
  }
  return r;
}();

// Shortens the rays that meet a segment.
inline void cast_at_segments(const Ground& ground, Vec2<Lanes> from, const Vec2<Lanes> (&ray)[kRays], Lanes* lidar) {
  const IntLanes first = column_of(from.x);
  constexpr int kColumns = 13;
  for (int k = 0; k < kColumns; ++k) {
    const IntLanes column = first + k;
    const Mask exists = is_segment(column);
    const Segment g = segment_at(ground, column);
    const Vec2<Lanes> side = g.right - g.left, normal = unit(right_normal(side));
    const Lanes ahead = dot(normal, g.left - from), square = dot(side, side);
    for (int i = 0; i < kRays; ++i) {
      if (k > 1 + static_cast<int>(kRay.dx[i] / kStep)) continue;
      const Lanes t = ahead / dot(normal, ray[i]);
      const Lanes along = dot(from + t * ray[i] - g.left, side) / square;
      const Mask hit = exists & (t >= 0.0f) & (t <= lidar[i]) & (along >= 0.0f) & (along <= 1.0f);
      lidar[i] = hit ? t : lidar[i];
    }
  }
}

// Shortens the rays that meet a box. They go right and down (the first goes straight down): they enter through the left side
// or the top. From inside they see nothing.
inline void cast_at_boxes(const Ground& ground, Mask alive, Vec2<Lanes> from, const Vec2<Lanes> (&ray)[kRays],
                          Lanes* lidar) {
  const IntLanes n_boxes = ground.n_boxes();
  if (!any(n_boxes > 0)) return;
  for (IntLanes box = ground.first_box(column_of(from.x));; box += 1) {
    const Mask listed = alive & (box < n_boxes);
    if (!any(listed)) break;
    const BoxLanes b = box_at(ground, box);
    const Mask ahead = listed & (b.low.x <= from.x + kLidarRange);
    if (!any(ahead)) break;
    for (int i = 0; i < kRays; ++i) {
      const Lanes in_x =
          kRay.dx[i] > 0 ? (b.low.x - from.x) / ray[i].x : (b.low.x <= from.x ? broadcast(-1e30f) : broadcast(1e30f));
      const Lanes out_x =
          kRay.dx[i] > 0 ? (b.high.x - from.x) / ray[i].x : (from.x <= b.high.x ? broadcast(1e30f) : broadcast(-1e30f));
      const Lanes in_y = (b.high.y - from.y) / ray[i].y, out_y = (b.low.y - from.y) / ray[i].y;
      const Lanes in = larger(in_x, in_y), out = smaller(out_x, out_y);
      const Mask hit = ahead & (in >= 0.0f) & (in <= out) & (in <= lidar[i]);
      lidar[i] = hit ? in : lidar[i];
    }
  }
}

// The fraction of each ray's length at which it meets the ground; 1 where it does not.
inline void cast_lidar(State& state, Vec2<Lanes> from) {
  Walker& s = state.s;
  const Ground ground = ground_of(state);
  Vec2<Lanes> ray[kRays];
  for (int i = 0; i < kRays; ++i) {
    s.lidar[i] = broadcast(1.0f);
    // The ray's end is rounded to the world's precision, as Gymnasium hands it over.
    const double dx = kRay.dx[i], dy = kRay.dy[i];
    ray[i] = {in_doubles(from.x, [dx](HalfDoubles x) { return x + dx; }) - from.x,
              in_doubles(from.y, [dy](HalfDoubles y) { return y + dy; }) - from.y};
  }
  cast_at_segments(ground, from, ray, s.lidar);
  cast_at_boxes(ground, s.bodies.alive, from, ray, s.lidar);
}

inline Lanes joint_angle(const Bodies<Model>& s, int j) {
  const RevoluteJointDefinition& d = kJoint[j];
  return s.pose[d.body_b].angle - s.pose[d.body_a].angle - d.reference_angle;
}

inline Lanes joint_speed(const Bodies<Model>& s, int j) {
  return s.velocity[kJoint[j].body_b].angular - s.velocity[kJoint[j].body_a].angular;
}

// Writes the inputs of a network into vector v of its rows.
inline void write_observation(const Walker& s, Row* inputs, int v) {
  const Velocity<Lanes>& hull = s.bodies.velocity[kHull];
  inputs[0][v] = s.bodies.pose[kHull].angle;
  // Scaled in double precision, as Gymnasium does.
  inputs[1][v] = in_doubles(hull.angular, [](auto x) { return 2.0 * x / 50.0; });
  inputs[2][v] = in_doubles(hull.linear.x, [](auto x) { return 0.3 * x * (600 / 30.0) / 50.0; });
  inputs[3][v] = in_doubles(hull.linear.y, [](auto x) { return 0.3 * x * (400 / 30.0) / 50.0; });
  for (int leg = 0; leg < 2; ++leg) {
    Row* in = inputs + 4 + 5 * leg;
    const int hip = 2 * leg, knee = hip + 1, shank = knee + 1;
    in[0][v] = joint_angle(s.bodies, hip);
    in[1][v] = joint_speed(s.bodies, hip) / kHipSpeed;
    in[2][v] = joint_angle(s.bodies, knee) + 1.0f;
    in[3][v] = joint_speed(s.bodies, knee) / kKneeSpeed;
    in[4][v] = s.limb_of(shank).on_ground ? broadcast(1.0f) : broadcast(0.0f);
  }
  for (int i = 0; i < kRays; ++i) inputs[14 + i][v] = s.lidar[i];
}

}  // namespace wann::walker
