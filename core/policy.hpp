// Policies of environments that step outside the core: every row is the observation of one environment, which has a network
// and a weight of its own.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "network.hpp"
#include "parallel.hpp"
#include "rollout.hpp"

namespace wann {

// Row i runs network[i]. Arrays are row-major: observations (n_rows, n_inputs), outputs (n_rows, n_outputs), weights
// (n_rows, 1 or n_connections); shift and factor (n_networks, n_inputs) make a network's inputs from an observation x as
// (x - shift) · factor.
struct PolicyRows {
  std::size_t n_rows;
  const std::uint32_t* network;
  const float* observations;
  LaneWeights weights;
  const float* shift;
  const float* factor;
  float* outputs;
};

struct PolicyBuffers {
  std::vector<Row> values, weights;
};

// Runs rows [begin, begin + n) of one network, n at most kBlockLanes.
inline void run_policy_block(const Network& network, const PolicyRows& rows, std::size_t begin, std::size_t n,
                             PolicyBuffers& buffers) {
  const std::uint32_t n_inputs = network.n_inputs;
  const std::uint32_t n_weights = rows.weights.individual ? network.n_connections() : 1;
  const float* shift = rows.shift + std::size_t{rows.network[begin]} * n_inputs;
  const float* factor = rows.factor + std::size_t{rows.network[begin]} * n_inputs;
  buffers.values.resize(std::max<std::size_t>(buffers.values.size(), network.n_nodes()));
  buffers.weights.resize(std::max<std::size_t>(buffers.weights.size(), n_weights));
  Row* values = buffers.values.data();
  Row* weights = buffers.weights.data();
  const bool one_vector = n <= static_cast<std::size_t>(kLaneWidth);
  for (int v = 0; v < kBlockVectors; ++v) values[0][v] = broadcast(1.0f);
  // Lanes beyond the last row repeat it.
  for (std::size_t slot = 0; slot < (one_vector ? kLaneWidth : kBlockLanes); ++slot) {
    const std::size_t row = begin + std::min(slot, n - 1), v = slot / kLaneWidth, lane = slot % kLaneWidth;
    const float* x = rows.observations + row * n_inputs;
    const float* w = rows.weights.values + row * n_weights;
    for (std::uint32_t i = 0; i < n_inputs; ++i) values[1 + i][v][lane] = (x[i] - shift[i]) * factor[i];
    for (std::uint32_t c = 0; c < n_weights; ++c) weights[c][v][lane] = w[c];
  }
  const auto forward = [&]<int vectors>() {
    if (rows.weights.individual)
      forward_individual<vectors>(network, weights, values);
    else
      forward_shared<vectors>(network, weights[0], values);
  };
  one_vector ? forward.template operator()<1>() : forward.template operator()<kBlockVectors>();
  const Row* outputs = values + network.n_nodes() - network.n_outputs;
  for (std::size_t slot = 0; slot < n; ++slot)
    for (std::uint32_t o = 0; o < network.n_outputs; ++o)
      rows.outputs[(begin + slot) * network.n_outputs + o] = outputs[o][slot / kLaneWidth][slot % kLaneWidth];
}

// Runs all rows, neighbours with the same network together, in the calling thread: a call has a few rows and takes a few
// microseconds. Returns the first row whose observation is not finite (nothing has been run then), or n_rows.
inline std::size_t run_policies(std::span<const Network* const> networks, const PolicyRows& rows, PolicyBuffers& buffers) {
  const std::size_t n_inputs = networks.empty() ? 0 : networks[0]->n_inputs;
  for (std::size_t i = 0; i < rows.n_rows * n_inputs; ++i)
    if (!std::isfinite(rows.observations[i])) return i / n_inputs;
  const FlushDenormals flush;
  for (std::size_t begin = 0; begin < rows.n_rows;) {
    std::size_t end = begin + 1;
    while (end < rows.n_rows && end - begin < kBlockLanes && rows.network[end] == rows.network[begin]) ++end;
    run_policy_block(*networks[rows.network[begin]], rows, begin, end - begin, buffers);
    begin = end;
  }
  return rows.n_rows;
}

}  // namespace wann
