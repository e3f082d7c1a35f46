// The car as a model of the solver (see core/physics/model.hpp): a hull, and four wheels on joints with motors and limits.
// Nothing that it touches pushes back, so it has no contacts.
#pragma once

#include "../../physics/model.hpp"

namespace wann::car {

using namespace physics;

// Lengths are given in hundredths of two units, as in Gymnasium's car.
inline constexpr double kSize = 0.02;

constexpr Vec2<float> scaled(double x, double y) { return {static_cast<float>(x * kSize), static_cast<float>(y * kSize)}; }

template <std::size_t n>
constexpr std::array<Vec2<float>, n> sorted(std::array<Vec2<float>, n> corner) {
  sort_corners(corner);
  return corner;
}

inline constexpr auto kFrontWing = sorted<4>({scaled(-60, 130), scaled(60, 130), scaled(60, 110), scaled(-60, 110)});
inline constexpr auto kNose = sorted<4>({scaled(-15, 120), scaled(15, 120), scaled(20, 20), scaled(-20, 20)});
inline constexpr auto kBody = sorted<8>({scaled(25, 20), scaled(50, -10), scaled(50, -40), scaled(20, -90), scaled(-20, -90),
                                         scaled(-50, -40), scaled(-50, -10), scaled(-25, 20)});
inline constexpr auto kRearWing = sorted<4>({scaled(-50, -120), scaled(50, -120), scaled(50, -90), scaled(-50, -90)});

inline constexpr double kWheelHalfWidth = 14 * kSize, kWheelRadius = 27 * kSize;
inline constexpr auto kWheelShape = sorted<4>({scaled(-14, 27), scaled(14, 27), scaled(14, -27), scaled(-14, -27)});

constexpr MassData hull_mass() {
  const MassPart parts[] = {{kFrontWing, 1.0f}, {kNose, 1.0f}, {kBody, 1.0f}, {kRearWing, 1.0f}};
  return mass_of(parts);
}
inline constexpr MassProperties kHullMass = properties_of(hull_mass());
inline constexpr MassProperties kWheelMass = properties_of(mass_of(kWheelShape, 0.1f));

// Bodies: the hull, then the wheels: front left and right, rear left and right. Joint i holds wheel i.
inline constexpr int kHull = 0, kWheels = 4;
inline constexpr double kWheelPlace[kWheels][2] = {{-55, 80}, {55, 80}, {-55, -82}, {55, -82}};

constexpr RevoluteJointDefinition make_joint(int i) {
  const Vec2<float> place = scaled(kWheelPlace[i][0], kWheelPlace[i][1]);
  return {kHull,
          1 + i,
          {place.x - kHullMass.centre.x, place.y - kHullMass.centre.y},
          {0 - kWheelMass.centre.x, 0 - kWheelMass.centre.y},
          0.0f,
          -0.4f,
          0.4f,
          kHullMass.inverse_mass,
          kHullMass.inverse_inertia,
          kWheelMass.inverse_mass,
          kWheelMass.inverse_inertia};
}
inline constexpr RevoluteJointDefinition kJoint[kWheels] = {make_joint(0), make_joint(1), make_joint(2), make_joint(3)};

struct Model {
  static constexpr int kBodies = 1 + kWheels, kJoints = kWheels;
  // Box2D gathers an island's joints from the body that was made last: the fourth wheel, then the hull's others, newest first.
  static constexpr std::array<int, kJoints> kJointOrder = {3, 2, 1, 0};
  static constexpr std::array<int, 0> kContactOrder = {};
  static constexpr float kTimeStep = 0.02f;
  static constexpr int kVelocityIterations = 180, kPositionIterations = 60;

  static constexpr const RevoluteJointDefinition& joint(int j) { return kJoint[j]; }
  static constexpr const MassProperties& mass(int body) { return body == kHull ? kHullMass : kWheelMass; }
};

static_assert(BodyModel<Model> && !ContactModel<Model>);

inline constexpr float kMaxMotor = Model::kTimeStep * static_cast<float>(180 * 900 * kSize * kSize);  // impulse

}  // namespace wann::car
