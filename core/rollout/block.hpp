// A block of lanes that run side by side in a control task.
//
// A lane is one (weight, episode) pair of a network. Up to kBlockLanes of them run at once in a row; a lane whose episode
// has ended takes the next pair, and when there are no more the lanes that still run are moved together, so that whole
// vectors fall away. What a lane computes does not depend on where it stands.
//
// In a cheap task (see task.hpp) a block is one row of one network, whose states stay in the nearest cache. In a costly one
// it has several rows, in which lanes of several networks stand: each network runs over the whole row, and no lane waits for
// the longest episode of its network.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../lanes/parallel.hpp"
#include "episodes.hpp"
#include "jobs.hpp"
#include "task.hpp"

namespace wann {

template <ControlTask Task>
class RolloutBlock {
 public:
  // Runs jobs until there are none. Stops early, with results missing, when `cancelled` is raised. In a cheap task the jobs
  // must be of one network.
  void run(const Task& task, const Rollouts& rollouts, const Episodes<Task>& episodes, Jobs& jobs,
           const Cancelled& cancelled) {
    task_ = &task;
    rollouts_ = &rollouts;
    episodes_ = &episodes;
    jobs_ = &jobs;
    n_active_ = 0;
    for (int slot = 0; slot < kSlots; ++slot) start_next(slot);
    n_vectors_ = (n_active_ + kLaneWidth - 1) / kLaneWidth;
    for (int row = 0; row < kRows; ++row) gather_networks(row);
    while (n_active_ > 0 && !cancelled) {
      if constexpr (kMixesNetworks)
        run_rows();
      else
        for_width(n_vectors_, [&]<int n>() { run_row<n>(); });
    }
  }

  // Steps of all lanes, those that were idle too, since the block was made.
  std::int64_t lane_steps() const { return lane_steps_; }

 private:
  static constexpr bool kMixesNetworks = CostlyTask<Task>;
  static constexpr int kRows = kMixesNetworks ? kMostVectors / kBlockVectors : 1;
  static constexpr int kVectors = kRows * kBlockVectors;
  static constexpr int kSlots = kVectors * kLaneWidth;
  static constexpr int kStepsBetweenLooks = kMixesNetworks ? 16 : 4096;  // at `cancelled`

  // A network that runs in a row, and its lanes.
  struct Resident {
    const Network* network;
    Mask lanes[kBlockVectors];
  };

  // Calls `run` for a row of 1 to kBlockVectors vectors.
  template <class Run>
  static void for_width(int n, Run run) {
    static_assert(kBlockVectors == 4);
    switch (n) {
      case 1:
        return run.template operator()<1>();
      case 2:
        return run.template operator()<2>();
      case 3:
        return run.template operator()<3>();
      default:
        return run.template operator()<4>();
    }
  }

  bool individual() const { return rollouts_->queue.weights.individual; }

  // The lane's weight of connection c, or the shared one.
  float weight(std::size_t c, int v, int lane) const {
    return weights_[c * kRows + v / kBlockVectors][v % kBlockVectors][lane];
  }

  void set_weight(std::size_t c, int v, int lane, float weight) {
    weights_[c * kRows + v / kBlockVectors][v % kBlockVectors][lane] = weight;
  }

  // What node m of a network's memory said a step before.
  Lanes& memory(std::size_t m, int v) { return memory_[m * kRows + v / kBlockVectors][v % kBlockVectors]; }

  // Gives a slot the next job, or leaves it idle.
  void start_next(int slot) {
    const int v = slot / kLaneWidth, lane = slot % kLaneWidth;
    const std::size_t job = jobs_->take();
    job_[slot] = job;
    active_[v][lane] = job == Jobs::kNone ? 0 : -1;
    if (job == Jobs::kNone) return;
    const Network& network = rollouts_->network_of(job);
    const std::size_t queued = rollouts_->lane_of(job);
    const float* const weights = rollouts_->queue.weights.values;
    total_[v][lane] = 0;
    steps_[v][lane] = 0;
    const std::size_t n_weights = individual() ? network.n_connections() : 1;
    if (weights_.size() < n_weights * kRows) weights_.resize(n_weights * kRows);
    for (std::size_t c = 0; c < n_weights; ++c) set_weight(c, v, lane, weights[queued * n_weights + c]);
    if (memory_.size() < network.n_memory() * kRows) memory_.resize(network.n_memory() * kRows);
    for (std::size_t m = 0; m < network.n_memory(); ++m) memory(m, v)[lane] = 0;
    episodes_->start(state_[v], lane, queued);
    ++n_active_;
  }

  // Lists the networks of the lanes that run in a row.
  void gather_networks(int row) {
    std::vector<Resident>& residents = residents_[row];
    residents.clear();
    for (int i = 0; i < kBlockLanes; ++i) {
      const std::size_t job = job_[row * kBlockLanes + i];
      if (job == Jobs::kNone) continue;
      const Network* const network = &rollouts_->network_of(job);
      auto resident = std::ranges::find(residents, network, &Resident::network);
      if (resident == residents.end()) resident = residents.insert(resident, Resident{network, {}});
      resident->lanes[i / kLaneWidth][i % kLaneWidth] = -1;
      if (values_.size() < network->n_rows()) values_.resize(network->n_rows());
      if constexpr (!kMixesNetworks) break;
    }
    for (int v = 0; v < kBlockVectors; ++v)
      if (!values_.empty()) values_[0][v] = broadcast(1.0f);
  }

  // The outputs of a network for a row of n vectors. It remembers in its own lanes only.
  template <int n>
  const Row* outputs_of(const Resident& resident, int row) {
    const Network& network = *resident.network;
    const bool recurrent = !network.memory.empty();
    if (recurrent) recall<n>(network, memory_.data() + row, kRows, values_.data());
    if (individual())
      forward_individual<n>(network, weights_.data() + row, kRows, values_.data());
    else
      forward_shared<n>(network, weights_[row], values_.data());
    if (recurrent) {
      if constexpr (kMixesNetworks)
        remember<n>(network, values_.data(), kRows, resident.lanes, memory_.data() + row);
      else
        remember<n>(network, values_.data(), kRows, memory_.data() + row);
    }
    return values_.data() + network.n_nodes() - Task::kOutputs;
  }

  // Runs the first n vectors until fewer are enough.
  template <int n>
  void run_row() {
    for (int look = 0; look < kStepsBetweenLooks && n_vectors_ == n && n_active_ > 0; ++look) {
      for (int v = 0; v < n; ++v) task_->observe(state_[v], values_.data() + 1, v);
      const Row* const outputs = outputs_of<n>(residents_[0][0], 0);
      Lanes reward[n];
      Mask done[n];
      for (int v = 0; v < n; ++v) reward[v] = task_->step(state_[v], outputs, v, done[v]);
      count_step(n, reward, done);
    }
  }

  // Runs all rows for some steps.
  void run_rows() {
    for (int look = 0; look < kStepsBetweenLooks && n_active_ > 0; ++look) {
      for (int first = 0; first < n_vectors_; first += kBlockVectors)
        for_width(n_vectors_ - first, [&]<int n>() { act<n>(first / kBlockVectors); });
      Lanes reward[kVectors];
      Mask done[kVectors];
      task_->step(state_, n_vectors_, work_, action_, reward, done);
      count_step(n_vectors_, reward, done);
    }
  }

  // Has every lane of a row act as its network does.
  template <int n>
  void act(int row) {
    for (int v = 0; v < n; ++v) task_->observe(state_[row * kBlockVectors + v], work_, values_.data() + 1, v);
    for (const Resident& r : residents_[row]) {
      const Row* const outputs = outputs_of<n>(r, row);
      for (std::uint32_t o = 0; o < Task::kOutputs; ++o)
        for (int v = 0; v < n; ++v) {
          Lanes& action = action_[row * kBlockVectors + v][o];
          action = select(r.lanes[v], outputs[o][v], action);
        }
    }
  }

  void count_step(int n, const Lanes* reward, const Mask* done) {
    Mask ended[kVectors], some{};
    const int max_steps = task_->max_steps();
    for (int v = 0; v < n; ++v) {
      total_[v] += from_bits(bits_of(reward[v]) & active_[v]);
      steps_[v] += 1;
      ended[v] = (done[v] | (steps_[v] >= max_steps)) & active_[v];
      some |= ended[v];
    }
    lane_steps_ += n * kLaneWidth;
    if (any(some)) finish(ended, n);
  }

  void finish(const Mask* ended, int n) {
    bool changed[kRows]{};
    for (int v = 0; v < n; ++v) {
      for (int lane = 0; lane < kLaneWidth; ++lane) {
        if (!ended[v][lane]) continue;
        const int slot = v * kLaneWidth + lane;
        rollouts_->results.rewards[job_[slot]] = total_[v][lane];
        rollouts_->results.steps[job_[slot]] = steps_[v][lane];
        --n_active_;
        start_next(slot);
        changed[v / kBlockVectors] = true;
      }
    }
    while (n_vectors_ > 1 && n_active_ <= (n_vectors_ - 1) * kLaneWidth) give_up_last_vector(changed);
    if constexpr (kMixesNetworks)
      for (int row = 0; row < kRows; ++row)
        if (changed[row]) gather_networks(row);
  }

  void give_up_last_vector(bool* changed) {
    const int last = --n_vectors_;
    int free = 0;
    for (int lane = 0; lane < kLaneWidth; ++lane) {
      const int slot = last * kLaneWidth + lane;
      if (job_[slot] == Jobs::kNone) continue;
      while (job_[free] != Jobs::kNone) ++free;
      move(slot, free);
      changed[free / kBlockLanes] = true;
    }
    changed[last / kBlockVectors] = true;
  }

  void move(int from, int to) {
    const int v = from / kLaneWidth, lane = from % kLaneWidth;
    const int to_v = to / kLaneWidth, to_lane = to % kLaneWidth;
    task_->move_lane(state_[v], lane, state_[to_v], to_lane);
    for (std::size_t c = 0; c < weights_.size() / kRows; ++c) set_weight(c, to_v, to_lane, weight(c, v, lane));
    for (std::size_t m = 0; m < memory_.size() / kRows; ++m) memory(m, to_v)[to_lane] = memory(m, v)[lane];
    total_[to_v][to_lane] = total_[v][lane];
    steps_[to_v][to_lane] = steps_[v][lane];
    active_[to_v][to_lane] = -1;
    active_[v][lane] = 0;
    job_[to] = job_[from];
    job_[from] = Jobs::kNone;
  }

  // What a costly task's step of many vectors works with.
  struct NoWork {};
  template <class T>
  struct WorkOf {
    using Type = NoWork;
  };
  template <CostlyTask T>
  struct WorkOf<T> {
    using Type = typename T::Work;
  };

  const Task* task_ = nullptr;
  const Rollouts* rollouts_ = nullptr;
  const Episodes<Task>* episodes_ = nullptr;
  Jobs* jobs_ = nullptr;
  int n_active_ = 0;
  int n_vectors_ = 0;
  std::int64_t lane_steps_ = 0;
  std::vector<Resident> residents_[kRows];
  std::vector<Row> values_;   // of each node, for one row
  std::vector<Row> weights_;  // for each row one, or one for each connection
  std::vector<Row> memory_;   // for each row one for each memory
  [[no_unique_address]] typename WorkOf<Task>::Type work_;
  Lanes action_[kVectors][Task::kOutputs]{};
  typename Task::State state_[kVectors]{};
  Lanes total_[kVectors]{};
  IntLanes steps_[kVectors]{};
  Mask active_[kVectors]{};
  std::size_t job_[kSlots]{};
};

}  // namespace wann
