// Contacts of a moving body with static shapes: the constraints that keep them apart, solved by sequential impulses (E.
// Catto, "Iterative dynamics with temporal coherence", GDC 2005, and the talks that follow it).
//
// Static shapes have no mass and stay where they are, so a contact concerns one body. There is no restitution. With the
// normal n, which points away from the static shape, the tangent t, the arm r from the body's centre to a point of contact,
// and the body's velocity v and angular velocity ω, the point moves with
//
//   u = v + ω × r,    and an impulse p at it changes    v by p/m,  ω by (r × p)/I.
//
//   Friction, point by point. Slip s = u · t; the impulse λ t that would end it has λ = -s / (1/m + (r × t)²/I). Its sum
//   over the iterations is kept within ±μ times the sum of the normal impulses so far.
//
//   Normal, one point. Speed s = u · n; λ = -s / (1/m + (r × n)²/I). The sum stays >= 0: a contact pushes and never pulls.
//
//   Normal, two points. Both together, since they fight each other: find sums x >= 0 whose speeds y = Kx + b are >= 0, with
//   x_i y_i = 0, where K_ij = 1/m + (r_i × n)(r_j × n)/I and b is the speed without the present sums. The four cases are
//   tried in turn: both points push (y = 0), the first does, the second does, none does. Where K is nearly singular the
//   second point is left out.
//
//   Position. A gap of less than -slop is closed by a part of it each iteration, with the same masses but with poses in the
//   place of velocities.
#pragma once

#include "manifold.hpp"

namespace wann::physics {

inline constexpr float kMaxCorrection = 0.2f;      // m, in one position iteration
inline constexpr float kPositionStiffness = 0.2f;  // the part of a gap that one position iteration closes

// What a contact keeps from one step to the next.
template <class F>
struct ContactMemory {
  IntOf<F> id[2];
  F normal[2];
  F tangent[2];
  MaskOf<F> has[2];
};

// Fills in the impulses that the points of `m` had before, by id; new points start from 0.
template <class F>
WANN_INLINE ContactMemory<F> carry_over(const Manifold<F>& m, const ContactMemory<F>& old) {
  ContactMemory<F> now;
  const F zero = splat<F>(0.0f);
  for (int k = 0; k < 2; ++k) {
    const MaskOf<F> first = old.has[0] & (m.id[k] == old.id[0]);
    const MaskOf<F> second = old.has[1] & (m.id[k] == old.id[1]);
    now.id[k] = m.id[k];
    now.normal[k] = select(first, old.normal[0], select(second, old.normal[1], zero));
    now.tangent[k] = select(first, old.tangent[0], select(second, old.tangent[1], zero));
    now.has[k] = m.has[k];
  }
  return now;
}

// One lane of a memory.
inline ContactMemory<float> memory_of(const ContactMemory<Lanes>& memory, int lane) {
  ContactMemory<float> m;
  for (int k = 0; k < 2; ++k) {
    m.id[k] = memory.id[k][lane];
    m.normal[k] = memory.normal[k][lane];
    m.tangent[k] = memory.tangent[k][lane];
    m.has[k] = memory.has[k][lane] != 0;
  }
  return m;
}

inline void set_memory(ContactMemory<Lanes>& memory, int lane, const ContactMemory<float>& m) {
  for (int k = 0; k < 2; ++k) {
    memory.id[k][lane] = m.id[k];
    memory.normal[k][lane] = m.normal[k];
    memory.tangent[k][lane] = m.tangent[k];
    memory.has[k][lane] = m.has[k] ? -1 : 0;
  }
}

// The velocity constraint of one contact with one body. A missing point has no mass: its impulse stays 0.
template <class F>
struct ContactConstraint {
  Vec2<F> n;
  Vec2<F> r[2];  // from the body's centre to the points
  F minus_normal_mass[2], minus_tangent_mass[2];
  F k11, k12, k22;          // the normals' 2 × 2 matrix K …
  F i11, i12, i22;          // … and its inverse, negative
  F normal[2], tangent[2];  // impulses: sums over the iterations
  MaskOf<F> used[2];        // the points that are solved: an ill-conditioned pair keeps only its first
};

// The constraint of a lane without a contact: its impulses stay 0.
template <class F>
WANN_INLINE ContactConstraint<F> no_contact() {
  ContactConstraint<F> c{};
  c.n.y = c.k11 = c.k22 = splat<F>(1.0f);
  return c;
}

template <class F>
WANN_INLINE void prepare_contact(const Manifold<F>& m, const ContactMemory<F>& memory, const MassProperties& body,
                                 const Pose<F>& pose, const Transform<F>& transform, ContactConstraint<F>& c) {
  const F zero = splat<F>(0.0f), one = splat<F>(1.0f);
  const float mass = body.inverse_mass, inertia = body.inverse_inertia;
  c.n = select<F>(m.on_static, m.normal, rotate(transform.q, m.normal));
  c.n = select<F>(m.has[0], c.n, {zero, one});
  F rn[2], rt[2];
  for (int k = 0; k < 2; ++k) {
    // The point is in the middle between the two skins.
    const Vec2<F> on_body = to_world(transform, m.body[k]);
    const Vec2<F> point = select<F>(m.on_static, on_body, m.world[k]), plane = select<F>(m.on_static, m.world[k], on_body);
    const Vec2<F> n = select<F>(m.on_static, c.n, -c.n);
    const Vec2<F> near = point + (kSkin - dot(point - plane, n)) * n, far = point - splat<F>(kSkin) * n;
    c.r[k] = select<F>(m.has[k], splat<F>(0.5f) * (near + far) - pose.centre, {zero, zero});
    rn[k] = cross(c.r[k], c.n);
    rt[k] = cross(c.r[k], right_normal(c.n));
  }
  const F k11 = mass + inertia * rn[0] * rn[0];
  const F k22 = mass + inertia * rn[1] * rn[1];
  const F k12 = mass + inertia * rn[0] * rn[1];
  const F determinant = k11 * k22 - k12 * k12;
  c.used[0] = m.has[0];
  c.used[1] = m.has[1] & (k11 * k11 < 1000.0f * determinant);
  const F inverse = -1.0f / determinant;
  c.minus_normal_mass[0] = select(c.used[0], -1.0f / k11, zero);
  c.minus_normal_mass[1] = select(c.used[1], -1.0f / k22, zero);
  c.k11 = k11;
  c.k22 = select(c.used[1], k22, one);
  c.k12 = select(c.used[1], k12, zero);
  c.i11 = select(c.used[1], inverse * k22, zero);
  c.i22 = select(c.used[1], inverse * k11, zero);
  c.i12 = select(c.used[1], -inverse * k12, zero);
  for (int k = 0; k < 2; ++k) {
    c.minus_tangent_mass[k] = select(c.used[k], -1.0f / (mass + inertia * rt[k] * rt[k]), zero);
    c.normal[k] = select(c.used[k], memory.normal[k], zero);
    c.tangent[k] = select(c.used[k], memory.tangent[k], zero);
  }
}

template <class F>
WANN_INLINE void push_body(const MassProperties& body, Vec2<F> r, Vec2<F> p, Velocity<F>& v) {
  v.linear.x += body.inverse_mass * p.x;
  v.linear.y += body.inverse_mass * p.y;
  v.angular += body.inverse_inertia * cross(r, p);
}

template <class F>
WANN_INLINE void warm_start_contact(const MassProperties& body, const ContactConstraint<F>& c, Velocity<F>& v) {
  for (int k = 0; k < 2; ++k) push_body(body, c.r[k], c.normal[k] * c.n + c.tangent[k] * right_normal(c.n), v);
}

// The velocity of a point of the body.
template <class F>
WANN_INLINE Vec2<F> velocity_at(Vec2<F> r, const Velocity<F>& v) {
  return {v.linear.x - v.angular * r.y, v.linear.y + v.angular * r.x};
}

template <class F>
WANN_INLINE void solve_friction(const MassProperties& body, float friction, ContactConstraint<F>& c, int k, Velocity<F>& v) {
  const Vec2<F> t = right_normal(c.n);
  const F slip = dot(velocity_at(c.r[k], v), t);
  const F most = friction * c.normal[k];
  const F total = limit(c.tangent[k] + c.minus_tangent_mass[k] * slip, -most, most);
  const F p = total - c.tangent[k];
  c.tangent[k] = total;
  push_body(body, c.r[k], p * t, v);
}

// One velocity iteration. `pair` says that some lane has two points; a lane that has one gets the same either way, to the
// bit: lanes must not depend on their neighbours.
template <bool pair, class F>
WANN_INLINE void solve_contact_velocity(const MassProperties& body, float friction, ContactConstraint<F>& c,
                                        Velocity<F>& v) {
  solve_friction(body, friction, c, 0, v);
  if constexpr (pair) solve_friction(body, friction, c, 1, v);
  const F zero = splat<F>(0.0f);
  const F a0 = c.normal[0];
  const F v0 = dot(velocity_at(c.r[0], v), c.n);
  const F single = larger(a0 + c.minus_normal_mass[0] * v0, zero);
  if constexpr (!pair) {
    c.normal[0] = single;
    push_body(body, c.r[0], (single - a0) * c.n, v);
  } else {
    // Find impulses x >= 0 and speeds y = Kx + b >= 0 with xy = 0: both points push, only one does, or none.
    const F a1 = c.normal[1];
    const F v1 = dot(velocity_at(c.r[1], v), c.n);
    const F b0 = v0 - (c.k11 * a0 + c.k12 * a1);
    const F b1 = v1 - (c.k12 * a0 + c.k22 * a1);
    const F x0 = c.i11 * b0 + c.i12 * b1;
    const F x1 = c.i12 * b0 + c.i22 * b1;
    const F alone0 = c.minus_normal_mass[0] * b0;
    const F alone1 = c.minus_normal_mass[1] * b1;
    const F y1 = c.k12 * alone0 + b1;
    const F y0 = c.k12 * alone1 + b0;
    const F both = smaller(x0, x1), only0 = smaller(alone0, y1), only1 = smaller(alone1, y0), none = smaller(b0, b1);
    const F pair0 =
        select(both >= 0.0f, x0, select(only0 >= 0.0f, alone0, select(only1 >= 0.0f, zero, select(none >= 0.0f, zero, a0))));
    const F pair1 =
        select(both >= 0.0f, x1, select(only0 >= 0.0f, zero, select(only1 >= 0.0f, alone1, select(none >= 0.0f, zero, a1))));
    const F total0 = select(c.used[1], pair0, single), total1 = select(c.used[1], pair1, zero);
    const Vec2<F> p0 = (total0 - a0) * c.n, p1 = (total1 - a1) * c.n;
    c.normal[0] = total0;
    c.normal[1] = total1;
    v.linear.x += body.inverse_mass * (p0.x + p1.x);
    v.linear.y += body.inverse_mass * (p0.y + p1.y);
    v.angular += body.inverse_inertia * (cross(c.r[0], p0) + cross(c.r[1], p1));
  }
}

// Pushes the body out, point by point, for the lanes in `active`; gives the smallest gap met (0 where none).
template <class F>
WANN_INLINE F solve_contact_position(const Manifold<F>& m, const MassProperties& body, Vec2<float> local_centre,
                                     float stiffness, MaskOf<F> active, Pose<F>& pose) {
  F worst = splat<F>(0.0f);
  for (int k = 0; k < 2; ++k) {
    const MaskOf<F> here = active & m.has[k];
    if (!any(here)) continue;
    const Transform<F> transform = transform_of(pose, local_centre);
    const Vec2<F> n = select<F>(m.on_static, m.normal, rotate(transform.q, m.normal));
    const Vec2<F> on_body = to_world(transform, m.body[k]);
    const Vec2<F> point = select<F>(m.on_static, on_body, m.world[k]);
    const F gap = dot(n, on_body - m.world[k]) - kSkin - kSkin;
    worst = select(here, smaller(worst, gap), worst);
    const F c = limit(stiffness * (gap + kSlop), splat<F>(-kMaxCorrection), splat<F>(0.0f));
    const Vec2<F> r = point - pose.centre;
    const F rn = cross(r, n);
    const Vec2<F> p = (-c / (body.inverse_mass + body.inverse_inertia * rn * rn)) * n;
    pose.centre.x = select(here, pose.centre.x + body.inverse_mass * p.x, pose.centre.x);
    pose.centre.y = select(here, pose.centre.y + body.inverse_mass * p.y, pose.centre.y);
    pose.angle = select(here, pose.angle + body.inverse_inertia * cross(r, p), pose.angle);
  }
  return worst;
}

}  // namespace wann::physics
