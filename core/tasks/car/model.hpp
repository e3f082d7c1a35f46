// The car as a model of the solver (see core/physics/model.hpp): a hull, and four wheels on joints with motors and limits.
// Nothing that it touches pushes back, so it has no contacts.
#pragma once

#include "../../physics/model.hpp"
#include "geometry.hpp"

namespace wann::car {

using namespace physics;

constexpr Vec2<float> scaled(Point p) { return {static_cast<float>(p.x * kSize), static_cast<float>(p.y * kSize)}; }

// A part's corners as Box2D keeps them.
template <std::size_t n>
constexpr std::array<Vec2<float>, n> shape_of(const Point (&part)[n]) {
  std::array<Vec2<float>, n> corner{};
  for (std::size_t i = 0; i < n; ++i) corner[i] = scaled(part[i]);
  sort_corners(corner);
  return corner;
}

inline constexpr auto kFrontWingShape = shape_of(kFrontWing);
inline constexpr auto kNoseShape = shape_of(kNose);
inline constexpr auto kBodyShape = shape_of(kBody);
inline constexpr auto kRearWingShape = shape_of(kRearWing);
inline constexpr auto kWheelShape = shape_of<4>({{-kWheelHalfWidth, kWheelRadius},
                                                 {kWheelHalfWidth, kWheelRadius},
                                                 {kWheelHalfWidth, -kWheelRadius},
                                                 {-kWheelHalfWidth, -kWheelRadius}});

constexpr MassData hull_mass() {
  const MassPart parts[] = {{kFrontWingShape, 1.0f}, {kNoseShape, 1.0f}, {kBodyShape, 1.0f}, {kRearWingShape, 1.0f}};
  return mass_of(parts);
}
inline constexpr MassProperties kHullMass = properties_of(hull_mass());
inline constexpr MassProperties kWheelMass = properties_of(mass_of(kWheelShape, 0.1f));

// Bodies: the hull, then the wheels. Joint i holds wheel i.
inline constexpr int kHull = 0;

constexpr RevoluteJointDefinition make_joint(int i) {
  const Vec2<float> place = scaled(kWheelPlace[i]);
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
  // Box2D gathers an island's joints from the body that was made last: the fourth wheel, then the hull's others, newest
  // first.
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
