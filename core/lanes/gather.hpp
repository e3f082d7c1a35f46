// Look-ups in a table, an index a lane.
#pragma once

#include "lanes.hpp"

namespace wann {

inline Lanes gather(const float* base, IntLanes index) {
#if defined(__AVX512F__)
  return std::bit_cast<Lanes>(_mm512_i32gather_ps(std::bit_cast<__m512i>(index), base, 4));
#else
  Lanes r;
  for (int i = 0; i < kLaneWidth; ++i) r[i] = base[index[i]];
  return r;
#endif
}
inline IntLanes gather(const std::int32_t* base, IntLanes index) {
#if defined(__AVX512F__)
  return std::bit_cast<IntLanes>(_mm512_i32gather_epi32(std::bit_cast<__m512i>(index), base, 4));
#else
  IntLanes r;
  for (int i = 0; i < kLaneWidth; ++i) r[i] = base[index[i]];
  return r;
#endif
}

// Four bytes in a row from each place, the first of them lowest; a place is a number of bytes and need not be aligned.
inline IntLanes gather_bytes(const std::uint8_t* base, IntLanes place) {
#if defined(__AVX512F__)
  return std::bit_cast<IntLanes>(_mm512_i32gather_epi32(std::bit_cast<__m512i>(place), base, 1));
#elif defined(__AVX2__)
  return std::bit_cast<IntLanes>(
      _mm256_i32gather_epi32(reinterpret_cast<const int*>(base), std::bit_cast<__m256i>(place), 1));
#else
  IntLanes r;
  for (int i = 0; i < kLaneWidth; ++i) {
    std::int32_t word;
    std::memcpy(&word, base + place[i], sizeof word);
    r[i] = word;
  }
  return r;
#endif
}

inline IntLanes clamp_int(IntLanes x, std::int32_t low, std::int32_t high) {
  x = x < low ? broadcast(low) : x;
  return x > high ? broadcast(high) : x;
}

}  // namespace wann
