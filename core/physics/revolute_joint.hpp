// Revolute joints with a motor and limits, solved by sequential impulses (E. Catto, "Iterative dynamics with temporal
// coherence", GDC 2005, and the talks that follow it).
//
// A joint keeps a point of body A on a point of body B: with the arms r from the centres of mass to the anchors, the
// velocities v and angular velocities ω, and the inverse masses m⁻¹ and inertias I⁻¹,
//
//   Motor. Slip s = ω_B - ω_A - speed; the impulse λ that would end it is -s / (I_A⁻¹ + I_B⁻¹). Its sum over the iterations
//   is kept within ± the largest torque times the time step: a friction-like constraint.
//
//   Point. Ċ = v_B + ω_B × r_B - v_A - ω_A × r_A = 0. An impulse P on B (-P on A) changes Ċ by K P with the 2 × 2 matrix
//
//     K = [xx xy]   xx = m_A⁻¹ + m_B⁻¹ + r_A,y² I_A⁻¹ + r_B,y² I_B⁻¹
//         [xy yy]   xy = -r_A,x r_A,y I_A⁻¹ - r_B,x r_B,y I_B⁻¹,   yy like xx, with the x of the arms
//
//   so that P = -K⁻¹ Ċ.
//
//   Limit. Where the angle is at or beyond one, ω_B - ω_A joins Ċ as a third row, with the angular impulse as a third
//   unknown:
//
//         [xx xy xz]   xz = -r_A,y I_A⁻¹ - r_B,y I_B⁻¹,   yz = r_A,x I_A⁻¹ + r_B,x I_B⁻¹
//     K = [xy yy yz]   zz = I_A⁻¹ + I_B⁻¹
//         [xz yz zz]
//
//   It is solved by Cramer's rule. The sum of a limit's impulses must push: >= 0 at the lower limit, <= 0 at the upper.
//   Where it would pull it is set to 0, and the point is solved alone against what that takes away.
//
//   Position. The angle beyond a limit is turned back, less a slop; then the gap between the two anchors is closed by the
//   point's K, with poses in the place of velocities.
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

  constexpr float inverse_motor_mass() const { return inverse_inertia_a + inverse_inertia_b; }
  constexpr float motor_mass() const { return 1.0f / inverse_motor_mass(); }
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
  Vec2<F> ra, rb;               // from the centres of mass to the anchors
  F xx, xy, yy;                 // the point's matrix K …
  F inverse;                    // … and 1 / det K
  F xz, yz;                     // its coupling to the angle
  F minor_x, minor_y, minor_z;  // the first cofactors of the 3 × 3 matrix …
  F minus_inverse3;             // … and -1 / its determinant
  F side, bar;         // -1 at the lower limit, 1 at the upper, else 0; a limit may push while side · impulse <= bar
  F speed, max_motor;  // the motor's speed and largest impulse
  Vec2<F> point;       // impulses: sums over the iterations
  F limit;
  F motor;
};

template <class F>
WANN_INLINE void apply_joint(const RevoluteJointDefinition& d, Vec2<F> p, F turn_a, F turn_b, Velocity<F>& va,
                             Velocity<F>& vb) {
  va.linear.x -= d.inverse_mass_a * p.x;
  va.linear.y -= d.inverse_mass_a * p.y;
  va.angular -= d.inverse_inertia_a * turn_a;
  vb.linear.x += d.inverse_mass_b * p.x;
  vb.linear.y += d.inverse_mass_b * p.y;
  vb.angular += d.inverse_inertia_b * turn_b;
}

// The constraint of this step, warm started. `max_motor` is the largest torque times the step's length.
template <class F>
WANN_INLINE void prepare_joint(const RevoluteJointDefinition& d, const Pose<F>& pose_a, const Pose<F>& pose_b,
                               JointMemory<F>& memory, F speed, F max_motor, JointConstraint<F>& j, Velocity<F>& va,
                               Velocity<F>& vb) {
  j.ra = rotate(rotation(pose_a.angle), splat<F>(d.anchor_a));
  j.rb = rotate(rotation(pose_b.angle), splat<F>(d.anchor_b));
  const float ia = d.inverse_inertia_a, ib = d.inverse_inertia_b, m = d.inverse_mass_a + d.inverse_mass_b;
  const Vec2<F> ra = j.ra, rb = j.rb;
  j.xx = m + ra.y * ra.y * ia + rb.y * rb.y * ib;
  j.xy = -ra.y * ra.x * ia - rb.y * rb.x * ib;
  j.yy = m + ra.x * ra.x * ia + rb.x * rb.x * ib;
  j.xz = -ra.y * ia - rb.y * ib;
  j.yz = ra.x * ia + rb.x * ib;
  const F zz = splat<F>(d.inverse_motor_mass());
  j.inverse = 1.0f / (j.xx * j.yy - j.xy * j.xy);
  j.minor_x = j.yy * zz - j.yz * j.yz;
  j.minor_y = j.yz * j.xz - j.xy * zz;
  j.minor_z = j.xy * j.yz - j.yy * j.xz;
  j.minus_inverse3 = -1.0f / (j.xx * j.minor_x + j.xy * j.minor_y + j.xz * j.minor_z);

  const F angle = pose_b.angle - pose_a.angle - d.reference_angle;
  const F zero = splat<F>(0.0f);
  j.side = select(angle <= d.lower_angle, splat<F>(-1.0f), select(angle >= d.upper_angle, splat<F>(1.0f), zero));
  j.bar = select(j.side == 0.0f, splat<F>(-1.0f), zero);
  memory.limit = select(j.side == memory.side, memory.limit, zero);
  memory.side = j.side;
  j.speed = speed;
  j.max_motor = max_motor;
  j.point = memory.point;
  j.limit = memory.limit;
  j.motor = memory.motor;
  apply_joint(d, j.point, cross(ra, j.point) + j.motor + j.limit, cross(rb, j.point) + j.motor + j.limit, va, vb);
}

template <class F>
WANN_INLINE void remember_joint(const JointConstraint<F>& j, JointMemory<F>& memory) {
  memory.point = j.point;
  memory.limit = j.limit;
  memory.motor = j.motor;
}

// One velocity iteration: the motor, then the point together with the limit. `limited` false skips the limit, for when no
// lane is at one.
template <bool limited, class F>
WANN_INLINE void solve_joint_velocity(const RevoluteJointDefinition& d, JointConstraint<F>& j, Velocity<F>& va,
                                      Velocity<F>& vb) {
  const F slip = vb.angular - va.angular - j.speed;
  const F motor = physics::limit(j.motor + -d.motor_mass() * slip, -j.max_motor, j.max_motor);
  const F torque = motor - j.motor;
  j.motor = motor;
  va.angular -= d.inverse_inertia_a * torque;
  vb.angular += d.inverse_inertia_b * torque;

  const F cx = vb.linear.x - vb.angular * j.rb.y - va.linear.x + va.angular * j.ra.y;
  const F cy = vb.linear.y + vb.angular * j.rb.x - va.linear.y - va.angular * j.ra.x;
  if constexpr (!limited) {
    const Vec2<F> p = {j.inverse * (j.xy * cy - j.yy * cx), j.inverse * (j.xy * cx - j.xx * cy)};
    j.point = j.point + p;
    apply_joint(d, p, cross(j.ra, p), cross(j.rb, p), va, vb);
  } else {
    const F cz = vb.angular - va.angular;
    // Point and limit together …
    const F xx = j.xx, xy = j.xy, yy = j.yy, xz = j.xz, yz = j.yz, zz = splat<F>(d.inverse_motor_mass());
    F px = j.minus_inverse3 * (cx * j.minor_x + cy * j.minor_y + cz * j.minor_z);
    F py = j.minus_inverse3 * (xx * (cy * zz - cz * yz) + xy * (cz * xz - cx * zz) + xz * (cx * yz - cy * xz));
    F pz = j.minus_inverse3 * (xx * (yy * cz - yz * cy) + xy * (yz * cx - xy * cz) + xz * (xy * cy - yy * cx));
    const F total = j.limit + pz;
    const MaskOf<F> together = j.side * total <= j.bar;
    // … and the point alone, where there is no limit or it would pull.
    const F bx = j.limit * xz - cx, by = j.limit * yz - cy;
    px = select(together, px, j.inverse * (yy * bx - xy * by));
    py = select(together, py, j.inverse * (xx * by - xy * bx));
    pz = select(together, pz, -j.limit);
    j.limit = select(together, total, splat<F>(0.0f));
    const Vec2<F> p = {px, py};
    j.point = j.point + p;
    apply_joint(d, p, cross(j.ra, p) + pz, cross(j.rb, p) + pz, va, vb);
  }
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
  const F inverse = 1.0f / (xx * yy - xy * xy);
  const Vec2<F> p = {-(inverse * (yy * c.x - xy * c.y)), -(inverse * (xx * c.y - xy * c.x))};
  a.centre.x = select(active, a.centre.x - ma * p.x, a.centre.x);
  a.centre.y = select(active, a.centre.y - ma * p.y, a.centre.y);
  a.angle = select(active, angle_a - ia * cross(ra, p), a.angle);
  b.centre.x = select(active, b.centre.x + mb * p.x, b.centre.x);
  b.centre.y = select(active, b.centre.y + mb * p.y, b.centre.y);
  b.angle = select(active, angle_b + ib * cross(rb, p), b.angle);
  return (sqrt(square) <= kLinearSlop) & (angular_error <= kAngularSlop);
}

}  // namespace wann::physics
