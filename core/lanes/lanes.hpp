// One float (or one 32-bit integer) per lane: the vector type that every kernel is written in.
//
// A lane is one rollout or one sample. The width follows the instruction set that the file is compiled for: 16 lanes with
// AVX-512, 8 with AVX2, 4 elsewhere. Results do not depend on the width: every operation is element-wise, and
// multiply-adds are fused only where the code says so (`fma`), never by the compiler.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace wann {

#if defined(__AVX512F__)
inline constexpr int kLaneWidth = 16;
#elif defined(__AVX2__)
inline constexpr int kLaneWidth = 8;
#else
inline constexpr int kLaneWidth = 4;
#endif

typedef float Lanes __attribute__((vector_size(kLaneWidth * sizeof(float))));
typedef std::int32_t IntLanes __attribute__((vector_size(kLaneWidth * sizeof(std::int32_t))));
// What a comparison of two Lanes gives: all bits set where it holds, none elsewhere. `mask ? a : b` selects by lane.
using Mask = IntLanes;

// Of the loops below, GCC 12 makes an instruction a lane.
inline Lanes broadcast(float x) {
#if defined(__AVX512F__)
  return std::bit_cast<Lanes>(_mm512_set1_ps(x));
#elif defined(__AVX2__)
  return std::bit_cast<Lanes>(_mm256_set1_ps(x));
#elif defined(__aarch64__)
  return std::bit_cast<Lanes>(vdupq_n_f32(x));
#else
  Lanes r;
  for (int i = 0; i < kLaneWidth; ++i) r[i] = x;
  return r;
#endif
}

inline IntLanes broadcast(std::int32_t x) {
#if defined(__AVX512F__)
  return std::bit_cast<IntLanes>(_mm512_set1_epi32(x));
#elif defined(__AVX2__)
  return std::bit_cast<IntLanes>(_mm256_set1_epi32(x));
#elif defined(__aarch64__)
  return std::bit_cast<IntLanes>(vdupq_n_s32(x));
#else
  IntLanes r;
  for (int i = 0; i < kLaneWidth; ++i) r[i] = x;
  return r;
#endif
}

inline IntLanes bits_of(Lanes x) { return std::bit_cast<IntLanes>(x); }
inline Lanes from_bits(IntLanes x) { return std::bit_cast<Lanes>(x); }

inline Lanes select(Mask mask, Lanes yes, Lanes no) { return mask ? yes : no; }

inline bool any(Mask mask) {
#if defined(__AVX512F__)
  return _mm512_test_epi32_mask(std::bit_cast<__m512i>(mask), std::bit_cast<__m512i>(mask)) != 0;
#elif defined(__AVX2__)
  return !_mm256_testz_si256(std::bit_cast<__m256i>(mask), std::bit_cast<__m256i>(mask));
#elif defined(__SSE4_1__)
  return !_mm_testz_si128(std::bit_cast<__m128i>(mask), std::bit_cast<__m128i>(mask));
#elif defined(__aarch64__)
  return vmaxvq_u32(std::bit_cast<uint32x4_t>(mask)) != 0;
#else
  for (int i = 0; i < kLaneWidth; ++i)
    if (mask[i]) return true;
  return false;
#endif
}

// a * b + c, rounded once where the processor can (x86-64-v3 and up, AArch64), twice elsewhere.
inline Lanes fma(Lanes a, Lanes b, Lanes c) {
#if defined(__AVX512F__)
  return std::bit_cast<Lanes>(_mm512_fmadd_ps(std::bit_cast<__m512>(a), std::bit_cast<__m512>(b), std::bit_cast<__m512>(c)));
#elif defined(__FMA__)
  return std::bit_cast<Lanes>(_mm256_fmadd_ps(std::bit_cast<__m256>(a), std::bit_cast<__m256>(b), std::bit_cast<__m256>(c)));
#elif defined(__aarch64__)
  return std::bit_cast<Lanes>(
      vfmaq_f32(std::bit_cast<float32x4_t>(c), std::bit_cast<float32x4_t>(a), std::bit_cast<float32x4_t>(b)));
#else
  return a * b + c;
#endif
}

inline Lanes fma(Lanes a, Lanes b, float c) { return fma(a, b, broadcast(c)); }
inline Lanes fma(Lanes a, float b, Lanes c) { return fma(a, broadcast(b), c); }
inline Lanes fma(Lanes a, float b, float c) { return fma(a, broadcast(b), broadcast(c)); }

// To the nearest integer, ties to even.
inline Lanes round(Lanes x) {
#if defined(__AVX512F__)
  return std::bit_cast<Lanes>(_mm512_roundscale_ps(std::bit_cast<__m512>(x), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif defined(__AVX2__)
  return std::bit_cast<Lanes>(_mm256_round_ps(std::bit_cast<__m256>(x), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif defined(__SSE4_1__)
  return std::bit_cast<Lanes>(_mm_round_ps(std::bit_cast<__m128>(x), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif defined(__aarch64__)
  return std::bit_cast<Lanes>(vrndnq_f32(std::bit_cast<float32x4_t>(x)));
#else
  Lanes r;
  for (int i = 0; i < kLaneWidth; ++i) r[i] = __builtin_nearbyintf(x[i]);
  return r;
#endif
}

// The smaller and the larger of a bound and x; a NaN in x stays a NaN (the bound must not be one).
inline Lanes at_most(float bound, Lanes x) {
#if defined(__AVX512F__)
  return std::bit_cast<Lanes>(_mm512_min_ps(_mm512_set1_ps(bound), std::bit_cast<__m512>(x)));
#else
  return x > bound ? broadcast(bound) : x;
#endif
}

inline Lanes at_least(float bound, Lanes x) {
#if defined(__AVX512F__)
  return std::bit_cast<Lanes>(_mm512_max_ps(_mm512_set1_ps(bound), std::bit_cast<__m512>(x)));
#else
  return x < bound ? broadcast(bound) : x;
#endif
}

inline Lanes clamp(Lanes x, float low, float high) { return at_most(high, at_least(low, x)); }

inline Lanes abs(Lanes x) { return from_bits(bits_of(x) & broadcast(std::int32_t{0x7fffffff})); }

// The magnitude of `magnitude` (which must not be negative) with the sign of `sign`.
inline Lanes with_sign_of(Lanes magnitude, Lanes sign) {
  return from_bits(bits_of(magnitude) | (bits_of(sign) & broadcast(std::int32_t(0x80000000))));
}

inline Lanes sqrt(Lanes x) {
#if defined(__AVX512F__)
  return std::bit_cast<Lanes>(_mm512_sqrt_ps(std::bit_cast<__m512>(x)));
#elif defined(__AVX2__)
  return std::bit_cast<Lanes>(_mm256_sqrt_ps(std::bit_cast<__m256>(x)));
#elif defined(__aarch64__)
  return std::bit_cast<Lanes>(vsqrtq_f32(std::bit_cast<float32x4_t>(x)));
#else
  Lanes r;
  for (int i = 0; i < kLaneWidth; ++i) r[i] = __builtin_sqrtf(x[i]);
  return r;
#endif
}

// x * 2^n for integral n in [-126, 127].
inline Lanes scale_by_power_of_two(Lanes x, Lanes n) {
#if defined(__AVX512F__)
  return std::bit_cast<Lanes>(_mm512_scalef_ps(std::bit_cast<__m512>(x), std::bit_cast<__m512>(n)));
#else
  const IntLanes exponent = __builtin_convertvector(n, IntLanes);
  return x * from_bits((exponent + 127) << 23);
#endif
}

inline Lanes load(const float* p) {
  Lanes r;
  std::memcpy(&r, p, sizeof r);
  return r;
}

inline void store(float* p, Lanes x) { std::memcpy(p, &x, sizeof x); }

}  // namespace wann
