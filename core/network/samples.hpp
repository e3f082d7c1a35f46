// Forward passes over arrays: the lanes are samples.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "../lanes/parallel.hpp"
#include "../lanes/transpose.hpp"
#include "network.hpp"
#include "weights.hpp"

namespace wann {

// Arrays are row-major: inputs (n_samples, n_inputs), outputs (n_samples, n_outputs). The weights of sample i are entry (or
// row) i of `weights`, or, where `one_weight` is set, entry (or row) 0 for all samples. The values that a recurrent network
// keeps from step to step are the first n_memory entries of row i of `memory`; they are replaced by those of this step.
struct Samples {
  const float* inputs;
  float* outputs;
  std::size_t n_samples;
  LaneWeights weights;
  bool one_weight;
  float* memory = nullptr;
  std::size_t memory_columns = 0;
};

// Runs samples [begin, begin + kBlockLanes) as far as there are that many.
inline void forward_block(const Network& network, const Samples& samples, std::size_t begin, std::vector<Row>& values,
                          std::vector<Row>& weights) {
  const std::size_t n = std::min<std::size_t>(kBlockLanes, samples.n_samples - begin);
  const std::uint32_t n_weights = samples.weights.individual ? network.n_connections() : 1;
  values.resize(network.n_rows());
  weights.resize(n_weights);
  for (int v = 0; v < kBlockVectors; ++v) values[0][v] = broadcast(1.0f);
  // Lanes beyond the last sample repeat it.
  const float *sample[kBlockLanes], *weight[kBlockLanes];
  for (std::size_t slot = 0; slot < kBlockLanes; ++slot) {
    const std::size_t i = begin + std::min(slot, n - 1);
    sample[slot] = samples.inputs + i * network.n_inputs;
    weight[slot] = samples.weights.values + (samples.one_weight ? 0 : i * n_weights);
  }
  transpose_block(sample, network.n_inputs, values.data() + 1);
  transpose_block(weight, n_weights, weights.data());
  Row* const memory = values.data() + network.n_nodes();
  for (std::uint32_t m = 0; m < network.n_memory(); ++m)
    for (std::size_t slot = 0; slot < kBlockLanes; ++slot)
      memory[m][slot / kLaneWidth][slot % kLaneWidth] =
          samples.memory[(begin + std::min(slot, n - 1)) * samples.memory_columns + m];
  if (samples.weights.individual)
    forward_individual<kBlockVectors>(network, weights.data(), 1, values.data());
  else
    forward_shared<kBlockVectors>(network, weights[0], values.data());
  const Row* outputs = values.data() + network.n_nodes() - network.n_outputs;
  for (std::size_t slot = 0; slot < n; ++slot)
    for (std::uint32_t o = 0; o < network.n_outputs; ++o)
      samples.outputs[(begin + slot) * network.n_outputs + o] = outputs[o][slot / kLaneWidth][slot % kLaneWidth];
  remember<kBlockVectors>(network, values.data(), 1, memory);
  for (std::uint32_t m = 0; m < network.n_memory(); ++m)
    for (std::size_t slot = 0; slot < n; ++slot)
      samples.memory[(begin + slot) * samples.memory_columns + m] = memory[m][slot / kLaneWidth][slot % kLaneWidth];
}

// Samples for a network.
struct SampleJob {
  const Network* network;
  Samples samples;
};

// Runs every job; all of them have the same number of samples.
template <class Interrupted>
bool forward(const std::vector<SampleJob>& jobs, unsigned n_threads, Interrupted interrupted) {
  struct Buffers {
    std::vector<Row> values, weights;
  };
  std::vector<Buffers> buffers(n_threads);
  const std::size_t blocks = (jobs[0].samples.n_samples + kBlockLanes - 1) / kBlockLanes;
  return parallel_for(
      jobs.size() * blocks, n_threads,
      [&](std::size_t item, unsigned thread, const Cancelled&) {
        const SampleJob& job = jobs[item / blocks];
        Buffers& own = buffers[thread];
        forward_block(*job.network, job.samples, item % blocks * kBlockLanes, own.values, own.weights);
      },
      interrupted);
}

}  // namespace wann
