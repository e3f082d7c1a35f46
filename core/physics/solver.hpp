// The solver: one time step of many worlds of one model, as Box2D 2.3 takes it, with the same roundings.
//
// A lane is a world, and an operation is done for a vector of them at once. Within a world everything happens in one fixed
// order, each impulse after the one before (sequential impulses, Gauss-Seidel), because that order is part of the result.
// So nothing is coloured, batched or reordered inside a world; what is made parallel is the worlds.
//
// The order of a step
//
//   task    finds what touches at the present poses, fills in `Step::contacts`, and adds the impulses of the step's forces
//           to the velocities (so that forces act before constraints, as in Box2D)
//   prepare   contacts, then joints: the constraints of this step, each warm started by the impulses that it had in the last
//   velocities   kVelocityIterations times: joints in kJointOrder, then contacts in kContactOrder
//   remember, integrate   impulses are kept for the next step; bodies move with the new velocities
//   positions   up to kPositionIterations times: contacts, then joints, until both are within the slops
//   rest    a world in which nothing has moved for half a second is put to sleep: its velocities become 0
//   task    what depends on the new poses: lists of shapes that are near, impacts
//
// The task calls `begin`, `prepare` and `solve` between its own parts.
//
// What lanes have in common
//
// All lanes run the same instructions, so a vector costs what its lanes need between them: a contact that one lane has, a
// joint that is at its limit in one (a limit makes a 2 × 2 system a 3 × 3 one), a second point of a contact. In 180
// iterations that is most of a step's time.
//
//   Velocities: the lanes of all vectors are sorted by what they need, copied side by side in that order, solved, and copied
//   back. A lane's need is a number: how many contacts its bodies have, how many of those have two points, which joints are
//   at a limit. The model names the order (kNeeds): what few lanes need and what costs most stands in front, so that such
//   lanes come together. Two vectors are worked on in step (`LanePair`), and two pairs in turns: within a lane each impulse
//   waits for the one before, and the others' instructions fill the wait.
//
//   Positions: nearly all lanes are done within two iterations, which all do in place. The rest of all vectors go on
//   together to the tenth, and what is left then moves together once more. Lanes that never get within the slops usually run
//   through the same poses over and over; Brent's method finds the period, and the lane stops at the pose that it would
//   have after the last iteration.
//
// What is exact
//
// A lane's results do not depend, to the bit, on its neighbours, on its place, or on the width of a vector. That holds
// because a constraint that a lane does not have is one whose impulses stay 0, not one that is skipped; because a shorter
// computation is used only where it gives what the longer one would (a contact of one point, a joint within its limits); and
// because a lane that stops early has a pose that further iterations would not change, or would only bring back. Sums are
// formed in Box2D's order and nothing is fused (see vector.hpp), so that a world agrees with Box2D's to the bit.
#pragma once

#include <array>

#include "position_solver.hpp"
#include "velocity_solver.hpp"

namespace wann::physics {

inline constexpr float kSleepLinear = 0.01f;                         // m/s
inline constexpr float kSleepAngular = 2.0f / 180.0f * 3.14159265f;  // rad/s
inline constexpr float kSleepTime = 0.5f;                            // s

// Puts worlds to rest that have been solved and have hardly moved for long; gives them. What moves them next wakes them.
template <BodyModel Model>
Mask put_to_rest(Bodies<Model>& bodies, Mask solved) {
  Lanes least = broadcast(1e30f);
  for (int b = 0; b < Model::kBodies; ++b) {
    const Velocity<Lanes>& v = bodies.velocity[b];
    const Mask moves =
        (v.angular * v.angular > kSleepAngular * kSleepAngular) | (dot(v.linear, v.linear) > kSleepLinear * kSleepLinear);
    bodies.still[b] = moves ? broadcast(0.0f) : bodies.still[b] + Model::kTimeStep;
    least = smaller(least, bodies.still[b]);
  }
  const Mask asleep = solved & (least >= kSleepTime);
  if (any(asleep)) {
    const Lanes zero{};
    for (int b = 0; b < Model::kBodies; ++b) {
      bodies.velocity[b].linear = select<Lanes>(asleep, {zero, zero}, bodies.velocity[b].linear);
      bodies.velocity[b].angular = asleep ? zero : bodies.velocity[b].angular;
      bodies.still[b] = asleep ? zero : bodies.still[b];
    }
  }
  return asleep;
}

// Steps up to kMaxVectors vectors of lanes; made once for many steps.
template <BodyModel Model>
class Solver {
 public:
  // Begins vector v's step: notes where the bodies are. The contacts of the step are the task's to fill in.
  Step<Model>& begin(const Bodies<Model>& bodies, int v) {
    for (int b = 0; b < Model::kBodies; ++b) step_[v].before[b] = transform_of(bodies.pose[b], Model::mass(b).centre);
    return step_[v];
  }
  const Step<Model>& step(int v) const { return step_[v]; }

  // Makes vector v's constraints and warm starts them. Forces have been applied and contacts found before.
  void prepare(Bodies<Model>& bodies, const MotorDrive<Model>& drive, int v) {
    Step<Model>& step = step_[v];
    if constexpr (ContactModel<Model>)
      for (int i = 0; i < kContactBodies<Model>; ++i) {
        const int b = Model::kContactOrder[i];
        auto& contacts = step.contacts[i];
        for (int k = 0; k < contacts.n; ++k) {
          prepare_contact(contacts.touching[k].manifold, contacts.touching[k].memory, Model::mass(b), bodies.pose[b],
                          step.before[b], contacts.constraint[k]);
          warm_start_contact(Model::mass(b), contacts.constraint[k], bodies.velocity[b]);
        }
      }
    for (int j : Model::kJointOrder) {
      const RevoluteJointDefinition& d = Model::joint(j);
      prepare_joint(d, bodies.pose[d.body_a], bodies.pose[d.body_b], bodies.joint[j], drive.speed[j], drive.max_motor[j],
                    step.joint[j], bodies.velocity[d.body_a], bodies.velocity[d.body_b]);
    }
  }

  // Solves n prepared vectors and moves them on; gives the lanes that were put to rest.
  void solve(Bodies<Model>* const* bodies, Mask* asleep, int n) {
    velocities_.solve(bodies, step_.data(), n);
    for (int v = 0; v < n; ++v) move(*bodies[v], step_[v]);
    positions_.solve(bodies, step_.data(), asleep, n);
    for (int v = 0; v < n; ++v) asleep[v] = put_to_rest(*bodies[v], asleep[v]);
  }

 private:
  static void move(Bodies<Model>& bodies, Step<Model>& step) {
    for (int j = 0; j < Model::kJoints; ++j) remember_joint(step.joint[j], bodies.joint[j]);
    if constexpr (ContactModel<Model>)
      for (int i = 0; i < kContactBodies<Model>; ++i) step.contacts[i].remember(bodies.list[i]);
    for (int b = 0; b < Model::kBodies; ++b) {
      step.start[b] = bodies.pose[b];
      integrate(bodies.pose[b], bodies.velocity[b], broadcast(Model::kTimeStep));
    }
  }

  std::array<Step<Model>, kMaxVectors> step_;
  VelocitySolver<Model> velocities_;
  PositionSolver<Model> positions_;
};

}  // namespace wann::physics
