// Policies of environments that step outside the core: every row is the observation of one environment, which has a network
// and a weight of its own, and remembers from step to step what its network's recurrent connections carry.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "../lanes/parallel.hpp"
#include "network.hpp"

namespace wann {

// The policies of jobs: job i is lane i % n_lanes of network i / n_lanes. Arrays are row-major; shift and factor
// (n_networks, n_inputs) make a network's inputs from an observation x as (x - shift) · factor; weights are
// (n_lanes, 1 or n_connections).
class Policies {
 public:
  Policies(std::vector<std::shared_ptr<const Network>> networks, std::vector<float> shift, std::vector<float> factor,
           std::vector<float> weights, std::size_t n_lanes, bool individual)
      : networks_(std::move(networks)),
        shift_(std::move(shift)),
        factor_(std::move(factor)),
        weights_(std::move(weights)),
        n_lanes_(n_lanes),
        individual_(individual) {
    std::size_t n_rows = 0, n_weights = 1;
    for (const auto& network : networks_) {
      n_rows = std::max<std::size_t>(n_rows, network->n_rows());
      n_memory_ = std::max<std::size_t>(n_memory_, network->n_memory());
      if (individual_) n_weights = std::max<std::size_t>(n_weights, network->n_connections());
    }
    value_rows_.resize(n_rows);
    weight_rows_.resize(n_weights);
    memory_.resize(n_jobs() * n_memory_);
  }

  // From now on outputs become actions: output · reach + center within [low, high], where an output that is not a number
  // counts as 0. The same operations in the same order as in Python, so that a network acts alike in both.
  void scale_outputs(std::vector<float> reach, std::vector<float> center, std::vector<float> low, std::vector<float> high) {
    reach_ = std::move(reach), center_ = std::move(center), low_ = std::move(low), high_ = std::move(high);
  }

  std::size_t n_jobs() const { return networks_.size() * n_lanes_; }
  std::uint32_t n_inputs() const { return networks_.empty() ? 0 : networks_[0]->n_inputs; }
  std::uint32_t n_outputs() const { return networks_.empty() ? 0 : networks_[0]->n_outputs; }

  // The job's episode begins: nothing has been before. So it is for every job at first.
  void begin(std::size_t job) { std::fill_n(memory_.begin() + job * n_memory_, n_memory_, 0.0f); }

  // Writes outputs (jobs, n_outputs) for observations (jobs, n_inputs), in the calling thread: a call has a few rows and
  // takes a few microseconds. Returns the first row whose observation is not finite (nothing has been run then), or their
  // number.
  std::size_t run(std::span<const std::int64_t> jobs, const float* observations, float* outputs) {
    const std::size_t n = jobs.size(), width = n_inputs();
    for (std::size_t i = 0; i < n * width; ++i)
      if (!std::isfinite(observations[i])) return i / width;
    // Rows of one network share its pass, wherever they stand.
    order_.resize(n);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    const auto network = [&](std::size_t row) { return static_cast<std::size_t>(jobs[row]) / n_lanes_; };
    const auto before = [&](std::size_t a, std::size_t b) { return network(a) < network(b); };
    if (!std::is_sorted(order_.begin(), order_.end(), before)) std::sort(order_.begin(), order_.end(), before);
    const FlushDenormals flush;
    for (std::size_t begin = 0; begin < n;) {
      std::size_t end = begin + 1;
      while (end < n && end - begin < kBlockLanes && network(order_[end]) == network(order_[begin])) ++end;
      run_block({order_.data() + begin, end - begin}, jobs, observations, outputs);
      begin = end;
    }
    return n;
  }

 private:
  // Runs rows of one network, at most kBlockLanes.
  void run_block(std::span<const std::size_t> rows, std::span<const std::int64_t> jobs, const float* observations,
                 float* outputs) {
    const std::size_t index = static_cast<std::size_t>(jobs[rows[0]]) / n_lanes_;
    const Network& network = *networks_[index];
    const std::uint32_t n_inputs = network.n_inputs;
    const std::uint32_t n_weights = individual_ ? network.n_connections() : 1;
    const float* shift = shift_.data() + index * n_inputs;
    const float* factor = factor_.data() + index * n_inputs;
    Row* values = value_rows_.data();
    Row* weights = weight_rows_.data();
    Row* const memory = values + network.n_nodes();
    const bool one_vector = rows.size() <= static_cast<std::size_t>(kLaneWidth);
    for (int v = 0; v < kBlockVectors; ++v) values[0][v] = broadcast(1.0f);
    // Lanes beyond the last row keep what was in them: nobody reads what comes of it.
    for (std::size_t slot = 0; slot < rows.size(); ++slot) {
      const std::size_t v = slot / kLaneWidth, lane = slot % kLaneWidth;
      const float* x = observations + rows[slot] * n_inputs;
      const float* w = weights_.data() + (static_cast<std::size_t>(jobs[rows[slot]]) % n_lanes_) * n_weights;
      for (std::uint32_t i = 0; i < n_inputs; ++i) values[1 + i][v][lane] = (x[i] - shift[i]) * factor[i];
      for (std::uint32_t c = 0; c < n_weights; ++c) weights[c][v][lane] = w[c];
      const float* kept = memory_of(jobs[rows[slot]]);
      for (std::uint32_t m = 0; m < network.n_memory(); ++m) memory[m][v][lane] = kept[m];
    }
    const auto forward = [&]<int vectors>() {
      if (individual_)
        forward_individual<vectors>(network, weights, 1, values);
      else
        forward_shared<vectors>(network, weights[0], values);
    };
    one_vector ? forward.template operator()<1>() : forward.template operator()<kBlockVectors>();
    remember<kBlockVectors>(network, values, 1, memory);
    const Row* last = values + network.n_nodes() - network.n_outputs;
    for (std::size_t slot = 0; slot < rows.size(); ++slot) {
      const std::size_t v = slot / kLaneWidth, lane = slot % kLaneWidth;
      for (std::uint32_t o = 0; o < network.n_outputs; ++o)
        outputs[rows[slot] * network.n_outputs + o] = action(o, last[o][v][lane]);
      float* kept = memory_of(jobs[rows[slot]]);
      for (std::uint32_t m = 0; m < network.n_memory(); ++m) kept[m] = memory[m][v][lane];
    }
  }

  float* memory_of(std::int64_t job) { return memory_.data() + static_cast<std::size_t>(job) * n_memory_; }

  float action(std::uint32_t o, float output) const {
    if (reach_.empty()) return output;
    constexpr float largest = std::numeric_limits<float>::max();
    const float number = std::isnan(output) ? 0.0f : std::max(std::min(output, largest), -largest);
    return std::max(std::min(number * reach_[o] + center_[o], high_[o]), low_[o]);
  }

  std::vector<std::shared_ptr<const Network>> networks_;
  std::vector<float> shift_, factor_, weights_;
  std::size_t n_lanes_;
  bool individual_;
  std::vector<float> reach_, center_, low_, high_;  // empty: outputs are left as they are
  std::vector<std::size_t> order_;
  std::vector<Row> value_rows_, weight_rows_;
  std::size_t n_memory_ = 0;   // the most of any network
  std::vector<float> memory_;  // of each job
};

}  // namespace wann
