// Revolute joints with a motor and limits, solved by sequential impulses (E. Catto, "Iterative dynamics with temporal
// coherence", GDC 2005, and the talks that follow it).
//
// A joint keeps a point of body A on a point of body B. The motor is a friction-like constraint with a largest torque; a
// limit is a one-sided constraint on the angle, solved together with the point as a 3 × 3 system. Both are rows of one
// block here: with the point's 2 × 2 matrix K and its coupling e to the angle, the angle's impulse is s(a·Ċ - Ċ_angle),
// a = K⁻¹e and s the reciprocal of the Schur complement, clamped by sign, and the point's is -K⁻¹Ċ - a·(that impulse). A
// lane that is at no limit has the interval [0, 0], so that one piece of code serves all lanes.
#pragma once

#include "body.hpp"

namespace wann::physics {

inline constexpr float kLinearSlop = 0.005f;
inline constexpr float kAngularSlop = 2.0f / 180.0f * 3.14159265f;
inline constexpr float kMaxAngularCorrection = 8.0f / 180.0f * 3.14159265f;

// The joint's angle is that of body B less that of body A less the reference angle; lower_angle < upper_angle.
struct RevoluteJointDefinition {
  int body_a, body_b;
  Vec2<float> anchor_a, anchor_b;  // relative to the centres of mass, in the bodies' frames
  float reference_angle, lower_angle, upper_angle;
  float inverse_mass_a, inverse_inertia_a, inverse_mass_b, inverse_inertia_b;

  constexpr float motor_mass() const { return 1.0f / (inverse_inertia_a + inverse_inertia_b); }
};

// What a joint keeps from one step to the next: the impulses that the next solve starts from, and the limit that it is at
// (-1 the lower, 0 none, 1 the upper).
template <class F>
struct JointMemory {
  Vec2<F> point;
  F limit;
  F motor;
  F side;
};

template <class F>
struct JointConstraint {
  Vec2<F> ra, rb;          // from the centres of mass to the anchors
  Vec2<F> turn_a, turn_b;  // the same, times the inverse inertia
  F k11, k12, k22;         // K⁻¹
  Vec2<F> a;               // K⁻¹e
  F s;                     // 0 where no limit is reached
  F low, high;             // the interval of the limit's impulse
  F speed, max_motor;      // the motor's speed and largest impulse
  Vec2<F> point;
  F limit;
  F motor;
};

// The constraint of this step, warm started. `max_motor` is the largest torque times the step's length.
template <class F>
WANN_INLINE void prepare_joint(const RevoluteJointDefinition& d, const Pose<F>& pose_a, const Pose<F>& pose_b,
                               JointMemory<F>& memory, F speed, F max_motor, JointConstraint<F>& j, Velocity<F>& va,
                               Velocity<F>& vb) {
  j.ra = rotate(rotation(pose_a.angle), splat<F>(d.anchor_a));
  j.rb = rotate(rotation(pose_b.angle), splat<F>(d.anchor_b));
  const float ia = d.inverse_inertia_a, ib = d.inverse_inertia_b, m = d.inverse_mass_a + d.inverse_mass_b;
  j.turn_a = {ia * j.ra.x, ia * j.ra.y};
  j.turn_b = {ib * j.rb.x, ib * j.rb.y};
  const F xx = m + j.ra.y * j.turn_a.y + j.rb.y * j.turn_b.y;
  const F xy = -j.ra.x * j.turn_a.y - j.rb.x * j.turn_b.y;
  const F yy = m + j.ra.x * j.turn_a.x + j.rb.x * j.turn_b.x;
  const F inverse = 1.0f / (xx * yy - xy * xy);
  j.k11 = yy * inverse;
  j.k12 = -xy * inverse;
  j.k22 = xx * inverse;
  const Vec2<F> e = {-j.turn_a.y - j.turn_b.y, j.turn_a.x + j.turn_b.x};
  j.a = {j.k11 * e.x + j.k12 * e.y, j.k12 * e.x + j.k22 * e.y};

  const F angle = pose_b.angle - pose_a.angle - d.reference_angle;
  const F zero = splat<F>(0.0f);
  const F side = select(angle <= d.lower_angle, splat<F>(-1.0f), select(angle >= d.upper_angle, splat<F>(1.0f), zero));
  memory.limit = select(side == memory.side, memory.limit, zero);
  memory.side = side;
  j.s = select(side != 0.0f, 1.0f / ((ia + ib) - dot(e, j.a)), zero);
  j.low = select(side > 0.0f, splat<F>(-1e30f), zero);
  j.high = select(side < 0.0f, splat<F>(1e30f), zero);
  j.speed = speed;
  j.max_motor = max_motor;
  j.point = memory.point;
  j.limit = memory.limit;
  j.motor = memory.motor;

  const F turn = j.motor + j.limit;
  va.linear.x -= d.inverse_mass_a * j.point.x;
  va.linear.y -= d.inverse_mass_a * j.point.y;
  va.angular -= ia * (cross(j.ra, j.point) + turn);
  vb.linear.x += d.inverse_mass_b * j.point.x;
  vb.linear.y += d.inverse_mass_b * j.point.y;
  vb.angular += ib * (cross(j.rb, j.point) + turn);
}

template <class F>
WANN_INLINE void remember_joint(const JointConstraint<F>& j, JointMemory<F>& memory) {
  memory.point = j.point;
  memory.limit = j.limit;
  memory.motor = j.motor;
}

// One velocity iteration: the motor, then the point together with the limit. `limited` false skips the limit's row, for
// when no lane is at one.
template <bool limited, class F>
WANN_INLINE void solve_joint_velocity(const RevoluteJointDefinition& d, JointConstraint<F>& j, Velocity<F>& va,
                                      Velocity<F>& vb) {
  const float ma = d.inverse_mass_a, ia = d.inverse_inertia_a, mb = d.inverse_mass_b, ib = d.inverse_inertia_b;
  const F slip = (vb.angular - va.angular) - j.speed;
  const F motor = limit(fma(-d.motor_mass(), slip, j.motor), -j.max_motor, j.max_motor);
  const F torque = motor - j.motor;
  j.motor = motor;
  va.angular = fma(-ia, torque, va.angular);
  vb.angular = fma(ib, torque, vb.angular);

  F cx = vb.linear.x - va.linear.x, cy = vb.linear.y - va.linear.y;
  cx = fma(-vb.angular, j.rb.y, fma(va.angular, j.ra.y, cx));
  cy = fma(vb.angular, j.rb.x, fma(-va.angular, j.ra.x, cy));
  F px = -fma(j.k11, cx, j.k12 * cy);
  F py = -fma(j.k12, cx, j.k22 * cy);
  if constexpr (limited) {
    const F turn = fma(j.a.x, cx, fma(j.a.y, cy, va.angular - vb.angular));
    const F total = limit(fma(j.s, turn, j.limit), j.low, j.high);
    const F z = total - j.limit;
    j.limit = total;
    px = fma(-j.a.x, z, px);
    py = fma(-j.a.y, z, py);
    va.angular = fma(-ia, z, va.angular);
    vb.angular = fma(ib, z, vb.angular);
  }
  j.point.x += px;
  j.point.y += py;
  va.linear.x = fma(-ma, px, va.linear.x);
  va.linear.y = fma(-ma, py, va.linear.y);
  va.angular = fma(j.turn_a.y, px, fma(-j.turn_a.x, py, va.angular));
  vb.linear.x = fma(mb, px, vb.linear.x);
  vb.linear.y = fma(mb, py, vb.linear.y);
  vb.angular = fma(-j.turn_b.y, px, fma(j.turn_b.x, py, vb.angular));
}

// One position iteration for the lanes in `active`; gives the lanes whose joint was within the slops before it.
template <class F>
WANN_INLINE MaskOf<F> solve_joint_position(const RevoluteJointDefinition& d, F side, MaskOf<F> active, Pose<F>& a,
                                           Pose<F>& b) {
  const float ma = d.inverse_mass_a, ia = d.inverse_inertia_a, mb = d.inverse_mass_b, ib = d.inverse_inertia_b;
  const F zero = splat<F>(0.0f);
  F angle_a = a.angle, angle_b = b.angle;
  F angular_error = zero;
  if (any(side != 0.0f)) {
    const F angle = angle_b - angle_a - d.reference_angle;
    const MaskOf<F> lower = side < 0.0f, upper = side > 0.0f;
    const F below = angle - d.lower_angle, above = angle - d.upper_angle;
    angular_error = select(lower, -below, select(upper, above, zero));
    const F c = select(lower, limit(below + kAngularSlop, splat<F>(-kMaxAngularCorrection), zero),
                       select(upper, limit(above - kAngularSlop, zero, splat<F>(kMaxAngularCorrection)), zero));
    const F turn = -d.motor_mass() * c;
    angle_a -= ia * turn;
    angle_b += ib * turn;
  }
  const Vec2<F> ra = rotate(rotation(angle_a), splat<F>(d.anchor_a));
  const Vec2<F> rb = rotate(rotation(angle_b), splat<F>(d.anchor_b));
  const Vec2<F> c = (b.centre + rb) - a.centre - ra;
  const F square = dot(c, c);
  const float m = ma + mb;
  const F xx = m + ia * ra.y * ra.y + ib * rb.y * rb.y;
  const F xy = -ia * ra.x * ra.y - ib * rb.x * rb.y;
  const F yy = m + ia * ra.x * ra.x + ib * rb.x * rb.x;
  const F inverse = -1.0f / (xx * yy - xy * xy);
  const Vec2<F> p = {inverse * (yy * c.x - xy * c.y), inverse * (xx * c.y - xy * c.x)};
  a.centre.x = select(active, fma(-ma, p.x, a.centre.x), a.centre.x);
  a.centre.y = select(active, fma(-ma, p.y, a.centre.y), a.centre.y);
  a.angle = select(active, fma(-ia, cross(ra, p), angle_a), a.angle);
  b.centre.x = select(active, fma(mb, p.x, b.centre.x), b.centre.x);
  b.centre.y = select(active, fma(mb, p.y, b.centre.y), b.centre.y);
  b.angle = select(active, fma(ib, cross(rb, p), angle_b), b.angle);
  return (sqrt(square) <= kLinearSlop) & (angular_error <= kAngularSlop);
}

}  // namespace wann::physics
