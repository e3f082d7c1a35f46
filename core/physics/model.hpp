// A model: the bodies and joints of a world, known when it is compiled, and the vectors of lanes that the solver keeps of
// it.
//
// A lane is one world. All lanes have the same bodies and joints; they differ in poses, velocities, and in what touches.
// A model is a class with static members only:
//
//   kBodies, kJoints             how many (at least one each)
//   kJointOrder[kJoints]         the order in which joints are solved, and …
//   kContactOrder                … bodies with contacts; those of one stand together (an array, empty in a model without)
//   kMostContacts                of one body
//   kNeeds                       what sorts lanes; see `Need`
//   joint(j), mass(body)         their definitions and mass properties, constexpr
//   kFriction                    of bodies with contacts on the static shapes that they touch
//   kTimeStep                    seconds
//   kVelocityIterations, kPositionIterations
//
// In a model without contacts kContactOrder is empty, and kMostContacts, kNeeds and kFriction are not needed: all that
// concerns contacts is compiled away.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

#include "contact_list.hpp"
#include "revolute_joint.hpp"

namespace wann::physics {

// How many contacts a body has in a lane, or how many of them have two points.
struct Need {
  int body;
  bool pairs;
};

template <class Model>
inline constexpr int kContactBodies = static_cast<int>(Model::kContactOrder.size());

template <class Model>
concept BodyModel = requires(int i) {
  requires Model::kBodies > 0 && Model::kJoints > 0;
  { Model::kJointOrder } -> std::convertible_to<std::array<int, Model::kJoints>>;
  { kContactBodies<Model> } -> std::convertible_to<int>;
  { Model::joint(i) } -> std::convertible_to<const RevoluteJointDefinition&>;
  { Model::mass(i) } -> std::convertible_to<const MassProperties&>;
  { Model::kTimeStep } -> std::convertible_to<float>;
  { Model::kVelocityIterations } -> std::convertible_to<int>;
  { Model::kPositionIterations } -> std::convertible_to<int>;
};

template <class Model>
concept ContactModel = BodyModel<Model> && kContactBodies<Model> > 0 && requires {
  requires Model::kMostContacts > 0;
  { Model::kFriction } -> std::convertible_to<float>;
  { Model::kNeeds.size() } -> std::convertible_to<std::size_t>;
};

// One T for each body with contacts, in the order of kContactOrder; nothing in a model without.
struct Nothing {};
template <class Model, class T>
using ForContactBodies =
    std::conditional_t<(kContactBodies<Model> > 0), std::array<T, static_cast<std::size_t>(kContactBodies<Model>)>, Nothing>;

template <class Model>
consteval int most_contacts() {
  if constexpr (ContactModel<Model>)
    return Model::kMostContacts;
  else
    return 0;
}

// What the bodies and joints of one vector of lanes are between two steps.
template <BodyModel Model>
struct Bodies {
  Pose<Lanes> pose[Model::kBodies];
  Velocity<Lanes> velocity[Model::kBodies];
  Lanes still[Model::kBodies];  // seconds that the body has hardly moved
  JointMemory<Lanes> joint[Model::kJoints];
  Mask alive;  // the worlds that move on; the others stay as they are, or do not exist
  [[no_unique_address]] ForContactBodies<Model, ContactList<most_contacts<Model>()>> list;
};

// What the motors want in a step.
template <BodyModel Model>
struct MotorDrive {
  Lanes speed[Model::kJoints];
  Lanes max_motor[Model::kJoints];  // largest impulse
};

// What the solver makes of one vector of lanes in a step.
template <BodyModel Model>
struct Step {
  Transform<Lanes> before[Model::kBodies];  // where the bodies' frames were, and …
  Pose<Lanes> start[Model::kBodies];        // … their poses
  JointConstraint<Lanes> joint[Model::kJoints];
  [[no_unique_address]] ForContactBodies<Model, BodyContacts<most_contacts<Model>()>> contacts;
};

}  // namespace wann::physics
