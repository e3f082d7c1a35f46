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

// What an episode's dynamics depend on; by default those of the paper's task.
struct SwingUpPhysics {
  float gravity = 9.82f;     // m/s²
  float cart_mass = 0.5f;    // kg
  float pole_mass = 0.5f;    // kg
  float pole_length = 0.6f;  // m
  float friction = 0.1f;     // of the cart, N·s/m
  float force = 10.0f;       // N at full action
};

class CartPoleSwingUp {
 public:
  static constexpr std::uint32_t kOutputs = 1;

  static constexpr float kTimeStep = 0.01f;       // s
  static constexpr float kTrackHalf = 2.4f;       // m
  static constexpr double kStartDeviation = 0.2;  // of each state variable, around (0, 0, π, 0)

  struct State {
    Lanes position, velocity, angle, angular_velocity;
    Lanes sine, cosine;  // of the angle; 0 is upright
  };

  // Networks see x, ẋ, cos θ, sin θ, θ̇, or x, cos θ, sin θ alone.
  explicit CartPoleSwingUp(bool hides_velocities = false, const SwingUpPhysics& physics = {})
      : hides_velocities_(hides_velocities),
        force_(physics.force),
        friction_(physics.friction),
        mass_length_(physics.pole_mass * physics.pole_length),
        three_pole_masses_(3.0f * physics.pole_mass),
        four_masses_(4.0f * (physics.cart_mass + physics.pole_mass)),
        linear_gravity_(three_pole_masses_ * physics.gravity),
        angular_gravity_(6.0f * (physics.cart_mass + physics.pole_mass) * physics.gravity),
        inverse_length_(1.0f / physics.pole_length) {}

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
    const Lanes force = clamp(outputs[0][v], -1.0f, 1.0f) * force_;
    const Lanes push = fma(s.velocity, -friction_, force);  // F - b·ẋ
    const Lanes swing = s.angular_velocity * s.angular_velocity * s.sine * mass_length_;
    // Both accelerations have the denominator 4M - 3m·cos²θ, the angle's times the pole's length.
    const Lanes inverse = 1.0f / fma(s.cosine * s.cosine, -three_pole_masses_, four_masses_);
    const Lanes linear = fma(swing, -2.0f, fma(s.sine * s.cosine, linear_gravity_, push * 4.0f)) * inverse;
    const Lanes angular =
        fma(swing * s.cosine, -3.0f, fma(push * s.cosine, 6.0f, s.sine * angular_gravity_)) * (inverse * inverse_length_);
    s.position = fma(s.velocity, kTimeStep, s.position);
    s.angle = fma(s.angular_velocity, kTimeStep, s.angle);
    s.velocity = fma(linear, kTimeStep, s.velocity);
    s.angular_velocity = fma(angular, kTimeStep, s.angular_velocity);
    sin_cos(s.angle, s.sine, s.cosine);
    done = abs(s.position) > kTrackHalf;
    return fma(s.cosine, 0.5f, broadcast(0.5f)) * centring(s.position);
  }

  // cos(π/2 · x/2.4), by a minimax polynomial for |x| <= 2.64; error 2e-7. To leave the track faster than that a cart needs
  // 24 m/s, far more than 10 N can give it there. With other physics it may be faster at its last step; the error is then
  // still below 1e-3 up to 50 m/s.
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
  // What the equations of motion need of the physics.
  float force_, friction_, mass_length_, three_pole_masses_, four_masses_, linear_gravity_, angular_gravity_,
      inverse_length_;
};

}  // namespace wann
