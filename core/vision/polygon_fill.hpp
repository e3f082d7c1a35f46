// Which pixels a polygon of integer corners covers, by the rules of two drawing libraries. A span is the pixels from x0 to
// x1, both included, of row y; `span(x0, x1, y)` takes them, and clips them to its picture.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace wann::vision {

struct Pixel {
  int x, y;
};

inline constexpr int kMostCorners = 8;

// The crossings of row y with the sides of a polygon, in the sides' order. `cross(low, high, n)` gives the n-th, that of a
// side that runs upward from `low`; sides that lie in a row have none. A corner belongs to the side above it, in the topmost
// row `top` to that below it.
template <class Cross>
int crossings(std::span<const Pixel> corners, int y, int top, std::int32_t (&x)[kMostCorners], Cross cross) {
  int n = 0;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    Pixel low = corners[i ? i - 1 : corners.size() - 1], high = corners[i];
    if (low.y > high.y) std::swap(low, high);
    if (low.y == high.y) continue;
    if ((y >= low.y && y < high.y) || (y == top && high.y == top)) {
      x[n] = cross(low, high, n);
      ++n;
    }
  }
  return n;
}

inline void sort(std::int32_t* x, int n) {
  for (int i = 1; i < n; ++i)
    for (int k = i; k > 0 && x[k - 1] > x[k]; --k) std::swap(x[k - 1], x[k]);
}

struct RowRange {
  int first, last;
};

inline RowRange rows_of(std::span<const Pixel> corners) {
  const auto [low, high] = std::minmax_element(corners.begin(), corners.end(), [](Pixel a, Pixel b) { return a.y < b.y; });
  return {low->y, high->y};
}

// As SDL_gfx's filled polygon: crossings in 1/65536 of a pixel, both ends rounded inward.
template <class Span>
void fill_as_gfx(std::span<const Pixel> corners, int height, Span span) {
  const RowRange rows = rows_of(corners);
  const auto rounded = [](std::int32_t x) { return (x >> 16) + ((x & 0x8000) >> 15); };
  for (int y = std::max(rows.first, 0); y <= std::min(rows.last, height - 1); ++y) {
    std::int32_t x[kMostCorners];
    const int n = crossings(corners, y, rows.last, x, [y](Pixel low, Pixel high, int) {
      return 65536 * (y - low.y) / (high.y - low.y) * (high.x - low.x) + 65536 * low.x;
    });
    sort(x, n);
    for (int i = 0; i + 1 < n; i += 2) span(rounded(x[i] + 1), rounded(x[i + 1] - 1), y);
  }
}

// As pygame.draw.polygon: crossings in whole pixels, by turns rounded down and up in the order of the sides, so that corners
// from another side on give other pixels. Sides that lie in a row are drawn as well.
template <class Span>
void fill_as_pygame(std::span<const Pixel> corners, int height, Span span) {
  const RowRange rows = rows_of(corners);
  if (rows.first == rows.last) {
    const auto [left, right] =
        std::minmax_element(corners.begin(), corners.end(), [](Pixel a, Pixel b) { return a.x < b.x; });
    if (rows.first >= 0 && rows.first < height) span(left->x, right->x, rows.first);
    return;
  }
  for (int y = std::max(rows.first, 0); y <= std::min(rows.last, height - 1); ++y) {
    std::int32_t x[kMostCorners];
    const int n = crossings(corners, y, rows.last, x, [y](Pixel low, Pixel high, int nth) {
      const int run = high.y - low.y, offset = (y - low.y) * (high.x - low.x);
      const int down = offset >= 0 ? offset / run : -((run - 1 - offset) / run);
      return low.x + (nth % 2 && down * run != offset ? down + 1 : down);
    });
    sort(x, n);
    for (int i = 0; i + 1 < n; i += 2) span(x[i], x[i + 1], y);
  }
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Pixel a = corners[i ? i - 1 : corners.size() - 1], b = corners[i];
    if (a.y == b.y && a.y > rows.first && a.y < rows.last && a.y >= 0 && a.y < height)
      span(std::min(a.x, b.x), std::max(a.x, b.x), a.y);
  }
}

}  // namespace wann::vision
