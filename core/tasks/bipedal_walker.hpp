// The bipedal walker: a hull on two legs of two parts each walks over uneven ground, with four motors.
//
// Behaves as BipedalWalker-v3 of Gymnasium 1.x does on Box2D 2.3: bodies, joints, contacts, iteration counts and order of
// work, continuous collision, sleep, the lidar, the reward and the ends of an episode. docs/bipedal-walker.md says how
// closely. One step works on a few vectors of lanes; the rare times of impact are solved lane by lane.
#pragma once

#include "bipedal_impact.hpp"

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

template <int j>
WANN_INLINE void solve_joint(Constraints& c, Velocity<Lanes>* v) {
  constexpr const RevoluteJointDefinition& d = kJoint[j];
  if (c.limited[j])
    solve_joint_velocity<true>(d, c.joint[j], v[d.body_a], v[d.body_b]);
  else
    solve_joint_velocity<false>(d, c.joint[j], v[d.body_a], v[d.body_b]);
}

template <int body>
WANN_INLINE void solve_contacts(Constraints& c, Velocity<Lanes>* v) {
  LimbContacts& contacts = c.contacts[body - 1];
  for (int k = 0; k < contacts.n; ++k) {
    if (contacts.pair[k])
      solve_contact_velocity<true>(mass_of_body(body), kLimbFriction, contacts.constraint[k], v[body]);
    else
      solve_contact_velocity<false>(mass_of_body(body), kLimbFriction, contacts.constraint[k], v[body]);
  }
}

using Velocities = Velocity<Lanes>[kBodies];

// Solves n vectors of lanes in turns: within one, each impulse waits for the one before.
template <int n>
inline __attribute__((noinline)) void solve_velocities(Constraints* c, Velocities* velocity) {
  const auto each = [&](auto solve) {
    for (int v = 0; v < n; ++v) solve(c[v], velocity[v]);
  };
  for (int i = 0; i < kVelocityIterations; ++i) {
    each([](Constraints& c, Velocity<Lanes>* v) { solve_joint<3>(c, v); });
    each([](Constraints& c, Velocity<Lanes>* v) { solve_joint<2>(c, v); });
    each([](Constraints& c, Velocity<Lanes>* v) { solve_joint<0>(c, v); });
    each([](Constraints& c, Velocity<Lanes>* v) { solve_joint<1>(c, v); });
    each([](Constraints& c, Velocity<Lanes>* v) { solve_contacts<4>(c, v); });
    each([](Constraints& c, Velocity<Lanes>* v) { solve_contacts<3>(c, v); });
    each([](Constraints& c, Velocity<Lanes>* v) { solve_contacts<1>(c, v); });
    each([](Constraints& c, Velocity<Lanes>* v) { solve_contacts<2>(c, v); });
  }
}

// A vector's iteration costs what its lanes need between them: a contact that one has, and a limit that one is at. Lanes of
// n vectors that need the same are put side by side for the solver.
template <int n>
class Sorted {
 public:
  Sorted(const StateWithTerrain* state, const Step* step) {
    for (int i = 0; i < kLanes; ++i) order_[i] = key_of(state[i / kLaneWidth].s, step[i / kLaneWidth].c, i % kLaneWidth) | i;
    std::sort(order_, order_ + kLanes);
    for (int v = 0; v < n; ++v) {
      for (LimbContacts& l : c_[v].contacts) l.n = 0;
      for (bool& l : c_[v].limited) l = false;
      for (int lane = 0; lane < kLaneWidth; ++lane) {
        const int from = from_of(v, lane);
        put(state[from / kLaneWidth].s, step[from / kLaneWidth].c, from % kLaneWidth, v, lane);
      }
    }
  }

  void solve() { solve_velocities<n>(c_, velocity_); }

  void put_back(StateWithTerrain* state, Step* step) const {
    for (int v = 0; v < n; ++v)
      for (int lane = 0; lane < kLaneWidth; ++lane) {
        const int from = from_of(v, lane), to = from % kLaneWidth;
        State& s = state[from / kLaneWidth].s;
        Constraints& c = step[from / kLaneWidth].c;
        copy_lane(velocity_[v], lane, s.velocity, to);
        for (int j = 0; j < kJoints; ++j) {
          copy_lane(c_[v].joint[j].point, lane, c.joint[j].point, to);
          copy_lane(c_[v].joint[j].limit, lane, c.joint[j].limit, to);
          copy_lane(c_[v].joint[j].motor, lane, c.joint[j].motor, to);
        }
        for (int b = 0; b < kLimbs; ++b)
          for (int k = 0; has_contact(c.contacts[b], k, to); ++k) {
            copy_lane(c_[v].contacts[b].constraint[k].normal, lane, c.contacts[b].constraint[k].normal, to);
            copy_lane(c_[v].contacts[b].constraint[k].tangent, lane, c.contacts[b].constraint[k].tangent, to);
          }
      }
  }

 private:
  static constexpr int kLanes = n * kLaneWidth;
  static_assert(kLanes <= 64);
  int from_of(int v, int lane) const { return static_cast<int>(order_[v * kLaneWidth + lane] % 64); }

  static bool has_contact(const LimbContacts& contacts, int k, int lane) {
    return k < contacts.n && contacts.touching[k].manifold.has[0][lane];
  }

  // What a lane needs, in a number that leaves room for the lane's place below.
  static std::uint32_t key_of(const State& s, const Constraints& c, int lane) {
    std::uint32_t key = 0;
    for (int b : {4, 2, 3, 1}) {
      std::uint32_t count = 0, pairs = 0;
      for (int k = 0; has_contact(c.contacts[b - 1], k, lane); ++k) {
        ++count;
        pairs |= c.contacts[b - 1].touching[k].manifold.has[1][lane] != 0;
      }
      key = key << 3 | std::min(count, 3u) << 1 | pairs;
    }
    for (int j = 0; j < kJoints; ++j) key = key << 1 | (s.joint[j].side[lane] != 0.0f);
    return key << 6;
  }

  void put(const State& s, const Constraints& c, int lane, int v, int to) {
    copy_lane(s.velocity, lane, velocity_[v], to);
    for (int j = 0; j < kJoints; ++j) {
      copy_lane(c.joint[j], lane, c_[v].joint[j], to);
      c_[v].limited[j] |= s.joint[j].side[lane] != 0.0f;
    }
    for (int b = 0; b < kLimbs; ++b) {
      LimbContacts& contacts = c_[v].contacts[b];
      for (int k = 0; has_contact(c.contacts[b], k, lane); ++k) {
        if (k == contacts.n) {
          contacts.pair[contacts.n] = false;
          contacts.constraint[contacts.n++] = no_contact<Lanes>();
        }
        copy_lane(c.contacts[b].constraint[k], lane, contacts.constraint[k], to);
        contacts.pair[k] |= c.contacts[b].touching[k].manifold.has[1][lane] != 0;
      }
    }
  }

  std::uint32_t order_[kLanes];
  Constraints c_[n];
  Velocities velocity_[n];
};

// One position iteration for the lanes in `active`; gives those that were within the slops before it.
template <class Manifolds>
WANN_INLINE Mask pull_together(Pose<Lanes>* pose, const Lanes* side, const Manifolds& contacts, Mask active) {
  Lanes worst{};
  for (int b : kContactOrder) {
    for (int k = 0; k < contacts.count(b); ++k)
      worst = smaller(worst, solve_contact_position(contacts.manifold(b, k), mass_of_body(b), mass_of_body(b).centre, 0.2f,
                                                    active, pose[b]));
  }
  Mask good = worst >= -3.0f * kSlop;
  for (int j : kJointOrder)
    good &= solve_joint_position(kJoint[j], side[j], active, pose[kJoint[j].body_a], pose[kJoint[j].body_b]);
  return good;
}

struct ManifoldsOf {
  const Constraints& c;
  int count(int body) const { return c.contacts[body - 1].n; }
  const Manifold<Lanes>& manifold(int body, int k) const { return c.contacts[body - 1].touching[k].manifold; }
};

// Lanes of several vectors whose positions are not solved yet, moved together. Some never will be: a walker that is jammed
// between its limits and the ground is pushed to and fro, in the end often through the same poses again and again. Such a
// lane stops at the pose that it would have after the last iteration.
class Unsolved {
 public:
  struct Place {
    int vector, lane;
  };
  int count(int body) const { return count_[body - 1]; }
  const Manifold<Lanes>& manifold(int body, int k) const { return manifold_[body - 1][k]; }
  int size() const { return n_; }

  // `from` is where the lane goes back to.
  template <class Manifolds>
  void take(const Pose<Lanes>* pose, const Lanes* side, const Manifolds& contacts, int lane, Place from) {
    const int to = n_++;
    from_[to] = from;
    for (int b = 0; b < kBodies; ++b) copy_lane(pose[b], lane, pose_[b], to);
    for (int j = 0; j < kJoints; ++j) side_[j][to] = side[j][lane];
    for (int b = 1; b < kBodies; ++b)
      for (int k = 0; k < contacts.count(b) && contacts.manifold(b, k).has[0][lane]; ++k) {
        if (k == count_[b - 1]) manifold_[b - 1][count_[b - 1]++] = Manifold<Lanes>{};
        copy_lane(contacts.manifold(b, k), lane, manifold_[b - 1][k], to);
      }
    active_[to] = -1;
  }

  // Runs iterations `i` to `end` - 1.
  void iterate(int i, int end) {
    Pose<Lanes> mark[kBodies];
    int marked_at = i - 1;
    std::copy_n(pose_, kBodies, mark);
    for (; i < end && any(active_); ++i) {
      const Mask good = pull_together(pose_, side_, *this, active_);
      solved_ |= active_ & good;
      active_ &= ~good;
      const Mask again = active_ & (stop_after_ == kNever) & same(pose_, mark);
      if (any(again)) stop_in_phase(again, i, i - marked_at);
      active_ &= ~(stop_after_ == i);
      // Brent's way to find a cycle: a mark that is set anew after 1, 2, 4, 8 … iterations.
      if (i - marked_at >= mark_for_) {
        mark_for_ *= 2;
        marked_at = i;
        std::copy_n(pose_, kBodies, mark);
      }
    }
  }

  // Puts the poses of the lanes that are done back, and moves the others to `next[last]` and the ones after it.
  void hand_over(Unsolved* next, int& last, StateWithTerrain* state, Mask* solved) {
    for (int l = 0; l < n_; ++l) {
      if (!active_[l]) {
        put_back(l, state, solved);
        continue;
      }
      if (next[last].n_ == kLaneWidth) ++last;
      Unsolved& to = next[last];
      to.take(pose_, side_, *this, l, from_[l]);
      to.stop_after_[to.n_ - 1] = stop_after_[l];
    }
  }

  void put_back(StateWithTerrain* state, Mask* solved) const {
    for (int l = 0; l < n_; ++l) put_back(l, state, solved);
  }

 private:
  static constexpr std::int32_t kNever = -1;

  void put_back(int l, StateWithTerrain* state, Mask* solved) const {
    const auto [vector, lane] = from_[l];
    for (int b = 0; b < kBodies; ++b) copy_lane(pose_[b], l, state[vector].s.pose[b], lane);
    solved[vector][lane] = solved_[l];
  }

  static Mask same(const Pose<Lanes>* a, const Pose<Lanes>* b) {
    Mask m = broadcast(std::int32_t{-1});
    for (int i = 0; i < kBodies; ++i)
      m &= (a[i].centre.x == b[i].centre.x) & (a[i].centre.y == b[i].centre.y) & (a[i].angle == b[i].angle);
    return m;
  }

  void stop_in_phase(Mask lanes, int i, int period) {
    const std::int32_t at = i + (kPositionIterations - 1 - i) % period;
    stop_after_ = lanes ? broadcast(at) : stop_after_;
  }

  int n_ = 0;
  int mark_for_ = 1;
  Place from_[kLaneWidth];
  Mask active_{}, solved_{};
  IntLanes stop_after_ = broadcast(kNever);
  Pose<Lanes> pose_[kBodies]{};
  Lanes side_[kJoints]{};
  int count_[kLimbs]{};
  Manifold<Lanes> manifold_[kLimbs][kSlots];
};

// Pulls joints and contacts together until each lane is within the slops; gives the lanes that got there. Most lanes get
// there in the first iterations; the others go on together, and after some more those that are left move together again.
template <int n>
inline __attribute__((noinline)) void solve_positions(StateWithTerrain* state, const Step* step, Mask* solved) {
  constexpr int kInPlace = 2, kTogether = 10;
  Unsolved first[n], second[n];
  int n_first = 0, n_second = 0;
  for (int v = 0; v < n; ++v) {
    State& s = state[v].s;
    const ManifoldsOf contacts{step[v].c};
    Lanes side[kJoints];
    for (int j = 0; j < kJoints; ++j) side[j] = s.joint[j].side;
    Mask active = s.alive;
    for (int i = 0; i < kInPlace && any(active); ++i) active &= ~pull_together(s.pose, side, contacts, active);
    solved[v] = s.alive & ~active;
    if (!any(active)) continue;
    for (int lane = 0; lane < kLaneWidth; ++lane) {
      if (!active[lane]) continue;
      if (first[n_first].size() == kLaneWidth) ++n_first;
      first[n_first].take(s.pose, side, contacts, lane, {v, lane});
    }
  }
  for (int u = 0; u <= n_first; ++u) {
    first[u].iterate(kInPlace, kTogether);
    first[u].hand_over(second, n_second, state, solved);
  }
  for (int u = 0; u <= n_second; ++u) {
    second[u].iterate(kTogether, kPositionIterations);
    second[u].put_back(state, solved);
  }
}

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

// Advances n vectors of lanes by one time step.
template <int n>
inline void step_world(StateWithTerrain* state, const Drive* drive) {
  Step step[n];
  for (int v = 0; v < n; ++v) begin_step(state[v], drive[v], step[v]);
  if constexpr (n == 1) {
    solve_velocities<1>(&step[0].c, &state[0].s.velocity);
  } else {
    Sorted<n> sorted(state, step);
    sorted.solve();
    sorted.put_back(state, step);
  }
  for (int v = 0; v < n; ++v) move_bodies(state[v].s, step[v]);
  Mask solved[n];
  solve_positions<n>(state, step, solved);
  for (int v = 0; v < n; ++v) end_step(state[v], solved[v], step[v]);
}

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
        bipedal::step_world<1>(&s, &drive);
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

  // Advances every lane of n vectors by one time step; gives the rewards, and in `done` the lanes whose walker fell or
  // arrived.
  template <int n>
  static void step(State* state, const Row* outputs, Lanes* reward, Mask* done) {
    Lanes action[n][bipedal::kJoints], x[n], tilt[n];
    bipedal::Drive drive[n];
    for (int v = 0; v < n; ++v) {
      for (int j = 0; j < bipedal::kJoints; ++j) action[v][j] = outputs[j][v];
      drive[v] = bipedal::drive_of(action[v]);
      x[v] = state[v].s.hull_x;
      tilt[v] = abs(state[v].s.pose[bipedal::kHull].angle);
    }
    bipedal::step_world<n>(state, drive);
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
