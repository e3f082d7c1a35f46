// A rigid body's mass and motion, and the integrator (semi-implicit Euler).
#pragma once

#include "polygon.hpp"

namespace wann::physics {

struct MassProperties {
  float inverse_mass;
  float inverse_inertia;
  Vec2<float> centre;  // of mass, in the body's frame
};

constexpr MassProperties properties_of(const MassData& m) { return {1.0f / m.mass, 1.0f / m.inertia, m.centre}; }

template <class F>
struct Pose {
  Vec2<F> centre;  // of mass, in the world
  F angle;
};

template <class F>
struct Velocity {
  Vec2<F> linear;  // of the centre of mass
  F angular;
};

template <class F>
WANN_INLINE Transform<F> transform_of(const Pose<F>& pose, Vec2<float> local_centre) {
  const Rotation<F> q = rotation(pose.angle);
  return {pose.centre - rotate(q, splat<F>(local_centre)), q};
}

// The furthest that a body moves (metres) and turns (radians) in one step: faster ones are slowed down.
inline constexpr float kMaxTranslation = 2.0f;
inline constexpr float kMaxRotation = 1.57079633f;

template <class F>
WANN_INLINE void integrate(Pose<F>& pose, Velocity<F>& velocity, F dt) {
  const Vec2<F> step = dt * velocity.linear;
  const F square = dot(step, step);
  const F shorten = select(square > kMaxTranslation * kMaxTranslation, kMaxTranslation / sqrt(square), splat<F>(1.0f));
  velocity.linear = shorten * velocity.linear;
  const F turn = dt * velocity.angular;
  velocity.angular *= select(abs(turn) > kMaxRotation, kMaxRotation / abs(turn), splat<F>(1.0f));
  pose.centre = pose.centre + dt * velocity.linear;
  pose.angle += dt * velocity.angular;
}

}  // namespace wann::physics
