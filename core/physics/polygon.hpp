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
  std::array<Vec2<float>, n> corner;
  std::array<Vec2<float>, n> normal;
  Vec2<float> centroid;
};

// Area, centre and second moment by triangles around `origin`, in single precision and in Box2D's order.
struct AreaMoments {
  float area = 0;
  Vec2<float> centre{0, 0};  // from the origin
  float second = 0;          // about the origin
};

template <int n>
constexpr AreaMoments moments_of(const std::array<Vec2<float>, n>& corner, Vec2<float> origin) {
  constexpr float kThird = 1.0f / 3.0f;
  AreaMoments m;
  for (int i = 0; i < n; ++i) {
    const Vec2<float> p = corner[i], q = corner[(i + 1) % n];
    const float px = p.x - origin.x, py = p.y - origin.y, qx = q.x - origin.x, qy = q.y - origin.y;
    const float d = px * qy - py * qx;
    const float triangle = 0.5f * d;
    m.area += triangle;
    m.centre.x += triangle * kThird * (px + qx);
    m.centre.y += triangle * kThird * (py + qy);
    m.second += (0.25f * kThird * d) * ((px * px + qx * px + qx * qx) + (py * py + qy * py + qy * qy));
  }
  m.centre.x *= 1.0f / m.area;
  m.centre.y *= 1.0f / m.area;
  return m;
}

template <int n>
constexpr MassData mass_of(const std::array<Vec2<float>, n>& corner, float density) {
  Vec2<float> middle{0, 0};
  for (const Vec2<float>& p : corner) middle = {middle.x + p.x, middle.y + p.y};
  middle = {middle.x * (1.0f / n), middle.y * (1.0f / n)};
  const AreaMoments m = moments_of<n>(corner, middle);
  const float mass = density * m.area;
  const float x = m.centre.x + middle.x, y = m.centre.y + middle.y;
  const float about_frame =
      density * m.second + mass * ((x * x + y * y) - (m.centre.x * m.centre.x + m.centre.y * m.centre.y));
  const float cx = mass * x * (1.0f / mass), cy = mass * y * (1.0f / mass);
  return {mass, about_frame - mass * (cx * cx + cy * cy), {cx, cy}};
}

template <int n>
constexpr Polygon<n> make_polygon(const std::array<Vec2<float>, n>& corner) {
  Polygon<n> p{};
  p.corner = corner;
  for (int i = 0; i < n; ++i) {
    const float dx = corner[(i + 1) % n].x - corner[i].x;
    const float dy = corner[(i + 1) % n].y - corner[i].y;
    const float length = constexpr_sqrt(dx * dx + dy * dy);
    const float inverse = 1.0f / length;
    p.normal[i] = {dy * inverse, -dx * inverse};
  }
  p.centroid = moments_of<n>(corner, {0, 0}).centre;
  return p;
}

constexpr Polygon<4> make_box(float half_width, float half_height) {
  return make_polygon<4>({Vec2<float>{-half_width, -half_height}, Vec2<float>{half_width, -half_height},
                          Vec2<float>{half_width, half_height}, Vec2<float>{-half_width, half_height}});
}

}  // namespace wann::physics
