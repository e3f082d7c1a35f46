// The car's parts as polygons on the screen, in the order in which they are drawn.
#pragma once

#include <cmath>
#include <span>

#include "../../vision/polygon_fill.hpp"
#include "camera.hpp"
#include "geometry.hpp"
#include "road.hpp"

namespace wann::car {

enum class Part : std::uint8_t { wheel, stripe, hull };

// Where a wheel's stripe begins and ends, in parts of the wheel's radius; false while it is below.
inline bool stripe_of(double phase, double& from, double& to) {
  constexpr double kLength = 1.2;
  const auto sign = [](double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; };
  const bool from_below = std::sin(phase) > 0, to_below = std::sin(phase + kLength) > 0;
  if (from_below && to_below) return false;
  from = std::cos(phase);
  to = std::cos(phase + kLength);
  if (from_below) from = sign(from);
  if (to_below) to = sign(to);
  return true;
}

inline double finite(double x) { return std::isfinite(x) ? x : 0; }

// Calls draw(corners, part) for each part of a car in the middle of the camera. What is no number counts as 0.
template <class Draw>
void for_each_part(double zoom, const float* wheel_angle, const float* wheel_phase, Draw draw) {
  const double scale = zoom * kSize;
  vision::Pixel corners[vision::kMostCorners];
  const auto on_screen = [scale](Point p) {
    return vision::Pixel{static_cast<int>(kCarX + scale * p.x), static_cast<int>(kCarY + scale * p.y)};
  };
  for (int w = 0; w < kWheels; ++w) {
    const double angle = finite(wheel_angle[w]), c = std::cos(angle), s = std::sin(angle);
    const auto place = [&](int k, double x, double y) {
      corners[k] = on_screen({kWheelPlace[w].x + c * x - s * y, kWheelPlace[w].y + s * x + c * y});
    };
    constexpr double kSide = kWheelHalfWidth, kEnd = kWheelRadius;
    place(0, kSide, -kEnd);
    place(1, kSide, kEnd);
    place(2, -kSide, kEnd);
    place(3, -kSide, -kEnd);
    draw(std::span<const vision::Pixel>(corners, 4), Part::wheel);
    double from, to;
    if (!stripe_of(finite(wheel_phase[w]), from, to)) continue;
    place(0, -kSide, kEnd * from);
    place(1, kSide, kEnd * from);
    place(2, kSide, kEnd * to);
    place(3, -kSide, kEnd * to);
    draw(std::span<const vision::Pixel>(corners, 4), Part::stripe);
  }
  for (std::span<const Point> part : {std::span<const Point>(kFrontWing), std::span<const Point>(kNose),
                                      std::span<const Point>(kBody), std::span<const Point>(kRearWing)}) {
    for (std::size_t k = 0; k < part.size(); ++k) corners[k] = on_screen(part[k]);
    draw(std::span<const vision::Pixel>(corners, part.size()), Part::hull);
  }
}

}  // namespace wann::car
