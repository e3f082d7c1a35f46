// The picture in colour, as Gymnasium's CarRacing-v3 shows it: drawn at the screen's size, with its polygons on whole
// pixels, and then made smaller. The number in its lower left corner is left out. What networks see is made another way: see
// view.hpp.
#pragma once

#include <array>
#include <cmath>

#include "../../vision/canvas.hpp"
#include "camera.hpp"
#include "car_shape.hpp"
#include "road.hpp"
#include "track_texture.hpp"

namespace wann::car {

inline constexpr vision::Colour kField{102, 204, 102}, kGrass{102, 230, 102}, kWhite{255, 255, 255}, kRed{255, 0, 0},
    kHullRed{204, 0, 0}, kWheel{0, 0, 0}, kStripe{77, 77, 77};

class Picture {
 public:
  // Rows from above, three bytes a pixel.
  void draw(const CarView& view, std::uint8_t* rgb) {
    canvas_.clear();
    place_camera(view);
    if (sees_ground()) {
      draw_ground();
      draw_road(view);
    }
    draw_car(view);
    draw_indicators(view);
    canvas_.shrink(kPictureSize, kPictureSize, rgb);
  }

 private:
  void place_camera(const CarView& view) {
    zoom_ = zoom_at(view.time);
    c_ = std::cos(view.angle) * zoom_;
    s_ = std::sin(view.angle) * zoom_;
    x_ = view.x;
    y_ = view.y;
  }

  // Not from very far away, where places on the screen would not fit into integers.
  bool sees_ground() const {
    constexpr double kFar = 10 * kPlayfield;
    return std::fabs(x_) < kFar && std::fabs(y_) < kFar && std::isfinite(c_);
  }

  Point on_screen(Point p) const {
    const double dx = p.x - x_, dy = p.y - y_;
    return {kCarX + c_ * dx + s_ * dy, kCarY + c_ * dy - s_ * dx};
  }

  // Pieces that are far outside are passed over: their corners would not fit the drawing's integers.
  void draw_quad(const Quad& quad, vision::Colour colour) {
    constexpr double kMargin = kGrassSide * 1.4142135623730951 * kZoom;
    std::array<vision::Pixel, 4> corners;
    bool near = false;
    for (int k = 0; k < 4; ++k) {
      const Point p = on_screen(quad[k]);
      near |= p.x >= -kMargin && p.x <= kScreenWidth + kMargin && p.y >= -kMargin && p.y <= kScreenHeight + kMargin;
      corners[k] = {static_cast<int>(p.x), static_cast<int>(p.y)};
    }
    if (near) canvas_.draw_as_gfx(corners, colour);
  }

  static Quad rectangle(double left, double bottom, double right, double top) {
    return {{{left, bottom}, {right, bottom}, {right, top}, {left, top}}};
  }

  void draw_ground() {
    std::array<vision::Pixel, 4> field;
    const Quad whole = rectangle(-kPlayfield, -kPlayfield, kPlayfield, kPlayfield);
    for (int k = 0; k < 4; ++k) {
      const Point p = on_screen(whole[k]);
      field[k] = {static_cast<int>(p.x), static_cast<int>(p.y)};
    }
    canvas_.draw_as_gfx(field, kField);
    for (int i = -kGrassCells; i < kGrassCells; i += 2)
      for (int j = -kGrassCells; j < kGrassCells; j += 2)
        draw_quad(rectangle(kGrassSide * i, kGrassSide * j, kGrassSide * (i + 1), kGrassSide * (j + 1)), kGrass);
  }

  void draw_road(const CarView& view) {
    for (const RoadPiece& piece : view.track->pieces()) {
      vision::Colour colour = piece.kind == RoadPiece::Kind::white ? kWhite : kRed;
      if (piece.kind == RoadPiece::Kind::tile) {
        const auto grey = static_cast<std::uint8_t>(is_touched(view, piece.tile) ? kTouchedGrey : tile_grey(piece.tile));
        colour = {grey, grey, grey};
      }
      draw_quad(piece.corner, colour);
    }
  }

  void draw_car(const CarView& view) {
    for_each_part(zoom_, view.wheel_angle, view.wheel_phase, [this](std::span<const vision::Pixel> corners, Part part) {
      canvas_.fill_as_pygame(corners, part == Part::hull ? kHullRed : part == Part::wheel ? kWheel : kStripe);
    });
  }

  // A bar of the indicators.
  void draw_bar(double left, double top, double right, double bottom, vision::Colour colour) {
    const auto corner = [](double x, double y) {
      return vision::Pixel{static_cast<int>(kAcross * x), kScreenHeight - 1 - static_cast<int>(kDown * y)};
    };
    const std::array<vision::Pixel, 4> corners{corner(left, top), corner(right, top), corner(right, bottom),
                                               corner(left, bottom)};
    canvas_.fill_as_pygame(corners, colour);
  }

  void draw_indicators(const CarView& view) {
    draw_bar(0, 35, 40, 40, {0, 0, 0});
    const auto shows = [](float value) { return std::fabs(value) > kLeastShown && std::fabs(value) < 1e6f; };
    const auto upright = [&](double place, float value, double scale, vision::Colour colour) {
      if (shows(value)) draw_bar(place, kBarFoot - scale * value, place + 1, kBarFoot, colour);
    };
    const auto level = [&](double place, float value, double scale, vision::Colour colour) {
      if (shows(value)) draw_bar(place, 36, place + scale * value, 38, colour);
    };
    upright(5, view.speed, kSpeedScale, kWhite);
    for (int w = 0; w < kWheels; ++w)
      upright(7 + w, view.omega[w], 0.01, {static_cast<std::uint8_t>(w < 2 ? 0 : 51), 0, 255});
    level(20, view.wheel_angle[0], -10, {0, 255, 0});
    level(30, view.yaw_rate, -0.8, kRed);
  }

  vision::Canvas canvas_{kScreenWidth, kScreenHeight};
  double zoom_ = 0, c_ = 0, s_ = 0, x_ = 0, y_ = 0;
};

}  // namespace wann::car
