// The starts of a call's episodes, made once for all networks and shared by all threads.
//
// A task whose start is a few numbers has `reset(state, lane, seed)`. One whose start is more (a terrain, a track) has an
// `Episodes` of its own, made from the task and the seeds, with `start(state, lane, episode)`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "task.hpp"

namespace wann {

template <ResetsLanes Task>
class ResetStates {
 public:
  ResetStates(const Task& task, std::span<const std::uint64_t> seeds)
      : task_(task), starts_((seeds.size() + kLaneWidth - 1) / kLaneWidth) {
    for (std::size_t i = 0; i < seeds.size(); ++i)
      task.reset(starts_[i / kLaneWidth], static_cast<int>(i % kLaneWidth), seeds[i]);
  }
  void start(typename Task::State& state, int lane, std::size_t episode) const {
    task_.move_lane(starts_[episode / kLaneWidth], static_cast<int>(episode % kLaneWidth), state, lane);
  }

 private:
  const Task& task_;
  std::vector<typename Task::State> starts_;
};

template <class Task>
struct EpisodesOf {
  using Type = ResetStates<Task>;
};
template <KeepsEpisodes Task>
struct EpisodesOf<Task> {
  using Type = typename Task::Episodes;
};
template <class Task>
using Episodes = typename EpisodesOf<Task>::Type;

}  // namespace wann
