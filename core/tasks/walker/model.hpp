// The bipedal walker's bodies and joints, the ground around them, and what they sense of it.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "../../lanes/copy_lane.hpp"
#include "../../lanes/gather.hpp"
#include "../../physics/bounds.hpp"
#include "../../physics/revolute_joint.hpp"
#include "../../physics/time_of_impact.hpp"
#include "../../rollout/block.hpp"
#include "terrain.hpp"

namespace wann::bipedal {

using namespace physics;

inline constexpr float kTimeStep = 0.02f;
inline constexpr int kVelocityIterations = 180;
inline constexpr int kPositionIterations = 60;
inline constexpr float kGravity = -10.0f;
inline constexpr float kScale = 30.0f;
inline constexpr float kStep = static_cast<float>(BipedalTerrain::kStep);
inline constexpr float kGroundFriction = 2.5f;
inline constexpr float kLegWidth = 8 / kScale, kLegHeight = 34 / kScale;
inline constexpr float kLegDown = -8 / kScale;
inline constexpr float kMotorTorque = 80;
inline constexpr float kHipSpeed = 4, kKneeSpeed = 6;
inline constexpr float kLidarRange = 160 / kScale;
inline constexpr int kRays = 10;
inline constexpr float kSleepLinear = 0.01f, kSleepAngular = 2.0f / 180.0f * 3.14159265f, kSleepTime = 0.5f;

// Bodies: the hull, then thigh and shank of the first leg, thigh and shank of the second.
inline constexpr int kBodies = 5, kHull = 0;
inline constexpr int kLimbs = 4;  // bodies 1 to 4, which bear contacts; a hull that touches the ground ends the episode
inline constexpr int kJoints = 4;
// The order in which an island of contacts and joints is gathered, from the body that was made last.
inline constexpr int kJointOrder[kJoints] = {3, 2, 0, 1};
inline constexpr int kContactOrder[kLimbs] = {4, 3, 1, 2};

inline constexpr auto kHullShape = make_polygon<5>({Vec2<float>{34 / kScale, -8 / kScale},
                                                    {34 / kScale, 1 / kScale},
                                                    {6 / kScale, 9 / kScale},
                                                    {-30 / kScale, 9 / kScale},
                                                    {-30 / kScale, -8 / kScale}});
inline constexpr auto kThighShape = make_box(kLegWidth / 2, kLegHeight / 2);
inline constexpr auto kShankShape = make_box(static_cast<float>(0.8 * (8 / 30.0) / 2), kLegHeight / 2);
inline constexpr MassProperties kHullMass = properties_of(mass_of<5>(kHullShape.corner, 5.0f));
inline constexpr MassProperties kThighMass = properties_of(mass_of<4>(kThighShape.corner, 1.0f));
inline constexpr MassProperties kShankMass = properties_of(mass_of<4>(kShankShape.corner, 1.0f));
inline constexpr float kLimbFriction = constexpr_sqrt(0.2f * kGroundFriction);

inline constexpr float kLimbReach = 0.583f;  // of a limb's corner from its centre

constexpr bool is_shank(int body) { return body == 2 || body == 4; }
constexpr const MassProperties& mass_of_body(int body) {
  return body == kHull ? kHullMass : is_shank(body) ? kShankMass : kThighMass;
}
constexpr const Polygon<4>& limb_shape(int body) { return is_shank(body) ? kShankShape : kThighShape; }

// The legs start a little apart. A joint's reference angle is the one that it starts at.
constexpr float start_angle(int body) { return body == kHull ? 0.0f : body < 3 ? -0.05f : 0.05f; }

// Joints: hip and knee of the first leg, hip and knee of the second.
constexpr RevoluteJointDefinition make_joint(int j) {
  const bool knee = j % 2 == 1;
  const int b = j + 1, a = knee ? j : kHull;
  const MassProperties &ma = mass_of_body(a), &mb = mass_of_body(b);
  const Vec2<float> anchor_a =
      knee ? Vec2<float>{0, -kLegHeight / 2} : Vec2<float>{0 - kHullMass.centre.x, kLegDown - kHullMass.centre.y};
  return {a,
          b,
          anchor_a,
          {0, kLegHeight / 2},
          knee ? 0.0f : start_angle(b),
          knee ? -1.6f : -0.8f,
          knee ? -0.1f : 1.1f,
          ma.inverse_mass,
          ma.inverse_inertia,
          mb.inverse_mass,
          mb.inverse_inertia};
}
inline constexpr RevoluteJointDefinition kJoint[kJoints] = {make_joint(0), make_joint(1), make_joint(2), make_joint(3)};

// A static shape near a limb, and what the contact with it remembers. The shapes of a limb are listed from the newest to the
// oldest: the contacts are solved in that order, and a contact that ends may come after one that begins.
struct ContactSlot {
  IntLanes key;  // kNoShape, a box's number, or kFirstSegment + a segment's
  ContactMemory<Lanes> memory;
};
inline constexpr std::int32_t kNoShape = -1, kFirstSegment = 128;
inline constexpr int kSlots = 10;

struct Limb {
  Bounds wide;  // around the body with a margin; shapes that it meets are in the slots
  Mask on_ground;
  IntLanes n_slots;
  ContactSlot slot[kSlots];
};

struct State {
  Pose<Lanes> pose[kBodies];
  Velocity<Lanes> velocity[kBodies];
  Lanes still[kBodies];  // seconds that the body has hardly moved
  JointMemory<Lanes> joint[kJoints];
  Lanes push;  // N, on the hull in the next step
  Lanes lidar[kRays];
  Lanes hull_x;  // of the hull's origin
  Mask alive;
  Mask fallen;
  IntLanes terrain;
  Limb limb[kLimbs];
};

struct StateWithTerrain {
  State s;
  const BipedalTerrain* terrains;
};

// --- terrain over lanes ---

static_assert(sizeof(BipedalTerrain) % sizeof(float) == 0);
inline constexpr std::int32_t kTerrainStride = sizeof(BipedalTerrain) / sizeof(float);

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
inline Segment segment_at(const BipedalTerrain* terrains, IntLanes terrain, IntLanes column) {
  const IntLanes i = clamp_int(column, 0, BipedalTerrain::kLength - 2);
  const IntLanes at = terrain * kTerrainStride + i;
  return {{gather(kColumnX.data(), i), gather(terrains->height, at)},
          {gather(kColumnX.data() + 1, i), gather(terrains->height + 1, at)}};
}

inline Mask is_segment(IntLanes column) { return (column >= 0) & (column <= BipedalTerrain::kLength - 2); }

struct BoxLanes {
  Vec2<Lanes> low, high;
};
inline BoxLanes box_at(const BipedalTerrain* terrains, IntLanes terrain, IntLanes box) {
  const IntLanes at = terrain * kTerrainStride + clamp_int(box, 0, BipedalTerrain::kMaxBoxes - 1);
  return {{gather(terrains->box[0], at), gather(terrains->box[1], at)},
          {gather(terrains->box[2], at), gather(terrains->box[3], at)}};
}

// --- bounds, and the list of shapes near a limb ---

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

inline void copy_slot(ContactSlot& slot_to, int lane_to, const ContactSlot& slot_from, int lane_from) {
  copy_lane(slot_from, lane_from, slot_to, lane_to);
}

// Puts shapes that the limb's wide bounds now meet at the front of the list, the last made first, and closes the gaps.
inline void list_shapes(Limb& limb, int lane, const BipedalTerrain& t) {
  std::int32_t fresh[32];
  int n_fresh = 0;
  const int n = limb.n_slots[lane];
  for_shapes_near(t, lane_of(limb.wide, lane), [&](std::int32_t key) {
    for (int s = 0; s < n; ++s)
      if (limb.slot[s].key[lane] == key) return;
    if (n_fresh < 32) fresh[n_fresh++] = key;
  });
  int kept = 0;
  for (int s = 0; s < n; ++s) {
    if (limb.slot[s].key[lane] == kNoShape) continue;
    if (s != kept) copy_slot(limb.slot[kept], lane, limb.slot[s], lane);
    ++kept;
  }
  n_fresh = std::min(n_fresh, kSlots);
  const int total = std::min(kept + n_fresh, kSlots);
  for (int s = total - 1; s >= n_fresh; --s) copy_slot(limb.slot[s], lane, limb.slot[s - n_fresh], lane);
  for (int s = 0; s < n_fresh; ++s) {
    ContactSlot& slot = limb.slot[s];
    slot.key[lane] = fresh[n_fresh - 1 - s];
    for (int k = 0; k < 2; ++k) {
      slot.memory.has[k][lane] = 0;
      slot.memory.id[k][lane] = 0;
      slot.memory.normal[k][lane] = 0;
      slot.memory.tangent[k][lane] = 0;
    }
  }
  for (int s = total; s < n; ++s) limb.slot[s].key[lane] = kNoShape;
  limb.n_slots[lane] = total;
}

inline int most_slots(const Limb& limb, Mask lanes) {
  int n = 0;
  for (int i = 0; i < kLaneWidth; ++i)
    if (lanes[i]) n = std::max(n, static_cast<int>(limb.n_slots[i]));
  return n;
}

// --- touching ---

// A contact that touches, gathered to the front: contact k of every lane stands side by side.
struct Touching {
  Manifold<Lanes> manifold;
  ContactMemory<Lanes> memory;
};

struct LimbContacts {
  int n = 0;
  Touching touching[kSlots];
  ContactConstraint<Lanes> constraint[kSlots];
  bool pair[kSlots];
  IntLanes place[kSlots];  // of each slot's contact among those that touch; -1 where it does not
};

inline void blend(Mask m, const Touching& from, Touching& to) {
  to.manifold.on_static = select(m, from.manifold.on_static, to.manifold.on_static);
  to.manifold.normal = select<Lanes>(m, from.manifold.normal, to.manifold.normal);
  for (int k = 0; k < 2; ++k) {
    to.manifold.body[k] = select<Lanes>(m, from.manifold.body[k], to.manifold.body[k]);
    to.manifold.world[k] = select<Lanes>(m, from.manifold.world[k], to.manifold.world[k]);
    to.manifold.has[k] = select(m, from.manifold.has[k], to.manifold.has[k]);
    to.memory.normal[k] = select(m, from.memory.normal[k], to.memory.normal[k]);
    to.memory.tangent[k] = select(m, from.memory.tangent[k], to.memory.tangent[k]);
  }
}

inline void blend(Mask m, const Manifold<Lanes>& from, Manifold<Lanes>& to) {
  to.on_static = select(m, from.on_static, to.on_static);
  to.normal = select<Lanes>(m, from.normal, to.normal);
  for (int k = 0; k < 2; ++k) {
    to.body[k] = select<Lanes>(m, from.body[k], to.body[k]);
    to.world[k] = select<Lanes>(m, from.world[k], to.world[k]);
    to.id[k] = select(m, from.id[k], to.id[k]);
    to.has[k] = select(m, from.has[k], to.has[k]);
  }
}

template <int n>
inline Manifold<Lanes> collide_with(const BipedalTerrain* terrains, IntLanes terrain, IntLanes key, Mask valid,
                                    const Polygon<n>& shape, const Transform<Lanes>& t,
                                    const PlacedPolygon<Lanes, n>& placed) {
  const Segment segment = segment_at(terrains, terrain, key - kFirstSegment);
  Manifold<Lanes> m = collide_segment(segment.left, segment.right, shape, t, placed, valid);
  const Mask boxes = valid & (key < kFirstSegment);
  if (any(boxes)) {
    const BoxLanes box = box_at(terrains, terrain, key);
    blend(boxes, collide_box(box.low, box.high, shape, t, placed), m);
  }
  for (Mask& has : m.has) has &= valid;
  return m;
}

// Whether bounds meet those of a shape with its skin and `margin`.
inline Mask meets(const Bounds& b, const BipedalTerrain* terrains, IntLanes terrain, IntLanes key, float margin) {
  const float wide = kSkin + margin;
  const Segment g = segment_at(terrains, terrain, key - kFirstSegment);
  const Mask boxes = (key < kFirstSegment) & (key >= 0);
  Vec2<Lanes> low = {g.left.x, smaller(g.left.y, g.right.y)}, high = {g.right.x, larger(g.left.y, g.right.y)};
  if (any(boxes)) {
    const BoxLanes box = box_at(terrains, terrain, key);
    low = select<Lanes>(boxes, box.low, low);
    high = select<Lanes>(boxes, box.high, high);
  }
  return (b.left <= high.x + wide) & (low.x - wide <= b.right) & (b.bottom <= high.y + wide) & (low.y - wide <= b.top);
}

// Finds the limb's contacts at its pose, in the order of its list, and what they remember.
inline void touch(const BipedalTerrain* terrains, const State& s, int body, const Transform<Lanes>& t, Limb& limb,
                  LimbContacts& out) {
  IntLanes count{};
  out.n = 0;
  const int n = most_slots(limb, s.alive);
  const PlacedPolygon<Lanes, 4> placed = place(limb_shape(body), t);
  const Bounds tight = bounds_of(limb_shape(body), t);
  for (int i = 0; i < n; ++i) {
    ContactSlot& slot = limb.slot[i];
    const Mask listed = s.alive & (slot.key >= 0) & (i < limb.n_slots);
    const Mask valid = listed & meets(limb.wide, terrains, s.terrain, slot.key, kMargin);
    const Mask before = listed & slot.memory.has[0];
    Touching now{};
    const Mask near = valid & meets(tight, terrains, s.terrain, slot.key, 0.001f);
    if (any(near)) now.manifold = collide_with(terrains, s.terrain, slot.key, near, limb_shape(body), t, placed);
    now.memory = carry_over(now.manifold, slot.memory);
    const Mask touches = now.manifold.has[0];
    limb.on_ground = (limb.on_ground | (touches & ~before)) & ~(before & ~touches);
    slot.memory = now.memory;
    slot.key = listed & ~valid ? broadcast(kNoShape) : slot.key;
    out.place[i] = touches ? count : broadcast(std::int32_t{-1});
    if (!any(touches)) continue;
    for (int k = 0; k <= out.n; ++k) {
      const Mask here = touches & (count == k);
      if (!any(here)) continue;
      if (k == out.n) {
        out.touching[out.n] = Touching{};
        out.touching[out.n++].manifold.normal.y = broadcast(1.0f);
      }
      blend(here, now, out.touching[k]);
    }
    count -= touches;
  }
  for (int i = n; i < kSlots; ++i) out.place[i] = broadcast(std::int32_t{-1});
  for (int k = 0; k < out.n; ++k) out.pair[k] = any(out.touching[k].manifold.has[1]);
}

inline void remember_contacts(const LimbContacts& contacts, Limb& limb) {
  for (int i = 0; i < kSlots; ++i)
    for (int k = 0; k < contacts.n; ++k) {
      const Mask here = contacts.place[i] == k;
      if (!any(here)) continue;
      const ContactConstraint<Lanes>& c = contacts.constraint[k];
      ContactMemory<Lanes>& memory = limb.slot[i].memory;
      for (int p = 0; p < 2; ++p) {
        const Mask solved = here & c.used[p];
        memory.normal[p] = solved ? c.normal[p] : memory.normal[p];
        memory.tangent[p] = solved ? c.tangent[p] : memory.tangent[p];
      }
    }
}

// Whether the hull touches anything.
inline Mask hull_touches(const BipedalTerrain* terrains, const State& s, const Transform<Lanes>& t) {
  const Bounds b = bounds_of(kHullShape, t);
  const IntLanes first = column_of(b.left), last = column_of(b.right);
  Mask touched{};
  for (int k = 0; k < 8; ++k) {
    const IntLanes column = first + k;
    const Mask under = s.alive & (column <= last) & is_segment(column);
    if (!any(under)) break;
    const Segment g = segment_at(terrains, s.terrain, column);
    const Mask near =
        under & (b.bottom <= larger(g.left.y, g.right.y) + kSkin) & (b.top >= smaller(g.left.y, g.right.y) - kSkin);
    if (any(near)) touched |= near & collide_segment(g.left, g.right, kHullShape, t, place(kHullShape, t), near).has[0];
  }
  const IntLanes n_boxes = gather(&terrains->n_boxes, s.terrain * kTerrainStride);
  if (any(n_boxes > 0)) {
    IntLanes box = gather(terrains->first_box, s.terrain * kTerrainStride + column_of(b.left - 2 * kMargin));
    for (;; box += 1) {
      const Mask listed = s.alive & (box < n_boxes);
      if (!any(listed)) break;
      const BoxLanes shape = box_at(terrains, s.terrain, box);
      const Mask ahead = listed & (shape.low.x <= b.right + kSkin);
      if (!any(ahead)) break;
      const Mask near =
          ahead & (shape.high.x >= b.left - kSkin) & (b.bottom <= shape.high.y + kSkin) & (b.top >= shape.low.y - kSkin);
      if (any(near)) touched |= near & collide_box(shape.low, shape.high, kHullShape, t, place(kHullShape, t)).has[0];
    }
  }
  return touched;
}

// --- lidar ---

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

// The fraction of each ray's length at which it meets the ground; 1 where it does not.
inline void cast_rays(const BipedalTerrain* terrains, State& s, Vec2<Lanes> from) {
  const IntLanes first = column_of(from.x);
  Vec2<Lanes> ray[kRays];
  for (int i = 0; i < kRays; ++i) {
    s.lidar[i] = broadcast(1.0f);
    // The ray's end is rounded to the world's precision, as Gymnasium hands it over.
    const double dx = kRay.dx[i], dy = kRay.dy[i];
    ray[i] = {in_doubles(from.x, [dx](HalfDoubles x) { return x + dx; }) - from.x,
              in_doubles(from.y, [dy](HalfDoubles y) { return y + dy; }) - from.y};
  }
  constexpr int kColumns = 13;
  for (int k = 0; k < kColumns; ++k) {
    const IntLanes column = first + k;
    const Mask exists = is_segment(column);
    const Segment g = segment_at(terrains, s.terrain, column);
    const Vec2<Lanes> side = g.right - g.left, normal = unit(right_normal(side));
    const Lanes ahead = dot(normal, g.left - from), square = dot(side, side);
    for (int i = 0; i < kRays; ++i) {
      if (k > 1 + static_cast<int>(kRay.dx[i] / kStep)) continue;
      const Lanes t = ahead / dot(normal, ray[i]);
      const Lanes along = dot(from + t * ray[i] - g.left, side) / square;
      const Mask hit = exists & (t >= 0.0f) & (t <= s.lidar[i]) & (along >= 0.0f) & (along <= 1.0f);
      s.lidar[i] = hit ? t : s.lidar[i];
    }
  }
  const IntLanes n_boxes = gather(&terrains->n_boxes, s.terrain * kTerrainStride);
  if (!any(n_boxes > 0)) return;
  for (IntLanes box = gather(terrains->first_box, s.terrain * kTerrainStride + first);; box += 1) {
    const Mask listed = s.alive & (box < n_boxes);
    if (!any(listed)) break;
    const BoxLanes b = box_at(terrains, s.terrain, box);
    const Mask ahead = listed & (b.low.x <= from.x + kLidarRange);
    if (!any(ahead)) break;
    for (int i = 0; i < kRays; ++i) {
      // Rays go right and down (the first goes straight down): they enter through the left side or the top. From inside
      // they see nothing.
      const Lanes in_x =
          kRay.dx[i] > 0 ? (b.low.x - from.x) / ray[i].x : (b.low.x <= from.x ? broadcast(-1e30f) : broadcast(1e30f));
      const Lanes out_x =
          kRay.dx[i] > 0 ? (b.high.x - from.x) / ray[i].x : (from.x <= b.high.x ? broadcast(1e30f) : broadcast(-1e30f));
      const Lanes in_y = (b.high.y - from.y) / ray[i].y, out_y = (b.low.y - from.y) / ray[i].y;
      const Lanes in = larger(in_x, in_y), out = smaller(out_x, out_y);
      const Mask hit = ahead & (in >= 0.0f) & (in <= out) & (in <= s.lidar[i]);
      s.lidar[i] = hit ? in : s.lidar[i];
    }
  }
}

}  // namespace wann::bipedal
