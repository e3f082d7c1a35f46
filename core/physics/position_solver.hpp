// The positions of a step: joints and contacts are pulled together until every lane is within the slops. solver.hpp says how
// lanes that take long are brought together.
#pragma once

#include <algorithm>

#include "model.hpp"

namespace wann::physics {

// One position iteration for the active lanes of n groups (lanes with their contacts), in turns: within one, each correction
// waits for the one before. Gives the lanes that were within the slops before it.
template <BodyModel Model, int n, class Group>
inline __attribute__((noinline)) void solve_positions_once(Group* group, MaskOf<typename Group::Number>* good) {
  typename Group::Number worst[n] = {};
  if constexpr (ContactModel<Model>)
    for (int i = 0; i < kContactBodies<Model>; ++i) {
      const int b = Model::kContactOrder[i];
      for (int v = 0; v < n; ++v)
        for (int k = 0; k < group[v].count(i); ++k)
          worst[v] = smaller(worst[v], solve_contact_position(group[v].manifold(i, k), Model::mass(b), Model::mass(b).centre,
                                                              kPositionStiffness, group[v].active(), group[v].pose[b]));
    }
  for (int v = 0; v < n; ++v) good[v] = worst[v] >= -3.0f * kSlop;
  for (int j : Model::kJointOrder) {
    const RevoluteJointDefinition& d = Model::joint(j);
    for (int v = 0; v < n; ++v)
      good[v] = good[v] & solve_joint_position(d, group[v].side[j], group[v].active(), group[v].pose[d.body_a],
                                               group[v].pose[d.body_b]);
  }
}

// A vector of lanes where it stands.
template <BodyModel Model>
class InPlace {
 public:
  using Number = Lanes;
  InPlace(Bodies<Model>& bodies, const Step<Model>& step) : pose(bodies.pose), step_(step), active_(bodies.alive) {
    for (int j = 0; j < Model::kJoints; ++j) side[j] = bodies.joint[j].side;
  }
  int count(int i) const { return step_.contacts[i].n; }
  const Manifold<Lanes>& manifold(int i, int k) const { return step_.contacts[i].touching[k].manifold; }
  Mask active() const { return active_; }
  void note(Mask good) { active_ &= ~good; }

  Pose<Lanes>* pose;
  Lanes side[Model::kJoints];

 private:
  const Step<Model>& step_;
  Mask active_;
};

// Lanes of several vectors whose positions are not solved yet, moved together. Some never will be: a walker that is jammed
// between its limits and the ground is pushed to and fro, in the end often through the same poses again and again. Such a
// lane stops at the pose that it would have after the last iteration.
template <BodyModel Model>
class Unsolved {
 public:
  using Number = LanePair;
  static constexpr int kWidth = 2 * kLaneWidth;
  struct Place {
    int vector, lane;
  };

  int count(int i) const { return contacts_.count[i]; }
  const Manifold<LanePair>& manifold(int i, int k) const { return contacts_.manifold[i][k]; }
  Pair<Mask> active() const { return {half_[0].active, half_[1].active}; }
  bool empty() const { return n_ == 0; }
  bool full() const { return n_ == kWidth; }

  // Takes in a lane of another group; `from` is where it goes back to.
  template <class Group>
  void take(const Group& group, int lane, Place from) {
    using F = typename Group::Number;
    const int to = n_++;
    from_[to] = from;
    for (int b = 0; b < Model::kBodies; ++b) copy_lane<F, LanePair>(group.pose[b], lane, pose[b], to);
    for (int j = 0; j < Model::kJoints; ++j) copy_lane<F, LanePair>(group.side[j], lane, side[j], to);
    if constexpr (ContactModel<Model>)
      for (int i = 0; i < kContactBodies<Model>; ++i)
        for (int k = 0; k < group.count(i) && has_point(group.manifold(i, k), lane); ++k) {
          Manifold<LanePair>(&mine)[Model::kMostContacts] = contacts_.manifold[i];
          if (k == contacts_.count[i]) mine[contacts_.count[i]++] = Manifold<LanePair>{};
          copy_lane<F, LanePair>(group.manifold(i, k), lane, mine[k], to);
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
    if constexpr (ContactModel<Model>)
      for (int& n : contacts_.count) n = 0;
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

  // Puts the poses of the lanes that are done back, and gives the others to `keep(lane)`.
  template <class Keep>
  void put_back_or(Bodies<Model>* const* bodies, Mask* solved, Keep keep) const {
    for (int l = 0; l < n_; ++l)
      if (half_[l / kLaneWidth].active[l % kLaneWidth])
        keep(l);
      else
        put_back(l, bodies, solved);
  }

  void put_back(Bodies<Model>* const* bodies, Mask* solved) const {
    for (int l = 0; l < n_; ++l) put_back(l, bodies, solved);
  }

  Pose<LanePair> pose[Model::kBodies]{};
  LanePair side[Model::kJoints]{};

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
      if (any(again)) stop_after = again ? broadcast(i + (Model::kPositionIterations - 1 - i) % period) : stop_after;
      active &= ~(stop_after == i);
    }
  };

  struct Contacts {
    int count[static_cast<std::size_t>(kContactBodies<Model>)]{};
    Manifold<LanePair> manifold[static_cast<std::size_t>(kContactBodies<Model>)][most_contacts<Model>()];
  };

  static bool has_point(const Manifold<Lanes>& m, int lane) { return m.has[0][lane] != 0; }
  static bool has_point(const Manifold<LanePair>& m, int lane) {
    return (lane < kLaneWidth ? m.has[0].first[lane] : m.has[0].second[lane - kLaneWidth]) != 0;
  }

  void put_back(int l, Bodies<Model>* const* bodies, Mask* solved) const {
    const auto [vector, lane] = from_[l];
    for (int b = 0; b < Model::kBodies; ++b) copy_lane<LanePair, Lanes>(pose[b], l, bodies[vector]->pose[b], lane);
    solved[vector][lane] = half_[l / kLaneWidth].solved[l % kLaneWidth];
  }

  void set_mark(int i) {
    marked_at_ = i;
    std::copy_n(pose, Model::kBodies, mark_);
  }

  Pair<Mask> same_as_marked() const {
    Pair<Mask> m = pose[0].angle == mark_[0].angle;
    for (int i = 0; i < Model::kBodies; ++i)
      m = m & (pose[i].centre.x == mark_[i].centre.x) & (pose[i].centre.y == mark_[i].centre.y) &
          (pose[i].angle == mark_[i].angle);
    return m;
  }

  int n_ = 0;
  int mark_for_ = 1, marked_at_ = 0;
  Place from_[kWidth];
  Half half_[2];
  Pose<LanePair> mark_[Model::kBodies];
  [[no_unique_address]] std::conditional_t<ContactModel<Model>, Contacts, Nothing> contacts_;
};

// Pulls joints and contacts together until each lane is within the slops. Most lanes get there in the first iterations; the
// others of all vectors go on together, and after some more those that are left move together again.
template <BodyModel Model>
class PositionSolver {
 public:
  // Of n vectors; gives the lanes that got there.
  void solve(Bodies<Model>* const* bodies, const Step<Model>* step, Mask* solved, int n) {
    bodies_ = bodies;
    solved_ = solved;
    int v = 0;
    for (; v + 1 < n; v += 2) solve_in_place<2>(step, v);
    if (v < n) solve_in_place<1>(step, v);
    solve_early();
    solve_late();
  }

 private:
  static constexpr int kInPlace = 2, kTogether = 10;
  static_assert(kTogether <= Model::kPositionIterations);

  // Two groups that fill up one after the other.
  struct Groups {
    Unsolved<Model> group[2];
    bool full() const { return group[1].full(); }
    Unsolved<Model>& next() { return group[group[0].full() ? 1 : 0]; }
    void clear() {
      for (Unsolved<Model>& g : group) g.clear();
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
        solve_positions_once<Model, n>(group, good);
        for (int v = 0; v < n; ++v) group[v].note(good[v], i);
      }
    }
  };

  template <int n>
  void solve_in_place(const Step<Model>* step, int first) {
    const auto make = [&](int v) { return InPlace<Model>(*bodies_[first + v], step[first + v]); };
    InPlace<Model> group[2] = {make(0), make(n - 1)};
    for (int i = 0; i < kInPlace; ++i) {
      Mask good[n];
      solve_positions_once<Model, n>(group, good);
      for (int v = 0; v < n; ++v) group[v].note(good[v]);
    }
    for (int v = 0; v < n; ++v) {
      solved_[first + v] = bodies_[first + v]->alive & ~group[v].active();
      for (int lane = 0; lane < kLaneWidth; ++lane) {
        if (!group[v].active()[lane]) continue;
        if (early_.full()) solve_early();
        early_.next().take(group[v], lane, {first + v, lane});
      }
    }
  }

  void solve_early() {
    early_.iterate(kInPlace, kTogether);
    for (const Unsolved<Model>& group : early_.group)
      group.put_back_or(bodies_, solved_, [&](int lane) {
        if (late_.full()) solve_late();
        late_.next().take(group, lane);
      });
    early_.clear();
  }

  void solve_late() {
    late_.iterate(kTogether, Model::kPositionIterations);
    for (const Unsolved<Model>& group : late_.group) group.put_back(bodies_, solved_);
    late_.clear();
  }

  Bodies<Model>* const* bodies_ = nullptr;
  Mask* solved_ = nullptr;
  Groups early_, late_;
};

}  // namespace wann::physics
