// What the binding of every control task needs: `rollout`, as a method of the task's class.
#pragma once

#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <vector>

#include "../rollout/rollout.hpp"
#include "common.hpp"

// Rewards and steps of every lane, how many steps were computed (equal networks run once), and the steps of all lanes, those
// that were idle too.
using RolloutArrays = std::tuple<Out<float>, Out<std::int32_t>, std::int64_t, std::int64_t>;

template <wann::ControlTask Task>
RolloutArrays rollout_arrays(const Task& task, const NetworkBatch& batch, In<float, 2> weights, bool individual,
                             In<std::uint64_t, 1> seeds, unsigned threads) {
  using namespace wann;
  const std::size_t n_lanes = seeds.size();
  const std::vector<const Network*> networks = batch.pointers();
  for (const Network* n : networks) {
    if (n->n_inputs != task.n_inputs() || n->n_outputs != Task::kOutputs)
      throw nb::value_error("a network does not fit the task");
    if (individual && weights.shape(1) != n->n_connections())
      throw nb::value_error("individual weights do not fit a network");
  }
  if (weights.shape(0) != n_lanes || (!individual && weights.shape(1) != 1))
    throw nb::value_error("one weight, or one row of weights, is needed for each lane");
  if (threads == 0) throw nb::value_error("threads must be at least 1");

  Out<float> rewards = new_array<float>({networks.size(), n_lanes});
  Out<std::int32_t> steps = new_array<std::int32_t>({networks.size(), n_lanes});
  std::int64_t computed = 0;
  RolloutCost cost;
  {
    const nb::gil_scoped_release release;
    const std::vector<std::size_t> first = first_equal(networks);
    std::vector<const Network*> distinct;
    std::vector<std::size_t> place(networks.size());
    for (std::size_t i = 0; i < networks.size(); ++i) {
      if (first[i] != i) continue;
      place[i] = distinct.size();
      distinct.push_back(networks[i]);
    }
    std::vector<float> distinct_rewards(distinct.size() * n_lanes);
    std::vector<std::int32_t> distinct_steps(distinct.size() * n_lanes);
    const LaneQueue queue{{weights.data(), individual}, {seeds.data(), n_lanes}};
    const Rollouts rollouts{distinct, queue, {distinct_rewards.data(), distinct_steps.data()}};
    cost = rollout(task, rollouts, threads, interrupted_by_python);
    for (std::size_t i = 0; i < networks.size(); ++i) {
      const std::size_t from = place[first[i]] * n_lanes;
      std::copy_n(distinct_rewards.data() + from, n_lanes, rewards.data() + i * n_lanes);
      std::copy_n(distinct_steps.data() + from, n_lanes, steps.data() + i * n_lanes);
    }
    computed = std::accumulate(distinct_steps.begin(), distinct_steps.end(), std::int64_t{0});
  }
  if (!cost.finished) throw nb::python_error();
  return {rewards, steps, computed, cost.lane_steps};
}

// Binds a control task. Its files add the constructor; see core/rollout/task.hpp for what a task gives.
template <wann::ControlTask Task>
nb::class_<Task> bind_control_task(nb::module_& m, const char* name, const char* doc) {
  return nb::class_<Task>(m, name, doc)
      .def_prop_ro(
          "max_steps", [](const Task& task) { return task.max_steps(); }, "Steps after which an episode ends.")
      .def("rollout", &rollout_arrays<Task>, nb::arg("networks"), nb::arg("weights"), nb::arg("individual"),
           nb::arg("seeds"), nb::arg("threads"),
           "Rewards and steps, both (n_networks, n_lanes), how many steps were computed (equal networks run once), and the "
           "steps of all lanes, those that were idle too.");
}
