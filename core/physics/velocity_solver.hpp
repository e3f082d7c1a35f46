// The velocities of a step: lanes that need the same work are put side by side, and then solved by sequential impulses.
// solver.hpp says why.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "model.hpp"

namespace wann::physics {

// The most vectors of lanes that step together.
inline constexpr int kMaxVectors = 16;

// Lanes with their bodies' velocities and all constraints on them: what an iteration works on. F is one vector of lanes or
// two.
template <BodyModel Model, class F>
struct VelocityGroup {
  struct Contacts {
    int n;
    bool pair[Model::kMostContacts];  // whether some lane's contact has two points
    ContactConstraint<F> constraint[Model::kMostContacts];
  };
  Velocity<F> velocity[Model::kBodies];
  JointConstraint<F> joint[Model::kJoints];
  bool limited[Model::kJoints];  // whether some lane's joint is at a limit
  [[no_unique_address]] ForContactBodies<Model, Contacts> contacts;

  void clear() {
    for (bool& l : limited) l = false;
    if constexpr (ContactModel<Model>)
      for (Contacts& c : contacts) c.n = 0;
  }
};

template <int j, BodyModel Model, class F>
WANN_INLINE void solve_joint(VelocityGroup<Model, F>& g) {
  constexpr const RevoluteJointDefinition& d = Model::joint(j);
  Velocity<F> a = g.velocity[d.body_a], b = g.velocity[d.body_b];
  if (g.limited[j])
    solve_joint_velocity<true>(d, g.joint[j], a, b);
  else
    solve_joint_velocity<false>(d, g.joint[j], a, b);
  g.velocity[d.body_a] = a;
  g.velocity[d.body_b] = b;
}

template <int i, ContactModel Model, class F>
WANN_INLINE void solve_contacts(VelocityGroup<Model, F>& g) {
  constexpr int body = Model::kContactOrder[i];
  auto& contacts = g.contacts[i];
  if (contacts.n == 0) return;
  Velocity<F> v = g.velocity[body];
  for (int k = 0; k < contacts.n; ++k) {
    if (contacts.pair[k])
      solve_contact_velocity<true>(Model::mass(body), Model::kFriction, contacts.constraint[k], v);
    else
      solve_contact_velocity<false>(Model::mass(body), Model::kFriction, contacts.constraint[k], v);
  }
  g.velocity[body] = v;
}

// Solves n groups in turns: within one, each impulse waits for the one before.
template <int n, BodyModel Model, class F>
inline __attribute__((noinline)) void solve_velocities(VelocityGroup<Model, F>* group) {
  const auto each = [&](auto solve) {
    for (int v = 0; v < n; ++v) solve(group[v]);
  };
  const auto iterate = [&]<std::size_t... j, std::size_t... i>(std::index_sequence<j...>, std::index_sequence<i...>) {
    (each([](auto& g) { solve_joint<Model::kJointOrder[j]>(g); }), ...);
    (each([](auto& g) { solve_contacts<static_cast<int>(i)>(g); }), ...);
  };
  for (int k = 0; k < Model::kVelocityIterations; ++k)
    iterate(std::make_index_sequence<Model::kJoints>(), std::make_index_sequence<kContactBodies<Model>>());
}

// Sorts the lanes of several vectors by what they need, and solves them in that order.
template <BodyModel Model>
class VelocitySolver {
 public:
  // Of n vectors.
  void solve(Bodies<Model>* const* bodies, Step<Model>* step, int n) {
    bodies_ = bodies;
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
  static constexpr int kMostCounted = 3;  // contacts of a body, in two bits

  static consteval int need_bits() {
    if constexpr (ContactModel<Model>)
      return 2 * static_cast<int>(Model::kNeeds.size()) + Model::kJoints;
    else
      return Model::kJoints;
  }
  static_assert((std::uint64_t{kPlaces} << need_bits()) <= std::uint64_t{1} << 32,
                "a lane's need and its place are 32 bits");

  // Puts the lanes that are alive in order; gives their number.
  int sort(int n) {
    int count = 0;
    for (int i = 0; i < n * kLaneWidth; ++i) {
      const int v = i / kLaneWidth, lane = i % kLaneWidth;
      if (bodies_[v]->alive[lane]) order_[count++] = need_of(*bodies_[v], step_[v], lane) * kPlaces + i;
    }
    std::sort(order_, order_ + count);
    return count;
  }

  int place(int i) const { return static_cast<int>(order_[i] % kPlaces); }

  // What a lane needs, as a number of need_bits() bits: the model's needs, the first one first, and the joints' limits.
  static std::uint32_t need_of(const Bodies<Model>& bodies, const Step<Model>& step, int lane) {
    std::uint32_t need = 0;
    if constexpr (ContactModel<Model>) {
      std::uint32_t contacts[Model::kBodies], pairs[Model::kBodies];
      for (int i = 0; i < kContactBodies<Model>; ++i) {
        const int b = Model::kContactOrder[i];
        contacts[b] = pairs[b] = 0;
        for (int k = 0; k < kMostCounted && step.contacts[i].touches(k, lane); ++k) {
          ++contacts[b];
          pairs[b] += step.contacts[i].has_pair(k, lane);
        }
      }
      for (const Need& x : Model::kNeeds) need = need << 2 | (x.pairs ? pairs : contacts)[x.body];
    }
    for (int j = 0; j < Model::kJoints; ++j) need = need << 1 | (bodies.joint[j].side[lane] != 0.0f);
    return need;
  }

  template <int n, class F>
  void solve_part(VelocityGroup<Model, F>* group, int begin, int count) {
    constexpr int kWidth = sizeof(F) / sizeof(float);
    for (int v = 0; v < n; ++v) group[v].clear();
    for (int i = 0; i < count; ++i) put(place(begin + i), group[i / kWidth], i % kWidth);
    solve_velocities<n>(group);
    for (int i = 0; i < count; ++i) put_back(group[i / kWidth], i % kWidth, place(begin + i));
  }

  template <class F>
  void put(int from, VelocityGroup<Model, F>& group, int to) const {
    const Bodies<Model>& bodies = *bodies_[from / kLaneWidth];
    const Step<Model>& step = step_[from / kLaneWidth];
    const int lane = from % kLaneWidth;
    copy_lane<Lanes, F>(bodies.velocity, lane, group.velocity, to);
    for (int j = 0; j < Model::kJoints; ++j) {
      copy_lane<Lanes, F>(step.joint[j], lane, group.joint[j], to);
      group.limited[j] |= bodies.joint[j].side[lane] != 0.0f;
    }
    if constexpr (ContactModel<Model>)
      for (int i = 0; i < kContactBodies<Model>; ++i) {
        const auto& from_contacts = step.contacts[i];
        auto& contacts = group.contacts[i];
        for (int k = 0; from_contacts.touches(k, lane); ++k) {
          if (k == contacts.n) {
            contacts.pair[contacts.n] = false;
            contacts.constraint[contacts.n++] = no_contact<F>();
          }
          copy_lane<Lanes, F>(from_contacts.constraint[k], lane, contacts.constraint[k], to);
          contacts.pair[k] |= from_contacts.has_pair(k, lane);
        }
      }
  }

  template <class F>
  void put_back(const VelocityGroup<Model, F>& group, int from, int to) const {
    Step<Model>& step = step_[to / kLaneWidth];
    const int lane = to % kLaneWidth;
    copy_lane<F, Lanes>(group.velocity, from, bodies_[to / kLaneWidth]->velocity, lane);
    for (int j = 0; j < Model::kJoints; ++j) {
      copy_lane<F, Lanes>(group.joint[j].point, from, step.joint[j].point, lane);
      copy_lane<F, Lanes>(group.joint[j].limit, from, step.joint[j].limit, lane);
      copy_lane<F, Lanes>(group.joint[j].motor, from, step.joint[j].motor, lane);
    }
    if constexpr (ContactModel<Model>)
      for (int i = 0; i < kContactBodies<Model>; ++i)
        for (int k = 0; step.contacts[i].touches(k, lane); ++k) {
          copy_lane<F, Lanes>(group.contacts[i].constraint[k].normal, from, step.contacts[i].constraint[k].normal, lane);
          copy_lane<F, Lanes>(group.contacts[i].constraint[k].tangent, from, step.contacts[i].constraint[k].tangent, lane);
        }
  }

  Bodies<Model>* const* bodies_ = nullptr;
  Step<Model>* step_ = nullptr;
  std::uint32_t order_[kPlaces];
  VelocityGroup<Model, Lanes> single_[1];
  VelocityGroup<Model, LanePair> pair_[2];
};

}  // namespace wann::physics
