// A genome: what evolves. It keeps disabled connections; the network that it describes keeps only what reaches an output.
//
// Nodes are numbered: 0 is the bias, then the inputs, the outputs, and the hidden nodes in the order of their insertion.
// Numbers change only where a node is removed, or where two genomes are crossed.
//
// Connections make an acyclic graph, but for recurrent ones, which carry a node's value of the step before: those may lead
// from anywhere to anywhere. Between two nodes there may be one of each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "../network/network.hpp"

namespace wann {

struct Connection {
  std::uint32_t from;
  std::uint32_t to : 30;
  std::uint32_t enabled : 1;
  std::uint32_t recurrent : 1 = 0;

  bool same_place(std::uint32_t other_from, std::uint32_t other_to, bool other_recurrent) const {
    return from == other_from && to == other_to && (recurrent != 0) == other_recurrent;
  }
};

enum class Operator : std::uint8_t {
  kNone,
  kInsertNode,
  kAddConnection,
  kEnableConnection,
  kChangeActivation,
  kMirror,
  kReinforce,
  kWeaken,
  kRemoveConnection,
  kRemoveNode,
  kCrossover,
  kAddRecurrentConnection
};
inline constexpr Operator kLastOperator = Operator::kAddRecurrentConnection;

// The last change on the way to a genome, for people who want to see how a network grew.
struct Change {
  Operator kind = Operator::kNone;
  Activation activation = Activation::kLinear;  // of the inserted or changed node, or of those that mirror
  std::uint32_t from = 0;                       // the connection that was split, added, enabled or removed; a path's ends
  std::uint32_t to = 0;
  std::uint32_t node = 0;  // the inserted, changed or removed node
  bool recurrent = false;  // the connection
};

struct Genome {
  std::vector<Activation> hidden;
  std::vector<std::uint64_t> mark;  // of each hidden node: what it is called in other genomes, see marking.hpp
  std::vector<Connection> connections;
  Change change;
  // Who it is, who it was made from, and the changes that make the difference: what siblings need to share them.
  std::uint64_t id = 0;
  std::uint64_t parent = 0;
  std::vector<Change> changes;
};

// What all genomes of a population share.
struct Shape {
  std::uint32_t n_inputs;
  std::uint32_t n_outputs;

  std::uint32_t first_output() const { return 1 + n_inputs; }
  std::uint32_t first_hidden() const { return 1 + n_inputs + n_outputs; }
  std::uint32_t n_nodes(const Genome& g) const { return first_hidden() + static_cast<std::uint32_t>(g.hidden.size()); }
  bool is_output(std::uint32_t node) const { return node >= first_output() && node < first_hidden(); }
  // A connection leads from a node that is no output to one that is no bias and no input.
  bool may_connect(const Genome& g, std::uint32_t from, std::uint32_t to) const {
    return from < n_nodes(g) && !is_output(from) && to > n_inputs && to < n_nodes(g);
  }
  // A recurrent one may start at an output, too, but not at the bias, which never changes.
  bool may_recur(const Genome& g, std::uint32_t from, std::uint32_t to) const {
    return from > 0 && from < n_nodes(g) && to > n_inputs && to < n_nodes(g);
  }
};

// Connections by their start (or by their end): those of node i are items[first[i]] … items[first[i + 1] - 1].
struct Adjacency {
  std::vector<std::uint32_t> first;
  std::vector<std::uint32_t> items;
};

template <class Key, class Value, class Keep>
Adjacency group_connections(const std::vector<Connection>& connections, std::uint32_t n_nodes, Key key, Value value,
                            Keep keep) {
  Adjacency a;
  a.first.assign(n_nodes + 1, 0);
  for (const Connection& c : connections)
    if (keep(c)) ++a.first[key(c) + 1];
  for (std::uint32_t i = 0; i < n_nodes; ++i) a.first[i + 1] += a.first[i];
  a.items.resize(a.first[n_nodes]);
  std::vector<std::uint32_t> next(a.first.begin(), a.first.end() - 1);
  for (const Connection& c : connections)
    if (keep(c)) a.items[next[key(c)]++] = value(c);
  return a;
}

inline Adjacency sources_by_target(const Genome& g, std::uint32_t n_nodes) {
  return group_connections(
      g.connections, n_nodes, [](const Connection& c) { return c.to; }, [](const Connection& c) { return c.from; },
      [](const Connection& c) { return c.enabled && !c.recurrent; });
}

inline Adjacency recurrent_sources_by_target(const Genome& g, std::uint32_t n_nodes) {
  return group_connections(
      g.connections, n_nodes, [](const Connection& c) { return c.to; }, [](const Connection& c) { return c.from; },
      [](const Connection& c) { return c.enabled && c.recurrent; });
}

// Disabled connections count too: re-enabling one must never close a cycle. Recurrent ones close none.
inline Adjacency targets_by_source(const Genome& g, std::uint32_t n_nodes) {
  return group_connections(
      g.connections, n_nodes, [](const Connection& c) { return c.from; }, [](const Connection& c) { return c.to; },
      [](const Connection& c) { return !c.recurrent; });
}

inline constexpr std::uint32_t kUnreached = UINT32_MAX;

// The longest path from a node without sources to each node that reaches an output; kUnreached for the others. A node that
// reaches one through a recurrent connection does, but such connections make no path longer.
inline std::vector<std::uint32_t> depths(const Shape& shape, const Genome& g, const Adjacency& sources,
                                         const Adjacency& recurrent) {
  const std::uint32_t n_nodes = shape.n_nodes(g);
  std::vector<std::uint32_t> depth(n_nodes, kUnreached);
  std::vector<std::uint32_t> position(n_nodes, 0);
  std::vector<std::uint32_t> stack, ends;
  for (std::uint32_t output = shape.first_output(); output < shape.first_hidden(); ++output) ends.push_back(output);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    stack.push_back(ends[i]);
    while (!stack.empty()) {
      const std::uint32_t node = stack.back();
      if (depth[node] == kUnreached) depth[node] = 0;
      std::uint32_t& next = position[node];
      if (sources.first[node] + next < sources.first[node + 1]) {
        const std::uint32_t source = sources.items[sources.first[node] + next];
        if (depth[source] == kUnreached) {
          stack.push_back(source);  // comes back to this connection when the source's depth is known
        } else {
          depth[node] = std::max(depth[node], depth[source] + 1);
          ++next;
        }
      } else {
        stack.pop_back();
        for (std::uint32_t k = recurrent.first[node]; k < recurrent.first[node + 1]; ++k)
          if (depth[recurrent.items[k]] == kUnreached) ends.push_back(recurrent.items[k]);
      }
    }
  }
  return depth;
}

// Over all connections but recurrent ones, disabled ones too. The operators never make a cycle; a file might hold one.
inline bool has_cycle(const Shape& shape, const Genome& g) {
  const std::uint32_t n_nodes = shape.n_nodes(g);
  const Adjacency targets = targets_by_source(g, n_nodes);
  std::vector<std::uint32_t> waiting(n_nodes, 0), ready;
  for (std::uint32_t target : targets.items) ++waiting[target];
  for (std::uint32_t node = 0; node < n_nodes; ++node)
    if (waiting[node] == 0) ready.push_back(node);
  std::uint32_t n_done = 0;
  while (!ready.empty()) {
    const std::uint32_t node = ready.back();
    ready.pop_back();
    ++n_done;
    for (std::uint32_t i = targets.first[node]; i < targets.first[node + 1]; ++i)
      if (--waiting[targets.items[i]] == 0) ready.push_back(targets.items[i]);
  }
  return n_done != n_nodes;
}

// Whether two connections of a kind lead from the same node to the same.
inline bool has_duplicate(const Genome& g) {
  std::vector<std::uint64_t> pairs;
  pairs.reserve(g.connections.size());
  for (const Connection& c : g.connections)
    pairs.push_back(std::uint64_t{c.from} << 32 | std::uint64_t{c.to} << 1 | c.recurrent);
  std::sort(pairs.begin(), pairs.end());
  return std::adjacent_find(pairs.begin(), pairs.end()) != pairs.end();
}

// The network that a genome describes (its phenotype): enabled connections between nodes that reach an output. Hidden nodes
// are ordered by depth, then activation, then number.
inline Network express(const Shape& shape, const Genome& g, Activation output_activation) {
  const std::uint32_t n_nodes = shape.n_nodes(g);
  const std::uint32_t first_hidden = shape.first_hidden();
  const Adjacency sources = sources_by_target(g, n_nodes), recurrent = recurrent_sources_by_target(g, n_nodes);
  const std::vector<std::uint32_t> depth = depths(shape, g, sources, recurrent);

  std::vector<std::uint32_t> order;
  for (std::uint32_t node = first_hidden; node < n_nodes; ++node)
    if (depth[node] != kUnreached) order.push_back(node);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (depth[a] != depth[b]) return depth[a] < depth[b];
    const Activation activation_a = g.hidden[a - first_hidden], activation_b = g.hidden[b - first_hidden];
    if (activation_a != activation_b) return activation_a < activation_b;
    return a < b;
  });
  const auto n_hidden = static_cast<std::uint32_t>(order.size());
  for (std::uint32_t node = shape.first_output(); node < first_hidden; ++node) order.push_back(node);

  std::vector<std::uint32_t> index(n_nodes);
  for (std::uint32_t node = 0; node <= shape.n_inputs; ++node) index[node] = node;
  for (std::uint32_t k = 0; k < order.size(); ++k) index[order[k]] = 1 + shape.n_inputs + k;

  Network network;
  network.n_inputs = shape.n_inputs;
  network.n_outputs = shape.n_outputs;
  for (std::uint32_t node : order)
    for (std::uint32_t i = recurrent.first[node]; i < recurrent.first[node + 1]; ++i)
      network.memory.push_back(index[recurrent.items[i]]);
  std::sort(network.memory.begin(), network.memory.end());
  network.memory.erase(std::unique(network.memory.begin(), network.memory.end()), network.memory.end());
  const auto row_before = [&](std::uint32_t node) {
    const auto m = std::lower_bound(network.memory.begin(), network.memory.end(), index[node]) - network.memory.begin();
    return static_cast<std::uint32_t>(1 + shape.n_inputs + order.size() + m);
  };
  network.first.push_back(0);
  for (std::uint32_t k = 0; k < order.size(); ++k) {
    const std::uint32_t node = order[k];
    network.activation.push_back(k < n_hidden ? g.hidden[node - first_hidden] : output_activation);
    for (std::uint32_t i = sources.first[node]; i < sources.first[node + 1]; ++i)
      network.source.push_back(index[sources.items[i]]);
    for (std::uint32_t i = recurrent.first[node]; i < recurrent.first[node + 1]; ++i)
      network.source.push_back(row_before(recurrent.items[i]));
    std::sort(network.source.begin() + network.first.back(), network.source.end());
    network.first.push_back(network.n_connections());
  }
  return network;
}

inline std::uint32_t count_enabled(const Genome& g) {
  return static_cast<std::uint32_t>(
      std::count_if(g.connections.begin(), g.connections.end(), [](const Connection& c) { return c.enabled != 0; }));
}

}  // namespace wann
