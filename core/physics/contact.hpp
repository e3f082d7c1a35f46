// Contacts of a moving convex polygon with static segments and boxes: where they touch, and the constraints that keep them
// apart (sequential impulses: friction point by point, then the normals of both points as one 2 × 2 complementarity
// problem).
//
// Static shapes have no mass and stay where they are, so a contact concerns one body. There is no restitution.
#pragma once

#include "body.hpp"

namespace wann::physics {

inline constexpr float kTouchDistance = 2.0f * kSkin;
inline constexpr float kSlop = 0.005f;
inline constexpr float kMaxCorrection = 0.2f;

// Where two shapes touch: up to two points. The *reference face* belongs to the static shape (`on_static`) or to the body.
// Point k is the body's `body[k]` (its frame) against the world's `world[k]`; the gap is measured along the normal, which
// points away from the static shape. `id` names the corners that made a point, so that its impulses can be found again.
template <class F>
struct Manifold {
  MaskOf<F> on_static;
  Vec2<F> normal;  // on_static: in the world; otherwise in the body's frame
  Vec2<F> body[2];
  Vec2<F> world[2];
  IntOf<F> id[2];
  MaskOf<F> has[2];  // has[1] implies has[0]
};

// An id is four bytes: a corner or side of the static shape, one of the body, and whether each is a side (1) or a corner.
inline constexpr std::int32_t kStaticSide = 1 << 16;
inline constexpr std::int32_t kBodySide = 1 << 24;

template <class I>
WANN_INLINE I swap_shapes(I id) {
  return ((id & 0x00ff00ff) << 8) | ((id >> 8) & 0x00ff00ff);
}

template <class F>
struct ClipPoint {
  Vec2<F> at;
  IntOf<F> id;
};

// Cuts the segment to the side of a line where dot(normal, ·) <= offset. Gives false where nothing of length is left.
template <class F>
WANN_INLINE MaskOf<F> clip(ClipPoint<F> (&p)[2], Vec2<F> normal, F offset, IntOf<F> corner) {
  const F d0 = dot(normal, p[0].at) - offset;
  const F d1 = dot(normal, p[1].at) - offset;
  const MaskOf<F> in0 = d0 <= 0.0f, in1 = d1 <= 0.0f, crosses = d0 * d1 < 0.0f;
  const F along = d0 / (d0 - d1);
  const ClipPoint<F> cut = {p[0].at + along * (p[1].at - p[0].at), corner | (p[0].id & 0xff00) | kBodySide};
  p[0] = {select<F>(in0, p[0].at, p[1].at), select(in0, p[0].id, p[1].id)};
  const MaskOf<F> both = in0 & in1;
  p[1] = {select<F>(both, p[1].at, cut.at), select(both, p[1].id, cut.id)};
  return both | crosses;
}

template <class F>
struct ReferenceFace {
  Vec2<F> first, second;  // in the world
  Vec2<F> normal;
  Vec2<F> plane;                          // a point of it, in the world
  Vec2<F> plane_in_body, normal_in_body;  // where it is the body's
  IntOf<F> first_index, second_index;
};

// The manifold of a reference face and the side of the other shape that faces it. `slack` widens the face at both ends.
template <class F>
WANN_INLINE Manifold<F> clip_against(const ReferenceFace<F>& face, ClipPoint<F> (&incident)[2], F slack, MaskOf<F> on_static,
                                     MaskOf<F> close, const Transform<F>& transform) {
  const Vec2<F> along = {-face.normal.y, face.normal.x};
  MaskOf<F> valid = close & clip(incident, -along, slack - dot(along, face.first), face.first_index);
  valid = valid & clip(incident, along, slack + dot(along, face.second), face.second_index);
  const MaskOf<F> near0 = valid & (dot(face.normal, incident[0].at - face.first) <= kTouchDistance);
  const MaskOf<F> near1 = valid & (dot(face.normal, incident[1].at - face.first) <= kTouchDistance);
  Manifold<F> m;
  m.on_static = on_static;
  m.normal = select<F>(on_static, face.normal, -face.normal_in_body);
  const ClipPoint<F> point[2] = {
      {select<F>(near0, incident[0].at, incident[1].at), select(near0, incident[0].id, incident[1].id)}, incident[1]};
  for (int k = 0; k < 2; ++k) {
    m.body[k] = select<F>(on_static, to_body(transform, point[k].at), face.plane_in_body);
    m.world[k] = select<F>(on_static, face.plane, point[k].at);
    m.id[k] = select(on_static, point[k].id, swap_shapes(point[k].id));
  }
  m.has[0] = near0 | near1;
  m.has[1] = near0 & near1;
  return m;
}

// A polygon where it stands in the world.
template <class F, int n>
struct PlacedPolygon {
  Vec2<F> corner[n], normal[n];
  Vec2<F> centroid;
};

template <class F, int n>
WANN_INLINE PlacedPolygon<F, n> place(const Polygon<n>& shape, const Transform<F>& transform) {
  PlacedPolygon<F, n> p;
  for (int i = 0; i < n; ++i) {
    p.corner[i] = to_world(transform, splat<F>(shape.corner[i]));
    p.normal[i] = rotate(transform.q, splat<F>(shape.normal[i]));
  }
  p.centroid = to_world(transform, splat<F>(shape.centroid));
  return p;
}

// Segment v1 v2, solid on both sides, with no neighbours, against a polygon, for the lanes in `wanted`.
template <class F, int n>
WANN_INLINE Manifold<F> collide_segment(Vec2<F> v1, Vec2<F> v2, const Polygon<n>& shape, const Transform<F>& transform,
                                        const PlacedPolygon<F, n>& placed, MaskOf<F> wanted) {
  using Int = IntOf<F>;
  const Vec2<F>(&corner)[n] = placed.corner, (&normal)[n] = placed.normal;
  const Vec2<F> right = right_normal(unit(v2 - v1));
  const MaskOf<F> front = dot(right, placed.centroid - v1) >= 0.0f;
  const Vec2<F> up = select<F>(front, right, -right);

  F segment_gap = dot(up, corner[0] - v1);
  for (int i = 1; i < n; ++i) segment_gap = smaller(segment_gap, dot(up, corner[i] - v1));
  F side_gap[n], most = splat<F>(-1e30f);
  for (int i = 0; i < n; ++i) {
    side_gap[i] = -larger(dot(normal[i], corner[i] - v1), dot(normal[i], corner[i] - v2));
    most = larger(most, side_gap[i]);
  }
  const MaskOf<F> close = wanted & (segment_gap <= kTouchDistance) & (most <= kTouchDistance);
  if (!any(close)) return Manifold<F>{};

  F polygon_gap = splat<F>(-1e30f), facing = splat<F>(1e30f);
  ReferenceFace<F> face;
  ClipPoint<F> incident[2];
  Int face_index = splat_int<F>(0);
  for (int i = 0; i < n; ++i) {
    const int next = (i + 1) % n;
    const F gap = side_gap[i];
    const MaskOf<F> better = i == 0 ? splat_mask<F>(true) : MaskOf<F>(gap > polygon_gap);
    polygon_gap = select(better, gap, polygon_gap);
    face.first = select<F>(better, corner[i], face.first);
    face.second = select<F>(better, corner[next], face.second);
    face.normal = select<F>(better, normal[i], face.normal);
    face.plane_in_body = select<F>(better, splat<F>(shape.corner[i]), face.plane_in_body);
    face.normal_in_body = select<F>(better, splat<F>(shape.normal[i]), face.normal_in_body);
    face_index = select(better, splat_int<F>(i), face_index);
    face.second_index = select(better, splat_int<F>(next), face.second_index);
    const F against = dot(up, normal[i]);
    const MaskOf<F> more = i == 0 ? splat_mask<F>(true) : MaskOf<F>(against < facing);
    facing = select(more, against, facing);
    incident[0].at = select<F>(more, corner[i], incident[0].at);
    incident[1].at = select<F>(more, corner[next], incident[1].at);
    incident[0].id = select(more, splat_int<F>(i << 8), incident[0].id);
    incident[1].id = select(more, splat_int<F>(next << 8), incident[1].id);
  }
  face.first_index = face_index;
  const MaskOf<F> on_static = invert(polygon_gap > 0.98f * segment_gap + 0.001f);

  face.first = select<F>(on_static, select<F>(front, v1, v2), face.first);
  face.second = select<F>(on_static, select<F>(front, v2, v1), face.second);
  face.plane = face.first;
  face.normal = select<F>(on_static, up, face.normal);
  const Int zero = splat_int<F>(0), one = splat_int<F>(1);
  face.first_index = select(on_static, select(front, zero, one), face.first_index);
  face.second_index = select(on_static, select(front, one, zero), face.second_index);
  // The ends of the segment carry the id of the body's face, both the same.
  const Int end_id = (face_index << 8) | kBodySide;
  incident[0] = {select<F>(on_static, incident[0].at, v1), select(on_static, incident[0].id | kStaticSide, end_id)};
  incident[1] = {select<F>(on_static, incident[1].at, v2), select(on_static, incident[1].id | kStaticSide, end_id)};
  return clip_against(face, incident, splat<F>(0.0f), on_static, close, transform);
}

// An upright box given by its lower left and upper right corners, against a polygon. Sides of the box, like those of any
// polygon here, are numbered counter-clockwise, but from its lower right corner.
template <class F, int n>
WANN_INLINE Manifold<F> collide_box(Vec2<F> low, Vec2<F> high, const Polygon<n>& shape, const Transform<F>& transform,
                                    const PlacedPolygon<F, n>& placed) {
  const Vec2<F>(&corner)[n] = placed.corner, (&normal)[n] = placed.normal;
  const Vec2<F> box[4] = {{high.x, low.y}, high, {low.x, high.y}, low};
  const F zero = splat<F>(0.0f), one = splat<F>(1.0f);
  const Vec2<F> box_normal[4] = {{one, zero}, {zero, one}, {-one, zero}, {zero, -one}};
  const auto first = [](int i) { return i == 0 ? splat_mask<F>(true) : splat_mask<F>(false); };

  // The box's side that is furthest from the polygon.
  F box_gap = splat<F>(-1e30f);
  ReferenceFace<F> box_face, face;
  for (int i = 0; i < 4; ++i) {
    F gap = dot(box_normal[i], corner[0] - box[i]);
    for (int k = 1; k < n; ++k) gap = smaller(gap, dot(box_normal[i], corner[k] - box[i]));
    const MaskOf<F> better = first(i) | (gap > box_gap);
    box_gap = select(better, gap, box_gap);
    box_face.first = select<F>(better, box[i], box_face.first);
    box_face.second = select<F>(better, box[(i + 1) % 4], box_face.second);
    box_face.normal = select<F>(better, box_normal[i], box_face.normal);
    box_face.first_index = select(better, splat_int<F>(i), box_face.first_index);
    box_face.second_index = select(better, splat_int<F>((i + 1) % 4), box_face.second_index);
  }
  // The polygon's side that is furthest from the box.
  F polygon_gap = splat<F>(-1e30f);
  for (int i = 0; i < n; ++i) {
    F gap = dot(normal[i], box[0] - corner[i]);
    for (int k = 1; k < 4; ++k) gap = smaller(gap, dot(normal[i], box[k] - corner[i]));
    const MaskOf<F> better = first(i) | (gap > polygon_gap);
    polygon_gap = select(better, gap, polygon_gap);
    face.first = select<F>(better, corner[i], face.first);
    face.second = select<F>(better, corner[(i + 1) % n], face.second);
    face.normal = select<F>(better, normal[i], face.normal);
    const Vec2<float> p = shape.corner[i], q = shape.corner[(i + 1) % n];
    face.plane_in_body =
        select<F>(better, splat<F>(Vec2<float>{0.5f * (p.x + q.x), 0.5f * (p.y + q.y)}), face.plane_in_body);
    face.normal_in_body = select<F>(better, splat<F>(shape.normal[i]), face.normal_in_body);
    face.first_index = select(better, splat_int<F>(i), face.first_index);
    face.second_index = select(better, splat_int<F>((i + 1) % n), face.second_index);
  }
  const MaskOf<F> close = (box_gap <= kTouchDistance) & (polygon_gap <= kTouchDistance);
  const MaskOf<F> on_static = invert(polygon_gap > box_gap + 0.1f * kSlop);

  // The side of the other shape that faces the reference face most.
  ClipPoint<F> incident[2];
  F facing = splat<F>(1e30f);
  for (int i = 0; i < n; ++i) {
    const F against = dot(box_face.normal, normal[i]);
    const MaskOf<F> more = on_static & (first(i) | (against < facing));
    facing = select(more, against, facing);
    incident[0] = {select<F>(more, corner[i], incident[0].at), select(more, splat_int<F>(i << 8), incident[0].id)};
    incident[1] = {select<F>(more, corner[(i + 1) % n], incident[1].at),
                   select(more, splat_int<F>(((i + 1) % n) << 8), incident[1].id)};
  }
  for (int i = 0; i < 4; ++i) {
    const F against = dot(face.normal, box_normal[i]);
    const MaskOf<F> more = invert(on_static) & (first(i) | (against < facing));
    facing = select(more, against, facing);
    incident[0] = {select<F>(more, box[i], incident[0].at), select(more, splat_int<F>(i << 8), incident[0].id)};
    incident[1] = {select<F>(more, box[(i + 1) % 4], incident[1].at),
                   select(more, splat_int<F>(((i + 1) % 4) << 8), incident[1].id)};
  }
  face.first = select<F>(on_static, box_face.first, face.first);
  face.second = select<F>(on_static, box_face.second, face.second);
  face.plane = splat<F>(0.5f) * (box_face.first + box_face.second);
  face.normal = select<F>(on_static, box_face.normal, face.normal);
  face.first_index = select(on_static, box_face.first_index, face.first_index);
  face.second_index = select(on_static, box_face.second_index, face.second_index);
  for (ClipPoint<F>& p : incident) p.id = p.id | face.first_index | kStaticSide;
  return clip_against(face, incident, splat<F>(kTouchDistance), on_static, close, transform);
}

// What a contact keeps from one step to the next.
template <class F>
struct ContactMemory {
  IntOf<F> id[2];
  F normal[2];
  F tangent[2];
  MaskOf<F> has[2];
};

// Fills in the impulses that the points of `m` had before, by id; new points start from 0.
template <class F>
WANN_INLINE ContactMemory<F> carry_over(const Manifold<F>& m, const ContactMemory<F>& old) {
  ContactMemory<F> now;
  const F zero = splat<F>(0.0f);
  for (int k = 0; k < 2; ++k) {
    const MaskOf<F> first = old.has[0] & (m.id[k] == old.id[0]);
    const MaskOf<F> second = old.has[1] & (m.id[k] == old.id[1]);
    now.id[k] = m.id[k];
    now.normal[k] = select(first, old.normal[0], select(second, old.normal[1], zero));
    now.tangent[k] = select(first, old.tangent[0], select(second, old.tangent[1], zero));
    now.has[k] = m.has[k];
  }
  return now;
}

// The velocity constraint of one contact with one body. A missing point has no mass: its impulse stays 0.
template <class F>
struct ContactConstraint {
  Vec2<F> n;
  Vec2<F> r[2];  // from the body's centre to the points
  F minus_normal_mass[2], minus_tangent_mass[2];
  F k11, k12, k22;          // the normals' 2 × 2 matrix …
  F i11, i12, i22;          // … and its inverse, negative
  F normal[2], tangent[2];  // impulses
  MaskOf<F> used[2];        // the points that are solved: an ill-conditioned pair keeps only its first
};

// The constraint of a lane without a contact: its impulses stay 0.
template <class F>
WANN_INLINE ContactConstraint<F> no_contact() {
  ContactConstraint<F> c{};
  c.n.y = c.k11 = c.k22 = splat<F>(1.0f);
  return c;
}

template <class F>
WANN_INLINE void prepare_contact(const Manifold<F>& m, const ContactMemory<F>& memory, const MassProperties& body,
                                 const Pose<F>& pose, const Transform<F>& transform, ContactConstraint<F>& c) {
  const F zero = splat<F>(0.0f), one = splat<F>(1.0f);
  const float mass = body.inverse_mass, inertia = body.inverse_inertia;
  c.n = select<F>(m.on_static, m.normal, rotate(transform.q, m.normal));
  c.n = select<F>(m.has[0], c.n, {zero, one});
  F rn[2], rt[2];
  for (int k = 0; k < 2; ++k) {
    // The point is in the middle between the two skins.
    const Vec2<F> on_body = to_world(transform, m.body[k]);
    const Vec2<F> point = select<F>(m.on_static, on_body, m.world[k]), plane = select<F>(m.on_static, m.world[k], on_body);
    const Vec2<F> n = select<F>(m.on_static, c.n, -c.n);
    const Vec2<F> near = point + (kSkin - dot(point - plane, n)) * n, far = point - splat<F>(kSkin) * n;
    c.r[k] = select<F>(m.has[k], splat<F>(0.5f) * (near + far) - pose.centre, {zero, zero});
    rn[k] = cross(c.r[k], c.n);
    rt[k] = cross(c.r[k], right_normal(c.n));
  }
  const F k11 = mass + inertia * rn[0] * rn[0];
  const F k22 = mass + inertia * rn[1] * rn[1];
  const F k12 = mass + inertia * rn[0] * rn[1];
  const F determinant = k11 * k22 - k12 * k12;
  c.used[0] = m.has[0];
  c.used[1] = m.has[1] & (k11 * k11 < 1000.0f * determinant);
  const F inverse = -1.0f / determinant;
  c.minus_normal_mass[0] = select(c.used[0], -1.0f / k11, zero);
  c.minus_normal_mass[1] = select(c.used[1], -1.0f / k22, zero);
  c.k11 = k11;
  c.k22 = select(c.used[1], k22, one);
  c.k12 = select(c.used[1], k12, zero);
  c.i11 = select(c.used[1], inverse * k22, zero);
  c.i22 = select(c.used[1], inverse * k11, zero);
  c.i12 = select(c.used[1], -inverse * k12, zero);
  for (int k = 0; k < 2; ++k) {
    c.minus_tangent_mass[k] = select(c.used[k], -1.0f / (mass + inertia * rt[k] * rt[k]), zero);
    c.normal[k] = select(c.used[k], memory.normal[k], zero);
    c.tangent[k] = select(c.used[k], memory.tangent[k], zero);
  }
}

template <class F>
WANN_INLINE void push_body(const MassProperties& body, Vec2<F> r, Vec2<F> p, Velocity<F>& v) {
  v.linear.x += body.inverse_mass * p.x;
  v.linear.y += body.inverse_mass * p.y;
  v.angular += body.inverse_inertia * cross(r, p);
}

template <class F>
WANN_INLINE void warm_start_contact(const MassProperties& body, const ContactConstraint<F>& c, Velocity<F>& v) {
  for (int k = 0; k < 2; ++k) push_body(body, c.r[k], c.normal[k] * c.n + c.tangent[k] * right_normal(c.n), v);
}

// The velocity of a point of the body.
template <class F>
WANN_INLINE Vec2<F> velocity_at(Vec2<F> r, const Velocity<F>& v) {
  return {v.linear.x - v.angular * r.y, v.linear.y + v.angular * r.x};
}

template <class F>
WANN_INLINE void solve_friction(const MassProperties& body, float friction, ContactConstraint<F>& c, int k, Velocity<F>& v) {
  const Vec2<F> t = right_normal(c.n);
  const F slip = dot(velocity_at(c.r[k], v), t);
  const F most = friction * c.normal[k];
  const F total = limit(c.tangent[k] + c.minus_tangent_mass[k] * slip, -most, most);
  const F p = total - c.tangent[k];
  c.tangent[k] = total;
  push_body(body, c.r[k], p * t, v);
}

// One velocity iteration. `pair` says that some lane has two points; a lane that has one gets the same either way, to the
// bit: lanes must not depend on their neighbours.
template <bool pair, class F>
WANN_INLINE void solve_contact_velocity(const MassProperties& body, float friction, ContactConstraint<F>& c,
                                        Velocity<F>& v) {
  solve_friction(body, friction, c, 0, v);
  if constexpr (pair) solve_friction(body, friction, c, 1, v);
  const F zero = splat<F>(0.0f);
  const F a0 = c.normal[0];
  const F v0 = dot(velocity_at(c.r[0], v), c.n);
  const F single = larger(a0 + c.minus_normal_mass[0] * v0, zero);
  if constexpr (!pair) {
    c.normal[0] = single;
    push_body(body, c.r[0], (single - a0) * c.n, v);
  } else {
    // Find impulses x >= 0 and speeds y = Kx + b >= 0 with xy = 0: both points push, only one does, or none.
    const F a1 = c.normal[1];
    const F v1 = dot(velocity_at(c.r[1], v), c.n);
    const F b0 = v0 - (c.k11 * a0 + c.k12 * a1);
    const F b1 = v1 - (c.k12 * a0 + c.k22 * a1);
    const F x0 = c.i11 * b0 + c.i12 * b1;
    const F x1 = c.i12 * b0 + c.i22 * b1;
    const F alone0 = c.minus_normal_mass[0] * b0;
    const F alone1 = c.minus_normal_mass[1] * b1;
    const F y1 = c.k12 * alone0 + b1;
    const F y0 = c.k12 * alone1 + b0;
    const F both = smaller(x0, x1), only0 = smaller(alone0, y1), only1 = smaller(alone1, y0), none = smaller(b0, b1);
    const F pair0 =
        select(both >= 0.0f, x0, select(only0 >= 0.0f, alone0, select(only1 >= 0.0f, zero, select(none >= 0.0f, zero, a0))));
    const F pair1 =
        select(both >= 0.0f, x1, select(only0 >= 0.0f, zero, select(only1 >= 0.0f, alone1, select(none >= 0.0f, zero, a1))));
    const F total0 = select(c.used[1], pair0, single), total1 = select(c.used[1], pair1, zero);
    const Vec2<F> p0 = (total0 - a0) * c.n, p1 = (total1 - a1) * c.n;
    c.normal[0] = total0;
    c.normal[1] = total1;
    v.linear.x += body.inverse_mass * (p0.x + p1.x);
    v.linear.y += body.inverse_mass * (p0.y + p1.y);
    v.angular += body.inverse_inertia * (cross(c.r[0], p0) + cross(c.r[1], p1));
  }
}

// Pushes the body out, point by point, for the lanes in `active`; gives the smallest gap met (0 where none).
template <class F>
WANN_INLINE F solve_contact_position(const Manifold<F>& m, const MassProperties& body, Vec2<float> local_centre,
                                     float stiffness, MaskOf<F> active, Pose<F>& pose) {
  F worst = splat<F>(0.0f);
  for (int k = 0; k < 2; ++k) {
    const MaskOf<F> here = active & m.has[k];
    if (!any(here)) continue;
    const Transform<F> transform = transform_of(pose, local_centre);
    const Vec2<F> n = select<F>(m.on_static, m.normal, rotate(transform.q, m.normal));
    const Vec2<F> on_body = to_world(transform, m.body[k]);
    const Vec2<F> point = select<F>(m.on_static, on_body, m.world[k]);
    const F gap = dot(n, on_body - m.world[k]) - kSkin - kSkin;
    worst = select(here, smaller(worst, gap), worst);
    const F c = limit(stiffness * (gap + kSlop), splat<F>(-kMaxCorrection), splat<F>(0.0f));
    const Vec2<F> r = point - pose.centre;
    const F rn = cross(r, n);
    const Vec2<F> p = (-c / (body.inverse_mass + body.inverse_inertia * rn * rn)) * n;
    pose.centre.x = select(here, pose.centre.x + body.inverse_mass * p.x, pose.centre.x);
    pose.centre.y = select(here, pose.centre.y + body.inverse_mass * p.y, pose.centre.y);
    pose.angle = select(here, pose.angle + body.inverse_inertia * cross(r, p), pose.angle);
  }
  return worst;
}

}  // namespace wann::physics
