// A grey picture to look things up in, a byte a texel. Beside each texel lies the one above it, so that four bytes in a row
// are a square of 2 x 2 texels: one look-up gives all that an interpolated sample needs.
#pragma once

#include <cstdint>
#include <vector>

#include "../lanes/gather.hpp"

namespace wann::vision {

class Texture {
 public:
  Texture() = default;
  Texture(int width, int height)
      : width_(width), height_(height), bytes_(2 * static_cast<std::size_t>(width) * height + kOverread) {}

  int width() const { return width_; }
  int height() const { return height_; }
  int pitch() const { return 2 * width_; }  // bytes from a row to the next
  const std::uint8_t* data() const { return bytes_.data(); }
  std::size_t size_in_bytes() const { return bytes_.size(); }

  std::uint8_t get(int x, int y) const { return bytes_[place(x, y)]; }

  void set(int x, int y, std::uint8_t value) {
    bytes_[place(x, y)] = value;
    if (y > 0) bytes_[place(x, y - 1) + 1] = value;
  }

  // Copies the rectangle of another texture that begins at (left, bottom).
  void copy_from(const Texture& other, int left, int bottom) {
    for (int y = 0; y < height_; ++y)
      std::memcpy(bytes_.data() + place(0, y), other.data() + other.place(left, bottom + y), 2 * width_);
  }

 private:
  static constexpr std::size_t kOverread = 4;

  std::size_t place(int x, int y) const { return 2 * (static_cast<std::size_t>(y) * width_ + x); }

  int width_ = 0, height_ = 0;
  std::vector<std::uint8_t> bytes_;
};

// Places in a texture are whole numbers of 1/65536 texel, counted from the first texel's middle.
inline constexpr int kPlaceBits = 16;

inline IntLanes whole(IntLanes place) { return place >> kPlaceBits; }
// In 1/128.
inline IntLanes fraction(IntLanes place) { return (place >> (kPlaceBits - 7)) & 127; }

// What an interpolated sample is a multiple of: its weights are 127 parts upward and 128 to the right.
inline constexpr int kSampleScale = 127 * 128;

// Between the four bytes of each lane, which a place's fractions weigh.
inline IntLanes interpolate(IntLanes texels, IntLanes right, IntLanes up) {
#if defined(__AVX512BW__) || defined(__AVX2__)
  IntLanes rows = (up << 8) - up + 127;  // bytes 127 - up and up
  rows |= rows << 16;
  const IntLanes columns = (right << 16) - right + 128;  // words 128 - right and right
#if defined(__AVX512BW__)
  const __m512i sides = _mm512_maddubs_epi16(std::bit_cast<__m512i>(texels), std::bit_cast<__m512i>(rows));
  return std::bit_cast<IntLanes>(_mm512_madd_epi16(sides, std::bit_cast<__m512i>(columns)));
#else
  const __m256i sides = _mm256_maddubs_epi16(std::bit_cast<__m256i>(texels), std::bit_cast<__m256i>(rows));
  return std::bit_cast<IntLanes>(_mm256_madd_epi16(sides, std::bit_cast<__m256i>(columns)));
#endif
#else
  const IntLanes left_side = (texels & 255) * (127 - up) + ((texels >> 8) & 255) * up;
  const IntLanes right_side = ((texels >> 16) & 255) * (127 - up) + ((texels >> 24) & 255) * up;
  return left_side * (128 - right) + right_side * right;
#endif
}

}  // namespace wann::vision
