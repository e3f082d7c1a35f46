// The car's measures, as Gymnasium's car has them: in fiftieths of the world's unit, in its own frame, whose y points ahead.
#pragma once

namespace wann::car {

struct Point {
  double x, y;
};

inline constexpr double kSize = 0.02;  // of the unit of all below

// Front left and right, rear left and right.
inline constexpr int kWheels = 4;
inline constexpr Point kWheelPlace[kWheels] = {{-55, 80}, {55, 80}, {-55, -82}, {55, -82}};
inline constexpr double kWheelHalfWidth = 14, kWheelRadius = 27;

// The hull's polygons, from the corner farthest to the right and on to the left, as Box2D has them: when they are drawn,
// that decides over their last pixels.
inline constexpr Point kFrontWing[] = {{60, 110}, {60, 130}, {-60, 130}, {-60, 110}};
inline constexpr Point kNose[] = {{20, 20}, {15, 120}, {-15, 120}, {-20, 20}};
inline constexpr Point kBody[] = {{50, -40}, {50, -10}, {25, 20}, {-25, 20}, {-50, -10}, {-50, -40}, {-20, -90}, {20, -90}};
inline constexpr Point kRearWing[] = {{50, -120}, {50, -90}, {-50, -90}, {-50, -120}};

}  // namespace wann::car
