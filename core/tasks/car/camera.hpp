// What a picture is made from, and where the camera stands: above the car, turned with its hull, which drives up the screen.
#pragma once

#include <algorithm>
#include <cstdint>

#include "geometry.hpp"
#include "track.hpp"

namespace wann::car {

class TrackTexture;

// What is seen of one car on its track. Wheels: front left, front right, rear left, rear right.
struct CarView {
  const TrackTexture* track;
  // Tiles that a wheel has touched, which are darker: bit i % 32 of touched[i / 32].
  const std::uint32_t* touched;
  float x, y, angle;           // of the hull's origin
  float wheel_angle[kWheels];  // against the hull
  float wheel_phase[kWheels];  // how far the wheels have turned round their axles
  float time;                  // seconds since the start; the camera comes down in the first
  // Of the indicators below the picture only.
  float speed;
  float omega[kWheels];  // how fast the wheels turn round their axles
  float yaw_rate;
};

inline bool is_touched(const CarView& view, int tile) { return view.touched[tile / 32] >> (tile % 32) & 1; }

// The screen that is drawn on and then made smaller. The car's place on it counts from the lower left corner.
inline constexpr int kScreenWidth = 1000, kScreenHeight = 800;
inline constexpr double kCarX = 500, kCarY = 200;

// The picture: its lowest rows are the indicators'.
inline constexpr int kPictureSize = 96, kRoadRows = 84;

// Indicators are laid out in fortieths of the screen, whose origin is then the upper left corner.
inline constexpr double kAcross = kScreenWidth / 40.0, kDown = kScreenHeight / 40.0;
inline constexpr double kSpeedScale = 0.02, kBarFoot = 39;
inline constexpr float kLeastShown = 1e-4f;

// The height of the bar that shows a speed, in fortieths of the screen. It is drawn in whole pixels, so that this is what a
// picture tells.
inline float shown_speed(float speed) {
  if (speed <= kLeastShown) return 0.0f;
  const int pixels = static_cast<int>(kDown * kBarFoot) - static_cast<int>(kDown * (kBarFoot - kSpeedScale * speed));
  return static_cast<float>(pixels / kDown);
}

inline constexpr double kZoom = 16.2, kFirstZoom = 0.6;  // pixels of the screen to a unit of the world

inline double zoom_at(double time) { return kFirstZoom * std::max(1 - time, 0.0) + kZoom * std::min(time, 1.0); }

// The side of a square of long grass on the field; there is one in every 2 x 2 squares.
inline constexpr double kGrassSide = kPlayfield / 20;
inline constexpr int kGrassCells = 20;  // in both directions from the middle

}  // namespace wann::car
