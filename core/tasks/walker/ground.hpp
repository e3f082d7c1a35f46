// The ground as shapes: segments between the heights and boxes, each with a number, over lanes and for one lane.
#pragma once

#include <algorithm>
#include <cmath>

#include "../../lanes/gather.hpp"
#include "../../physics/bounds.hpp"
#include "../../physics/manifold.hpp"
#include "terrain.hpp"

namespace wann::walker {

using namespace physics;

inline constexpr float kStep = static_cast<float>(BipedalTerrain::kStep);

// A shape's number: a box's own, or kFirstSegment + a segment's.
inline constexpr std::int32_t kFirstSegment = 128;
static_assert(BipedalTerrain::kMaxBoxes <= kFirstSegment);

static_assert(sizeof(BipedalTerrain) % sizeof(float) == 0);
inline constexpr std::int32_t kTerrainStride = sizeof(BipedalTerrain) / sizeof(float);

// The grounds of all episodes, one after the other, and which of them each lane is on.
struct Ground {
  const BipedalTerrain* terrains;
  IntLanes terrain;

  IntLanes n_boxes() const { return gather(&terrains->n_boxes, terrain * kTerrainStride); }
  // The first box that does not end left of a column.
  IntLanes first_box(IntLanes column) const { return gather(terrains->first_box, terrain * kTerrainStride + column); }
};

// The column whose x is at or left of `x`.
inline IntLanes column_of(Lanes x) {
  x = clamp(x * (1.0f / kStep), -1.0f, BipedalTerrain::kLength + 1.0f);
  const Lanes whole = round(x);
  const IntLanes column = __builtin_convertvector(whole > x ? whole - 1.0f : whole, IntLanes);
  return clamp_int(column, 0, BipedalTerrain::kLength - 1);
}

struct Segment {
  Vec2<Lanes> left, right;
};

// `column` from 0 to kLength + a few; past the last segment the ground does not exist (see `is_segment`).
inline Segment segment_at(const Ground& ground, IntLanes column) {
  const IntLanes i = clamp_int(column, 0, BipedalTerrain::kLength - 2);
  const IntLanes at = ground.terrain * kTerrainStride + i;
  return {{gather(kColumnX.data(), i), gather(ground.terrains->height, at)},
          {gather(kColumnX.data() + 1, i), gather(ground.terrains->height + 1, at)}};
}

inline Mask is_segment(IntLanes column) { return (column >= 0) & (column <= BipedalTerrain::kLength - 2); }

struct BoxLanes {
  Vec2<Lanes> low, high;
};
inline BoxLanes box_at(const Ground& ground, IntLanes box) {
  const IntLanes at = ground.terrain * kTerrainStride + clamp_int(box, 0, BipedalTerrain::kMaxBoxes - 1);
  const auto& side = ground.terrains->box;
  return {{gather(side[0], at), gather(side[1], at)}, {gather(side[2], at), gather(side[3], at)}};
}

// --- one lane's ground ---

inline FloatBounds shape_bounds(const BipedalTerrain& t, std::int32_t key) {
  constexpr float kWide = kSkin + kMargin;
  if (key >= kFirstSegment) {
    const int i = key - kFirstSegment;
    return {kColumnX[i] - kWide, std::min(t.height[i], t.height[i + 1]) - kWide, kColumnX[i + 1] + kWide,
            std::max(t.height[i], t.height[i + 1]) + kWide};
  }
  return {t.box[0][key] - kWide, t.box[1][key] - kWide, t.box[2][key] + kWide, t.box[3][key] + kWide};
}

// The shapes whose wide bounds meet `b`, in the order in which they were made.
template <class Visit>
void for_shapes_near(const BipedalTerrain& t, const FloatBounds& b, Visit visit) {
  const auto column = [](float x) {
    return std::clamp(static_cast<int>(std::floor(x / kStep)), 0, BipedalTerrain::kLength - 2);
  };
  if (!(b.left < b.right)) return;
  if (t.n_boxes > 0) {
    const int from = column(std::clamp(b.left - 2 * kMargin, -1.0f, 1000.0f));
    for (int j = t.first_box[from]; j < t.n_boxes && t.box[0][j] < b.right + 2 * kMargin; ++j)
      if (overlap(shape_bounds(t, j), b)) visit(j);
  }
  const int first = column(std::clamp(b.left - 2 * kMargin, -1.0f, 1000.0f));
  const int last = column(std::clamp(b.right + 2 * kMargin, -1.0f, 1000.0f));
  for (int i = first; i <= last; ++i)
    if (overlap(shape_bounds(t, kFirstSegment + i), b)) visit(kFirstSegment + i);
}

// The corners of a static shape.
struct FixedShape {
  std::array<Vec2<float>, 4> corner;
  int n;
};

inline FixedShape fixed_shape(const BipedalTerrain& t, std::int32_t key) {
  if (key >= kFirstSegment) {
    const int i = key - kFirstSegment;
    return {{Vec2<float>{kColumnX[i], t.height[i]}, {kColumnX[i + 1], t.height[i + 1]}}, 2};
  }
  const float left = t.box[0][key], bottom = t.box[1][key], right = t.box[2][key], top = t.box[3][key];
  return {{Vec2<float>{right, bottom}, {right, top}, {left, top}, {left, bottom}}, 4};
}

template <int n>
inline Manifold<float> collide_fixed(const FixedShape& fixed, const Polygon<n>& shape, const Transform<float>& t) {
  const PlacedPolygon<float, n> placed = place(shape, t);
  if (fixed.n == 2) return collide_segment(fixed.corner[0], fixed.corner[1], shape, t, placed, true);
  return collide_box(fixed.corner[3], fixed.corner[1], shape, t, placed);
}

}  // namespace wann::walker
