// Convex polygons known at compile time, and their mass.
#pragma once

#include <algorithm>
#include <span>

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

constexpr AreaMoments moments_of(std::span<const Vec2<float>> corner, Vec2<float> origin) {
  constexpr float kThird = 1.0f / 3.0f;
  AreaMoments m;
  for (std::size_t i = 0; i < corner.size(); ++i) {
    const Vec2<float> p = corner[i], q = corner[(i + 1) % corner.size()];
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

// A polygon of a body, and its mass for each square metre. The corners stand in Box2D's order (see `sort_corners`), which
// decides how sums are rounded.
struct MassPart {
  std::span<const Vec2<float>> corner;
  float density;
};

// The mass of a body that is made of several polygons, in the order in which they were made. Box2D adds them up from the one
// made last.
constexpr MassData mass_of(std::span<const MassPart> parts) {
  float total = 0, about_frame = 0;
  Vec2<float> centre{0, 0};
  for (std::size_t i = parts.size(); i-- > 0;) {
    const auto [corner, density] = parts[i];
    Vec2<float> middle{0, 0};
    for (const Vec2<float>& p : corner) middle = {middle.x + p.x, middle.y + p.y};
    const float share = 1.0f / static_cast<float>(corner.size());
    middle = {middle.x * share, middle.y * share};
    const AreaMoments m = moments_of(corner, middle);
    const float mass = density * m.area;
    const float x = m.centre.x + middle.x, y = m.centre.y + middle.y;
    total += mass;
    centre = {centre.x + mass * x, centre.y + mass * y};
    about_frame += density * m.second + mass * ((x * x + y * y) - (m.centre.x * m.centre.x + m.centre.y * m.centre.y));
  }
  const float inverse = 1.0f / total;
  centre = {centre.x * inverse, centre.y * inverse};
  return {total, about_frame - total * (centre.x * centre.x + centre.y * centre.y), centre};
}

// Of a body that is one polygon.
template <std::size_t n>
constexpr MassData mass_of(const std::array<Vec2<float>, n>& corner, float density) {
  const MassPart part[] = {{corner, density}};
  return mass_of(part);
}

// Puts the corners of a convex polygon, which go round one way or the other, into the order in which Box2D keeps them:
// counter-clockwise, from the rightmost one, of two the lower.
constexpr void sort_corners(std::span<Vec2<float>> corner) {
  if (moments_of(corner, corner[0]).area < 0) std::reverse(corner.begin(), corner.end());
  const auto first = std::max_element(corner.begin(), corner.end(), [](const Vec2<float>& a, const Vec2<float>& b) {
    return a.x != b.x ? a.x < b.x : a.y > b.y;
  });
  std::rotate(corner.begin(), first, corner.end());
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
  p.centroid = moments_of(corner, {0, 0}).centre;
  return p;
}

constexpr Polygon<4> make_box(float half_width, float half_height) {
  return make_polygon<4>({Vec2<float>{-half_width, -half_height}, Vec2<float>{half_width, -half_height},
                          Vec2<float>{half_width, half_height}, Vec2<float>{-half_width, half_height}});
}

}  // namespace wann::physics
