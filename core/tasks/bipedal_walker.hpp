// The bipedal walker: a hull on two legs of two parts each walks over uneven ground, with four motors.
//
// Behaves as BipedalWalker-v3 of Gymnasium 1.x does on Box2D 2.3: bodies, joints, contacts, iteration counts and order of
// work, continuous collision, sleep, the lidar, the reward and the ends of an episode. docs/bipedal-walker.md says how
// closely. One step works on one vector of lanes; the rare times of impact are solved lane by lane.
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

template <bool limited>
WANN_INLINE void solve_joint_of(int j, Constraints& c, Velocity<Lanes>* v) {
  solve_joint_velocity<limited>(kJoint[j], c.joint[j], v[kJoint[j].body_a], v[kJoint[j].body_b]);
}

template <int j>
WANN_INLINE void solve_one_joint(Constraints& c, Velocity<Lanes>* v) {
  if (c.limited[j])
    solve_joint_of<true>(j, c, v);
  else
    solve_joint_of<false>(j, c, v);
}

template <int body>
WANN_INLINE void solve_contacts_of(Constraints& c, Velocity<Lanes>* v) {
  LimbContacts& contacts = c.contacts[body - 1];
  for (int k = 0; k < contacts.n; ++k) {
    if (contacts.pair[k])
      solve_contact_velocity<true>(mass_of_body(body), kLimbFriction, contacts.constraint[k], v[body]);
    else
      solve_contact_velocity<false>(mass_of_body(body), kLimbFriction, contacts.constraint[k], v[body]);
  }
}

inline __attribute__((noinline)) void solve_velocities(Constraints& c, Velocity<Lanes>* velocity) {
  Velocity<Lanes> v[kBodies];
  for (int b = 0; b < kBodies; ++b) v[b] = velocity[b];
  for (int i = 0; i < kVelocityIterations; ++i) {
    solve_one_joint<3>(c, v);
    solve_one_joint<2>(c, v);
    solve_one_joint<0>(c, v);
    solve_one_joint<1>(c, v);
    solve_contacts_of<4>(c, v);
    solve_contacts_of<3>(c, v);
    solve_contacts_of<1>(c, v);
    solve_contacts_of<2>(c, v);
  }
  for (int b = 0; b < kBodies; ++b) velocity[b] = v[b];
}

// Pulls joints and contacts together until each lane is within the slops; gives the lanes that got there.
inline __attribute__((noinline)) Mask solve_positions(State& s, const Constraints& c) {
  Mask active = s.alive;
  for (int i = 0; i < kPositionIterations && any(active); ++i) {
    Lanes worst{};
    for (int b : kContactOrder) {
      const LimbContacts& contacts = c.contacts[b - 1];
      for (int k = 0; k < contacts.n; ++k)
        worst = smaller(worst, solve_contact_position(contacts.touching[k].manifold, mass_of_body(b), mass_of_body(b).centre,
                                                      0.2f, active, s.pose[b]));
    }
    Mask good = worst >= -3.0f * kSlop;
    for (int j : kJointOrder)
      good &= solve_joint_position(kJoint[j], s.joint[j].side, active, s.pose[kJoint[j].body_a], s.pose[kJoint[j].body_b]);
    active &= ~good;
  }
  return s.alive & ~active;
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
      here = operator_select(boxes, near, here);
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

// Advances the lanes by one time step.
inline void step_world(StateWithTerrain& state, const Drive& drive) {
  State& s = state.s;
  const BipedalTerrain* terrains = state.terrains;
  Transform<Lanes> before[kBodies];
  for (int b = 0; b < kBodies; ++b) before[b] = transform_of(s.pose[b], mass_of_body(b).centre);

  Constraints c;
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
  solve_velocities(c, s.velocity);
  for (int j = 0; j < kJoints; ++j) remember_joint(c.joint[j], s.joint[j]);
  for (int b = 1; b < kBodies; ++b) remember_contacts(c.contacts[b - 1], s.limb[b - 1]);

  Pose<Lanes> start[kBodies];
  for (int b = 0; b < kBodies; ++b) {
    start[b] = s.pose[b];
    integrate(s.pose[b], s.velocity[b], broadcast(kTimeStep));
  }
  const Mask solved = solve_positions(s, c);
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
    risky |= may_impact(terrains, s, b, before[b], after, swept, s.pose[b].angle - start[b].angle);
  }
  risky &= s.alive & ~asleep;
  if (any(risky))
    for (int lane = 0; lane < kLaneWidth; ++lane)
      if (risky[lane]) LaneImpacts(s, terrains[s.terrain[lane]], lane, start).solve();
}

inline Transform<Lanes> hull_transform(const State& s) { return transform_of(s.pose[kHull], kHullMass.centre); }

}  // namespace bipedal

// The task of the core: see core/rollout.hpp.
template <bool hardcore>
struct BipedalWalkerTask {
  static constexpr std::uint32_t kInputs = 24;
  static constexpr std::uint32_t kOutputs = 4;
  static constexpr int kMaxSteps = hardcore ? 2000 : 1600;

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
        bipedal::step_world(s, bipedal::drive_of(off));
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

  // Advances every lane by one time step; gives the reward, and in `done` the lanes whose walker fell or arrived.
  static Lanes step(State& state, const Row* outputs, int v, Mask& done) {
    bipedal::State& s = state.s;
    Lanes action[bipedal::kJoints];
    for (int j = 0; j < bipedal::kJoints; ++j) action[j] = outputs[j][v];
    const Lanes x = s.hull_x, tilt = abs(s.pose[bipedal::kHull].angle);
    bipedal::step_world(state, bipedal::drive_of(action));
    look(state);
    Lanes reward = fma(s.hull_x - x, 130.0f / 30.0f, -5.0f * (abs(s.pose[bipedal::kHull].angle) - tilt));
    for (const Lanes& a : action) reward = fma(at_most(1.0f, abs(a)), -0.00035f * bipedal::kMotorTorque, reward);
    const Mask lost = s.fallen | (s.hull_x < 0.0f);
    constexpr float kGoal = static_cast<float>((BipedalTerrain::kLength - BipedalTerrain::kGrass) * BipedalTerrain::kStep);
    done = lost | (s.hull_x > kGoal);
    s.alive &= ~done;
    return lost ? broadcast(-100.0f) : reward;
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
