// Many networks as one graph, in which equal nodes stand once.
//
// The networks of a generation are cousins: they differ by a few changes. A node's value depends only on its activation and
// its sources, so two nodes that agree in both are one, and so on from the inputs to the outputs. A generation of hundreds
// of networks becomes a graph that is a few times as large as one of them.
//
// A sum starts with its part over the bias and the inputs (the fixed nodes), which no weight changes: those *prefixes* are
// computed once for all weights. Sources are added in the order in which the network names them, so that the results are
// those of forward_shared to the bit, whichever networks share the graph.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "network.hpp"

namespace wann {

// Lists of numbers with a header each; equal lists are stored once.
class ListTable {
 public:
  ListTable() : slots_(kFirstSize, kEmpty) {}

  // The number of the list, which is new where no equal one was there.
  std::uint32_t intern(std::uint32_t header, std::span<const std::uint32_t> items) {
    std::uint64_t hash = mix(header + 0x9e3779b97f4a7c15u);
    for (std::uint32_t x : items) hash = mix(hash ^ x);
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    std::size_t slot = hash & (slots_.size() - 1);
    for (; slots_[slot] != kEmpty; slot = (slot + 1) & (slots_.size() - 1))
      if (tags_[slots_[slot]] == tag && equal(slots_[slot], header, items)) return slots_[slot];
    const std::uint32_t number = size();
    slots_[slot] = number;
    headers_.push_back(header);
    tags_.push_back(tag);
    hashes_.push_back(hash);
    items_.insert(items_.end(), items.begin(), items.end());
    first_.push_back(static_cast<std::uint32_t>(items_.size()));
    if (2 * headers_.size() > slots_.size()) grow();
    return number;
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(headers_.size()); }
  std::uint32_t header(std::uint32_t i) const { return headers_[i]; }
  std::span<const std::uint32_t> items(std::uint32_t i) const {
    return {items_.data() + first_[i], items_.data() + first_[i + 1]};
  }

 private:
  static constexpr std::uint32_t kEmpty = UINT32_MAX;
  static constexpr std::size_t kFirstSize = 4096;  // a power of two, like all sizes

  static std::uint64_t mix(std::uint64_t x) {
    x *= 0xff51afd7ed558ccdu;
    return x ^ (x >> 32);
  }

  bool equal(std::uint32_t i, std::uint32_t header, std::span<const std::uint32_t> list) const {
    const auto mine = items(i);
    return headers_[i] == header && mine.size() == list.size() && std::equal(mine.begin(), mine.end(), list.begin());
  }

  void grow() {
    std::vector<std::uint32_t> slots(2 * slots_.size(), kEmpty);
    for (std::uint32_t i = 0; i < size(); ++i) {
      std::size_t slot = hashes_[i] & (slots.size() - 1);
      while (slots[slot] != kEmpty) slot = (slot + 1) & (slots.size() - 1);
      slots[slot] = i;
    }
    slots_.swap(slots);
  }

  std::vector<std::uint32_t> slots_, headers_, tags_, items_, first_{0};
  std::vector<std::uint64_t> hashes_;
};

// Rows of values stand in this order: a row of zeros, the bias, the inputs, the prefixes, the computed nodes.
struct Graph {
  struct Run {  // nodes with one activation that do not need each other
    Activation activation;
    std::uint32_t begin, end;
  };

  std::uint32_t n_inputs = 0;
  std::uint32_t n_outputs = 0;                 // of each network
  std::vector<std::uint32_t> prefix_first{0};  // one more than prefixes
  std::vector<std::uint32_t> prefix_source;    // rows
  std::vector<Run> runs;
  std::vector<std::uint32_t> start;          // the row that the sum of each computed node starts with
  std::vector<std::uint32_t> first, source;  // the other sources of each computed node (rows)
  std::vector<std::uint32_t> outputs;        // rows, n_outputs for each network

  std::uint32_t n_fixed() const { return 2 + n_inputs; }
  std::uint32_t n_prefixes() const { return static_cast<std::uint32_t>(prefix_first.size() - 1); }
  std::uint32_t n_computed() const { return static_cast<std::uint32_t>(start.size()); }
  std::uint32_t first_computed() const { return n_fixed() + n_prefixes(); }
  std::uint32_t n_rows() const { return first_computed() + n_computed(); }
};

// Builds the graph of networks that have the same inputs and outputs.
class GraphBuilder {
 public:
  explicit GraphBuilder(std::span<const Network* const> networks) {
    graph_.n_inputs = networks.empty() ? 0 : networks[0]->n_inputs;
    graph_.n_outputs = networks.empty() ? 0 : networks[0]->n_outputs;
    for (const Network* n : networks) add(*n);
    order_nodes();
    number_rows();
  }

  Graph take() { return std::move(graph_); }

 private:
  // A node is the list (start, sources …) under its activation as the header. Fixed nodes are named by their row, prefixes
  // and computed nodes by kPrefix and kComputed plus their number in the tables.
  static constexpr std::uint32_t kPrefix = 1u << 30;
  static constexpr std::uint32_t kComputed = 2u << 30;
  static constexpr std::uint32_t kNumber = kPrefix - 1;

  void add(const Network& network) {
    const std::uint32_t n_fixed = 1 + network.n_inputs;
    names_.resize(network.n_computed());
    for (std::uint32_t k = 0; k < network.n_computed(); ++k) {
      std::uint32_t c = network.first[k];
      const std::uint32_t end = network.first[k + 1];
      list_.clear();
      for (; c < end && network.source[c] < n_fixed; ++c) list_.push_back(1 + network.source[c]);
      const std::uint32_t start = list_.empty() ? 0 : list_.size() == 1 ? list_[0] : kPrefix + prefixes_.intern(0, list_);
      list_.assign(1, start);
      for (; c < end; ++c) list_.push_back(names_[network.source[c] - n_fixed]);
      names_[k] = kComputed + nodes_.intern(static_cast<std::uint32_t>(network.activation[k]), list_);
    }
    outputs_.insert(outputs_.end(), names_.end() - network.n_outputs, names_.end());
  }

  // By depth, activation and number of sources: runs are long and loops keep their length, which the processor foresees.
  void order_nodes() {
    const std::uint32_t n = nodes_.size();
    std::vector<std::uint64_t> key(n);
    std::vector<std::uint32_t> depth(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      const auto items = nodes_.items(i).subspan(1);
      for (std::uint32_t source : items) depth[i] = std::max(depth[i], depth[source & kNumber] + 1);
      key[i] = std::uint64_t{depth[i]} << 32 | nodes_.header(i) << 24 | std::min<std::size_t>(items.size(), 0xffffff);
    }
    order_.resize(n);
    for (std::uint32_t i = 0; i < n; ++i) order_[i] = i;
    std::sort(order_.begin(), order_.end(),
              [&](std::uint32_t i, std::uint32_t j) { return key[i] != key[j] ? key[i] < key[j] : i < j; });
    for (std::uint32_t k = 0; k < n; ++k) {
      const auto activation = static_cast<Activation>(nodes_.header(order_[k]));
      if (k == 0 || key[order_[k]] >> 24 != key[order_[k - 1]] >> 24) graph_.runs.push_back({activation, k, k});
      graph_.runs.back().end = k + 1;
    }
  }

  void number_rows() {
    for (std::uint32_t i = 0; i < prefixes_.size(); ++i) {
      const auto items = prefixes_.items(i);
      graph_.prefix_source.insert(graph_.prefix_source.end(), items.begin(), items.end());
      graph_.prefix_first.push_back(static_cast<std::uint32_t>(graph_.prefix_source.size()));
    }
    const std::uint32_t first_computed = graph_.n_fixed() + graph_.n_prefixes();
    std::vector<std::uint32_t> place(order_.size());
    for (std::uint32_t k = 0; k < order_.size(); ++k) place[order_[k]] = k;
    const auto row = [&](std::uint32_t name) {
      if (name >= kComputed) return first_computed + place[name & kNumber];
      return name >= kPrefix ? graph_.n_fixed() + (name & kNumber) : name;
    };
    graph_.first.push_back(0);
    for (std::uint32_t i : order_) {
      const auto items = nodes_.items(i);
      graph_.start.push_back(row(items[0]));
      for (std::uint32_t source : items.subspan(1)) graph_.source.push_back(row(source));
      graph_.first.push_back(static_cast<std::uint32_t>(graph_.source.size()));
    }
    for (std::uint32_t name : outputs_) graph_.outputs.push_back(row(name));
  }

  Graph graph_;
  ListTable prefixes_, nodes_;
  std::vector<std::uint32_t> names_, list_, outputs_, order_;
};

// The sums over fixed nodes; the rows of the inputs must be filled.
inline void compute_prefixes(const Graph& graph, Row* rows) {
  Row* out = rows + graph.n_fixed();
  for (std::uint32_t p = 0; p < graph.n_prefixes(); ++p, ++out) {
    Row sum{};
    for (std::uint32_t c = graph.prefix_first[p]; c < graph.prefix_first[p + 1]; ++c)
      for (int v = 0; v < kBlockVectors; ++v) sum[v] += rows[graph.prefix_source[c]][v];
    *out = sum;
  }
}

template <Activation activation>
inline void compute_run(const Graph& graph, const Graph::Run& run, Lanes weight, Row* rows) {
  const std::uint32_t* first = graph.first.data();
  const std::uint32_t* source = graph.source.data();
  Row* out = rows + graph.first_computed() + run.begin;
  for (std::uint32_t k = run.begin; k < run.end; ++k, ++out) {
    Lanes sum[kBlockVectors];
    for (int v = 0; v < kBlockVectors; ++v) sum[v] = rows[graph.start[k]][v];
    for (std::uint32_t c = first[k]; c < first[k + 1]; ++c) {
      const Row& x = rows[source[c]];
      for (int v = 0; v < kBlockVectors; ++v) sum[v] += x[v];
    }
    for (int v = 0; v < kBlockVectors; ++v) sum[v] *= weight;
    activate(activation, sum);
    for (int v = 0; v < kBlockVectors; ++v) (*out)[v] = sum[v];
  }
}

// All computed nodes with one shared weight for all lanes; the prefixes must have been computed.
inline void compute_nodes(const Graph& graph, float shared_weight, Row* rows) {
  const Lanes w = broadcast(shared_weight);
  for (const Graph::Run& run : graph.runs) {
    switch (run.activation) {
      case Activation::kLinear:
        compute_run<Activation::kLinear>(graph, run, w, rows);
        break;
      case Activation::kStep:
        compute_run<Activation::kStep>(graph, run, w, rows);
        break;
      case Activation::kSine:
        compute_run<Activation::kSine>(graph, run, w, rows);
        break;
      case Activation::kGaussian:
        compute_run<Activation::kGaussian>(graph, run, w, rows);
        break;
      case Activation::kTanh:
        compute_run<Activation::kTanh>(graph, run, w, rows);
        break;
      case Activation::kSigmoid:
        compute_run<Activation::kSigmoid>(graph, run, w, rows);
        break;
      case Activation::kInverse:
        compute_run<Activation::kInverse>(graph, run, w, rows);
        break;
      case Activation::kAbsolute:
        compute_run<Activation::kAbsolute>(graph, run, w, rows);
        break;
      case Activation::kRelu:
        compute_run<Activation::kRelu>(graph, run, w, rows);
        break;
      case Activation::kCosine:
        compute_run<Activation::kCosine>(graph, run, w, rows);
        break;
    }
  }
}

}  // namespace wann
