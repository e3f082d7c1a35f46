// Sine and cosine over any number type, computed in doubles and rounded once.
#pragma once

#include <cmath>

#include "number.hpp"

namespace wann::physics {

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
#elif defined(__aarch64__)
  return std::bit_cast<HalfDoubles>(
      vfmaq_f64(std::bit_cast<float64x2_t>(c), std::bit_cast<float64x2_t>(a), std::bit_cast<float64x2_t>(b)));
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

}  // namespace wann::physics
