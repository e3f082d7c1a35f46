// The search operators. A child gets exactly one change (section 3 of the paper, "topology search"), or several; an operator
// that finds nothing to change leaves the draw to the others.
#pragma once

#include <array>
#include <numeric>
#include <optional>
#include <vector>

#include "paths.hpp"
#include "random.hpp"

namespace wann {

struct MutationConfig {
  double insert_node = 0.25;
  double add_connection = 0.20;
  double enable_connection = 0.05;
  double change_activation = 0.50;
  double adjust_path = 0.0;  // this and the next two: 0 in the paper
  double remove_connection = 0.0;
  double remove_node = 0.0;
  double recurrent = 0.0;               // of adding a recurrent connection; 0 in the paper
  double further_change = 0.0;          // chance of one more change after each; 0 in the paper
  double mirror = 0.0;                  // chance that a child is mirrored instead; 0 in the paper
  std::vector<Activation> activations;  // allowed in hidden nodes
};

// Every connection from the bias and the inputs to the outputs exists, and each is enabled with probability `enabled`. With
// probability `paths` there is a path beside it, of random sign; without any, there are no hidden nodes.
inline Genome random_genome(const Shape& shape, double enabled, double paths, Random& random) {
  Genome g;
  for (std::uint32_t from = 0; from <= shape.n_inputs; ++from)
    for (std::uint32_t to = shape.first_output(); to < shape.first_hidden(); ++to)
      g.connections.push_back({from, to, random.uniform() < enabled});
  if (!(paths > 0)) return g;
  for (std::uint32_t from = 0; from <= shape.n_inputs; ++from)
    for (std::uint32_t to = shape.first_output(); to < shape.first_hidden(); ++to)
      if (random.uniform() < paths)
        add_path(shape, g, from, to, random.below(2) ? Activation::kInverse : Activation::kLinear);
  return g;
}

// One of the connections that `wanted` holds for, each as likely; none if there is none.
template <class Wanted>
Connection* draw_connection(Genome& g, Random& random, Wanted wanted) {
  std::uint32_t n = 0;
  for (const Connection& c : g.connections) n += wanted(c);
  if (n == 0) return nullptr;
  std::uint32_t skip = random.below(n);
  for (Connection& c : g.connections)
    if (wanted(c) && skip-- == 0) return &c;
  return nullptr;
}

inline Activation draw_activation(const std::vector<Activation>& allowed, Random& random) {
  return allowed[random.below(static_cast<std::uint32_t>(allowed.size()))];
}

// Puts a node into an enabled connection. Into a recurrent one, it sees the value of the step before.
inline void split(const Shape& shape, Genome& g, Connection& connection, Activation activation) {
  const std::uint32_t from = connection.from, to = connection.to, recurrent = connection.recurrent;
  connection.enabled = 0;
  const std::uint32_t node = append_node(shape, g, activation, new_mark(shape, g, from, to, recurrent != 0));
  g.connections.push_back({from, node, 1, recurrent});
  g.connections.push_back({node, to, 1});
  g.change = {Operator::kInsertNode, activation, from, to, node, recurrent != 0};
}

inline bool insert_node(const Shape& shape, Genome& g, const MutationConfig& config, Random& random) {
  Connection* connection = draw_connection(g, random, [](const Connection& c) { return c.enabled != 0; });
  if (!connection) return false;
  split(shape, g, *connection, draw_activation(config.activations, random));
  return true;
}

inline bool enable_connection(Genome& g, Random& random) {
  Connection* c = draw_connection(g, random, [](const Connection& c) { return c.enabled == 0; });
  if (!c) return false;
  c->enabled = 1;
  g.change = {Operator::kEnableConnection, Activation::kLinear, c->from, c->to, 0, c->recurrent != 0};
  return true;
}

inline bool change_activation(const Shape& shape, Genome& g, const MutationConfig& config, Random& random) {
  if (g.hidden.empty()) return false;
  const std::uint32_t i = random.below(static_cast<std::uint32_t>(g.hidden.size()));
  std::vector<Activation> others;
  for (Activation a : config.activations)
    if (a != g.hidden[i]) others.push_back(a);
  if (others.empty()) return false;
  g.hidden[i] = draw_activation(others, random);
  g.change = {Operator::kChangeActivation, g.hidden[i], 0, 0, shape.first_hidden() + i};
  return true;
}

inline bool reaches(const Adjacency& targets, std::uint32_t start, std::uint32_t goal) {
  std::vector<bool> seen(targets.first.size() - 1, false);
  std::vector<std::uint32_t> stack{start};
  while (!stack.empty()) {
    const std::uint32_t node = stack.back();
    stack.pop_back();
    if (node == goal) return true;
    if (seen[node]) continue;
    seen[node] = true;
    stack.insert(stack.end(), targets.items.begin() + targets.first[node], targets.items.begin() + targets.first[node + 1]);
  }
  return false;
}

// A pair is drawn until one is new and keeps the graph acyclic, so that all such pairs are equally likely. After 64 draws
// without one the genome counts as full: with one free pair in a hundred that is wrong every second time, and harmless.
inline bool add_connection(const Shape& shape, Genome& g, Random& random) {
  const std::uint32_t n_hidden = static_cast<std::uint32_t>(g.hidden.size());
  const std::uint32_t n_sources = 1 + shape.n_inputs + n_hidden;
  const std::uint32_t n_targets = shape.n_outputs + n_hidden;
  if (n_hidden == 0) {
    const auto n_forward =
        std::count_if(g.connections.begin(), g.connections.end(), [](const Connection& c) { return !c.recurrent; });
    if (static_cast<std::size_t>(n_forward) == std::size_t{1 + shape.n_inputs} * shape.n_outputs) return false;
  }
  const Adjacency targets = targets_by_source(g, shape.n_nodes(g));
  for (int draw = 0; draw < 64; ++draw) {
    std::uint32_t from = random.below(n_sources);
    if (from > shape.n_inputs) from += shape.n_outputs;
    const std::uint32_t to = shape.first_output() + random.below(n_targets);
    const auto begin = targets.items.begin() + targets.first[from], end = targets.items.begin() + targets.first[from + 1];
    if (std::find(begin, end, to) != end || reaches(targets, to, from)) continue;
    g.connections.push_back({from, to, 1});
    g.change = {Operator::kAddConnection, Activation::kLinear, from, to, 0};
    return true;
  }
  return false;
}

// A recurrent connection from any node but the bias to any hidden node or output, itself included, likewise.
inline bool add_recurrent_connection(const Shape& shape, Genome& g, Random& random) {
  const std::uint32_t n_nodes = shape.n_nodes(g);
  for (int draw = 0; draw < 64; ++draw) {
    const std::uint32_t from = 1 + random.below(n_nodes - 1);
    const std::uint32_t to = shape.first_output() + random.below(n_nodes - shape.first_output());
    const auto same = [&](const Connection& c) { return c.same_place(from, to, true); };
    if (std::any_of(g.connections.begin(), g.connections.end(), same)) continue;
    g.connections.push_back({from, to, 1, 1});
    g.change = {Operator::kAddRecurrentConnection, Activation::kLinear, from, to, 0, true};
    return true;
  }
  return false;
}

// Makes a network's behaviour the same for w and -w: a node of `activation`, linear or inverse, is put behind every node
// that leads to others, so that activation(w · Σ x) becomes activation(w · Σ ±w · x). At w the network then does what it did
// at w² (linear) or at -w² (inverse). An output leads to others through recurrent connections alone, and so the node behind
// it sees what it said a step before.
inline bool mirror(const Shape& shape, Genome& g, Activation activation) {
  const std::uint32_t n_nodes = shape.n_nodes(g);
  std::vector<std::uint32_t> behind(n_nodes, kUnreached);
  const std::size_t n_connections = g.connections.size();
  for (std::size_t i = 0; i < n_connections; ++i) {
    const std::uint32_t from = g.connections[i].from;
    if (!g.connections[i].enabled) continue;
    if (behind[from] == kUnreached) {
      behind[from] = append_node(shape, g, activation, new_mark(shape, g, from, from));
      g.connections.push_back({from, behind[from], 1, shape.is_output(from)});
    }
    g.connections[i].from = behind[from];
    if (shape.is_output(from)) g.connections[i].recurrent = 0;
  }
  if (g.connections.size() == n_connections) return false;
  g.change = {Operator::kMirror, activation, 0, 0, 0};
  return true;
}

// With a linear or an inverse node, each as likely where both are allowed.
inline bool mirror(const Shape& shape, Genome& g, const MutationConfig& config, Random& random) {
  std::vector<Activation> kinds;
  for (Activation a : config.activations)
    if (a == Activation::kLinear || a == Activation::kInverse) kinds.push_back(a);
  return !kinds.empty() && mirror(shape, g, draw_activation(kinds, random));
}

// One path more or one less between two nodes (see paths.hpp): a path of either sign, each as likely where both are allowed,
// which takes the place of one of the other sign if there is one. All pairs of nodes that keep the graph acyclic are equally
// likely.
inline bool adjust_path(const Shape& shape, Genome& g, const MutationConfig& config, Random& random) {
  std::vector<Activation> signs;
  for (Activation a : config.activations)
    if (carries_on(a)) signs.push_back(a);
  if (signs.empty()) return false;
  const Paths paths(shape, g);
  std::vector<std::uint32_t> sources, targets;
  for (std::uint32_t node = 0; node < shape.n_nodes(g); ++node) {
    if (paths.is_middle(node)) continue;
    if (!shape.is_output(node)) sources.push_back(node);
    if (node > shape.n_inputs) targets.push_back(node);
  }
  const Adjacency leads = targets_by_source(g, shape.n_nodes(g));
  for (int draw = 0; draw < 64; ++draw) {
    const std::uint32_t from = sources[random.below(static_cast<std::uint32_t>(sources.size()))];
    const std::uint32_t to = targets[random.below(static_cast<std::uint32_t>(targets.size()))];
    if (reaches(leads, to, from)) continue;
    const Activation sign = draw_activation(signs, random);
    for (std::uint32_t node = shape.first_hidden(); node < shape.n_nodes(g); ++node) {
      if (!paths.is_middle(node) || paths.from(g, node) != from || paths.to(g, node) != to) continue;
      const Activation other = g.hidden[node - shape.first_hidden()];
      if (other == sign) continue;
      erase_node(shape, g, node);
      g.change = {Operator::kWeaken, other, from, to, 0};
      return true;
    }
    add_path(shape, g, from, to, sign);
    g.change = {Operator::kReinforce, sign, from, to, 0};
    return true;
  }
  return false;
}

// Takes an enabled connection away, and the nodes that are of no use without it.
inline bool remove_connection(const Shape& shape, Genome& g, Random& random) {
  Connection* connection = draw_connection(g, random, [](const Connection& c) { return c.enabled != 0; });
  if (!connection) return false;
  const Connection c = *connection;
  g.connections.erase(g.connections.begin() + (connection - g.connections.data()));
  erase_idle_nodes(shape, g);
  g.change = {Operator::kRemoveConnection, Activation::kLinear, c.from, c.to, 0, c.recurrent != 0};
  return true;
}

// Takes a hidden node away, with its connections and the nodes that are of no use without it.
inline bool remove_node(const Shape& shape, Genome& g, Random& random) {
  if (g.hidden.empty()) return false;
  const std::uint32_t i = random.below(static_cast<std::uint32_t>(g.hidden.size()));
  const Activation activation = g.hidden[i];
  erase_node(shape, g, shape.first_hidden() + i);
  erase_idle_nodes(shape, g);
  g.change = {Operator::kRemoveNode, activation, 0, 0, shape.first_hidden() + i};
  return true;
}

inline bool apply(Operator kind, const Shape& shape, Genome& g, const MutationConfig& config, Random& random) {
  switch (kind) {
    case Operator::kInsertNode:
      return insert_node(shape, g, config, random);
    case Operator::kAddConnection:
      return add_connection(shape, g, random);
    case Operator::kEnableConnection:
      return enable_connection(g, random);
    case Operator::kChangeActivation:
      return change_activation(shape, g, config, random);
    case Operator::kMirror:
      return mirror(shape, g, config, random);
    case Operator::kReinforce:
    case Operator::kWeaken:
      return adjust_path(shape, g, config, random);
    case Operator::kRemoveConnection:
      return remove_connection(shape, g, random);
    case Operator::kRemoveNode:
      return remove_node(shape, g, random);
    case Operator::kAddRecurrentConnection:
      return add_recurrent_connection(shape, g, random);
    case Operator::kNone:
    case Operator::kCrossover:
      break;
  }
  return false;
}

// One change; false, and none, where no operator finds anything to change.
inline bool change_once(const Shape& shape, Genome& g, const MutationConfig& config, Random& random) {
  std::array odds{config.insert_node, config.add_connection,    config.enable_connection, config.change_activation,
                  config.adjust_path, config.remove_connection, config.remove_node,       config.recurrent};
  constexpr std::array kinds{
      Operator::kInsertNode, Operator::kAddConnection,    Operator::kEnableConnection, Operator::kChangeActivation,
      Operator::kReinforce,  Operator::kRemoveConnection, Operator::kRemoveNode,       Operator::kAddRecurrentConnection};
  static_assert(kinds.size() == std::tuple_size_v<decltype(odds)>);
  for (;;) {
    const double total = std::accumulate(odds.begin(), odds.end(), 0.0);
    if (!(total > 0)) return false;
    double point = random.uniform() * total;
    std::size_t chosen = kinds.size();
    for (std::size_t i = 0; i < kinds.size() && point >= 0; ++i) {
      if (odds[i] == 0) continue;
      chosen = i;
      point -= odds[i];
    }
    if (apply(kinds[chosen], shape, g, config, random)) return true;
    odds[chosen] = 0;
  }
}

// One change, and with chance `further_change` another, and so on; or, with chance `mirror`, that one. They become the
// changes since the parent.
inline void mutate(const Shape& shape, Genome& g, const MutationConfig& config, Random& random) {
  g.changes.clear();
  if (config.mirror > 0 && random.uniform() < config.mirror && apply(Operator::kMirror, shape, g, config, random)) {
    g.changes.push_back(g.change);
    return;
  }
  do {
    if (change_once(shape, g, config, random)) g.changes.push_back(g.change);
  } while (config.further_change > 0 && random.uniform() < config.further_change);
}

// Whether a change takes nodes away, so that others get their numbers.
inline bool renumbers(Operator kind) {
  return kind == Operator::kWeaken || kind == Operator::kRemoveConnection || kind == Operator::kRemoveNode;
}

// A change that `donor` has had, with the numbers that `g` has for the nodes that it names: those of the same marks. None
// where `g` lacks one of them, as where that node has been removed. No change of the donor's may have renumbered its nodes.
inline std::optional<Change> renamed(Change change, const Shape& shape, const Genome& donor, const Genome& g) {
  const auto rename = [&](std::uint32_t& node) {
    if (node < shape.first_hidden()) return true;
    if (node >= shape.n_nodes(donor)) return false;  // in a checkpoint that was written by hand
    const auto found = std::find(g.mark.begin(), g.mark.end(), mark_of(shape, donor, node));
    if (found == g.mark.end()) return false;
    node = shape.first_hidden() + static_cast<std::uint32_t>(found - g.mark.begin());
    return true;
  };
  if (!rename(change.from) || !rename(change.to)) return std::nullopt;
  if (change.kind == Operator::kChangeActivation && !rename(change.node)) return std::nullopt;
  return change;
}

// Makes a change that another genome has had, where it can be made; its nodes are numbered as in `g`.
inline bool transfer(const Change& change, const Shape& shape, Genome& g) {
  const auto same = [&](const Connection& c) { return c.same_place(change.from, change.to, change.recurrent); };
  const auto found = std::find_if(g.connections.begin(), g.connections.end(), same);
  switch (change.kind) {
    case Operator::kInsertNode: {
      if (found == g.connections.end() || !found->enabled) return false;
      split(shape, g, *found, change.activation);
      return true;
    }
    case Operator::kAddConnection: {
      const std::uint32_t n_nodes = shape.n_nodes(g);
      if (found != g.connections.end() || change.from >= n_nodes || change.to >= n_nodes) return false;
      if (reaches(targets_by_source(g, n_nodes), change.to, change.from)) return false;
      g.connections.push_back({change.from, change.to, 1});
      break;
    }
    case Operator::kAddRecurrentConnection:
      if (found != g.connections.end() || !shape.may_recur(g, change.from, change.to)) return false;
      g.connections.push_back({change.from, change.to, 1, 1});
      break;
    case Operator::kEnableConnection:
      if (found == g.connections.end() || found->enabled) return false;
      found->enabled = 1;
      break;
    case Operator::kChangeActivation: {
      const std::uint32_t i = change.node - shape.first_hidden();
      if (i >= g.hidden.size() || g.hidden[i] == change.activation) return false;
      g.hidden[i] = change.activation;
      break;
    }
    case Operator::kMirror:
      return mirror(shape, g, change.activation);
    case Operator::kNone:
    case Operator::kReinforce:
    case Operator::kWeaken:
    case Operator::kRemoveConnection:
    case Operator::kRemoveNode:
    case Operator::kCrossover:
      return false;
  }
  g.change = change;
  return true;
}

}  // namespace wann
