// What a vector of cars sees: the pictures of those that drive, and their latents.
#pragma once

#include <memory>

#include "../../vision/encoder.hpp"
#include "view.hpp"
#include "world.hpp"

namespace wann::car {

inline float speed_of(const State& state, int lane) {
  const Vec2<Lanes>& v = state.s.bodies.velocity[kHull].linear;
  return std::sqrt(v.x[lane] * v.x[lane] + v.y[lane] * v.y[lane]);
}

inline CarView view_of(const State& state, int lane) {
  const Cars& s = state.s;
  CarView view{};
  const Progress& progress = state.progress[lane];
  view.track = &progress.circuit->texture;
  view.touched = progress.visited;
  view.x = s.hull_x[lane];
  view.y = s.hull_y[lane];
  view.angle = s.bodies.pose[kHull].angle[lane];
  for (int i = 0; i < kWheels; ++i) {
    view.wheel_angle[i] = s.bodies.pose[1 + i].angle[lane] - view.angle;
    view.wheel_phase[i] = static_cast<float>(state.spins.phase[i].get(lane));
    view.omega[i] = static_cast<float>(state.spins.omega[i].get(lane));
  }
  view.time = static_cast<float>(s.frame[lane] * kStepSeconds);
  view.speed = speed_of(state, lane);
  view.yaw_rate = s.bodies.velocity[kHull].angular[lane];
  return view;
}

// Room for looking; each thread has its own.
class Eye {
 public:
  // Whether the encoder takes one of the two views that there are.
  static bool fits(const Encoder& encoder) { return takes<3>(encoder) || takes<2>(encoder); }

  void look(const State& state, const Encoder& encoder, Lanes* latents) {
    CarView views[kLaneWidth]{};
    for (int lane = 0; lane < kLaneWidth; ++lane)
      if (state.s.bodies.alive[lane]) views[lane] = view_of(state, lane);
    if (takes<3>(encoder))
      coarse_.draw(views, pixels_.get());
    else
      fine_.draw(views, pixels_.get());
    encoder.encode(pixels_.get(), work_, latents);
  }

 private:
  template <int block>
  static bool takes(const Encoder& encoder) {
    return encoder.input().rows == ViewShape<block>::kRows && encoder.input().columns == ViewShape<block>::kColumns &&
           encoder.input().channels == 1;
  }

  std::unique_ptr<Lanes[]> pixels_ = std::make_unique<Lanes[]>(ViewShape<2>::kPixels);
  ViewPainter<3> coarse_;
  ViewPainter<2> fine_;
  EncoderWork work_;
};

}  // namespace wann::car
