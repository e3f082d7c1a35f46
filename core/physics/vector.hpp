// Plane vectors and rotations over lanes, or over one float.
//
// Everything in core/physics is written once for a number type F: `Lanes` for the many rollouts that run side by side, and
// `float` for the rare work that concerns one rollout only (a time of impact). A comparison gives MaskOf<F>.
//
// Sums and products are rounded one by one, in the order in which Box2D 2.3 forms them, and never fused: a walker's step
// then has the same roundings as Gymnasium's, and the two run together to the end of an episode, where chaos would tear
// them apart.
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

// Doubles for the lanes of half a vector of floats.
typedef double HalfDoubles __attribute__((vector_size(sizeof(Lanes))));
typedef float HalfFloats __attribute__((vector_size(sizeof(Lanes) / 2)));

// sin(r) and cos(r) for |r| <= π/4 and a little more: the minimax polynomials that the C libraries of today round their
// single-precision functions from (errors 2e-9 and less, so one result in a hundred is not the nearest float, in both).
template <class D>
WANN_INLINE void quarter_turn(D r, D& sine, D& cosine) {
  const D r2 = r * r, r3 = r * r2, r4 = r2 * r2;
  sine = (r + r3 * -0x1.555545995a603p-3) + r3 * r2 * (0x1.1107605230bc4p-7 + r2 * -0x1.994eb3774cf24p-13);
  cosine = ((1.0 + r2 * -0x1.ffffffd0c621cp-2) + r4 * 0x1.55553e1068f19p-5) +
           r4 * r2 * (-0x1.6c087e89a359dp-10 + r2 * 0x1.99343027bf8c3p-16);
}

// A function of doubles, applied to floats and rounded once.
template <class Function>
WANN_INLINE Lanes in_doubles(Lanes x, Function f) {
  HalfFloats part[2];
  std::memcpy(part, &x, sizeof x);
  for (HalfFloats& p : part) p = __builtin_convertvector(f(__builtin_convertvector(p, HalfDoubles)), HalfFloats);
  std::memcpy(&x, part, sizeof x);
  return x;
}

inline constexpr double kHalfPi = 1.5707963267948966;

WANN_INLINE void reduced_sine_cosine(float x, float quarters, float& sine, float& cosine) {
  double s, c;
  quarter_turn(static_cast<double>(x) - static_cast<double>(quarters) * kHalfPi, s, c);
  sine = static_cast<float>(s);
  cosine = static_cast<float>(c);
}

WANN_INLINE void reduced_sine_cosine(Lanes x, Lanes quarters, Lanes& sine, Lanes& cosine) {
  HalfFloats part[2], turns[2], s[2], c[2];
  std::memcpy(part, &x, sizeof x);
  std::memcpy(turns, &quarters, sizeof x);
  for (int k = 0; k < 2; ++k) {
    HalfDoubles ds, dc;
    quarter_turn(__builtin_convertvector(part[k], HalfDoubles) - __builtin_convertvector(turns[k], HalfDoubles) * kHalfPi,
                 ds, dc);
    s[k] = __builtin_convertvector(ds, HalfFloats);
    c[k] = __builtin_convertvector(dc, HalfFloats);
  }
  std::memcpy(&sine, s, sizeof x);
  std::memcpy(&cosine, c, sizeof x);
}

// Sine and cosine to 0.6 units in the last place for |x| <= 10,000 radians, computed in doubles: poses agree to the bit with
// those that a C library's functions give.
template <class F>
WANN_INLINE void sine_cosine(F x, F& sine, F& cosine) {
  const F quarters = round(x * 0.636619772f);
  F s, c;
  reduced_sine_cosine(x, quarters, s, c);
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
