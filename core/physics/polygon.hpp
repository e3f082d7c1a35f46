// Convex polygons known at compile time, and their mass.
#pragma once

#include "vector.hpp"

namespace wann::physics {

// The skin around every shape: shapes rest about this far from each other (each brings one skin).
inline constexpr float kSkin = 0.01f;

struct MassData {
  float mass;
  float inertia;  // about the centre of mass
  Vec2<float> centre;
};

constexpr float constexpr_sqrt(float x) {
  double r = x > 1 ? x : 1;
  for (int i = 0; i < 60; ++i) r = 0.5 * (r + x / r);
  return static_cast<float>(r);
}

// Corners counter-clockwise; the normal of side i points out of the side from corner i to corner i + 1.
template <int n>
struct Polygon {
  static constexpr int kCorners = n;
  std::array<Vec2<float>, n> corner;
  std::array<Vec2<float>, n> normal;
  Vec2<float> centroid;
};

template <int n>
constexpr MassData mass_of(const std::array<Vec2<float>, n>& corner, double density) {
  double area = 0, cx = 0, cy = 0, second = 0;
  for (int i = 0; i < n; ++i) {
    const double ax = corner[i].x, ay = corner[i].y;
    const double bx = corner[(i + 1) % n].x, by = corner[(i + 1) % n].y;
    const double d = ax * by - ay * bx;
    area += 0.5 * d;
    cx += d * (ax + bx) / 6;
    cy += d * (ay + by) / 6;
    second += d * (ax * ax + ax * bx + bx * bx + ay * ay + ay * by + by * by) / 12;
  }
  cx /= area;
  cy /= area;
  const double mass = density * area;
  return {static_cast<float>(mass),
          static_cast<float>(density * second - mass * (cx * cx + cy * cy)),
          {static_cast<float>(cx), static_cast<float>(cy)}};
}

template <int n>
constexpr Polygon<n> make_polygon(const std::array<Vec2<float>, n>& corner) {
  Polygon<n> p{};
  p.corner = corner;
  for (int i = 0; i < n; ++i) {
    const float dx = corner[(i + 1) % n].x - corner[i].x;
    const float dy = corner[(i + 1) % n].y - corner[i].y;
    const float length = constexpr_sqrt(dx * dx + dy * dy);
    p.normal[i] = {dy / length, -dx / length};
  }
  p.centroid = mass_of<n>(corner, 1.0).centre;
  return p;
}

constexpr Polygon<4> make_box(float half_width, float half_height) {
  return make_polygon<4>({Vec2<float>{-half_width, -half_height}, Vec2<float>{half_width, -half_height},
                          Vec2<float>{half_width, half_height}, Vec2<float>{-half_width, half_height}});
}

}  // namespace wann::physics
