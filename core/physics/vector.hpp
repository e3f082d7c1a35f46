// Plane vectors and rotations over lanes, or over one float.
//
// Everything in core/physics is written once for a number type F: `Lanes` for the many rollouts that run side by side, and
// `float` for the rare work that concerns one rollout only (a time of impact). A comparison gives MaskOf<F>.
#pragma once

#include <array>
#include <cmath>
#include <type_traits>

#include "../lanes.hpp"

namespace wann::physics {

template <class F>
struct NumberTraits;

template <>
struct NumberTraits<float> {
  using Mask = bool;
  using Int = std::int32_t;
};

template <>
struct NumberTraits<Lanes> {
  using Mask = wann::Mask;
  using Int = IntLanes;
};

template <class F>
using MaskOf = typename NumberTraits<F>::Mask;
template <class F>
using IntOf = typename NumberTraits<F>::Int;

#define WANN_INLINE inline __attribute__((always_inline))

// --- the operations of lanes.hpp for one float ---
WANN_INLINE float fma(float a, float b, float c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}
WANN_INLINE Lanes fma(float a, Lanes b, Lanes c) { return wann::fma(b, a, c); }
WANN_INLINE float abs(float x) { return __builtin_fabsf(x); }
WANN_INLINE float sqrt(float x) { return __builtin_sqrtf(x); }
WANN_INLINE float round(float x) { return __builtin_nearbyintf(x); }
using wann::abs;
using wann::any;
using wann::fma;
using wann::round;
using wann::select;
using wann::sqrt;

template <class T>
WANN_INLINE T select(bool mask, T yes, T no) {
  return mask ? yes : no;
}
WANN_INLINE IntLanes select(Mask mask, IntLanes yes, IntLanes no) { return mask ? yes : no; }

WANN_INLINE bool any(bool mask) { return mask; }
WANN_INLINE bool invert(bool mask) { return !mask; }
WANN_INLINE Mask invert(Mask mask) { return ~mask; }

template <class F>
WANN_INLINE F splat(float x) {
  if constexpr (std::is_same_v<F, float>) {
    return x;
  } else {
    return broadcast(x);
  }
}

template <class F>
WANN_INLINE IntOf<F> splat_int(std::int32_t x) {
  if constexpr (std::is_same_v<F, float>) {
    return x;
  } else {
    return broadcast(x);
  }
}

template <class F>
WANN_INLINE MaskOf<F> splat_mask(bool x) {
  if constexpr (std::is_same_v<F, float>) {
    return x;
  } else {
    return broadcast(std::int32_t(x ? -1 : 0));
  }
}

WANN_INLINE float smaller(float a, float b) { return a < b ? a : b; }
WANN_INLINE float larger(float a, float b) { return a > b ? a : b; }
WANN_INLINE Lanes smaller(Lanes a, Lanes b) {
#if defined(__AVX512F__)
  return std::bit_cast<Lanes>(_mm512_min_ps(std::bit_cast<__m512>(a), std::bit_cast<__m512>(b)));
#else
  return a < b ? a : b;
#endif
}
WANN_INLINE Lanes larger(Lanes a, Lanes b) {
#if defined(__AVX512F__)
  return std::bit_cast<Lanes>(_mm512_max_ps(std::bit_cast<__m512>(a), std::bit_cast<__m512>(b)));
#else
  return a > b ? a : b;
#endif
}
template <class F>
WANN_INLINE F limit(F x, F low, F high) {
  return larger(low, smaller(x, high));
}

// Sine and cosine to about one unit in the last place for |x| <= 10,000 radians: quarter turns are taken off in three parts
// whose products are exact (Cody and Waite), the rest are the Taylor-like minimax polynomials of a quarter turn.
template <class F>
WANN_INLINE void sine_cosine(F x, F& sine, F& cosine) {
  const F quarters = round(x * 0.636619772f);
  F r = fma(quarters, splat<F>(-1.5703125f), x);
  r = fma(quarters, splat<F>(-4.837512969970703e-4f), r);
  r = fma(quarters, splat<F>(-7.549789948768648e-8f), r);
  const F r2 = r * r;
  F s = fma(r2, splat<F>(-1.9515295891e-4f), splat<F>(8.3321608736e-3f));
  s = fma(s, r2, splat<F>(-1.6666654611e-1f));
  s = fma(s * r2, r, r);
  F c = fma(r2, splat<F>(2.443315711809948e-5f), splat<F>(-1.388731625493765e-3f));
  c = fma(c, r2, splat<F>(4.166664568298827e-2f));
  c = fma(c * r2, r2, fma(r2, splat<F>(-0.5f), splat<F>(1.0f)));
  // The quadrant, 0 to 3, without integers: odd ones swap sine and cosine.
  const F half = quarters * 0.5f;
  const F whole = round(half - 0.25f);  // floor(quarters / 2): half is a multiple of 0.5
  const F odd = quarters - 2.0f * whole;
  const F pair = whole - 2.0f * round(whole * 0.5f);  // -1, 0 or 1; not 0: half a turn
  const MaskOf<F> swap = odd > 0.5f;
  const F sign = select(pair * pair > 0.5f, splat<F>(-1.0f), splat<F>(1.0f));
  sine = sign * select(swap, c, s);
  cosine = sign * select(swap, -s, c);
}

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
  return fma(a.y, b.y, a.x * b.x);
}
template <class F>
WANN_INLINE F cross(Vec2<F> a, Vec2<F> b) {
  return fma(a.x, b.y, -(a.y * b.x));
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
  return {fma(q.c, a.x, -(q.s * a.y)), fma(q.s, a.x, q.c * a.y)};
}
// The same for a vector that is equal in all lanes.
template <class F>
  requires(!std::is_same_v<F, float>)
WANN_INLINE Vec2<F> rotate(Rotation<F> q, Vec2<float> a) {
  return rotate(q, splat<F>(a));
}
template <class F>
WANN_INLINE Vec2<F> rotate_back(Rotation<F> q, Vec2<F> a) {
  return {fma(q.c, a.x, q.s * a.y), fma(q.c, a.y, -(q.s * a.x))};
}

// Where a body's own frame lies in the world.
template <class F>
struct Transform {
  Vec2<F> origin;
  Rotation<F> q;
};

template <class F>
WANN_INLINE Vec2<F> to_world(const Transform<F>& t, Vec2<F> a) {
  return {fma(t.q.c, a.x, fma(-t.q.s, a.y, t.origin.x)), fma(t.q.s, a.x, fma(t.q.c, a.y, t.origin.y))};
}
template <class F>
WANN_INLINE Vec2<F> to_body(const Transform<F>& t, Vec2<F> a) {
  return rotate_back(t.q, a - t.origin);
}

}  // namespace wann::physics
