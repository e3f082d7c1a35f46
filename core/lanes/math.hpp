// sin, cos, exp, log and tanh over lanes. NaN in gives NaN out; the errors below are absolute, against float64, and are held
// by tests/test_math.py.
//
//   sin_pi, cos_pi   any finite x: 3e-7 (the reduction x - 2·round(x/2) is exact)
//   sin_cos          |x| <= 10,000 radians: 5e-7 (at most 1,000 revolutions of a pole)
//   exp              x in [-87, 88]: 3e-7 of the result, clamped outside
//   log              x normal and positive: 1e-7 + 1.1e-7 of the result; NaN and +infinity stay
//   tanh, sigmoid    any x, infinities included: 3e-7
//   gaussian         any x, infinities included: 3e-7
//
// The polynomials are minimax fits, made by tools/fit_polynomials.py.
#pragma once

#include "lanes.hpp"

namespace wann {

// sin(πr) for r in [-1, 1], with r² given: the factor r(1 - r²) puts the zeros in exactly.
inline Lanes sin_pi_reduced(Lanes r, Lanes r2) {
  Lanes p = fma(r2, 0.0059732916f, -0.07445937f);
  p = fma(p, r2, 0.52378047f);
  p = fma(p, r2, -2.0260837f);
  p = fma(p, r2, 3.1415913f);
  return fma(-r2, r, r) * p;
}

inline Lanes cos_pi_reduced(Lanes r2) {
  Lanes p = fma(r2, 0.0015981181f, -0.02537252f);
  p = fma(p, r2, 0.2350465f);
  p = fma(p, r2, -1.3351682f);
  p = fma(p, r2, 4.0586977f);
  p = fma(p, r2, -4.9348016f);
  return fma(p, r2, 1.0f);
}

inline Lanes reduce_half_turns(Lanes x) { return fma(round(x * 0.5f), -2.0f, x); }

inline Lanes sin_pi(Lanes x) {
  const Lanes r = reduce_half_turns(x);
  return sin_pi_reduced(r, r * r);
}

inline Lanes cos_pi(Lanes x) {
  const Lanes r = reduce_half_turns(x);
  return cos_pi_reduced(r * r);
}

// Radians. 2π is subtracted in three parts whose products with the number of turns are exact (Cody and Waite).
inline void sin_cos(Lanes x, Lanes& sine, Lanes& cosine) {
  const Lanes turns = round(x * 0.15915494f);
  Lanes r = fma(turns, -6.28125f, x);
  r = fma(turns, -1.9350051879882812e-3f, r);
  r = fma(turns, -3.0199157663446330e-7f, r) * 0.31830987f;
  const Lanes r2 = r * r;
  sine = sin_pi_reduced(r, r2);
  cosine = cos_pi_reduced(r2);
}

// 2^x for x in [-126, 127].
inline Lanes exp2_in_range(Lanes x) {
  const Lanes n = round(x);
  const Lanes f = x - n;
  Lanes p = fma(f, 0.0013264727f, 0.009671513f);
  p = fma(p, f, 0.055507336f);
  p = fma(p, f, 0.24022242f);
  p = fma(p, f, 0.693147f);
  p = fma(p, f, 1.0f);
  return scale_by_power_of_two(p, n);
}

inline Lanes exp(Lanes x) {
  x = clamp(x, -87.0f, 88.0f);
  const Lanes n = round(x * 1.44269504f);
  Lanes r = fma(n, -0.693145751953125f, x);
  r = fma(n, -1.42860677e-6f, r) * 1.44269504f;
  return scale_by_power_of_two(exp2_in_range(r), n);
}

// x = 2^k · m with m in [√½, √2); log m = f - f²/2 + f³·P(f) with f = m - 1.
inline Lanes log(Lanes x) {
  const IntLanes shifted = bits_of(x) - 0x3f3504f3;  // √½
  const Lanes k = __builtin_convertvector(shifted >> 23, Lanes);
  const Lanes f = from_bits((shifted & 0x007fffff) + 0x3f3504f3) - 1.0f;
  Lanes p = fma(f, 0.086721845f, -0.14379008f);
  p = fma(p, f, 0.14977995f);
  p = fma(p, f, -0.16564426f);
  p = fma(p, f, 0.19954875f);
  p = fma(p, f, -0.25001699f);
  p = fma(p, f, 0.33334166f);
  const Lanes f2 = f * f;
  const Lanes r = fma(k, 0.69314718f, fma(f2, -0.5f, fma(f2 * f, p, f)));
  return x < from_bits(broadcast(std::int32_t{0x7f800000})) ? r : x;
}

inline Lanes tanh(Lanes x) {
  const Lanes e = exp2_in_range(at_least(-126.0f, abs(x) * -2.8853901f));
  return with_sign_of((1.0f - e) / (1.0f + e), x);
}

inline Lanes sigmoid(Lanes x) { return 1.0f / (1.0f + exp2_in_range(clamp(x * -1.44269504f, -126.0f, 126.0f))); }

// exp(-x²/2)
inline Lanes gaussian(Lanes x) { return exp2_in_range(at_least(-126.0f, x * x * -0.72134752f)); }

}  // namespace wann
