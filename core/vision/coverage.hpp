// Convex polygons in small squares of fine pixels, which are then averaged: textures are drawn this way, a square at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>

namespace wann::vision {

struct Corner {
  double x, y;
};

inline constexpr int kFine = 4;                         // fine pixels along a texel's side
inline constexpr int kBlockTexels = 16;                 // texels along a block's side
inline constexpr int kFineSide = kFine * kBlockTexels;  // fine pixels along a block's side

using FineBlock = std::array<std::array<std::uint8_t, kFineSide>, kFineSide>;

// Gives `value` to the fine pixels whose middle is in the polygon. Corners are in fine pixels from the block's lower left.
inline void fill_convex(FineBlock& block, std::span<const Corner> corners, std::uint8_t value) {
  double low = corners[0].y, high = low;
  for (const Corner& c : corners) {
    low = std::min(low, c.y);
    high = std::max(high, c.y);
  }
  const int first = std::max(0, static_cast<int>(std::ceil(std::max(low, 0.0) - 0.5)));
  const int last = static_cast<int>(std::floor(std::min(high, kFineSide + 0.0) - 0.5));
  for (int row = first; row <= std::min(last, kFineSide - 1); ++row) {
    const double y = row + 0.5;
    double left = 1e30, right = -1e30;
    for (std::size_t k = 0; k < corners.size(); ++k) {
      const Corner a = corners[k ? k - 1 : corners.size() - 1], b = corners[k];
      if ((a.y <= y) == (b.y <= y)) continue;
      const double x = a.x + (b.x - a.x) * ((y - a.y) / (b.y - a.y));
      left = std::min(left, x);
      right = std::max(right, x);
    }
    const int from = static_cast<int>(std::ceil(std::clamp(left - 0.5, 0.0, kFineSide + 0.0)));
    const int to = static_cast<int>(std::floor(std::clamp(right - 0.5, -1.0, kFineSide - 1.0)));
    if (from <= to) std::memset(&block[row][from], value, to - from + 1);
  }
}

// A convex polygon whose sides have moved outward by a distance. Corners must turn to the left.
inline void grow(std::span<Corner> corners, double distance) {
  std::array<Corner, 8> old;
  const std::size_t n = corners.size();
  std::copy(corners.begin(), corners.end(), old.begin());
  const auto outward = [&](std::size_t k) {  // of the side from corner k
    const Corner a = old[k], b = old[(k + 1) % n];
    const double length = std::hypot(b.x - a.x, b.y - a.y);
    return length > 0 ? Corner{(b.y - a.y) / length, (a.x - b.x) / length} : Corner{0, 0};
  };
  for (std::size_t k = 0; k < n; ++k) {
    const Corner before = outward((k + n - 1) % n), after = outward(k);
    const double scale = distance / std::max(0.5, 1 + before.x * after.x + before.y * after.y);
    corners[k] = {old[k].x + scale * (before.x + after.x), old[k].y + scale * (before.y + after.y)};
  }
}

inline std::uint8_t texel_mean(const FineBlock& block, int x, int y) {
  int sum = 0;
  for (int i = 0; i < kFine; ++i)
    for (int j = 0; j < kFine; ++j) sum += block[kFine * y + i][kFine * x + j];
  return static_cast<std::uint8_t>((sum + kFine * kFine / 2) / (kFine * kFine));
}

}  // namespace wann::vision
