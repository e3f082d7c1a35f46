// Cart-pole swing-up: a pole hangs from a cart on a track and is to be swung up and balanced near the middle.
//
// Equations of motion, constants, start and reward are those of the task that the paper uses (Gaier and Ha 2019, section
// 4.1). The friction acts on the cart; positions advance by the old velocities (explicit Euler).
#pragma once

#include <cstdint>
#include <numbers>

#include "../../evolution/random.hpp"
#include "../../lanes/copy_lane.hpp"
#include "../../lanes/math.hpp"
#include "../../rollout/task.hpp"

namespace wann {

class CartPoleSwingUp {
 public:
  static constexpr std::uint32_t kOutputs = 1;

  static constexpr float kGravity = 9.82f;        // m/s²
  static constexpr float kCartMass = 0.5f;        // kg
  static constexpr float kPoleMass = 0.5f;        // kg
  static constexpr float kPoleLength = 0.6f;      // m
  static constexpr float kFriction = 0.1f;        // N·s/m
  static constexpr float kForce = 10.0f;          // N at full action
  static constexpr float kTimeStep = 0.01f;       // s
  static constexpr float kTrackHalf = 2.4f;       // m
  static constexpr double kStartDeviation = 0.2;  // of each state variable, around (0, 0, π, 0)

  struct State {
    Lanes position, velocity, angle, angular_velocity;
    Lanes sine, cosine;  // of the angle; 0 is upright
  };

  // Networks see x, ẋ, cos θ, sin θ, θ̇, or x, cos θ, sin θ alone.
  explicit CartPoleSwingUp(bool hides_velocities = false) : hides_velocities_(hides_velocities) {}

  std::uint32_t n_inputs() const { return hides_velocities_ ? 3 : 5; }
  static constexpr int max_steps() { return 1000; }

  void reset(State& s, int lane, std::uint64_t seed) const {
    Random random(seed);
    const auto draw = [&](double mean) { return static_cast<float>(mean + kStartDeviation * random.normal()); };
    s.position[lane] = draw(0);
    s.velocity[lane] = draw(0);
    s.angle[lane] = draw(std::numbers::pi);
    s.angular_velocity[lane] = draw(0);
    Lanes sine, cosine;
    sin_cos(s.angle, sine, cosine);
    s.sine[lane] = sine[lane];
    s.cosine[lane] = cosine[lane];
  }

  void move_lane(const State& from, int from_lane, State& to, int to_lane) const { copy_lane(from, from_lane, to, to_lane); }

  void observe(const State& s, Row* inputs, int v) const {
    inputs[0][v] = s.position;
    if (hides_velocities_) {
      inputs[1][v] = s.cosine;
      inputs[2][v] = s.sine;
      return;
    }
    inputs[1][v] = s.velocity;
    inputs[2][v] = s.cosine;
    inputs[3][v] = s.sine;
    inputs[4][v] = s.angular_velocity;
  }

  // Advances every lane by one time step; gives the reward, and in `done` the lanes whose cart left the track.
  Lanes step(State& s, const Row* outputs, int v, Mask& done) const {
    constexpr float kMass = kCartMass + kPoleMass;
    constexpr float kMassLength = kPoleMass * kPoleLength;
    const Lanes force = clamp(outputs[0][v], -1.0f, 1.0f) * kForce;
    const Lanes push = fma(s.velocity, -kFriction, force);  // F - b·ẋ
    const Lanes swing = s.angular_velocity * s.angular_velocity * s.sine * kMassLength;
    // Both accelerations have the denominator 4M - 3m·cos²θ, the angle's times the pole's length.
    const Lanes inverse = 1.0f / fma(s.cosine * s.cosine, -3.0f * kPoleMass, 4.0f * kMass);
    const Lanes linear = fma(swing, -2.0f, fma(s.sine * s.cosine, 3.0f * kPoleMass * kGravity, push * 4.0f)) * inverse;
    const Lanes angular = fma(swing * s.cosine, -3.0f, fma(push * s.cosine, 6.0f, s.sine * (6.0f * kMass * kGravity))) *
                          (inverse * (1.0f / kPoleLength));
    s.position = fma(s.velocity, kTimeStep, s.position);
    s.angle = fma(s.angular_velocity, kTimeStep, s.angle);
    s.velocity = fma(linear, kTimeStep, s.velocity);
    s.angular_velocity = fma(angular, kTimeStep, s.angular_velocity);
    sin_cos(s.angle, s.sine, s.cosine);
    done = abs(s.position) > kTrackHalf;
    return fma(s.cosine, 0.5f, broadcast(0.5f)) * centring(s.position);
  }

  // cos(π/2 · x/2.4), by a minimax polynomial for |x| <= 2.64; error 2e-7. To leave the track faster than that a cart needs
  // 24 m/s, far more than 10 N can give it there.
  static Lanes centring(Lanes position) {
    const Lanes u = position * (1.0f / kTrackHalf);
    const Lanes u2 = u * u;
    Lanes p = fma(u2, 0.0008476408f, -0.020791614f);
    p = fma(p, u2, 0.25364092f);
    p = fma(p, u2, -1.233697f);
    return fma(p, u2, 1.0f);
  }

 private:
  bool hides_velocities_;
};

}  // namespace wann
