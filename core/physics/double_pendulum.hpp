// The smallest model that has all that joints can have: a rod hangs from a fixed base, and another one from it; motors and
// limits in both joints, no contacts. The tests hold the solver against an oracle with it.
#pragma once

#include "solver.hpp"

namespace wann::physics {

struct DoublePendulum {
  // The base cannot be moved: its mass is infinite.
  static constexpr int kBodies = 3, kJoints = 2;
  static constexpr std::array<int, kJoints> kJointOrder = {1, 0};
  static constexpr std::array<int, 0> kContactOrder = {};
  static constexpr float kTimeStep = 0.02f;
  static constexpr int kVelocityIterations = 50, kPositionIterations = 20;

  static constexpr float kHalfLength = 0.5f, kHalfWidth = 0.05f;  // m
  static constexpr MassProperties kBase = {0, 0, {0, 0}};
  static constexpr MassProperties kRod = properties_of(mass_of(make_box(kHalfWidth, kHalfLength).corner, 2.0f));

  // From the base to the upper rod, and from that to the lower one.
  static constexpr RevoluteJointDefinition make_joint(int j) {
    const MassProperties& a = mass(j);
    return {j,
            j + 1,
            j == 0 ? Vec2<float>{0, 0} : Vec2<float>{0, -kHalfLength},
            {0, kHalfLength},
            j == 0 ? 0.0f : 0.1f,
            j == 0 ? -1.2f : -0.6f,
            j == 0 ? 0.9f : 1.5f,
            a.inverse_mass,
            a.inverse_inertia,
            kRod.inverse_mass,
            kRod.inverse_inertia};
  }
  static constexpr const RevoluteJointDefinition& joint(int j);
  static constexpr const MassProperties& mass(int body) { return body == 0 ? kBase : kRod; }
};

inline constexpr RevoluteJointDefinition kPendulumJoint[] = {DoublePendulum::make_joint(0), DoublePendulum::make_joint(1)};
constexpr const RevoluteJointDefinition& DoublePendulum::joint(int j) { return kPendulumJoint[j]; }

static_assert(BodyModel<DoublePendulum> && !ContactModel<DoublePendulum>);

}  // namespace wann::physics
