// Plane vectors, rotations and frames over any number type (see number.hpp).
//
// Sums and products are rounded one by one, in the order in which Box2D 2.3 forms them, and never fused: a walker's step
// then has the same roundings as Gymnasium's, and the two run together to the end of an episode, where chaos would tear
// them apart.
#pragma once

#include <array>

#include "sine_cosine.hpp"

namespace wann::physics {

template <class F>
struct Vec2 {
  F x, y;
};

template <class F>
WANN_INLINE Vec2<F> operator+(Vec2<F> a, Vec2<F> b) {
  return {a.x + b.x, a.y + b.y};
}
template <class F>
WANN_INLINE Vec2<F> operator-(Vec2<F> a, Vec2<F> b) {
  return {a.x - b.x, a.y - b.y};
}
template <class F>
WANN_INLINE Vec2<F> operator-(Vec2<F> a) {
  return {-a.x, -a.y};
}
template <class F>
WANN_INLINE Vec2<F> operator*(F s, Vec2<F> a) {
  return {s * a.x, s * a.y};
}
template <class F>
WANN_INLINE F dot(Vec2<F> a, Vec2<F> b) {
  return a.x * b.x + a.y * b.y;
}
template <class F>
WANN_INLINE F cross(Vec2<F> a, Vec2<F> b) {
  return a.x * b.y - a.y * b.x;
}
// A quarter turn to the right: cross(a, 1).
template <class F>
WANN_INLINE Vec2<F> right_normal(Vec2<F> a) {
  return {a.y, -a.x};
}
template <class F>
WANN_INLINE Vec2<F> select(MaskOf<F> mask, Vec2<F> yes, Vec2<F> no) {
  return {select(mask, yes.x, no.x), select(mask, yes.y, no.y)};
}
template <class F>
WANN_INLINE Vec2<F> splat(Vec2<float> a) {
  return {splat<F>(a.x), splat<F>(a.y)};
}
template <class F>
WANN_INLINE Vec2<F> unit(Vec2<F> a) {
  const F inverse = 1.0f / sqrt(dot(a, a));
  return inverse * a;
}

template <class F>
struct Rotation {
  F s, c;
};

template <class F>
WANN_INLINE Rotation<F> rotation(F angle) {
  Rotation<F> q;
  sine_cosine(angle, q.s, q.c);
  return q;
}

template <class F>
WANN_INLINE Vec2<F> rotate(Rotation<F> q, Vec2<F> a) {
  return {q.c * a.x - q.s * a.y, q.s * a.x + q.c * a.y};
}
// The same for a vector that is equal in all lanes.
template <class F>
  requires(!std::is_same_v<F, float>)
WANN_INLINE Vec2<F> rotate(Rotation<F> q, Vec2<float> a) {
  return rotate(q, splat<F>(a));
}
template <class F>
WANN_INLINE Vec2<F> rotate_back(Rotation<F> q, Vec2<F> a) {
  return {q.c * a.x + q.s * a.y, q.c * a.y - q.s * a.x};
}

// Where a body's own frame lies in the world.
template <class F>
struct Transform {
  Vec2<F> origin;
  Rotation<F> q;
};

template <class F>
WANN_INLINE Vec2<F> to_world(const Transform<F>& t, Vec2<F> a) {
  return rotate(t.q, a) + t.origin;
}
template <class F>
WANN_INLINE Vec2<F> to_body(const Transform<F>& t, Vec2<F> a) {
  return rotate_back(t.q, a - t.origin);
}

}  // namespace wann::physics
