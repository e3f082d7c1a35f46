// What a number is in core/physics: everything there is written once for a number type F, which is `Lanes` for the many
// rollouts that run side by side, a pair of them, or `float` for the rare work that concerns one rollout only (a time of
// impact). A comparison gives MaskOf<F>.
#pragma once

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

}  // namespace wann::physics
