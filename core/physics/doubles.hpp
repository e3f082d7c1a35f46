// Doubles over the lanes of half a vector: what must be computed as a program in doubles does it.
#pragma once

#include "sine_cosine.hpp"

namespace wann::physics {

typedef std::int64_t HalfLongs __attribute__((vector_size(sizeof(Lanes))));

WANN_INLINE HalfDoubles every(double x) { return HalfDoubles{} + x; }
WANN_INLINE HalfDoubles select(HalfLongs mask, HalfDoubles yes, HalfDoubles no) { return mask ? yes : no; }
WANN_INLINE HalfDoubles abs(HalfDoubles x) {
  return std::bit_cast<HalfDoubles>(std::bit_cast<HalfLongs>(x) & std::int64_t{0x7fffffffffffffff});
}
WANN_INLINE HalfDoubles sign(HalfDoubles x) { return select(x > 0.0, every(1.0), select(x < 0.0, every(-1.0), every(0.0))); }
WANN_INLINE HalfDoubles sqrt(HalfDoubles x) {
#if defined(__AVX512F__)
  return std::bit_cast<HalfDoubles>(_mm512_sqrt_pd(std::bit_cast<__m512d>(x)));
#elif defined(__AVX2__)
  return std::bit_cast<HalfDoubles>(_mm256_sqrt_pd(std::bit_cast<__m256d>(x)));
#else
  for (std::size_t i = 0; i < sizeof(HalfDoubles) / sizeof(double); ++i) x[i] = __builtin_sqrt(x[i]);
  return x;
#endif
}

}  // namespace wann::physics
