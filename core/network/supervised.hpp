// Scores of networks on labelled samples: the lanes are samples.
//
// The score of a sample is the log-likelihood of its class under the softmax of the outputs, or minus the mean squared error
// of the outputs. Scores are computed in float32 and added in float64, in an order that depends neither on the number of
// threads nor on the width of the lanes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "../lanes/parallel.hpp"
#include "../lanes/transpose.hpp"
#include "graph.hpp"
#include "network.hpp"

namespace wann {

// Labelled samples; arrays are row-major. Classification has `classes` (n_samples), regression `targets` (n_samples,
// n_outputs); the other is null.
struct LabelledSamples {
  const float* inputs;
  std::uint32_t n_inputs;
  const std::int32_t* classes;
  const float* targets;
};

// The order in which scores are added: sixteen samples by halves, such sums one after the other within a group of 64, and
// the groups one after the other.
inline constexpr std::size_t kSumWidth = 16;
inline constexpr std::size_t kGroup = 64;
static_assert(kGroup % kBlockLanes == 0 && kBlockLanes % kSumWidth == 0);

// Adds the scores of the first n lanes.
inline double sum_of_scores(const Lanes (&score)[kBlockVectors], std::size_t n, double total) {
  float values[kBlockLanes];
  for (int v = 0; v < kBlockVectors; ++v) store(values + v * kLaneWidth, score[v]);
  for (std::size_t i = n; i < kBlockLanes; ++i) values[i] = 0;
  for (std::size_t begin = 0; begin < kBlockLanes; begin += kSumWidth) {
    double part[kSumWidth];
    for (std::size_t i = 0; i < kSumWidth; ++i) part[i] = values[begin + i];
    for (std::size_t half = kSumWidth / 2; half > 0; half /= 2)
      for (std::size_t i = 0; i < half; ++i) part[i] += part[i + half];
    total += part[0];
  }
  return total;
}

// One block of samples, as the kernels want it: labels by lane.
struct BlockLabels {
  std::size_t n = 0;  // samples in the block; the lanes beyond repeat the last
  IntLanes classes[kBlockVectors];
  std::vector<Row> targets;  // one row for each output
};

// Brings samples `rows[begin]` … into the rows of the inputs, and their labels into `labels`.
inline void load_block(const LabelledSamples& samples, std::uint32_t n_outputs, std::span<const std::uint32_t> rows,
                       std::size_t begin, Row* inputs, BlockLabels& labels) {
  labels.n = std::min<std::size_t>(kBlockLanes, rows.size() - begin);
  if (samples.targets) labels.targets.resize(n_outputs);
  const float* sample[kBlockLanes];
  std::int32_t classes[kBlockLanes];
  for (std::size_t slot = 0; slot < kBlockLanes; ++slot) {
    const std::size_t row = rows[begin + std::min(slot, labels.n - 1)];
    sample[slot] = samples.inputs + row * samples.n_inputs;
    if (samples.classes) {
      classes[slot] = samples.classes[row];
    } else {
      for (std::uint32_t o = 0; o < n_outputs; ++o)
        labels.targets[o][slot / kLaneWidth][slot % kLaneWidth] = samples.targets[row * n_outputs + o];
    }
  }
  if (samples.classes) std::memcpy(labels.classes, classes, sizeof classes);
  transpose_block(sample, samples.n_inputs, inputs);
}

// Asks for the samples `rows[begin]` …, which lie scattered in memory, while the block before them is computed.
inline void prefetch_block(const LabelledSamples& samples, std::span<const std::uint32_t> rows, std::size_t begin) {
  constexpr std::size_t kCacheLine = 64 / sizeof(float);
  for (std::size_t i = begin; i < std::min(rows.size(), begin + kBlockLanes); ++i) {
    const float* x = samples.inputs + std::size_t{rows[i]} * samples.n_inputs;
    for (std::uint32_t c = 0; c < samples.n_inputs; c += kCacheLine) __builtin_prefetch(x + c, 0, 2);
  }
}

// log softmax(outputs)[class] by lane. `output(o)` is the row of output o.
template <class Output>
inline void log_likelihood(const Output& output, std::uint32_t n_outputs, const BlockLabels& labels,
                           Lanes (&score)[kBlockVectors]) {
  Lanes largest[kBlockVectors], chosen[kBlockVectors], sum[kBlockVectors]{};
  for (int v = 0; v < kBlockVectors; ++v) chosen[v] = largest[v] = output(0)[v];
  for (std::uint32_t o = 1; o < n_outputs; ++o) {
    const Row& x = output(o);
    for (int v = 0; v < kBlockVectors; ++v) {
      largest[v] = x[v] > largest[v] ? x[v] : largest[v];
      chosen[v] = labels.classes[v] == static_cast<std::int32_t>(o) ? x[v] : chosen[v];
    }
  }
  for (std::uint32_t o = 0; o < n_outputs; ++o) {
    const Row& x = output(o);
    for (int v = 0; v < kBlockVectors; ++v) sum[v] += exp2_in_range(at_least(-126.0f, (x[v] - largest[v]) * 1.44269504f));
  }
  for (int v = 0; v < kBlockVectors; ++v) score[v] = chosen[v] - largest[v] - log(sum[v]);
}

// Minus the mean over the outputs of (output - target)² by lane.
template <class Output>
inline void negative_squared_error(const Output& output, std::uint32_t n_outputs, const BlockLabels& labels,
                                   Lanes (&score)[kBlockVectors]) {
  for (int v = 0; v < kBlockVectors; ++v) score[v] = Lanes{};
  for (std::uint32_t o = 0; o < n_outputs; ++o) {
    const Row& x = output(o);
    for (int v = 0; v < kBlockVectors; ++v) {
      const Lanes error = x[v] - labels.targets[o][v];
      score[v] = fma(-error, error, score[v]);
    }
  }
  for (int v = 0; v < kBlockVectors; ++v) score[v] = score[v] / static_cast<float>(n_outputs);
}

template <class Output>
inline void score_block(bool classification, const Output& output, std::uint32_t n_outputs, const BlockLabels& labels,
                        Lanes (&score)[kBlockVectors]) {
  if (classification)
    log_likelihood(output, n_outputs, labels, score);
  else
    negative_squared_error(output, n_outputs, labels, score);
}

// What a thread needs.
struct ScoreBuffers {
  std::vector<Row> rows;  // only ever grows
  BlockLabels labels;

  Row* at_least(std::size_t n_rows) {
    if (rows.size() < n_rows) rows.resize(n_rows);
    return rows.data();
  }
};

// Calls work(group, buffers, cancelled) for every group of samples, each of which takes `cost` additions of rows. What is
// over before somebody could want to interrupt it is done in the calling thread, whose buffers stay for the next call: to
// start a thread and to get fresh memory takes as long as to run a small network on a thousand samples.
template <class Work, class Interrupted>
bool for_groups(std::size_t n_groups, std::size_t cost, unsigned n_threads, Work work, Interrupted interrupted) {
  constexpr std::size_t kBrief = 4'000'000;  // tens of milliseconds
  if (n_threads == 1 && n_groups * cost <= kBrief) {
    static thread_local ScoreBuffers own;
    serial_for(n_groups, [&](std::size_t group, const Cancelled& cancelled) { work(group, own, cancelled); });
    return true;
  }
  n_threads = static_cast<unsigned>(std::min<std::size_t>(n_threads, n_groups));
  std::vector<ScoreBuffers> buffers(n_threads);
  return parallel_for(
      n_groups, n_threads,
      [&](std::size_t group, unsigned thread, const Cancelled& cancelled) { work(group, buffers[thread], cancelled); },
      interrupted);
}

// Scores of groups of samples, summed: entry [group][item].
class GroupSums {
 public:
  GroupSums(std::size_t n_groups, std::size_t n_items) : n_items_(n_items), sums_(n_groups * n_items, 0.0) {}

  double* group(std::size_t g) { return sums_.data() + g * n_items_; }

  // The means over all samples.
  void means(std::size_t n_samples, double* out) const {
    std::fill_n(out, n_items_, 0.0);
    for (std::size_t at = 0; at < sums_.size(); at += n_items_)
      for (std::size_t i = 0; i < n_items_; ++i) out[i] += sums_[at + i];
    for (std::size_t i = 0; i < n_items_; ++i) out[i] /= static_cast<double>(n_samples);
  }

 private:
  std::size_t n_items_;
  std::vector<double> sums_;
};

// Mean scores of every network of a graph at every shared weight over the samples `rows`; `out` is (n_networks, n_weights).
// False if it was interrupted.
template <class Interrupted>
bool score_graph(const Graph& graph, const LabelledSamples& samples, std::span<const std::uint32_t> rows,
                 std::span<const float> weights, unsigned n_threads, Interrupted interrupted, double* out) {
  const std::uint32_t n_outputs = graph.n_outputs;
  const std::size_t n_networks = graph.outputs.size() / n_outputs;
  const std::size_t n_groups = (rows.size() + kGroup - 1) / kGroup;
  GroupSums sums(n_groups, n_networks * weights.size());

  const auto run_block = [&](std::size_t begin, double* totals, Row* values, ScoreBuffers& buffer) {
    load_block(samples, n_outputs, rows, begin, values + 2, buffer.labels);
    prefetch_block(samples, rows, begin + kBlockLanes);
    compute_prefixes(graph, values);
    for (std::size_t w = 0; w < weights.size(); ++w) {
      compute_nodes(graph, weights[w], values);
      for (std::size_t k = 0; k < n_networks; ++k) {
        const std::uint32_t* outputs = graph.outputs.data() + k * n_outputs;
        const auto output = [&](std::uint32_t o) -> const Row& { return values[outputs[o]]; };
        Lanes score[kBlockVectors];
        score_block(samples.classes != nullptr, output, n_outputs, buffer.labels, score);
        double& total = totals[k * weights.size() + w];
        total = sum_of_scores(score, buffer.labels.n, total);
      }
    }
  };

  const std::size_t cost = (graph.n_computed() + graph.source.size() + n_networks * n_outputs) * weights.size();
  const bool finished = for_groups(
      n_groups, cost * (kGroup / kBlockLanes), n_threads,
      [&](std::size_t group, ScoreBuffers& buffer, const Cancelled& cancelled) {
        Row* const values = buffer.at_least(graph.n_rows());
        for (int v = 0; v < kBlockVectors; ++v) values[0][v] = Lanes{}, values[1][v] = broadcast(1.0f);
        const std::size_t end = std::min(rows.size(), (group + 1) * kGroup);
        for (std::size_t begin = group * kGroup; begin < end && !cancelled; begin += kBlockLanes)
          run_block(begin, sums.group(group), values, buffer);
      },
      interrupted);
  if (finished) sums.means(rows.size(), out);
  return finished;
}

// Computes every hidden and output node with one row of individual weights for all lanes.
inline void forward_with_row(const Network& network, const float* weights, Row* values) {
  Row* out = values + 1 + network.n_inputs;
  for (std::uint32_t k = 0; k < network.n_computed(); ++k, ++out) {
    Lanes sum[kBlockVectors] = {};
    for (std::uint32_t c = network.first[k]; c < network.first[k + 1]; ++c) {
      const Row& x = values[network.source[c]];
      const Lanes w = broadcast(weights[c]);
      for (int v = 0; v < kBlockVectors; ++v) sum[v] = fma(w, x[v], sum[v]);
    }
    activate(network.activation[k], sum);
    for (int v = 0; v < kBlockVectors; ++v) (*out)[v] = sum[v];
  }
}

// Mean scores of one network with every row of individual weights, n_rows × n_connections; `out` is (n_rows). False if it
// was interrupted.
template <class Interrupted>
bool score_rows(const Network& network, const LabelledSamples& samples, std::span<const std::uint32_t> rows,
                const float* weights, std::size_t n_rows, unsigned n_threads, Interrupted interrupted, double* out) {
  const std::size_t n_groups = (rows.size() + kGroup - 1) / kGroup;
  GroupSums sums(n_groups, n_rows);
  const std::size_t cost = (network.n_computed() + network.n_connections() + network.n_outputs) * n_rows;
  const bool finished = for_groups(
      n_groups, cost * (kGroup / kBlockLanes), n_threads,
      [&](std::size_t group, ScoreBuffers& buffer, const Cancelled& cancelled) {
        Row* const values = buffer.at_least(network.n_nodes());
        for (int v = 0; v < kBlockVectors; ++v) values[0][v] = broadcast(1.0f);
        const Row* outputs = values + network.n_nodes() - network.n_outputs;
        const auto output = [&](std::uint32_t o) -> const Row& { return outputs[o]; };
        const std::size_t end = std::min(rows.size(), (group + 1) * kGroup);
        for (std::size_t begin = group * kGroup; begin < end; begin += kBlockLanes) {
          load_block(samples, network.n_outputs, rows, begin, values + 1, buffer.labels);
          for (std::size_t i = 0; i < n_rows && !cancelled; ++i) {
            forward_with_row(network, weights + i * network.n_connections(), values);
            Lanes score[kBlockVectors];
            score_block(samples.classes != nullptr, output, network.n_outputs, buffer.labels, score);
            double& total = sums.group(group)[i];
            total = sum_of_scores(score, buffer.labels.n, total);
          }
        }
      },
      interrupted);
  if (finished) sums.means(rows.size(), out);
  return finished;
}

}  // namespace wann
