// The bipedal walker as a model of the solver (see core/physics/model.hpp): its bodies, joints and their orders, and its
// state.
#pragma once

#include "../../physics/bounds.hpp"
#include "../../physics/model.hpp"
#include "terrain.hpp"

namespace wann::walker {

using namespace physics;

inline constexpr float kGravity = -10.0f;
inline constexpr float kScale = 30.0f;
inline constexpr float kGroundFriction = 2.5f;
inline constexpr float kLegWidth = 8 / kScale, kLegHeight = 34 / kScale;
inline constexpr float kLegDown = -8 / kScale;
inline constexpr float kMotorTorque = 80;
inline constexpr float kHipSpeed = 4, kKneeSpeed = 6;
inline constexpr int kRays = 10;             // of the lidar
inline constexpr float kLimbReach = 0.583f;  // of a limb's corner from its centre

inline constexpr auto kHullShape = make_polygon<5>({Vec2<float>{34 / kScale, -8 / kScale},
                                                    {34 / kScale, 1 / kScale},
                                                    {6 / kScale, 9 / kScale},
                                                    {-30 / kScale, 9 / kScale},
                                                    {-30 / kScale, -8 / kScale}});
inline constexpr auto kThighShape = make_box(kLegWidth / 2, kLegHeight / 2);
inline constexpr auto kShankShape = make_box(static_cast<float>(0.8 * (8 / 30.0) / 2), kLegHeight / 2);
inline constexpr MassProperties kHullMass = properties_of(mass_of(kHullShape.corner, 5.0f));
inline constexpr MassProperties kThighMass = properties_of(mass_of(kThighShape.corner, 1.0f));
inline constexpr MassProperties kShankMass = properties_of(mass_of(kShankShape.corner, 1.0f));

// Bodies: the hull, then thigh and shank of the first leg, thigh and shank of the second.
inline constexpr int kBodies = 5, kHull = 0;
inline constexpr int kLimbs = 4;  // bodies 1 to 4, which bear contacts; a hull that touches the ground ends the episode
inline constexpr int kJoints = 4;

constexpr bool is_shank(int body) { return body == 2 || body == 4; }
constexpr const MassProperties& mass_of_body(int body) {
  return body == kHull ? kHullMass : is_shank(body) ? kShankMass : kThighMass;
}
constexpr const Polygon<4>& limb_shape(int body) { return is_shank(body) ? kShankShape : kThighShape; }

// The legs start a little apart. A joint's reference angle is the one that it starts at.
constexpr float start_angle(int body) { return body == kHull ? 0.0f : body < 3 ? -0.05f : 0.05f; }

// Joints: hip and knee of the first leg, hip and knee of the second.
constexpr RevoluteJointDefinition make_joint(int j) {
  const bool knee = j % 2 == 1;
  const int b = j + 1, a = knee ? j : kHull;
  const MassProperties &ma = mass_of_body(a), &mb = mass_of_body(b);
  const Vec2<float> anchor_a =
      knee ? Vec2<float>{0, -kLegHeight / 2} : Vec2<float>{0 - kHullMass.centre.x, kLegDown - kHullMass.centre.y};
  return {a,
          b,
          anchor_a,
          {0, kLegHeight / 2},
          knee ? 0.0f : start_angle(b),
          knee ? -1.6f : -0.8f,
          knee ? -0.1f : 1.1f,
          ma.inverse_mass,
          ma.inverse_inertia,
          mb.inverse_mass,
          mb.inverse_inertia};
}
inline constexpr RevoluteJointDefinition kJoint[kJoints] = {make_joint(0), make_joint(1), make_joint(2), make_joint(3)};

struct Model {
  static constexpr int kBodies = walker::kBodies, kJoints = walker::kJoints;
  // The orders in which Box2D gathers an island of contacts and joints, from the body that was made last.
  static constexpr std::array<int, kJoints> kJointOrder = {3, 2, 0, 1};
  static constexpr std::array<int, kLimbs> kContactOrder = {4, 3, 1, 2};
  static constexpr int kMostContacts = 10;
  // Thighs rarely touch; a shank has one contact more often than two points of it.
  static constexpr std::array kNeeds = {Need{3, false}, Need{1, false}, Need{4, true},
                                        Need{2, true},  Need{4, false}, Need{2, false}};
  static constexpr float kFriction = constexpr_sqrt(0.2f * kGroundFriction);
  static constexpr float kTimeStep = 0.02f;
  static constexpr int kVelocityIterations = 180, kPositionIterations = 60;

  static constexpr const RevoluteJointDefinition& joint(int j) { return kJoint[j]; }
  static constexpr const MassProperties& mass(int body) { return mass_of_body(body); }
};

// Where the contacts of a limb stand among those of all: see kContactOrder.
constexpr int contacts_of(int body) {
  for (int i = 0; i < kLimbs; ++i)
    if (Model::kContactOrder[i] == body) return i;
  return -1;
}

// What a limb knows of the ground besides its list of contacts.
struct Limb {
  Bounds wide;  // around the body with a margin; shapes that it meets are in the list
  Mask on_ground;
};

// Every member is made of vectors: an episode moves lane by lane, see copy_lane.
struct Walker {
  Bodies<Model> bodies;
  Lanes push;  // N, on the hull in the next step
  Lanes lidar[kRays];
  Lanes hull_x;  // of the hull's origin
  Mask fallen;
  IntLanes terrain;
  Limb limb[kLimbs];  // of body i + 1

  Limb& limb_of(int body) { return limb[body - 1]; }
  const Limb& limb_of(int body) const { return limb[body - 1]; }
  ContactList<Model::kMostContacts>& list_of(int body) { return bodies.list[contacts_of(body)]; }
  const ContactList<Model::kMostContacts>& list_of(int body) const { return bodies.list[contacts_of(body)]; }
};

// The walkers of one vector of lanes and the grounds that all of them walk on.
struct State {
  Walker s;
  const BipedalTerrain* terrains;
};

}  // namespace wann::walker
