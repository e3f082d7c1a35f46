// Rollouts of one network in a control task, side by side in lanes.
//
// A lane is one (weight, episode) pair. Up to kBlockLanes of them run at once; a lane whose episode has ended takes the next
// pair from the queue, and when the queue is empty the lanes that still run are moved together, so that whole vectors fall
// away. What a lane computes does not depend on where it stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "network.hpp"
#include "parallel.hpp"

namespace wann {

// One weight for each lane, shared by all connections, or a row of n_connections weights for each lane.
struct LaneWeights {
  const float* values;
  bool individual;
};

// The starts of a queue's episodes, made once for all networks. A task for which a start is more than a few numbers has an
// `Episodes` of its own: constructed from the seeds, with `start(state, lane, episode)`.
template <class Task>
class Episodes {
 public:
  explicit Episodes(std::span<const std::uint64_t> seeds) : starts_((seeds.size() + kLaneWidth - 1) / kLaneWidth) {
    for (std::size_t i = 0; i < seeds.size(); ++i)
      Task::reset(starts_[i / kLaneWidth], static_cast<int>(i % kLaneWidth), seeds[i]);
  }
  void start(typename Task::State& state, int lane, std::size_t episode) const {
    Task::move_lane(starts_[episode / kLaneWidth], static_cast<int>(episode % kLaneWidth), state, lane);
  }

 private:
  std::vector<typename Task::State> starts_;
};

template <class Task>
  requires requires { typename Task::Episodes; }
class Episodes<Task> : public Task::Episodes {
  using Task::Episodes::Episodes;
};

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

template <class Task>
class RolloutBlock {
 public:
  // Runs lanes [begin, end) of the queue. Stops early, with results missing, when `cancelled` is raised.
  void run(const Network& network, const LaneQueue& queue, const Episodes<Task>& episodes, std::size_t begin,
           std::size_t end, LaneResults results, const Cancelled& cancelled) {
    network_ = &network;
    queue_ = &queue;
    episodes_ = &episodes;
    results_ = results;
    next_ = begin;
    end_ = end;
    values_.resize(network.n_nodes());
    weights_.resize(queue.weights.individual ? network.n_connections() : 1);
    n_active_ = 0;
    for (int v = 0; v < kBlockVectors; ++v) values_[0][v] = broadcast(1.0f);
    for (int slot = 0; slot < kBlockLanes; ++slot) start_next(slot);
    n_vectors_ = (n_active_ + kLaneWidth - 1) / kLaneWidth;
    while (n_active_ > 0 && !cancelled) {
      switch (n_vectors_) {
        case 1:
          run_vectors<1>(cancelled);
          break;
        case 2:
          run_vectors<2>(cancelled);
          break;
        case 3:
          run_vectors<3>(cancelled);
          break;
        default:
          run_vectors<4>(cancelled);
          break;
      }
    }
  }

 private:
  static_assert(kBlockVectors == 4);
  static constexpr std::size_t kIdle = SIZE_MAX;
  static constexpr int kStepsBetweenLooks = 4096;  // at `cancelled`

  // Gives a slot the next lane of the queue, or leaves it idle.
  void start_next(int slot) {
    const int v = slot / kLaneWidth, lane = slot % kLaneWidth;
    if (next_ == end_) {
      job_[slot] = kIdle;
      active_[v][lane] = 0;
      return;
    }
    const std::size_t job = next_++;
    job_[slot] = job;
    active_[v][lane] = -1;
    total_[v][lane] = 0;
    steps_[v][lane] = 0;
    if (queue_->weights.individual) {
      const float* row = queue_->weights.values + job * network_->n_connections();
      for (std::uint32_t c = 0; c < network_->n_connections(); ++c) weights_[c][v][lane] = row[c];
    } else {
      weights_[0][v][lane] = queue_->weights.values[job];
    }
    episodes_->start(state_[v], lane, job);
    ++n_active_;
  }

  // Runs the first n vectors until fewer are enough.
  template <int n>
  void run_vectors(const Cancelled& cancelled) {
    Row* const inputs = values_.data() + 1;
    const Row* const outputs = values_.data() + network_->n_nodes() - Task::kOutputs;
    const bool individual = queue_->weights.individual;
    for (int look = 0; n_vectors_ == n && n_active_ > 0; ++look) {
      if (look == kStepsBetweenLooks) {
        if (cancelled) return;
        look = 0;
      }
      for (int v = 0; v < n; ++v) Task::observe(state_[v], inputs, v);
      if (individual)
        forward_individual<n>(*network_, weights_.data(), values_.data());
      else
        forward_shared<n>(*network_, weights_[0], values_.data());
      Mask ended[n];
      Mask some{};
      for (int v = 0; v < n; ++v) {
        Mask done;
        const Lanes reward = Task::step(state_[v], outputs, v, done);
        total_[v] += from_bits(bits_of(reward) & active_[v]);
        steps_[v] += 1;
        ended[v] = (done | (steps_[v] >= Task::kMaxSteps)) & active_[v];
        some |= ended[v];
      }
      if (any(some)) finish(ended, n);
    }
  }

  void finish(const Mask* ended, int n) {
    for (int v = 0; v < n; ++v) {
      for (int lane = 0; lane < kLaneWidth; ++lane) {
        if (!ended[v][lane]) continue;
        const int slot = v * kLaneWidth + lane;
        results_.rewards[job_[slot]] = total_[v][lane];
        results_.steps[job_[slot]] = steps_[v][lane];
        --n_active_;
        start_next(slot);
      }
    }
    while (n_vectors_ > 1 && n_active_ <= (n_vectors_ - 1) * kLaneWidth) give_up_last_vector();
  }

  void give_up_last_vector() {
    const int last = --n_vectors_;
    int free = 0;
    for (int lane = 0; lane < kLaneWidth; ++lane) {
      const int slot = last * kLaneWidth + lane;
      if (job_[slot] == kIdle) continue;
      while (job_[free] != kIdle) ++free;
      move(slot, free);
    }
  }

  void move(int from, int to) {
    const int v = from / kLaneWidth, lane = from % kLaneWidth;
    const int to_v = to / kLaneWidth, to_lane = to % kLaneWidth;
    Task::move_lane(state_[v], lane, state_[to_v], to_lane);
    for (Row& w : weights_) w[to_v][to_lane] = w[v][lane];
    total_[to_v][to_lane] = total_[v][lane];
    steps_[to_v][to_lane] = steps_[v][lane];
    active_[to_v][to_lane] = -1;
    active_[v][lane] = 0;
    job_[to] = job_[from];
    job_[from] = kIdle;
  }

  const Network* network_ = nullptr;
  const LaneQueue* queue_ = nullptr;
  const Episodes<Task>* episodes_ = nullptr;
  LaneResults results_{};
  std::size_t next_ = 0, end_ = 0;
  int n_active_ = 0;
  int n_vectors_ = 0;
  std::vector<Row> values_;   // of each node
  std::vector<Row> weights_;  // one row, or one for each connection
  typename Task::State state_[kBlockVectors]{};
  Lanes total_[kBlockVectors]{};
  IntLanes steps_[kBlockVectors]{};
  Mask active_[kBlockVectors]{};
  std::size_t job_[kBlockLanes]{};
};

// Copies one lane of a state that consists of vectors of lanes only.
template <class State>
void copy_lane(const State& from, int from_lane, State& to, int to_lane) {
  static_assert(sizeof(State) % sizeof(Lanes) == 0);
  const auto* source = reinterpret_cast<const float*>(&from);
  auto* target = reinterpret_cast<float*>(&to);
  for (std::size_t i = 0; i < sizeof(State) / sizeof(float); i += kLaneWidth) target[i + to_lane] = source[i + from_lane];
}

// Runs the same queue with every network; network k's results start at k times the queue's length. With few networks their
// queues are cut into pieces, so that all threads have work. False if it was interrupted.
template <class Task, class Interrupted>
bool rollout(std::span<const Network* const> networks, const LaneQueue& queue, LaneResults results, unsigned n_threads,
             Interrupted interrupted) {
  const std::size_t n_lanes = queue.seeds.size();
  const std::size_t pieces_wanted = networks.size() >= 8 * n_threads ? 1 : 8 * n_threads;
  const std::size_t blocks = (n_lanes + kBlockLanes - 1) / kBlockLanes;
  const std::size_t blocks_per_piece = std::max<std::size_t>(1, (blocks + pieces_wanted - 1) / pieces_wanted);
  const std::size_t piece = blocks_per_piece * kBlockLanes;
  const std::size_t pieces = (n_lanes + piece - 1) / piece;
  const Episodes<Task> episodes(queue.seeds);
  std::vector<RolloutBlock<Task>> block(n_threads);
  return parallel_for(
      networks.size() * pieces, n_threads,
      [&](std::size_t item, unsigned thread, const Cancelled& cancelled) {
        const std::size_t k = item / pieces, begin = item % pieces * piece;
        const LaneResults mine{results.rewards + k * n_lanes, results.steps + k * n_lanes};
        block[thread].run(*networks[k], queue, episodes, begin, std::min(begin + piece, n_lanes), mine, cancelled);
      },
      interrupted);
}

}  // namespace wann
