// What a call of `rollout` runs: every network with every lane of a queue.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "../network/network.hpp"
#include "../network/weights.hpp"

namespace wann {

// What to run: lane i is episode `seeds[i]` with weight (or row of weights) i.
struct LaneQueue {
  LaneWeights weights;
  std::span<const std::uint64_t> seeds;
};

// What came out, for each lane of a queue: the episode's reward and its length in steps.
struct LaneResults {
  float* rewards;
  std::int32_t* steps;
};

// Every network with every lane of the queue: job k is lane k % n_lanes of network k / n_lanes, and has result k.
struct Rollouts {
  std::span<const Network* const> networks;
  LaneQueue queue;
  LaneResults results;

  const Network& network_of(std::size_t job) const { return *networks[job / queue.seeds.size()]; }
  std::size_t lane_of(std::size_t job) const { return job % queue.seeds.size(); }
};

// Hands out the jobs from `begin` to `end`, to several threads if need be.
class Jobs {
 public:
  static constexpr std::size_t kNone = SIZE_MAX;
  Jobs(std::size_t begin, std::size_t end) : next_(begin), end_(end) {}
  std::size_t take() {
    if (next_.load(std::memory_order_relaxed) >= end_) return kNone;
    const std::size_t job = next_.fetch_add(1, std::memory_order_relaxed);
    return job < end_ ? job : kNone;
  }

 private:
  std::atomic<std::size_t> next_;
  std::size_t end_;
};

}  // namespace wann
