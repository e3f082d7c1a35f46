// What the walker touches: the shapes near each limb, and the contacts with them.
#pragma once

#include "ground.hpp"
#include "model.hpp"

namespace wann::walker {

inline Ground ground_of(const State& state) { return {state.terrains, state.s.terrain}; }

// Brings a limb's list up to date with its wide bounds.
inline void list_shapes(Walker& s, int body, int lane, const BipedalTerrain& t) {
  constexpr int kMostFresh = 32;
  auto& list = s.list_of(body);
  std::int32_t fresh[kMostFresh];
  int n_fresh = 0;
  for_shapes_near(t, lane_of(s.limb_of(body).wide, lane), [&](std::int32_t key) {
    if (!list.has(lane, key) && n_fresh < kMostFresh) fresh[n_fresh++] = key;
  });
  list.renew(lane, fresh, n_fresh);
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
inline Manifold<Lanes> collide_with(const Ground& ground, IntLanes key, Mask valid, const Polygon<n>& shape,
                                    const Transform<Lanes>& t, const PlacedPolygon<Lanes, n>& placed) {
  const Segment segment = segment_at(ground, key - kFirstSegment);
  Manifold<Lanes> m = collide_segment(segment.left, segment.right, shape, t, placed, valid);
  const Mask boxes = valid & (key < kFirstSegment);
  if (any(boxes)) {
    const BoxLanes box = box_at(ground, key);
    blend(boxes, collide_box(box.low, box.high, shape, t, placed), m);
  }
  for (Mask& has : m.has) has &= valid;
  return m;
}

// Whether bounds meet those of a shape with its skin and `margin`.
inline Mask meets(const Bounds& b, const Ground& ground, IntLanes key, float margin) {
  const float wide = kSkin + margin;
  const Segment g = segment_at(ground, key - kFirstSegment);
  const Mask boxes = (key < kFirstSegment) & (key >= 0);
  Vec2<Lanes> low = {g.left.x, smaller(g.left.y, g.right.y)}, high = {g.right.x, larger(g.left.y, g.right.y)};
  if (any(boxes)) {
    const BoxLanes box = box_at(ground, key);
    low = select<Lanes>(boxes, box.low, low);
    high = select<Lanes>(boxes, box.high, high);
  }
  return (b.left <= high.x + wide) & (low.x - wide <= b.right) & (b.bottom <= high.y + wide) & (low.y - wide <= b.top);
}

// Finds a limb's contacts at its pose, in the order of its list, and what they remember.
inline void find_contacts(State& state, int body, const Transform<Lanes>& t, BodyContacts<Model::kMostContacts>& out) {
  Walker& s = state.s;
  const Mask alive = s.bodies.alive;
  Limb& limb = s.limb_of(body);
  auto& list = s.list_of(body);
  const Ground ground = ground_of(state);
  const int n = list.most(alive);
  const PlacedPolygon<Lanes, 4> placed = place(limb_shape(body), t);
  const Bounds tight = bounds_of(limb_shape(body), t);
  ContactGatherer gatherer(out);
  for (int i = 0; i < n; ++i) {
    ContactSlot& slot = list.slot[i];
    const Mask listed = alive & list.listed(i);
    const Mask valid = listed & meets(limb.wide, ground, slot.key, kMargin);
    const Mask before = listed & slot.memory.has[0];
    Touching now{};
    const Mask near = valid & meets(tight, ground, slot.key, 0.001f);
    if (any(near)) now.manifold = collide_with(ground, slot.key, near, limb_shape(body), t, placed);
    now.memory = carry_over(now.manifold, slot.memory);
    const Mask touches = now.manifold.has[0];
    limb.on_ground = (limb.on_ground | (touches & ~before)) & ~(before & ~touches);
    slot.memory = now.memory;
    slot.key = listed & ~valid ? broadcast(kNoShape) : slot.key;
    gatherer.add(i, now);
  }
  gatherer.end(n);
}

// Whether the hull touches anything.
inline Mask hull_touches(const State& state, const Transform<Lanes>& t) {
  const Mask alive = state.s.bodies.alive;
  const Ground ground = ground_of(state);
  const Bounds b = bounds_of(kHullShape, t);
  const IntLanes first = column_of(b.left), last = column_of(b.right);
  Mask touched{};
  for (int k = 0; k < 8; ++k) {
    const IntLanes column = first + k;
    const Mask under = alive & (column <= last) & is_segment(column);
    if (!any(under)) break;
    const Segment g = segment_at(ground, column);
    const Mask near =
        under & (b.bottom <= larger(g.left.y, g.right.y) + kSkin) & (b.top >= smaller(g.left.y, g.right.y) - kSkin);
    if (any(near)) touched |= near & collide_segment(g.left, g.right, kHullShape, t, place(kHullShape, t), near).has[0];
  }
  const IntLanes n_boxes = ground.n_boxes();
  if (any(n_boxes > 0)) {
    IntLanes box = ground.first_box(column_of(b.left - 2 * kMargin));
    for (;; box += 1) {
      const Mask listed = alive & (box < n_boxes);
      if (!any(listed)) break;
      const BoxLanes shape = box_at(ground, box);
      const Mask ahead = listed & (shape.low.x <= b.right + kSkin);
      if (!any(ahead)) break;
      const Mask near =
          ahead & (shape.high.x >= b.left - kSkin) & (b.bottom <= shape.high.y + kSkin) & (b.top >= shape.low.y - kSkin);
      if (any(near)) touched |= near & collide_box(shape.low, shape.high, kHullShape, t, place(kHullShape, t)).has[0];
    }
  }
  return touched;
}

}  // namespace wann::walker
