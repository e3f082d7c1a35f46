// A network as a flat program, and its forward pass over lanes.
//
// Nodes stand in an order that can be evaluated: the bias (0), the inputs (1 … n_inputs), the hidden nodes, and the outputs
// last. The connections into computed node k (counted from the first hidden node) are source[first[k]] … source[first[k+1] -
// 1]. A node computes activation(w · Σ inputs), or activation(Σ w_c · input_c) with individual weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "../lanes/row.hpp"
#include "activation.hpp"

namespace wann {

struct Network {
  std::uint32_t n_inputs = 0;
  std::uint32_t n_outputs = 0;
  std::vector<Activation> activation;  // one for each computed node: hidden, then outputs
  std::vector<std::uint32_t> first;    // one more than computed nodes
  std::vector<std::uint32_t> source;   // one for each connection; ascending within a node

  std::uint32_t n_computed() const { return static_cast<std::uint32_t>(activation.size()); }
  std::uint32_t n_nodes() const { return 1 + n_inputs + n_computed(); }
  std::uint32_t n_connections() const { return static_cast<std::uint32_t>(source.size()); }

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

// Computes every hidden and output node for the first `n` vectors of each row. `values` has n_nodes rows; the bias's and the
// inputs' must be filled. Never inlined: a call is nothing beside a pass, and the loop around it keeps its registers.
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

}  // namespace wann
