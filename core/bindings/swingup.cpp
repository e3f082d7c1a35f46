// The control tasks of the core.
#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "../rollout/block.hpp"
#include "../tasks/swingup/task.hpp"
#include "../tasks/walker/task.hpp"
#include "common.hpp"

using namespace wann;

namespace {

// Rewards and steps of every lane, how many steps were computed (equal networks run once), and the steps of all lanes, those
// that were idle too.
using RolloutArrays = std::tuple<Out<float>, Out<std::int32_t>, std::int64_t, std::int64_t>;

template <class Task>
RolloutArrays rollout_arrays(const NetworkBatch& batch, In<float, 2> weights, bool individual, In<std::uint64_t, 1> seeds,
                             unsigned threads) {
  const std::size_t n_lanes = seeds.size();
  const std::vector<const Network*> networks = batch.pointers();
  for (const Network* n : networks) {
    if (n->n_inputs != Task::kInputs || n->n_outputs != Task::kOutputs)
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
    cost = rollout<Task>(rollouts, threads, interrupted_by_python);
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

template <class Task>
void bind_control_task(nb::module_& m, const char* name) {
  m.def(name, &rollout_arrays<Task>, nb::arg("networks"), nb::arg("weights"), nb::arg("individual"), nb::arg("seeds"),
        nb::arg("threads"),
        "Rewards and steps, both (n_networks, n_lanes), how many steps were computed (equal networks run once), and the "
        "steps of all lanes, those that were idle too.");
}

// States are rows (x, ẋ, θ, θ̇).
Out<float> cartpole_starts(In<std::uint64_t, 1> seeds) {
  Out<float> starts = new_array<float>({seeds.size(), 4});
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    CartPoleSwingUp::State s{};
    CartPoleSwingUp::reset(s, 0, seeds.data()[i]);
    const float row[] = {s.position[0], s.velocity[0], s.angle[0], s.angular_velocity[0]};
    std::copy_n(row, 4, starts.data() + 4 * i);
  }
  return starts;
}

std::pair<Out<float>, Out<float>> cartpole_step(In<float, 2> states, In<float, 1> actions) {
  const std::size_t n = states.shape(0);
  if (states.shape(1) != 4 || actions.size() != n) throw nb::value_error("states are (n, 4), actions (n,)");
  Out<float> next = new_array<float>({n, 4});
  Out<float> rewards = new_array<float>({n});
  for (std::size_t i = 0; i < n; ++i) {
    const float* x = states.data() + 4 * i;
    CartPoleSwingUp::State s{broadcast(x[0]), broadcast(x[1]), broadcast(x[2]), broadcast(x[3]), {}, {}};
    sin_cos(s.angle, s.sine, s.cosine);
    Row action{};
    action[0] = broadcast(actions.data()[i]);
    Mask done;
    rewards.data()[i] = CartPoleSwingUp::step(s, &action, 0, done)[0];
    const float row[] = {s.position[0], s.velocity[0], s.angle[0], s.angular_velocity[0]};
    std::copy_n(row, 4, next.data() + 4 * i);
  }
  return {next, rewards};
}

}  // namespace

void bind_tasks(nb::module_& m) {
  bind_control_task<CartPoleSwingUp>(m, "rollout_cartpole_swingup");
  bind_control_task<BipedalWalker>(m, "rollout_bipedal_walker");
  bind_control_task<BipedalWalkerHardcore>(m, "rollout_bipedal_walker_hardcore");
  m.def("cartpole_swingup_starts", &cartpole_starts, nb::arg("seeds"), "Start states (n, 4) of episodes.");
  m.def("cartpole_swingup_step", &cartpole_step, nb::arg("states"), nb::arg("actions"),
        "Next states (n, 4) and rewards (n,) of one step.");
}
