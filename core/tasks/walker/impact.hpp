// Continuous collision of the walker: bodies that would pass into the ground within a step are stopped where they meet it,
// pushed out, and sent on for the rest of the step without their joints. Which lanes may need it is found for all at once;
// the impacts themselves are rare, and are solved one lane at a time.
#pragma once

#include <algorithm>

#include "../../physics/time_of_impact.hpp"
#include "ground_contacts.hpp"

namespace wann::walker {

inline constexpr int kImpactPositionIterations = 20;
inline constexpr float kImpactStiffness = 0.75f;
inline constexpr int kMaxImpactsPerContact = 8;

// Lanes of a limb that may come as close to a shape as an impact, on the way from one transform to another.
inline Mask may_impact(const State& state, int body, const Transform<Lanes>& from, const Transform<Lanes>& to,
                       const Bounds& swept, Lanes turned) {
  const Walker& s = state.s;
  const Ground ground = ground_of(state);
  const auto& list = s.list_of(body);
  Mask risky{};
  const int n = list.most(s.bodies.alive);
  for (int i = 0; i < n; ++i) {
    const IntLanes key = list.slot[i].key;
    const Mask valid = s.bodies.alive & list.listed(i);
    const Segment g = segment_at(ground, key - kFirstSegment);
    Mask here = ~stays_clear(g.left, g.right, limb_shape(body), kLimbReach, from, to, turned);
    const Mask boxes = valid & (key < kFirstSegment);
    if (any(boxes)) {
      const BoxLanes box = box_at(ground, key);
      const Mask near =
          (swept.left <= box.high.x) & (swept.right >= box.low.x) & (swept.bottom <= box.high.y) & (swept.top >= box.low.y);
      here = select(boxes, near, here);
    }
    risky |= valid & here;
  }
  return risky;
}

inline Mask hull_may_impact(const State& state, const Bounds& swept) {
  const Mask alive = state.s.bodies.alive;
  const Ground ground = ground_of(state);
  const IntLanes first = column_of(swept.left), last = column_of(swept.right);
  Mask risky{};
  for (int k = 0; k < 16; ++k) {
    const IntLanes column = first + k;
    const Mask under = alive & (column <= last) & is_segment(column);
    if (!any(under)) break;
    const Segment g = segment_at(ground, column);
    risky |= under & (swept.bottom <= larger(g.left.y, g.right.y));
  }
  const IntLanes n_boxes = ground.n_boxes();
  if (!any(n_boxes > 0)) return risky;
  for (IntLanes box = ground.first_box(column_of(swept.left));; box += 1) {
    const Mask listed = alive & (box < n_boxes);
    if (!any(listed)) break;
    const BoxLanes b = box_at(ground, box);
    const Mask ahead = listed & (b.low.x <= swept.right);
    if (!any(ahead)) break;
    risky |= ahead & (swept.bottom <= b.high.y);
  }
  return risky;
}

// The impacts of one lane in one step.
class LaneImpacts {
 public:
  // Bodies have moved from the poses `start` to those of the state.
  LaneImpacts(State& state, int lane, const Pose<Lanes>* start)
      : s_(state.s), terrain_(state.terrains[state.s.terrain[lane]]), lane_(lane) {
    const Bodies<Model>& bodies = s_.bodies;
    for (int b = 0; b < kBodies; ++b) {
      Sweep& w = sweep_[b];
      w.start = {{start[b].centre.x[lane], start[b].centre.y[lane]}, start[b].angle[lane]};
      w.end = {{bodies.pose[b].centre.x[lane], bodies.pose[b].centre.y[lane]}, bodies.pose[b].angle[lane]};
      w.begin = 0;
      w.local_centre = mass_of_body(b).centre;
      const Velocity<Lanes>& v = bodies.velocity[b];
      velocity_[b] = {{v.linear.x[lane], v.linear.y[lane]}, v.angular[lane]};
    }
  }

  void solve() {
    list_hull_contacts();
    for (int b = 1; b < kBodies; ++b) list_limb_contacts(b);
    for (int guard = 0; guard < 64; ++guard) {
      const int first = first_impact();
      if (first < 0 || 1.0f - 10.0f * 1.1920929e-7f < contacts_[first].time) break;
      if (!handle(first)) break;
    }
    for (int b = 0; b < kBodies; ++b) {
      Pose<Lanes>& pose = s_.bodies.pose[b];
      Velocity<Lanes>& velocity = s_.bodies.velocity[b];
      pose.centre.x[lane_] = sweep_[b].end.centre.x;
      pose.centre.y[lane_] = sweep_[b].end.centre.y;
      pose.angle[lane_] = sweep_[b].end.angle;
      velocity.linear.x[lane_] = velocity_[b].linear.x;
      velocity.linear.y[lane_] = velocity_[b].linear.y;
      velocity.angular[lane_] = velocity_[b].angular;
    }
  }

 private:
  struct Candidate {
    int body;
    std::int32_t key;
    bool enabled = true, known = false;
    float time = 1;
    int impacts = 0;
  };

  static Corners corners_of(int body) {
    return body == kHull ? Corners(kHullShape.corner) : Corners(limb_shape(body).corner);
  }

  void list_hull_contacts() {
    const Transform<float> a = sweep_[kHull].transform_at(0), b = sweep_[kHull].transform_at(1);
    FloatBounds wide{1e30f, 1e30f, -1e30f, -1e30f};
    for (const Vec2<float>& corner : kHullShape.corner)
      for (const Vec2<float>& p : {to_world(a, corner), to_world(b, corner)})
        wide = {std::min(wide.left, p.x), std::min(wide.bottom, p.y), std::max(wide.right, p.x), std::max(wide.top, p.y)};
    for_shapes_near(terrain_, wide, [&](std::int32_t key) { add(kHull, key); });
  }

  void add(int body, std::int32_t key) {
    for (int i = 0; i < n_contacts_; ++i)
      if (contacts_[i].body == body && contacts_[i].key == key) return;
    if (n_contacts_ < static_cast<int>(contacts_.size())) contacts_[n_contacts_++] = {body, key};
  }

  void list_limb_contacts(int body) {
    const auto& list = s_.list_of(body);
    for (int i = 0; i < list.n[lane_]; ++i)
      if (list.slot[i].key[lane_] >= 0) add(body, list.slot[i].key[lane_]);
  }

  // A static shape that met a body at some time is not looked at before that time again, by any body.
  float& shape_time(std::int32_t key) {
    for (int i = 0; i < n_shapes_; ++i)
      if (shape_key_[i] == key) return shape_time_[i];
    const int i = n_shapes_ < 15 ? n_shapes_++ : 15;
    shape_key_[i] = key;
    shape_time_[i] = 0;
    return shape_time_[i];
  }

  float time_of(const Candidate& c) const {
    const Sweep& w = sweep_[c.body];
    const FixedShape fixed = fixed_shape(terrain_, c.key);
    if (c.body != kHull && fixed.n == 2 &&
        stays_clear(fixed.corner[0], fixed.corner[1], limb_shape(c.body), kLimbReach, w.transform_at(0), w.transform_at(1),
                    w.end.angle - w.start.angle))
      return kNoImpact;
    return time_of_impact(Corners(fixed.corner.data(), static_cast<std::size_t>(fixed.n)), corners_of(c.body), w);
  }

  int first_impact() {
    int first = -1;
    float earliest = 1;
    for (int i = 0; i < n_contacts_; ++i) {
      Candidate& c = contacts_[i];
      if (!c.enabled || c.impacts > kMaxImpactsPerContact) continue;
      if (!c.known) {
        Sweep& w = sweep_[c.body];
        float& shape_begin = shape_time(c.key);
        if (shape_begin < w.begin)
          shape_begin = w.begin;
        else if (shape_begin > w.begin)
          w.advance(shape_begin);
        const float t = time_of(c);
        c.time = t == kNoImpact ? 1.0f : std::min(w.begin + (1.0f - w.begin) * t, 1.0f);
        c.known = true;
      }
      if (c.time < earliest) {
        earliest = c.time;
        first = i;
      }
    }
    return first;
  }

  // Where the contact touches at the body's pose; keeps its memory and the limb's flag up to date.
  Manifold<float> update(int body, std::int32_t key, const Transform<float>& t) {
    const FixedShape fixed = fixed_shape(terrain_, key);
    if (body == kHull) return collide_fixed(fixed, kHullShape, t);
    const Manifold<float> m = collide_fixed(fixed, limb_shape(body), t);
    auto& list = s_.list_of(body);
    for (int i = 0; i < list.n[lane_]; ++i) {
      if (list.slot[i].key[lane_] != key) continue;
      const ContactMemory<float> before = memory_of(list.slot[i].memory, lane_);
      set_memory(list.slot[i].memory, lane_, carry_over(m, before));
      if (m.has[0] != before.has[0]) s_.limb_of(body).on_ground[lane_] = m.has[0] ? -1 : 0;
    }
    return m;
  }

  // False when the hull met the ground: the episode is over.
  bool handle(int first) {
    Candidate& contact = contacts_[first];
    const int body = contact.body;
    const float time = contact.time;
    Sweep& w = sweep_[body];
    const Sweep backup = w;
    float& shape_begin = shape_time(contact.key);
    const float shape_backup = shape_begin;
    w.advance(time);
    w.end = w.start;
    shape_begin = time;
    const Transform<float> t = w.transform_at(1);
    contact.known = false;
    ++contact.impacts;
    Manifold<float> manifold[Model::kMostContacts + 1];
    int n = 1;
    manifold[0] = update(body, contact.key, t);
    if (!manifold[0].has[0]) {
      contact.enabled = false;
      w = backup;
      shape_begin = shape_backup;
      return true;
    }
    if (body == kHull) {
      s_.fallen[lane_] = -1;
      return false;
    }
    for (int i = 0; i < n_contacts_ && n <= Model::kMostContacts; ++i) {
      if (i == first || contacts_[i].body != body) continue;
      contacts_[i].enabled = true;
      manifold[n] = update(body, contacts_[i].key, t);
      if (!manifold[n].has[0]) continue;
      float& other = shape_time(contacts_[i].key);
      other = std::max(other, time);
      ++n;
    }
    send_on(body, manifold, n, (1.0f - time) * Model::kTimeStep);
    for (int i = 0; i < n_contacts_; ++i)
      if (contacts_[i].body == body) contacts_[i].known = false;
    widen_bounds(body);
    return true;
  }

  // Pushes the body out of its contacts, solves their velocities, and sends it on for the time that is left.
  void send_on(int body, const Manifold<float>* manifold, int n, float dt) {
    const MassProperties& mass = mass_of_body(body);
    Sweep& w = sweep_[body];
    Pose<float> pose = w.end;
    for (int i = 0; i < kImpactPositionIterations; ++i) {
      float worst = 0;
      for (int k = 0; k < n; ++k)
        worst = std::min(worst, solve_contact_position(manifold[k], mass, mass.centre, kImpactStiffness, true, pose));
      if (worst >= -1.5f * kSlop) break;
    }
    w.start = pose;
    const Transform<float> t = transform_of(pose, mass.centre);
    ContactConstraint<float> constraint[Model::kMostContacts + 1];
    for (int k = 0; k < n; ++k) prepare_contact(manifold[k], ContactMemory<float>{}, mass, pose, t, constraint[k]);
    Velocity<float> v = velocity_[body];
    for (int i = 0; i < Model::kVelocityIterations; ++i) {
      bool changed = false;
      for (int k = 0; k < n; ++k) {
        ContactConstraint<float>& c = constraint[k];
        const std::array<float, 4> before = {c.normal[0], c.normal[1], c.tangent[0], c.tangent[1]};
        if (c.used[1])
          solve_contact_velocity<true>(mass, Model::kFriction, c, v);
        else
          solve_contact_velocity<false>(mass, Model::kFriction, c, v);
        changed = changed || before != std::array<float, 4>{c.normal[0], c.normal[1], c.tangent[0], c.tangent[1]};
      }
      if (!changed) break;  // and nothing would change any more
    }
    integrate(pose, v, dt);
    w.end = pose;
    velocity_[body] = v;
  }

  // Brings the limb's wide bounds and its list of shapes up to date.
  void widen_bounds(int body) {
    Limb& limb = s_.limb_of(body);
    const Transform<float> a = sweep_[body].transform_at(0), b = sweep_[body].transform_at(1);
    FloatBounds bounds{1e30f, 1e30f, -1e30f, -1e30f};
    for (const Vec2<float>& corner : limb_shape(body).corner)
      for (const Vec2<float>& p : {to_world(a, corner), to_world(b, corner)})
        bounds = {std::min(bounds.left, p.x), std::min(bounds.bottom, p.y), std::max(bounds.right, p.x),
                  std::max(bounds.top, p.y)};
    bounds = {bounds.left - kSkin, bounds.bottom - kSkin, bounds.right + kSkin, bounds.top + kSkin};
    const FloatBounds wide = lane_of(limb.wide, lane_);
    if (wide.left <= bounds.left && wide.bottom <= bounds.bottom && bounds.right <= wide.right && bounds.top <= wide.top)
      return;
    const Vec2<float> d = b.origin - a.origin;
    limb.wide.left[lane_] = bounds.left - kMargin + 2 * std::min(d.x, 0.0f);
    limb.wide.bottom[lane_] = bounds.bottom - kMargin + 2 * std::min(d.y, 0.0f);
    limb.wide.right[lane_] = bounds.right + kMargin + 2 * std::max(d.x, 0.0f);
    limb.wide.top[lane_] = bounds.top + kMargin + 2 * std::max(d.y, 0.0f);
    list_shapes(s_, body, lane_, terrain_);
    list_limb_contacts(body);
  }

  Walker& s_;
  const BipedalTerrain& terrain_;
  int lane_;
  Sweep sweep_[kBodies];
  Velocity<float> velocity_[kBodies];
  std::array<Candidate, 96> contacts_;
  int n_contacts_ = 0;
  std::int32_t shape_key_[16];
  float shape_time_[16];
  int n_shapes_ = 0;
};

}  // namespace wann::walker
