// The bipedal walker: a hull on two legs of two parts each walks over uneven ground, with four motors.
//
// Behaves as BipedalWalker-v3 of Gymnasium 1.x does on Box2D 2.3: bodies, joints, contacts, iteration counts and order of
// work, continuous collision, sleep, the lidar, the reward and the ends of an episode. docs/bipedal-walker.md says how
// closely. One step works on a few vectors of lanes; the rare times of impact are solved lane by lane.
#pragma once

#include "impact.hpp"

namespace wann {

namespace bipedal {

// --- one step of the world ---

struct Drive {
  Lanes speed[kJoints];
  Lanes max_motor[kJoints];  // largest impulse
};

inline Drive drive_of(const Lanes (&action)[kJoints]) {
  Drive d;
  for (int j = 0; j < kJoints; ++j) {
    const Lanes a = action[j];
    const float speed = j % 2 == 0 ? kHipSpeed : kKneeSpeed;
    d.speed[j] = a > 0.0f ? broadcast(speed) : (a < 0.0f ? broadcast(-speed) : broadcast(0.0f));
    d.max_motor[j] = kTimeStep * (kMotorTorque * at_most(1.0f, abs(a)));
  }
  return d;
}

struct Constraints {
  JointConstraint<Lanes> joint[kJoints];
  bool limited[kJoints];
  LimbContacts contacts[kLimbs];  // of body i + 1
};

// What one step of a vector of lanes works with.
struct Step {
  Transform<Lanes> before[kBodies];
  Pose<Lanes> start[kBodies];
  Constraints c;
};

// What the velocity solver works on: lanes with their bodies' velocities and all constraints on them.
template <class F>
struct VelocityGroup {
  struct Contacts {
    int n;
    bool pair[kSlots];
    ContactConstraint<F> constraint[kSlots];
  };
  Velocity<F> velocity[kBodies];
  JointConstraint<F> joint[kJoints];
  bool limited[kJoints];
  Contacts contacts[kLimbs];  // of body i + 1
};

template <int j, class F>
WANN_INLINE void solve_joint(VelocityGroup<F>& g) {
  constexpr const RevoluteJointDefinition& d = kJoint[j];
  Velocity<F> a = g.velocity[d.body_a], b = g.velocity[d.body_b];
  if (g.limited[j])
    solve_joint_velocity<true>(d, g.joint[j], a, b);
  else
    solve_joint_velocity<false>(d, g.joint[j], a, b);
  g.velocity[d.body_a] = a;
  g.velocity[d.body_b] = b;
}

template <int body, class F>
WANN_INLINE void solve_contacts(VelocityGroup<F>& g) {
  auto& contacts = g.contacts[body - 1];
  if (contacts.n == 0) return;
  Velocity<F> v = g.velocity[body];
  for (int k = 0; k < contacts.n; ++k) {
    if (contacts.pair[k])
      solve_contact_velocity<true>(mass_of_body(body), kLimbFriction, contacts.constraint[k], v);
    else
      solve_contact_velocity<false>(mass_of_body(body), kLimbFriction, contacts.constraint[k], v);
  }
  g.velocity[body] = v;
}

// Solves n groups in turns: within one, each impulse waits for the one before.
template <int n, class F>
inline __attribute__((noinline)) void solve_velocities(VelocityGroup<F>* group) {
  const auto each = [&](auto solve) {
    for (int v = 0; v < n; ++v) solve(group[v]);
  };
  for (int i = 0; i < kVelocityIterations; ++i) {
    each([](auto& g) { solve_joint<3>(g); });
    each([](auto& g) { solve_joint<2>(g); });
    each([](auto& g) { solve_joint<0>(g); });
    each([](auto& g) { solve_joint<1>(g); });
    each([](auto& g) { solve_contacts<4>(g); });
    each([](auto& g) { solve_contacts<3>(g); });
    each([](auto& g) { solve_contacts<1>(g); });
    each([](auto& g) { solve_contacts<2>(g); });
  }
}

// The most vectors of lanes that step together.
inline constexpr int kMaxVectors = 16;

// A vector's iteration costs what its lanes need between them: a contact that one has, and a limit that one is at. So lanes
// of all vectors that need the same are put side by side for the solver.
class VelocitySolver {
 public:
  void solve(StateWithTerrain* state, Step* step, int n) {
    state_ = state;
    step_ = step;
    const int n_lanes = sort(n);
    for (int begin = 0; begin < n_lanes; begin += 2 * kPairLanes) {
      const int left = n_lanes - begin;
      if (left <= kLaneWidth)
        solve_part<1>(single_, begin, left);
      else if (left <= kPairLanes)
        solve_part<1>(pair_, begin, left);
      else
        solve_part<2>(pair_, begin, std::min(left, 2 * kPairLanes));
    }
  }

 private:
  static constexpr int kPairLanes = 2 * kLaneWidth;
  static constexpr std::uint32_t kPlaces = kMaxVectors * kLaneWidth;
  static_assert(kPlaces <= 256);

  // Puts the lanes that are alive in order; gives their number.
  int sort(int n) {
    int count = 0;
    for (int i = 0; i < n * kLaneWidth; ++i) {
      const int v = i / kLaneWidth, lane = i % kLaneWidth;
      if (state_[v].s.alive[lane]) order_[count++] = need_of(state_[v].s, step_[v].c, lane) * kPlaces + i;
    }
    std::sort(order_, order_ + count);
    return count;
  }

  int place(int i) const { return static_cast<int>(order_[i] % kPlaces); }

  static bool has_contact(const LimbContacts& contacts, int k, int lane) {
    return k < contacts.n && contacts.touching[k].manifold.has[0][lane];
  }

  // What a lane needs, in a number of 20 bits: what few lanes need and what costs most comes first.
  static std::uint32_t need_of(const State& s, const Constraints& c, int lane) {
    std::uint32_t contacts[kLimbs + 1], pairs[kLimbs + 1];
    for (int b = 1; b <= kLimbs; ++b) {
      contacts[b] = pairs[b] = 0;
      for (int k = 0; k < 3 && has_contact(c.contacts[b - 1], k, lane); ++k) {
        ++contacts[b];
        pairs[b] += c.contacts[b - 1].touching[k].manifold.has[1][lane] != 0;
      }
    }
    std::uint32_t need = contacts[3];
    for (std::uint32_t x : {contacts[1], pairs[4], pairs[2], contacts[4], contacts[2]}) need = need << 2 | x;
    for (int j = 0; j < kJoints; ++j) need = need << 1 | (s.joint[j].side[lane] != 0.0f);
    return need;
  }

  template <int n, class F>
  void solve_part(VelocityGroup<F>* group, int begin, int count) {
    constexpr int kWidth = sizeof(F) / sizeof(float);
    for (int v = 0; v < n; ++v) {
      for (auto& contacts : group[v].contacts) contacts.n = 0;
      for (bool& limited : group[v].limited) limited = false;
    }
    for (int i = 0; i < count; ++i) put(place(begin + i), group[i / kWidth], i % kWidth);
    solve_velocities<n>(group);
    for (int i = 0; i < count; ++i) put_back(group[i / kWidth], i % kWidth, place(begin + i));
  }

  template <class F>
  void put(int from, VelocityGroup<F>& group, int to) const {
    const State& s = state_[from / kLaneWidth].s;
    const Constraints& c = step_[from / kLaneWidth].c;
    const int lane = from % kLaneWidth;
    copy_lane<Lanes, F>(s.velocity, lane, group.velocity, to);
    for (int j = 0; j < kJoints; ++j) {
      copy_lane<Lanes, F>(c.joint[j], lane, group.joint[j], to);
      group.limited[j] |= s.joint[j].side[lane] != 0.0f;
    }
    for (int b = 0; b < kLimbs; ++b) {
      auto& contacts = group.contacts[b];
      for (int k = 0; has_contact(c.contacts[b], k, lane); ++k) {
        if (k == contacts.n) {
          contacts.pair[contacts.n] = false;
          contacts.constraint[contacts.n++] = no_contact<F>();
        }
        copy_lane<Lanes, F>(c.contacts[b].constraint[k], lane, contacts.constraint[k], to);
        contacts.pair[k] |= c.contacts[b].touching[k].manifold.has[1][lane] != 0;
      }
    }
  }

  template <class F>
  void put_back(const VelocityGroup<F>& group, int from, int to) const {
    Constraints& c = step_[to / kLaneWidth].c;
    const int lane = to % kLaneWidth;
    copy_lane<F, Lanes>(group.velocity, from, state_[to / kLaneWidth].s.velocity, lane);
    for (int j = 0; j < kJoints; ++j) {
      copy_lane<F, Lanes>(group.joint[j].point, from, c.joint[j].point, lane);
      copy_lane<F, Lanes>(group.joint[j].limit, from, c.joint[j].limit, lane);
      copy_lane<F, Lanes>(group.joint[j].motor, from, c.joint[j].motor, lane);
    }
    for (int b = 0; b < kLimbs; ++b)
      for (int k = 0; has_contact(c.contacts[b], k, lane); ++k) {
        copy_lane<F, Lanes>(group.contacts[b].constraint[k].normal, from, c.contacts[b].constraint[k].normal, lane);
        copy_lane<F, Lanes>(group.contacts[b].constraint[k].tangent, from, c.contacts[b].constraint[k].tangent, lane);
      }
  }

  StateWithTerrain* state_ = nullptr;
  Step* step_ = nullptr;
  std::uint32_t order_[kPlaces];
  VelocityGroup<Lanes> single_[1];
  VelocityGroup<LanePair> pair_[2];
};

// One position iteration for the active lanes of n groups (lanes with their contacts), in turns: within one, each correction
// waits for the one before. Gives the lanes that were within the slops before it.
template <int n, class Group>
inline __attribute__((noinline)) void pull_together(Group* group, MaskOf<typename Group::Number>* good) {
  typename Group::Number worst[n] = {};
  for (int b : kContactOrder)
    for (int v = 0; v < n; ++v)
      for (int k = 0; k < group[v].count(b); ++k)
        worst[v] = smaller(worst[v], solve_contact_position(group[v].manifold(b, k), mass_of_body(b), mass_of_body(b).centre,
                                                            0.2f, group[v].active(), group[v].pose[b]));
  for (int v = 0; v < n; ++v) good[v] = worst[v] >= -3.0f * kSlop;
  for (int j : kJointOrder)
    for (int v = 0; v < n; ++v)
      good[v] = good[v] & solve_joint_position(kJoint[j], group[v].side[j], group[v].active(),
                                               group[v].pose[kJoint[j].body_a], group[v].pose[kJoint[j].body_b]);
}

// A vector of lanes where it stands.
class InPlace {
 public:
  using Number = Lanes;
  InPlace(State& s, const Constraints& c) : pose(s.pose), c_(c), active_(s.alive) {
    for (int j = 0; j < kJoints; ++j) side[j] = s.joint[j].side;
  }
  int count(int body) const { return c_.contacts[body - 1].n; }
  const Manifold<Lanes>& manifold(int body, int k) const { return c_.contacts[body - 1].touching[k].manifold; }
  Mask active() const { return active_; }
  void note(Mask good) { active_ &= ~good; }

  Pose<Lanes>* pose;
  Lanes side[kJoints];

 private:
  const Constraints& c_;
  Mask active_;
};

// Lanes of several vectors whose positions are not solved yet, moved together. Some never will be: a walker that is jammed
// between its limits and the ground is pushed to and fro, in the end often through the same poses again and again. Such a
// lane stops at the pose that it would have after the last iteration.
class Unsolved {
 public:
  using Number = LanePair;
  static constexpr int kWidth = 2 * kLaneWidth;
  struct Place {
    int vector, lane;
  };

  int count(int body) const { return count_[body - 1]; }
  const Manifold<LanePair>& manifold(int body, int k) const { return manifold_[body - 1][k]; }
  Pair<Mask> active() const { return {half_[0].active, half_[1].active}; }
  bool empty() const { return n_ == 0; }
  bool full() const { return n_ == kWidth; }

  // Takes in a lane of another group; `from` is where it goes back to.
  template <class Group>
  void take(const Group& group, int lane, Place from) {
    using F = typename Group::Number;
    const int to = n_++;
    from_[to] = from;
    for (int b = 0; b < kBodies; ++b) copy_lane<F, LanePair>(group.pose[b], lane, pose[b], to);
    for (int j = 0; j < kJoints; ++j) copy_lane<F, LanePair>(group.side[j], lane, side[j], to);
    for (int b = 1; b < kBodies; ++b)
      for (int k = 0; k < group.count(b) && has_point(group.manifold(b, k), lane); ++k) {
        if (k == count_[b - 1]) manifold_[b - 1][count_[b - 1]++] = Manifold<LanePair>{};
        copy_lane<F, LanePair>(group.manifold(b, k), lane, manifold_[b - 1][k], to);
      }
    half_[to / kLaneWidth].active[to % kLaneWidth] = -1;
  }
  void take(const Unsolved& other, int lane) {
    take(other, lane, other.from_[lane]);
    const int to = n_ - 1;
    half_[to / kLaneWidth].stop_after[to % kLaneWidth] = other.half_[lane / kLaneWidth].stop_after[lane % kLaneWidth];
  }

  void clear() {
    n_ = 0;
    for (Half& half : half_) half = Half{};
    for (int& n : count_) n = 0;
  }

  // To be called before iteration i, and after it.
  void begin(int i) {
    mark_for_ = 1;
    set_mark(i - 1);
  }
  void note(const Pair<Mask>& good, int i) {
    const Pair<Mask> same = same_as_marked();
    half_[0].note(good.first, same.first, i, i - marked_at_);
    half_[1].note(good.second, same.second, i, i - marked_at_);
    // Brent's way to find a cycle: a mark that is set anew after 1, 2, 4, 8 … iterations.
    if (i - marked_at_ >= mark_for_) {
      mark_for_ *= 2;
      set_mark(i);
    }
  }

  // Puts the poses of the lanes that are done back, and gives the others to `go_on(lane)`.
  template <class GoOn>
  void put_back_or(StateWithTerrain* state, Mask* solved, GoOn go_on) const {
    for (int l = 0; l < n_; ++l)
      if (half_[l / kLaneWidth].active[l % kLaneWidth])
        go_on(l);
      else
        put_back(l, state, solved);
  }

  void put_back(StateWithTerrain* state, Mask* solved) const {
    for (int l = 0; l < n_; ++l) put_back(l, state, solved);
  }

  Pose<LanePair> pose[kBodies]{};
  LanePair side[kJoints]{};

 private:
  static constexpr std::int32_t kNever = -1;

  // What is known of half of the lanes.
  struct Half {
    Mask active{}, solved{};
    IntLanes stop_after = broadcast(kNever);

    void note(Mask good, Mask same, int i, int period) {
      solved |= active & good;
      active &= ~good;
      const Mask again = active & (stop_after == kNever) & same;
      if (any(again)) stop_after = again ? broadcast(i + (kPositionIterations - 1 - i) % period) : stop_after;
      active &= ~(stop_after == i);
    }
  };

  static bool has_point(const Manifold<Lanes>& m, int lane) { return m.has[0][lane] != 0; }
  static bool has_point(const Manifold<LanePair>& m, int lane) {
    return (lane < kLaneWidth ? m.has[0].first[lane] : m.has[0].second[lane - kLaneWidth]) != 0;
  }

  void put_back(int l, StateWithTerrain* state, Mask* solved) const {
    const auto [vector, lane] = from_[l];
    for (int b = 0; b < kBodies; ++b) copy_lane<LanePair, Lanes>(pose[b], l, state[vector].s.pose[b], lane);
    solved[vector][lane] = half_[l / kLaneWidth].solved[l % kLaneWidth];
  }

  void set_mark(int i) {
    marked_at_ = i;
    std::copy_n(pose, kBodies, mark_);
  }

  Pair<Mask> same_as_marked() const {
    Pair<Mask> m = pose[0].angle == mark_[0].angle;
    for (int i = 0; i < kBodies; ++i)
      m = m & (pose[i].centre.x == mark_[i].centre.x) & (pose[i].centre.y == mark_[i].centre.y) &
          (pose[i].angle == mark_[i].angle);
    return m;
  }

  int n_ = 0;
  int mark_for_ = 1, marked_at_ = 0;
  Place from_[kWidth];
  Half half_[2];
  Pose<LanePair> mark_[kBodies];
  int count_[kLimbs]{};
  Manifold<LanePair> manifold_[kLimbs][kSlots];
};

// Pulls joints and contacts together until each lane is within the slops. Most lanes get there in the first iterations; the
// others of all vectors go on together, and after some more those that are left move together again.
class PositionSolver {
 public:
  // Gives the lanes that got there.
  void solve(StateWithTerrain* state, const Step* step, Mask* solved, int n) {
    state_ = state;
    solved_ = solved;
    int v = 0;
    for (; v + 1 < n; v += 2) solve_in_place<2>(step, v);
    if (v < n) solve_in_place<1>(step, v);
    go_on();
    end();
  }

 private:
  static constexpr int kInPlace = 2, kTogether = 10;

  // Two groups that fill up one after the other.
  struct Groups {
    Unsolved group[2];
    bool full() const { return group[1].full(); }
    Unsolved& next() { return group[group[0].full() ? 1 : 0]; }
    void clear() {
      for (Unsolved& g : group) g.clear();
    }
    // Runs iterations `begin` to `end` - 1.
    void iterate(int begin, int end) {
      if (group[0].empty()) return;
      if (group[1].empty())
        iterate<1>(begin, end);
      else
        iterate<2>(begin, end);
    }

   private:
    template <int n>
    void iterate(int begin, int end) {
      for (int v = 0; v < n; ++v) group[v].begin(begin);
      for (int i = begin; i < end && (any(group[0].active()) || any(group[n - 1].active())); ++i) {
        Pair<Mask> good[n];
        pull_together<n>(group, good);
        for (int v = 0; v < n; ++v) group[v].note(good[v], i);
      }
    }
  };

  template <int n>
  void solve_in_place(const Step* step, int first) {
    const auto make = [&](int v) { return InPlace(state_[first + v].s, step[first + v].c); };
    InPlace group[2] = {make(0), make(n - 1)};
    for (int i = 0; i < kInPlace; ++i) {
      Mask good[n];
      pull_together<n>(group, good);
      for (int v = 0; v < n; ++v) group[v].note(good[v]);
    }
    for (int v = 0; v < n; ++v) {
      solved_[first + v] = state_[first + v].s.alive & ~group[v].active();
      for (int lane = 0; lane < kLaneWidth; ++lane) {
        if (!group[v].active()[lane]) continue;
        if (early_.full()) go_on();
        early_.next().take(group[v], lane, {first + v, lane});
      }
    }
  }

  void go_on() {
    early_.iterate(kInPlace, kTogether);
    for (const Unsolved& group : early_.group)
      group.put_back_or(state_, solved_, [&](int lane) {
        if (late_.full()) end();
        late_.next().take(group, lane);
      });
    early_.clear();
  }

  void end() {
    late_.iterate(kTogether, kPositionIterations);
    for (const Unsolved& group : late_.group) group.put_back(state_, solved_);
    late_.clear();
  }

  StateWithTerrain* state_ = nullptr;
  Mask* solved_ = nullptr;
  Groups early_, late_;
};

// A walker that hardly moves for half a second is put to rest; its motors wake it in the next step.
inline Mask rest(State& s, Mask solved) {
  Lanes least = broadcast(1e30f);
  for (int b = 0; b < kBodies; ++b) {
    const Velocity<Lanes>& v = s.velocity[b];
    const Mask moves =
        (v.angular * v.angular > kSleepAngular * kSleepAngular) | (dot(v.linear, v.linear) > kSleepLinear * kSleepLinear);
    s.still[b] = moves ? broadcast(0.0f) : s.still[b] + kTimeStep;
    least = smaller(least, s.still[b]);
  }
  const Mask asleep = solved & (least >= kSleepTime);
  if (any(asleep)) {
    const Lanes zero{};
    for (int b = 0; b < kBodies; ++b) {
      s.velocity[b].linear = select<Lanes>(asleep, {zero, zero}, s.velocity[b].linear);
      s.velocity[b].angular = asleep ? zero : s.velocity[b].angular;
      s.still[b] = asleep ? zero : s.still[b];
    }
  }
  return asleep;
}

// Lanes of a limb that may come as close to a shape as an impact, on the way from one transform to another.
inline Mask may_impact(const BipedalTerrain* terrains, const State& s, int body, const Transform<Lanes>& from,
                       const Transform<Lanes>& to, const Bounds& swept, Lanes turned) {
  const Limb& limb = s.limb[body - 1];
  Mask risky{};
  const int n = most_slots(limb, s.alive);
  for (int i = 0; i < n; ++i) {
    const IntLanes key = limb.slot[i].key;
    const Mask valid = s.alive & (key >= 0) & (i < limb.n_slots);
    const Segment g = segment_at(terrains, s.terrain, key - kFirstSegment);
    Mask here = ~stays_clear(g.left, g.right, limb_shape(body), kLimbReach, from, to, turned);
    const Mask boxes = valid & (key < kFirstSegment);
    if (any(boxes)) {
      const BoxLanes box = box_at(terrains, s.terrain, key);
      const Mask near =
          (swept.left <= box.high.x) & (swept.right >= box.low.x) & (swept.bottom <= box.high.y) & (swept.top >= box.low.y);
      here = select(boxes, near, here);
    }
    risky |= valid & here;
  }
  return risky;
}

inline Mask hull_may_impact(const BipedalTerrain* terrains, const State& s, const Bounds& swept) {
  const IntLanes first = column_of(swept.left), last = column_of(swept.right);
  Mask risky{};
  for (int k = 0; k < 16; ++k) {
    const IntLanes column = first + k;
    const Mask under = s.alive & (column <= last) & is_segment(column);
    if (!any(under)) break;
    const Segment g = segment_at(terrains, s.terrain, column);
    risky |= under & (swept.bottom <= larger(g.left.y, g.right.y));
  }
  const IntLanes n_boxes = gather(&terrains->n_boxes, s.terrain * kTerrainStride);
  if (!any(n_boxes > 0)) return risky;
  for (IntLanes box = gather(terrains->first_box, s.terrain * kTerrainStride + column_of(swept.left));; box += 1) {
    const Mask listed = s.alive & (box < n_boxes);
    if (!any(listed)) break;
    const BoxLanes b = box_at(terrains, s.terrain, box);
    const Mask ahead = listed & (b.low.x <= swept.right);
    if (!any(ahead)) break;
    risky |= ahead & (swept.bottom <= b.high.y);
  }
  return risky;
}

// Finds the contacts, pulls at the bodies, and warm starts.
inline void begin_step(StateWithTerrain& state, const Drive& drive, Step& step) {
  State& s = state.s;
  const BipedalTerrain* terrains = state.terrains;
  const auto& before = step.before;
  for (int b = 0; b < kBodies; ++b) step.before[b] = transform_of(s.pose[b], mass_of_body(b).centre);

  Constraints& c = step.c;
  s.fallen |= hull_touches(terrains, s, before[kHull]);
  for (int b = 1; b < kBodies; ++b) touch(terrains, s, b, before[b], s.limb[b - 1], c.contacts[b - 1]);

  for (int b = 0; b < kBodies; ++b) s.velocity[b].linear.y += kTimeStep * kGravity;
  s.velocity[kHull].linear.x += kTimeStep * (kHullMass.inverse_mass * s.push);
  s.push = Lanes{};

  for (int b : kContactOrder) {
    LimbContacts& contacts = c.contacts[b - 1];
    for (int k = 0; k < contacts.n; ++k) {
      prepare_contact(contacts.touching[k].manifold, contacts.touching[k].memory, mass_of_body(b), s.pose[b], before[b],
                      contacts.constraint[k]);
      warm_start_contact(mass_of_body(b), contacts.constraint[k], s.velocity[b]);
    }
  }
  for (int j : kJointOrder) {
    const RevoluteJointDefinition& d = kJoint[j];
    prepare_joint(d, s.pose[d.body_a], s.pose[d.body_b], s.joint[j], drive.speed[j], drive.max_motor[j], c.joint[j],
                  s.velocity[d.body_a], s.velocity[d.body_b]);
    c.limited[j] = any(s.alive & (s.joint[j].side != 0.0f));
  }
}

inline void move_bodies(State& s, Step& step) {
  for (int j = 0; j < kJoints; ++j) remember_joint(step.c.joint[j], s.joint[j]);
  for (int b = 1; b < kBodies; ++b) remember_contacts(step.c.contacts[b - 1], s.limb[b - 1]);
  for (int b = 0; b < kBodies; ++b) {
    step.start[b] = s.pose[b];
    integrate(s.pose[b], s.velocity[b], broadcast(kTimeStep));
  }
}

// Looks for shapes that limbs came near to, and solves the impacts of lanes that went too far in one step.
inline void end_step(StateWithTerrain& state, Mask solved, const Step& step) {
  State& s = state.s;
  const BipedalTerrain* terrains = state.terrains;
  const auto& before = step.before;
  const Mask asleep = rest(s, solved);
  Mask risky{};
  for (int b = 0; b < kBodies; ++b) {
    const Transform<Lanes> after = transform_of(s.pose[b], mass_of_body(b).centre);
    const Vec2<Lanes> moved = after.origin - before[b].origin;
    if (b == kHull) {
      risky |= hull_may_impact(terrains, s, around(bounds_of(kHullShape, before[b]), bounds_of(kHullShape, after)));
      continue;
    }
    Limb& limb = s.limb[b - 1];
    const Bounds swept = around(bounds_of(limb_shape(b), before[b]), bounds_of(limb_shape(b), after));
    const Mask stale = s.alive & ~contains(limb.wide, swept);
    if (any(stale)) {
      const Bounds wide = widen(swept, moved);
      limb.wide = {stale ? wide.left : limb.wide.left, stale ? wide.bottom : limb.wide.bottom,
                   stale ? wide.right : limb.wide.right, stale ? wide.top : limb.wide.top};
      for (int lane = 0; lane < kLaneWidth; ++lane)
        if (stale[lane]) list_shapes(limb, lane, terrains[s.terrain[lane]]);
    }
    risky |= may_impact(terrains, s, b, before[b], after, swept, s.pose[b].angle - step.start[b].angle);
  }
  risky &= s.alive & ~asleep;
  if (any(risky))
    for (int lane = 0; lane < kLaneWidth; ++lane)
      if (risky[lane]) LaneImpacts(s, terrains[s.terrain[lane]], lane, step.start).solve();
}

// Steps a world of up to kMaxVectors vectors of lanes; made once for many steps.
class World {
 public:
  // Advances n vectors by one time step.
  void step(StateWithTerrain* state, const Drive* drive, int n) {
    for (int v = 0; v < n; ++v) begin_step(state[v], drive[v], step_[v]);
    velocities_.solve(state, step_.data(), n);
    for (int v = 0; v < n; ++v) move_bodies(state[v].s, step_[v]);
    Mask solved[kMaxVectors];
    positions_.solve(state, step_.data(), solved, n);
    for (int v = 0; v < n; ++v) end_step(state[v], solved[v], step_[v]);
  }

 private:
  std::array<Step, kMaxVectors> step_;
  VelocitySolver velocities_;
  PositionSolver positions_;
};

inline Transform<Lanes> hull_transform(const State& s) { return transform_of(s.pose[kHull], kHullMass.centre); }

}  // namespace bipedal

// The task of the core: see core/rollout.hpp.
template <bool hardcore>
struct BipedalWalkerTask {
  static constexpr std::uint32_t kInputs = 24;
  static constexpr std::uint32_t kOutputs = 4;
  static constexpr int kMaxSteps = hardcore ? 2000 : 1600;
  static constexpr bool kCostlySteps = true;

  using State = bipedal::StateWithTerrain;
  using Work = bipedal::World;

  // The starts of a call's episodes: the terrains, and the states after Gymnasium's first step, which its reset takes with
  // all motors off.
  class Episodes {
   public:
    explicit Episodes(std::span<const std::uint64_t> seeds) {
      std::vector<BipedalTerrain> terrains;
      terrains.reserve(seeds.size());
      for (std::uint64_t seed : seeds) terrains.push_back(make_bipedal_terrain(seed, hardcore));
      place(std::move(terrains));
    }
    explicit Episodes(std::vector<BipedalTerrain> terrains) { place(std::move(terrains)); }

    void start(State& s, int lane, std::size_t episode) const {
      s.terrains = terrains_.data();
      copy_lane(starts_[episode / kLaneWidth].s, static_cast<int>(episode % kLaneWidth), s.s, lane);
    }

   private:
    void place(std::vector<BipedalTerrain> terrains) {
      terrains_ = std::move(terrains);
      starts_.resize((terrains_.size() + kLaneWidth - 1) / kLaneWidth);
      const auto world = std::make_unique_for_overwrite<Work>();
      for (std::size_t v = 0; v < starts_.size(); ++v) {
        State& s = starts_[v];
        s = State{};
        s.terrains = terrains_.data();
        for (int lane = 0; lane < kLaneWidth; ++lane) {
          const std::size_t episode = std::min(v * kLaneWidth + lane, terrains_.size() - 1);
          put_up(s.s, lane, static_cast<std::int32_t>(episode), terrains_[episode]);
        }
        const Lanes off[bipedal::kJoints] = {};
        const bipedal::Drive drive = bipedal::drive_of(off);
        world->step(&s, &drive, 1);
        look(s);
      }
    }

    std::vector<BipedalTerrain> terrains_;
    std::vector<State> starts_;
  };

  static void move_lane(const State& from, int from_lane, State& to, int to_lane) {
    to.terrains = from.terrains;
    copy_lane(from.s, from_lane, to.s, to_lane);
  }

  static void observe(const State& state, Row* inputs, int v) {
    const bipedal::State& s = state.s;
    const auto& hull = s.velocity[bipedal::kHull];
    inputs[0][v] = s.pose[bipedal::kHull].angle;
    // Scaled in double precision, as Gymnasium does.
    inputs[1][v] = physics::in_doubles(hull.angular, [](auto x) { return 2.0 * x / 50.0; });
    inputs[2][v] = physics::in_doubles(hull.linear.x, [](auto x) { return 0.3 * x * (600 / 30.0) / 50.0; });
    inputs[3][v] = physics::in_doubles(hull.linear.y, [](auto x) { return 0.3 * x * (400 / 30.0) / 50.0; });
    for (int leg = 0; leg < 2; ++leg) {
      Row* in = inputs + 4 + 5 * leg;
      const int hip = 2 * leg, knee = hip + 1;
      in[0][v] = angle(s, hip);
      in[1][v] = speed(s, hip) / bipedal::kHipSpeed;
      in[2][v] = angle(s, knee) + 1.0f;
      in[3][v] = speed(s, knee) / bipedal::kKneeSpeed;
      in[4][v] = s.limb[knee].on_ground ? broadcast(1.0f) : broadcast(0.0f);
    }
    for (int i = 0; i < bipedal::kRays; ++i) inputs[14 + i][v] = s.lidar[i];
  }

  // Advances every lane of n vectors, at most bipedal::kMaxVectors, by one time step; gives the rewards, and in `done` the
  // lanes whose walker fell or arrived.
  static void step(State* state, int n, Work& world, const Lanes (*action)[kOutputs], Lanes* reward, Mask* done) {
    Lanes x[bipedal::kMaxVectors], tilt[bipedal::kMaxVectors];
    bipedal::Drive drive[bipedal::kMaxVectors];
    for (int v = 0; v < n; ++v) {
      drive[v] = bipedal::drive_of(action[v]);
      x[v] = state[v].s.hull_x;
      tilt[v] = abs(state[v].s.pose[bipedal::kHull].angle);
    }
    world.step(state, drive, n);
    for (int v = 0; v < n; ++v) {
      bipedal::State& s = state[v].s;
      look(state[v]);
      reward[v] = fma(s.hull_x - x[v], 130.0f / 30.0f, -5.0f * (abs(s.pose[bipedal::kHull].angle) - tilt[v]));
      for (const Lanes& a : action[v]) reward[v] = fma(at_most(1.0f, abs(a)), -0.00035f * bipedal::kMotorTorque, reward[v]);
      const Mask lost = s.fallen | (s.hull_x < 0.0f);
      constexpr float kGoal = static_cast<float>((BipedalTerrain::kLength - BipedalTerrain::kGrass) * BipedalTerrain::kStep);
      done[v] = lost | (s.hull_x > kGoal);
      s.alive &= ~done[v];
      reward[v] = lost ? broadcast(-100.0f) : reward[v];
    }
  }

 private:
  static Lanes angle(const bipedal::State& s, int j) {
    const physics::RevoluteJointDefinition& d = bipedal::kJoint[j];
    return s.pose[d.body_b].angle - s.pose[d.body_a].angle - d.reference_angle;
  }
  static Lanes speed(const bipedal::State& s, int j) {
    return s.velocity[bipedal::kJoint[j].body_b].angular - s.velocity[bipedal::kJoint[j].body_a].angular;
  }

  // Takes in what an observation needs of the new pose.
  static void look(State& state) {
    const auto hull = bipedal::hull_transform(state.s);
    state.s.hull_x = hull.origin.x;
    bipedal::cast_rays(state.terrains, state.s, hull.origin);
  }

  // A standing walker at the left end of its terrain.
  static void put_up(bipedal::State& s, int lane, std::int32_t terrain, const BipedalTerrain& ground) {
    using namespace bipedal;
    constexpr float kX = static_cast<float>(BipedalTerrain::kStep * BipedalTerrain::kStartPad / 2);
    constexpr double kHeight = 34 / 30.0, kDown = -8 / 30.0, kY = BipedalTerrain::kHeight + 2 * kHeight;
    s.terrain[lane] = terrain;
    s.alive[lane] = -1;
    s.push[lane] = ground.push;
    for (int b = 0; b < kBodies; ++b) {
      const double down = b == kHull ? 0 : (is_shank(b) ? 1.5 : 0.5) * kHeight + kDown;
      s.pose[b].centre.x[lane] = kX + mass_of_body(b).centre.x;
      s.pose[b].centre.y[lane] = static_cast<float>(kY - down) + mass_of_body(b).centre.y;
      s.pose[b].angle[lane] = start_angle(b);
    }
    for (int b = 1; b < kBodies; ++b) {
      Limb& limb = s.limb[b - 1];
      const Bounds wide =
          widen(bounds_of(limb_shape(b), transform_of(s.pose[b], mass_of_body(b).centre)), {Lanes{}, Lanes{}});
      limb.wide.left[lane] = wide.left[lane];
      limb.wide.bottom[lane] = wide.bottom[lane];
      limb.wide.right[lane] = wide.right[lane];
      limb.wide.top[lane] = wide.top[lane];
      list_shapes(limb, lane, ground);
    }
  }
};

using BipedalWalker = BipedalWalkerTask<false>;
using BipedalWalkerHardcore = BipedalWalkerTask<true>;

}  // namespace wann
