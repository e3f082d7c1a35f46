// A picture of 32-bit pixels, its polygons as SDL_gfx and pygame draw them, and its reduction as
// pygame.transform.smoothscale makes it. Rows count upward from 0, as the drawing does; `shrink` gives the topmost first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "../lanes/lanes.hpp"
#include "polygon_fill.hpp"

namespace wann::vision {

struct Colour {
  std::uint8_t red, green, blue;
};

class Canvas {
 public:
  Canvas(int width, int height) : width_(width), height_(height), pixels_(static_cast<std::size_t>(width) * height) {}

  int width() const { return width_; }
  int height() const { return height_; }

  void clear() { std::fill(pixels_.begin(), pixels_.end(), 0); }

  void fill_as_pygame(std::span<const Pixel> corners, Colour colour) {
    vision::fill_as_pygame(corners, height_, [this, c = packed(colour)](int x0, int x1, int y) { span(x0, x1, y, c); });
  }

  // A smooth outline, then the inside.
  void draw_as_gfx(std::span<const Pixel> corners, Colour colour) {
    for (std::size_t i = 0; i < corners.size(); ++i)
      smooth_line(corners[i], corners[i + 1 < corners.size() ? i + 1 : 0], packed(colour));
    vision::fill_as_gfx(corners, height_, [this, c = packed(colour)](int x0, int x1, int y) { span(x0, x1, y, c); });
  }

  // The mean over equal rectangles, in `rows` x `columns` pixels of three bytes. Every step rounds down, so that plain areas
  // come out a little darker.
  void shrink(int columns, int rows, std::uint8_t* rgb) const;

 private:
  static std::uint32_t packed(Colour c) {
    return c.red | static_cast<std::uint32_t>(c.green) << 8 | static_cast<std::uint32_t>(c.blue) << 16;
  }

  std::uint32_t* row(int y) { return pixels_.data() + static_cast<std::size_t>(y) * width_; }
  const std::uint32_t* row(int y) const { return pixels_.data() + static_cast<std::size_t>(y) * width_; }

  void span(int x0, int x1, int y, std::uint32_t colour) {
    x0 = std::max(x0, 0);
    x1 = std::min(x1, width_ - 1);
    if (x0 <= x1) std::fill(row(y) + x0, row(y) + x1 + 1, colour);
  }

  // Moves a pixel's colour so many 256ths of the way to another.
  void blend(int x, int y, std::uint32_t colour, int weight) {
    if (x < 0 || x >= width_ || y < 0 || y >= height_) return;
    std::uint32_t& pixel = row(y)[x];
    std::uint32_t mixed = 0;
    for (int shift = 0; shift < 24; shift += 8) {
      const int old = pixel >> shift & 255, goal = colour >> shift & 255;
      mixed |= static_cast<std::uint32_t>((old + ((goal - old) * weight >> 8)) & 255) << shift;
    }
    pixel = mixed;
  }

  void smooth_line(Pixel from, Pixel to, std::uint32_t colour);

  int width_, height_;
  std::vector<std::uint32_t> pixels_;
};

// Wu's line: along the longer direction each step colours the two pixels that the line passes between, by their closeness.
// Steep and flat lines are alike but for the roles of x and y. Level, upright and diagonal lines are inside the polygon's
// own filling, save for their pixels in the corner.
inline void Canvas::smooth_line(Pixel from, Pixel to, std::uint32_t colour) {
  if (from.y > to.y) std::swap(from, to);
  const int dx = std::abs(to.x - from.x), dy = to.y - from.y, step = to.x >= from.x ? 1 : -1;
  if (dx == 0 || dy == 0 || dx == dy) {
    if (std::max(from.x, to.x) < 0 || std::min(from.x, to.x) >= width_ || to.y < 0 || from.y >= height_) return;
    for (int k = 0; k <= std::max(dx, dy); ++k) {
      const int x = from.x + (dx ? k * step : 0), y = from.y + (dy ? k : 0);
      if (y >= 0 && y < height_) span(x, x, y, colour);
    }
    return;
  }
  const bool steep = dy > dx;
  const int length = steep ? dy : dx;
  const std::uint32_t slope = (static_cast<std::uint32_t>(steep ? dx : dy) << 16) / length;
  if (from.y >= 0 && from.y < height_) span(from.x, from.x, from.y, colour);
  for (int k = 1; k < length; ++k) {
    const std::uint32_t along = slope * k;  // in 1/65536 of a pixel, across the line's main direction
    const int whole = static_cast<int>(along >> 16), weight = along >> 8 & 255;
    if (steep) {
      const int y = from.y + k, x = from.x + whole * step;
      blend(x, y, colour, (255 * (255 - weight)) >> 8);
      blend(x + step, y, colour, (255 * weight) >> 8);
    } else {
      const int x = from.x + k * step, y = from.y + whole;
      blend(x, y, colour, (255 * (255 - weight)) >> 8);
      blend(x, y + 1, colour, (255 * weight) >> 8);
    }
  }
}

// How means over a line of n values run along it, in 1/65536 of a value: `left` is what the mean that is being summed still
// lacks.
struct Shrinking {
  std::int32_t step, inverse, left;

  Shrinking(int n, int n_out)
      : step(static_cast<std::int32_t>(65536LL * n / n_out)),
        inverse(static_cast<std::int32_t>((1LL << 32) / step)),
        left(step) {}

  // How many values now lie in this mean altogether.
  int take_whole() {
    const int n = (left - 1) >> 16;
    left -= n << 16;
    return n;
  }

  // The next value is shared out: this mean gets `left` of it, the following one the rest, which is returned.
  std::int32_t cut() {
    const std::int32_t rest = 65536 - left;
    left = step - rest;
    return rest;
  }
};

// A row of means, the three colours of each one after the other. Red and blue are summed in the halves of one number.
inline void shrink_row(const std::uint32_t* row, int n, int n_out, std::int32_t* out) {
  Shrinking along(n, n_out);
  std::uint32_t red_blue = 0, green = 0;
  const std::uint32_t* const end = row + n;
  for (int mean = 0; mean < n_out; ++mean) {
    const std::uint32_t* const cut = std::min(row + along.take_whole(), end - 1);
    for (; row < cut; ++row) {
      red_blue += *row & 0xff00ff;
      green += *row >> 8 & 255;
    }
    const std::uint32_t pixel = *row++;
    const std::uint32_t red = pixel & 255, middle = pixel >> 8 & 255, blue = pixel >> 16 & 255;
    const std::uint32_t share = along.left, rest = along.cut(), inverse = along.inverse;
    *out++ = static_cast<std::int32_t>(((red_blue & 0xffff) + (red * share >> 16)) * inverse >> 16);
    *out++ = static_cast<std::int32_t>((green + (middle * share >> 16)) * inverse >> 16);
    *out++ = static_cast<std::int32_t>(((red_blue >> 16) + (blue * share >> 16)) * inverse >> 16);
    red_blue = (red * rest >> 16) | (blue * rest >> 16) << 16;
    green = middle * rest >> 16;
  }
}

inline void Canvas::shrink(int columns, int rows, std::uint8_t* rgb) const {
  const int n = 3 * columns, padded = (n + kLaneWidth - 1) / kLaneWidth * kLaneWidth;
  std::vector<std::int32_t> line(padded), sums(padded), means(padded);
  const auto at = [](std::vector<std::int32_t>& v, int i) {
    IntLanes x;
    std::memcpy(&x, v.data() + i, sizeof x);
    return x;
  };
  const auto put = [](std::vector<std::int32_t>& v, int i, IntLanes x) { std::memcpy(v.data() + i, &x, sizeof x); };
  Shrinking down(height_, rows);
  for (int y = height_ - 1, out = 0; out < rows; ++out) {
    for (int k = down.take_whole(); k > 0 && y > 0; --k, --y) {
      shrink_row(row(y), width_, columns, line.data());
      for (int i = 0; i < padded; i += kLaneWidth) put(sums, i, at(sums, i) + at(line, i));
    }
    shrink_row(row(y--), width_, columns, line.data());
    const std::int32_t share = down.left, rest = down.cut();
    for (int i = 0; i < padded; i += kLaneWidth) {
      const IntLanes value = at(line, i);
      put(means, i, (at(sums, i) + ((value * share) >> 16)) * down.inverse >> 16);
      put(sums, i, (value * rest) >> 16);
    }
    std::transform(means.begin(), means.begin() + n, rgb + static_cast<std::size_t>(out) * n,
                   [](std::int32_t x) { return static_cast<std::uint8_t>(x); });
  }
}

}  // namespace wann::vision
