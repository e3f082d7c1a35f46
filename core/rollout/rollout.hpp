// Rollouts in a control task: every network with every lane of a queue, on several threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../lanes/parallel.hpp"
#include "block.hpp"

namespace wann {

// What running it took.
struct RolloutCost {
  bool finished;            // false if it was interrupted
  std::int64_t lane_steps;  // steps of all lanes, those that were idle too
};

// A costly task mixes networks: the jobs are one list, from which all threads take.
template <CostlyTask Task, class Interrupted>
bool run_jobs(const Task& task, const Rollouts& rollouts, const Episodes<Task>& episodes,
              std::vector<RolloutBlock<Task>>& block, Interrupted interrupted) {
  Jobs jobs(0, rollouts.networks.size() * rollouts.queue.seeds.size());
  return parallel_for(
      block.size(), static_cast<unsigned>(block.size()),
      [&](std::size_t, unsigned thread, const Cancelled& cancelled) {
        block[thread].run(task, rollouts, episodes, jobs, cancelled);
      },
      interrupted);
}

// In a cheap one each network is an item of work, or several where there are few networks, so that all threads have some.
template <CheapTask Task, class Interrupted>
bool run_jobs(const Task& task, const Rollouts& rollouts, const Episodes<Task>& episodes,
              std::vector<RolloutBlock<Task>>& block, Interrupted interrupted) {
  const std::size_t n_lanes = rollouts.queue.seeds.size(), n_networks = rollouts.networks.size(), n_threads = block.size();
  const std::size_t pieces_wanted = n_networks >= 8 * n_threads ? 1 : 8 * n_threads;
  const std::size_t blocks = (n_lanes + kBlockLanes - 1) / kBlockLanes;
  const std::size_t blocks_per_piece = std::max<std::size_t>(1, (blocks + pieces_wanted - 1) / pieces_wanted);
  const std::size_t piece = blocks_per_piece * kBlockLanes;
  const std::size_t pieces = (n_lanes + piece - 1) / piece;
  return parallel_for(
      n_networks * pieces, static_cast<unsigned>(n_threads),
      [&](std::size_t item, unsigned thread, const Cancelled& cancelled) {
        const std::size_t first = item / pieces * n_lanes, begin = item % pieces * piece;
        Jobs jobs(first + begin, first + std::min(begin + piece, n_lanes));
        block[thread].run(task, rollouts, episodes, jobs, cancelled);
      },
      interrupted);
}

// Runs every network with every lane of the queue; `interrupted()` is asked now and then.
template <ControlTask Task, class Interrupted>
RolloutCost rollout(const Task& task, const Rollouts& rollouts, unsigned n_threads, Interrupted interrupted) {
  static_assert(CheapTask<Task> != CostlyTask<Task>, "a control task is cheap or costly; see task.hpp");
  static_assert(ResetsLanes<Task> != KeepsEpisodes<Task>, "a control task resets lanes or keeps episodes; see episodes.hpp");
  const Episodes<Task> episodes(task, rollouts.queue.seeds);
  std::vector<RolloutBlock<Task>> block(n_threads);
  const bool finished = run_jobs(task, rollouts, episodes, block, interrupted);
  std::int64_t lane_steps = 0;
  for (const RolloutBlock<Task>& b : block) lane_steps += b.lane_steps();
  return {finished, lane_steps};
}

}  // namespace wann
