// A network as a flat program, and its forward pass over lanes.
//
// Nodes stand in an order that can be evaluated: the bias (0), the inputs (1 … n_inputs), the hidden nodes, and the outputs
// last. The connections into computed node k (counted from the first hidden node) are source[first[k]] … source[first[k+1] -
// 1]. A node computes activation(w · Σ inputs), or activation(Σ w_c · input_c) with individual weights.
//
// A recurrent connection carries its source's value of the step before. Such values stand in rows of their own behind those
// of the nodes: row n_nodes + m is that of node memory[m]. To a pass they are sources like others; who calls it fills them
// before (recall), and keeps what the nodes say afterwards (remember), hidden nodes and outputs within a limit: a loop whose
// weight is above 1 would grow beyond all numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "../lanes/row.hpp"
#include "activation.hpp"

namespace wann {

inline constexpr float kMostRemembered = 100.0f;

struct Network {
  std::uint32_t n_inputs = 0;
  std::uint32_t n_outputs = 0;
  std::vector<Activation> activation;  // one for each computed node: hidden, then outputs
  std::vector<std::uint32_t> first;    // one more than computed nodes
  std::vector<std::uint32_t> source;   // one for each connection: a row; ascending within a node
  std::vector<std::uint32_t> memory;   // nodes whose value of the step before is asked for; ascending

  std::uint32_t n_computed() const { return static_cast<std::uint32_t>(activation.size()); }
  std::uint32_t n_nodes() const { return 1 + n_inputs + n_computed(); }
  std::uint32_t n_connections() const { return static_cast<std::uint32_t>(source.size()); }
  std::uint32_t n_memory() const { return static_cast<std::uint32_t>(memory.size()); }
  std::uint32_t n_rows() const { return n_nodes() + n_memory(); }

  bool operator==(const Network&) const = default;
};

// For each network the first one that is equal to it, so that copies (elites, neutral changes) need no second evaluation.
inline std::vector<std::size_t> first_equal(std::span<const Network* const> networks) {
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> seen;
  std::vector<std::size_t> first(networks.size());
  for (std::size_t i = 0; i < networks.size(); ++i) {
    std::uint64_t hash = 14695981039346656037u;  // FNV-1a
    const auto add = [&](std::uint32_t x) { hash = (hash ^ x) * 1099511628211u; };
    for (Activation a : networks[i]->activation) add(static_cast<std::uint32_t>(a));
    for (std::uint32_t x : networks[i]->first) add(x);
    for (std::uint32_t x : networks[i]->source) add(x);
    for (std::uint32_t x : networks[i]->memory) add(x);
    auto& same_hash = seen[hash];
    first[i] = i;
    for (std::size_t j : same_hash)
      if (*networks[j] == *networks[i]) {
        first[i] = j;
        break;
      }
    if (first[i] == i) same_hash.push_back(i);
  }
  return first;
}

// Computes every hidden and output node for the first `n` vectors of each row. `values` has n_rows rows; those of the bias,
// the inputs and the memory must be filled. Never inlined: a call is nothing beside a pass, and the loop around it keeps its
// registers.
template <int n>
inline __attribute__((noinline)) void forward_shared(const Network& network, const Row& weight, Row* values) {
  const std::uint32_t* source = network.source.data();
  const std::uint32_t* first = network.first.data();
  const Activation* activation = network.activation.data();
  Row* out = values + 1 + network.n_inputs;
  Lanes w[n];
  for (int v = 0; v < n; ++v) w[v] = weight[v];
  const std::uint32_t n_computed = network.n_computed();
  for (std::uint32_t k = 0; k < n_computed; ++k, ++out) {
    Lanes sum[n] = {};
    for (std::uint32_t c = first[k]; c < first[k + 1]; ++c) {
      const Row& x = values[source[c]];
      for (int v = 0; v < n; ++v) sum[v] += x[v];
    }
    for (int v = 0; v < n; ++v) sum[v] *= w[v];
    activate(activation[k], sum);
    for (int v = 0; v < n; ++v) (*out)[v] = sum[v];
  }
}

// The same with one weight for each connection and lane: those of connection c, in the order of `source`, are
// weights[c · stride].
template <int n>
inline __attribute__((noinline)) void forward_individual(const Network& network, const Row* weights, std::size_t stride,
                                                         Row* values) {
  const std::uint32_t* source = network.source.data();
  const std::uint32_t* first = network.first.data();
  Row* out = values + 1 + network.n_inputs;
  const std::uint32_t n_computed = network.n_computed();
  for (std::uint32_t k = 0; k < n_computed; ++k, ++out) {
    Lanes sum[n] = {};
    for (std::uint32_t c = first[k]; c < first[k + 1]; ++c) {
      const Row& x = values[source[c]];
      const Row& w = weights[c * stride];
      for (int v = 0; v < n; ++v) sum[v] = fma(w[v], x[v], sum[v]);
    }
    activate(network.activation[k], sum);
    for (int v = 0; v < n; ++v) (*out)[v] = sum[v];
  }
}

// Fills the memory's rows with what the nodes said a step before: that of memory m is kept[m · stride].
template <int n>
inline void recall(const Network& network, const Row* kept, std::size_t stride, Row* values) {
  Row* const rows = values + network.n_nodes();
  for (std::uint32_t m = 0; m < network.n_memory(); ++m)
    for (int v = 0; v < n; ++v) rows[m][v] = kept[m * stride][v];
}

// What stays of a vector of a node's values. The comparisons leave a NaN as it is.
inline Lanes remembered(const Network& network, std::uint32_t node, Lanes x) {
  if (node <= network.n_inputs) return x;
  return x > kMostRemembered ? broadcast(kMostRemembered) : (x < -kMostRemembered ? broadcast(-kMostRemembered) : x);
}

// Keeps what the nodes say now, for the step after.
template <int n>
inline void remember(const Network& network, const Row* values, std::size_t stride, Row* kept) {
  for (std::uint32_t m = 0; m < network.n_memory(); ++m) {
    const std::uint32_t node = network.memory[m];
    for (int v = 0; v < n; ++v) kept[m * stride][v] = remembered(network, node, values[node][v]);
  }
}

// The same in some lanes.
template <int n>
inline void remember(const Network& network, const Row* values, std::size_t stride, const Mask* lanes, Row* kept) {
  for (std::uint32_t m = 0; m < network.n_memory(); ++m) {
    const std::uint32_t node = network.memory[m];
    for (int v = 0; v < n; ++v) {
      Lanes& x = kept[m * stride][v];
      x = select(lanes[v], remembered(network, node, values[node][v]), x);
    }
  }
}

}  // namespace wann
