// One step of the walker's world.
#pragma once

#include <array>

#include "../../physics/solver.hpp"
#include "impact.hpp"

namespace wann::walker {

inline MotorDrive<Model> drive_of(const Lanes (&action)[kJoints]) {
  MotorDrive<Model> d;
  for (int j = 0; j < kJoints; ++j) {
    const Lanes a = action[j];
    const float speed = j % 2 == 0 ? kHipSpeed : kKneeSpeed;
    d.speed[j] = a > 0.0f ? broadcast(speed) : (a < 0.0f ? broadcast(-speed) : broadcast(0.0f));
    d.max_motor[j] = Model::kTimeStep * (kMotorTorque * at_most(1.0f, abs(a)));
  }
  return d;
}

// Steps up to kMaxVectors vectors of lanes; made once for many steps.
class World {
 public:
  // Advances n vectors by one time step.
  void step(State* states, const MotorDrive<Model>* drive, int n) {
    Bodies<Model>* bodies[kMaxVectors];
    Mask asleep[kMaxVectors];
    for (int v = 0; v < n; ++v) {
      bodies[v] = &states[v].s.bodies;
      begin_step(states[v], v);
      solver_.prepare(*bodies[v], drive[v], v);
    }
    solver_.solve(bodies, asleep, n);
    for (int v = 0; v < n; ++v) end_step(states[v], asleep[v], solver_.step(v));
  }

 private:
  // Finds the contacts and pulls at the bodies.
  void begin_step(State& state, int v) {
    Walker& s = state.s;
    Step<Model>& step = solver_.begin(s.bodies, v);
    s.fallen |= hull_touches(state, step.before[kHull]);
    for (int b = 1; b < kBodies; ++b) find_contacts(state, b, step.before[b], step.contacts[contacts_of(b)]);
    for (Velocity<Lanes>& velocity : s.bodies.velocity) velocity.linear.y += Model::kTimeStep * kGravity;
    s.bodies.velocity[kHull].linear.x += Model::kTimeStep * (kHullMass.inverse_mass * s.push);
    s.push = Lanes{};
  }

  // Looks for shapes that limbs came near to, and solves the impacts of lanes that went too far in one step.
  static void end_step(State& state, Mask asleep, const Step<Model>& step) {
    Walker& s = state.s;
    const Bodies<Model>& bodies = s.bodies;
    Mask risky{};
    for (int b = 0; b < kBodies; ++b) {
      const Transform<Lanes>& before = step.before[b];
      const Transform<Lanes> after = transform_of(bodies.pose[b], mass_of_body(b).centre);
      if (b == kHull) {
        risky |= hull_may_impact(state, around(bounds_of(kHullShape, before), bounds_of(kHullShape, after)));
        continue;
      }
      const Bounds swept = around(bounds_of(limb_shape(b), before), bounds_of(limb_shape(b), after));
      renew_list(state, b, swept, after.origin - before.origin);
      risky |= may_impact(state, b, before, after, swept, bodies.pose[b].angle - step.start[b].angle);
    }
    risky &= bodies.alive & ~asleep;
    if (any(risky))
      for (int lane = 0; lane < kLaneWidth; ++lane)
        if (risky[lane]) LaneImpacts(state, lane, step.start).solve();
  }

  // Lists the shapes near a limb anew in the lanes where it has left its wide bounds.
  static void renew_list(State& state, int body, const Bounds& swept, Vec2<Lanes> moved) {
    Walker& s = state.s;
    Limb& limb = s.limb_of(body);
    const Mask stale = s.bodies.alive & ~contains(limb.wide, swept);
    if (!any(stale)) return;
    const Bounds wide = widen(swept, moved);
    limb.wide = {stale ? wide.left : limb.wide.left, stale ? wide.bottom : limb.wide.bottom,
                 stale ? wide.right : limb.wide.right, stale ? wide.top : limb.wide.top};
    for (int lane = 0; lane < kLaneWidth; ++lane)
      if (stale[lane]) list_shapes(s, body, lane, state.terrains[s.terrain[lane]]);
  }

  Solver<Model> solver_;
};

}  // namespace wann::walker
