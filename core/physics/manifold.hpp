// Where a moving convex polygon touches a static segment or box.
#pragma once

#include "body.hpp"

namespace wann::physics {

inline constexpr float kTouchDistance = 2.0f * kSkin;
inline constexpr float kSlop = 0.005f;

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

// Takes the polygon's side i over where its gap is larger than that of the sides before; gives the lanes.
template <class F, int n>
WANN_INLINE MaskOf<F> keep_furthest(const PlacedPolygon<F, n>& placed, const Polygon<n>& shape, int i, F gap, F& largest,
                                    ReferenceFace<F>& face) {
  const int next = (i + 1) % n;
  const MaskOf<F> better = i == 0 ? splat_mask<F>(true) : MaskOf<F>(gap > largest);
  largest = select(better, gap, largest);
  face.first = select<F>(better, placed.corner[i], face.first);
  face.second = select<F>(better, placed.corner[next], face.second);
  face.normal = select<F>(better, placed.normal[i], face.normal);
  face.normal_in_body = select<F>(better, splat<F>(shape.normal[i]), face.normal_in_body);
  face.first_index = select(better, splat_int<F>(i), face.first_index);
  face.second_index = select(better, splat_int<F>(next), face.second_index);
  return better;
}

// The side that faces a reference face with this normal most, in the lanes in `wanted`; its corners' ids are their numbers
// in the second byte.
template <class F, int n>
WANN_INLINE void find_incident(const Vec2<F> (&corner)[n], const Vec2<F> (&normal)[n], Vec2<F> reference, MaskOf<F> wanted,
                               ClipPoint<F> (&incident)[2]) {
  F facing = splat<F>(1e30f);
  for (int i = 0; i < n; ++i) {
    const int next = (i + 1) % n;
    const F against = dot(reference, normal[i]);
    const MaskOf<F> more = i == 0 ? wanted : MaskOf<F>(wanted & (against < facing));
    facing = select(more, against, facing);
    incident[0] = {select<F>(more, corner[i], incident[0].at), select(more, splat_int<F>(i << 8), incident[0].id)};
    incident[1] = {select<F>(more, corner[next], incident[1].at), select(more, splat_int<F>(next << 8), incident[1].id)};
  }
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

  F polygon_gap = splat<F>(-1e30f);
  ReferenceFace<F> face;
  ClipPoint<F> incident[2];
  for (int i = 0; i < n; ++i) {
    const MaskOf<F> better = keep_furthest(placed, shape, i, side_gap[i], polygon_gap, face);
    face.plane_in_body = select<F>(better, splat<F>(shape.corner[i]), face.plane_in_body);
  }
  find_incident(corner, normal, up, splat_mask<F>(true), incident);
  const Int face_index = face.first_index;
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

// The side of a box that is furthest from a polygon: its gap, and the face.
template <class F, int n>
WANN_INLINE F furthest_box_side(const Vec2<F> (&box)[4], const Vec2<F> (&box_normal)[4], const Vec2<F> (&corner)[n],
                                ReferenceFace<F>& face) {
  F largest = splat<F>(-1e30f);
  for (int i = 0; i < 4; ++i) {
    const int next = (i + 1) % 4;
    F gap = dot(box_normal[i], corner[0] - box[i]);
    for (int k = 1; k < n; ++k) gap = smaller(gap, dot(box_normal[i], corner[k] - box[i]));
    const MaskOf<F> better = i == 0 ? splat_mask<F>(true) : MaskOf<F>(gap > largest);
    largest = select(better, gap, largest);
    face.first = select<F>(better, box[i], face.first);
    face.second = select<F>(better, box[next], face.second);
    face.normal = select<F>(better, box_normal[i], face.normal);
    face.first_index = select(better, splat_int<F>(i), face.first_index);
    face.second_index = select(better, splat_int<F>(next), face.second_index);
  }
  return largest;
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

  ReferenceFace<F> box_face, face;
  const F box_gap = furthest_box_side(box, box_normal, corner, box_face);
  F polygon_gap = splat<F>(-1e30f);
  for (int i = 0; i < n; ++i) {
    F gap = dot(normal[i], box[0] - corner[i]);
    for (int k = 1; k < 4; ++k) gap = smaller(gap, dot(normal[i], box[k] - corner[i]));
    const MaskOf<F> better = keep_furthest(placed, shape, i, gap, polygon_gap, face);
    const Vec2<float> p = shape.corner[i], q = shape.corner[(i + 1) % n];
    face.plane_in_body =
        select<F>(better, splat<F>(Vec2<float>{0.5f * (p.x + q.x), 0.5f * (p.y + q.y)}), face.plane_in_body);
  }
  const MaskOf<F> close = (box_gap <= kTouchDistance) & (polygon_gap <= kTouchDistance);
  const MaskOf<F> on_static = invert(polygon_gap > box_gap + 0.1f * kSlop);

  ClipPoint<F> incident[2];
  find_incident(corner, normal, box_face.normal, on_static, incident);
  find_incident(box, box_normal, face.normal, invert(on_static), incident);
  face.first = select<F>(on_static, box_face.first, face.first);
  face.second = select<F>(on_static, box_face.second, face.second);
  face.plane = splat<F>(0.5f) * (box_face.first + box_face.second);
  face.normal = select<F>(on_static, box_face.normal, face.normal);
  face.first_index = select(on_static, box_face.first_index, face.first_index);
  face.second_index = select(on_static, box_face.second_index, face.second_index);
  for (ClipPoint<F>& p : incident) p.id = p.id | face.first_index | kStaticSide;
  return clip_against(face, incident, splat<F>(kTouchDistance), on_static, close, transform);
}

}  // namespace wann::physics
