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

#include "../lanes/lanes.hpp"

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
  } else if constexpr (std::is_same_v<F, Lanes>) {
    return broadcast(x);
  } else {
    return {broadcast(x), broadcast(x)};
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

// Two vectors of lanes that are worked on in step. Their instructions alternate, so that the one's wait for a result is the
// other's time: a processor does not look far enough ahead to find the second vector by itself.
template <class L>
struct Pair {
  L first, second;
};

#define WANN_PAIRED(op)                                                                  \
  template <class L>                                                                     \
  WANN_INLINE auto operator op(const Pair<L>& a, const Pair<L>& b) {                     \
    return Pair<decltype(a.first op b.first)>{a.first op b.first, a.second op b.second}; \
  }                                                                                      \
  template <class L, class Number>                                                       \
    requires std::is_arithmetic_v<Number>                                                \
  WANN_INLINE auto operator op(const Pair<L>& a, Number b) {                             \
    return Pair<decltype(a.first op b)>{a.first op b, a.second op b};                    \
  }                                                                                      \
  template <class L, class Number>                                                       \
    requires std::is_arithmetic_v<Number>                                                \
  WANN_INLINE auto operator op(Number a, const Pair<L>& b) {                             \
    return Pair<decltype(a op b.first)>{a op b.first, a op b.second};                    \
  }
WANN_PAIRED(+)
WANN_PAIRED(-)
WANN_PAIRED(*)
WANN_PAIRED(/)
WANN_PAIRED(<)
WANN_PAIRED(>)
WANN_PAIRED(<=)
WANN_PAIRED(>=)
WANN_PAIRED(==)
WANN_PAIRED(!=)
WANN_PAIRED(&)
WANN_PAIRED(|)
#undef WANN_PAIRED

template <class L>
WANN_INLINE Pair<L> operator-(const Pair<L>& a) {
  return {-a.first, -a.second};
}
template <class L, class B>
WANN_INLINE Pair<L>& operator+=(Pair<L>& a, const B& b) {
  return a = a + b;
}
template <class L, class B>
WANN_INLINE Pair<L>& operator-=(Pair<L>& a, const B& b) {
  return a = a - b;
}
using LanePair = Pair<Lanes>;

template <>
struct NumberTraits<LanePair> {
  using Mask = Pair<wann::Mask>;
  using Int = Pair<IntLanes>;
};

WANN_INLINE LanePair select(Pair<Mask> mask, LanePair yes, LanePair no) {
  return {select(mask.first, yes.first, no.first), select(mask.second, yes.second, no.second)};
}
WANN_INLINE bool any(const Pair<Mask>& mask) { return any(mask.first | mask.second); }
WANN_INLINE LanePair sqrt(LanePair x) { return {sqrt(x.first), sqrt(x.second)}; }
WANN_INLINE LanePair round(LanePair x) { return {round(x.first), round(x.second)}; }
WANN_INLINE LanePair smaller(LanePair a, LanePair b) { return {smaller(a.first, b.first), smaller(a.second, b.second)}; }
WANN_INLINE LanePair larger(LanePair a, LanePair b) { return {larger(a.first, b.first), larger(a.second, b.second)}; }

// Doubles for the lanes of half a vector of floats.
typedef double HalfDoubles __attribute__((vector_size(sizeof(Lanes))));
typedef float HalfFloats __attribute__((vector_size(sizeof(Lanes) / 2)));

// GCC makes two halves of each of these conversions by itself.
WANN_INLINE HalfDoubles to_doubles(HalfFloats x) {
#if defined(__AVX512F__)
  return std::bit_cast<HalfDoubles>(_mm512_cvtps_pd(std::bit_cast<__m256>(x)));
#elif defined(__AVX2__)
  return std::bit_cast<HalfDoubles>(_mm256_cvtps_pd(std::bit_cast<__m128>(x)));
#else
  return __builtin_convertvector(x, HalfDoubles);
#endif
}
WANN_INLINE HalfFloats to_floats(HalfDoubles x) {
#if defined(__AVX512F__)
  return std::bit_cast<HalfFloats>(_mm512_cvtpd_ps(std::bit_cast<__m512d>(x)));
#elif defined(__AVX2__)
  return std::bit_cast<HalfFloats>(_mm256_cvtpd_ps(std::bit_cast<__m256d>(x)));
#else
  return __builtin_convertvector(x, HalfFloats);
#endif
}

// a * b + c in doubles, rounded once where the processor can, twice elsewhere.
WANN_INLINE double fma(double a, double b, double c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}
WANN_INLINE HalfDoubles fma(HalfDoubles a, HalfDoubles b, HalfDoubles c) {
#if defined(__AVX512F__)
  return std::bit_cast<HalfDoubles>(
      _mm512_fmadd_pd(std::bit_cast<__m512d>(a), std::bit_cast<__m512d>(b), std::bit_cast<__m512d>(c)));
#elif defined(__FMA__)
  return std::bit_cast<HalfDoubles>(
      _mm256_fmadd_pd(std::bit_cast<__m256d>(a), std::bit_cast<__m256d>(b), std::bit_cast<__m256d>(c)));
#else
  return a * b + c;
#endif
}

template <class L>
WANN_INLINE Pair<L> fma(const Pair<L>& a, const Pair<L>& b, const Pair<L>& c) {
  return {fma(a.first, b.first, c.first), fma(a.second, b.second, c.second)};
}

// sin(r) and cos(r) for |r| <= π/4 and a little more: the minimax polynomials that the C libraries of today round their
// single-precision functions from (errors 2e-9 and less, so one result in a hundred is not the nearest float, in both).
template <class D>
WANN_INLINE void quarter_turn(D r, D& sine, D& cosine) {
  const D zero{};
  const D r2 = r * r, r3 = r * r2, r4 = r2 * r2;
  sine = fma(r3 * r2, fma(r2, zero - 0x1.994eb3774cf24p-13, zero + 0x1.1107605230bc4p-7),
             fma(r3, zero - 0x1.555545995a603p-3, r));
  cosine = fma(r4 * r2, fma(r2, zero + 0x1.99343027bf8c3p-16, zero - 0x1.6c087e89a359dp-10),
               fma(r4, zero + 0x1.55553e1068f19p-5, fma(r2, zero - 0x1.ffffffd0c621cp-2, zero + 1.0)));
}

// A function of doubles, applied to floats and rounded once.
template <class Function>
WANN_INLINE Lanes in_doubles(Lanes x, Function f) {
  HalfFloats part[2];
  std::memcpy(part, &x, sizeof x);
  for (HalfFloats& p : part) p = to_floats(f(to_doubles(p)));
  std::memcpy(&x, part, sizeof x);
  return x;
}

inline constexpr double kHalfPi = 1.5707963267948966;

// Of x less so many quarter turns.
WANN_INLINE void reduced_sine_cosine(float x, float quarters, float& sine, float& cosine) {
  double s, c;
  quarter_turn(fma(static_cast<double>(quarters), -kHalfPi, static_cast<double>(x)), s, c);
  sine = static_cast<float>(s);
  cosine = static_cast<float>(c);
}

WANN_INLINE Pair<HalfDoubles> to_doubles(Lanes x) {
  HalfFloats half[2];
  std::memcpy(half, &x, sizeof x);
  return {to_doubles(half[0]), to_doubles(half[1])};
}
WANN_INLINE Lanes to_floats(const Pair<HalfDoubles>& x) {
  const HalfFloats half[2] = {to_floats(x.first), to_floats(x.second)};
  Lanes r;
  std::memcpy(&r, half, sizeof r);
  return r;
}
WANN_INLINE Pair<Pair<HalfDoubles>> to_doubles(LanePair x) { return {to_doubles(x.first), to_doubles(x.second)}; }
WANN_INLINE LanePair to_floats(const Pair<Pair<HalfDoubles>>& x) { return {to_floats(x.first), to_floats(x.second)}; }

template <class F>
WANN_INLINE void reduced_sine_cosine(F x, F quarters, F& sine, F& cosine) {
  using Doubles = decltype(to_doubles(x));
  const Doubles half_pi = Doubles{} - kHalfPi;
  Doubles s, c;
  quarter_turn(fma(to_doubles(quarters), half_pi, to_doubles(x)), s, c);
  sine = to_floats(s);
  cosine = to_floats(c);
}

WANN_INLINE std::int32_t to_integer(float x) { return static_cast<std::int32_t>(x); }
WANN_INLINE IntLanes to_integer(Lanes x) { return __builtin_convertvector(x, IntLanes); }
WANN_INLINE Pair<IntLanes> to_integer(LanePair x) { return {to_integer(x.first), to_integer(x.second)}; }

// The number with its sign turned where bit 1 of `turned` is set.
WANN_INLINE float turn_sign(float x, std::int32_t turned) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) ^ (static_cast<std::uint32_t>(turned & 2) << 30));
}
WANN_INLINE Lanes turn_sign(Lanes x, IntLanes turned) { return from_bits(bits_of(x) ^ ((turned & 2) << 30)); }
WANN_INLINE LanePair turn_sign(LanePair x, Pair<IntLanes> turned) {
  return {turn_sign(x.first, turned.first), turn_sign(x.second, turned.second)};
}

// Sine and cosine to 0.6 units in the last place for |x| <= 10,000 radians, computed in doubles: poses agree to the bit with
// those that a C library's functions give.
template <class F>
WANN_INLINE void sine_cosine(F x, F& sine, F& cosine) {
  const F quarters = round(x * 0.636619772f);
  F s, c;
  reduced_sine_cosine(x, quarters, s, c);
  // After an odd number of quarter turns they are swapped; after two or three a sine, after one or two a cosine, turns.
  const IntOf<F> n = to_integer(quarters);
  const MaskOf<F> swap = (n & 1) != 0;
  sine = turn_sign(select(swap, c, s), n);
  cosine = turn_sign(select(swap, s, c), n + 1);
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
