// The bipedal walker: a hull on two legs of two parts each walks over uneven ground, with four motors.
//
// Behaves as BipedalWalker-v3 of Gymnasium 1.x does on Box2D 2.3: bodies, joints, contacts, iteration counts and order of
// work, continuous collision, sleep, the lidar, the reward and the ends of an episode. docs/findings/bipedal-walker.md says
// how closely. The hardcore version differs in its terrains and its step limit. A costly task: see core/rollout/task.hpp.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "../../rollout/task.hpp"
#include "sensors.hpp"
#include "world.hpp"

namespace wann {

class BipedalWalker {
 public:
  static constexpr std::uint32_t kInputs = 24;
  static constexpr std::uint32_t kOutputs = 4;
  using State = walker::State;
  using Work = walker::World;
  static_assert(kMostVectors <= physics::kMaxVectors);

  explicit BipedalWalker(bool hardcore) : hardcore_(hardcore) {}

  bool hardcore() const { return hardcore_; }
  static constexpr std::uint32_t n_inputs() { return kInputs; }
  int max_steps() const { return hardcore_ ? 2000 : 1600; }

  // The terrains, and the states after Gymnasium's first step, which its reset takes with all motors off.
  class Episodes {
   public:
    Episodes(const BipedalWalker& task, std::span<const std::uint64_t> seeds) {
      std::vector<BipedalTerrain> terrains;
      terrains.reserve(seeds.size());
      for (std::uint64_t seed : seeds) terrains.push_back(make_bipedal_terrain(seed, task.hardcore_));
      start_all(std::move(terrains));
    }
    explicit Episodes(std::vector<BipedalTerrain> terrains) { start_all(std::move(terrains)); }

    void start(State& s, int lane, std::size_t episode) const {
      s.terrains = terrains_.data();
      copy_lane(starts_[episode / kLaneWidth].s, static_cast<int>(episode % kLaneWidth), s.s, lane);
    }

   private:
    void start_all(std::vector<BipedalTerrain> terrains) {
      terrains_ = std::move(terrains);
      starts_.resize((terrains_.size() + kLaneWidth - 1) / kLaneWidth);
      const auto world = std::make_unique_for_overwrite<Work>();
      for (std::size_t v = 0; v < starts_.size(); ++v) {
        State& s = starts_[v];
        s = State{};
        s.terrains = terrains_.data();
        for (int lane = 0; lane < kLaneWidth; ++lane) {
          const std::size_t episode = std::min(v * kLaneWidth + lane, terrains_.size() - 1);
          place_walker(s.s, lane, static_cast<std::int32_t>(episode), terrains_[episode]);
        }
        const Lanes off[kOutputs] = {};
        const physics::MotorDrive<walker::Model> drive = walker::drive_of(off);
        world->step(&s, &drive, 1);
        observe_ground(s);
      }
    }

    std::vector<BipedalTerrain> terrains_;
    std::vector<State> starts_;
  };

  void move_lane(const State& from, int from_lane, State& to, int to_lane) const {
    to.terrains = from.terrains;
    copy_lane(from.s, from_lane, to.s, to_lane);
  }

  void observe(const State& state, Work&, Row* inputs, int v) const { walker::write_observation(state.s, inputs, v); }

  // `done` where the walker fell or arrived.
  void step(State* states, int n, Work& world, const Lanes (*action)[kOutputs], Lanes* reward, Mask* done) const {
    Lanes x[kMostVectors], tilt[kMostVectors];
    physics::MotorDrive<walker::Model> drive[kMostVectors];
    for (int v = 0; v < n; ++v) {
      drive[v] = walker::drive_of(action[v]);
      x[v] = states[v].s.hull_x;
      tilt[v] = tilt_of(states[v].s);
    }
    world.step(states, drive, n);
    for (int v = 0; v < n; ++v) {
      walker::Walker& s = states[v].s;
      observe_ground(states[v]);
      reward[v] = fma(s.hull_x - x[v], 130.0f / 30.0f, -5.0f * (tilt_of(s) - tilt[v]));
      for (const Lanes& a : action[v]) reward[v] = fma(at_most(1.0f, abs(a)), -0.00035f * walker::kMotorTorque, reward[v]);
      const Mask lost = s.fallen | (s.hull_x < 0.0f);
      constexpr float kGoal = static_cast<float>((BipedalTerrain::kLength - BipedalTerrain::kGrass) * BipedalTerrain::kStep);
      done[v] = lost | (s.hull_x > kGoal);
      s.bodies.alive &= ~done[v];
      reward[v] = lost ? broadcast(-100.0f) : reward[v];
    }
  }

 private:
  static Lanes tilt_of(const walker::Walker& s) { return abs(s.bodies.pose[walker::kHull].angle); }

  // Takes in what an observation needs of the new pose.
  static void observe_ground(State& state) {
    const auto hull = physics::transform_of(state.s.bodies.pose[walker::kHull], walker::kHullMass.centre);
    state.s.hull_x = hull.origin.x;
    walker::cast_lidar(state, hull.origin);
  }

  // A standing walker at the left end of its terrain.
  static void place_walker(walker::Walker& s, int lane, std::int32_t terrain, const BipedalTerrain& ground) {
    using namespace walker;
    constexpr float kX = static_cast<float>(BipedalTerrain::kStep * BipedalTerrain::kStartPad / 2);
    constexpr double kHeight = 34 / 30.0, kDown = -8 / 30.0, kY = BipedalTerrain::kHeight + 2 * kHeight;
    s.terrain[lane] = terrain;
    s.bodies.alive[lane] = -1;
    s.push[lane] = ground.push;
    for (int b = 0; b < kBodies; ++b) {
      const double down = b == kHull ? 0 : (is_shank(b) ? 1.5 : 0.5) * kHeight + kDown;
      Pose<Lanes>& pose = s.bodies.pose[b];
      pose.centre.x[lane] = kX + mass_of_body(b).centre.x;
      pose.centre.y[lane] = static_cast<float>(kY - down) + mass_of_body(b).centre.y;
      pose.angle[lane] = start_angle(b);
    }
    for (int b = 1; b < kBodies; ++b) {
      const Bounds tight = bounds_of(limb_shape(b), transform_of(s.bodies.pose[b], mass_of_body(b).centre));
      const Bounds wide = widen(tight, {Lanes{}, Lanes{}});
      Bounds& mine = s.limb_of(b).wide;
      mine.left[lane] = wide.left[lane];
      mine.bottom[lane] = wide.bottom[lane];
      mine.right[lane] = wide.right[lane];
      mine.top[lane] = wide.top[lane];
      list_shapes(s, b, lane, ground);
    }
  }

  bool hardcore_;
};

}  // namespace wann
