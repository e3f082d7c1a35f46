// Crossover: a child of two genomes, which are laid over each other by their nodes' marks (see marking.hpp).
//
// NEAT (Stanley and Miikkulainen 2002, section 3.2) draws each gene that both parents have from one of them, and takes the
// others from the fitter one: there, a child differs from that parent in weights above all. Here there are no weights, and
// what parents differ in is what only one of them has. So that is drawn, too, and in pieces that work by themselves:
//
//   nodes that both have     with one parent's activation or the other's
//   a bundle                 all that leads straight from one such node to another, the connection, the paths beside it and
//                            the recurrent connection, from one parent or the other: numbers of parallel paths (paths.hpp)
//                            are inherited whole
//   a part                   nodes that only one of them has and that hang together, with all their bundles: all or nothing
//
// Each is drawn with chance ½. What would close a cycle with what is there already is left out.
#pragma once

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "paths.hpp"
#include "random.hpp"

namespace wann {

// What leads straight from one node to another.
struct Bundle {
  int direct = -1;     // the connection: -1 where there is none, else whether it is enabled
  int recurrent = -1;  // the recurrent one, likewise
  std::vector<Activation> paths;
};

// A genome as nodes and bundles between them; the middles of paths are no nodes here.
struct Sketch {
  struct Node {
    std::uint64_t mark;
    Activation activation;
  };
  std::vector<Node> hidden;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Bundle> bundles;  // by the marks of their ends

  Sketch(const Shape& shape, const Genome& g) {
    const Paths paths(shape, g);
    for (std::uint32_t node = shape.first_hidden(); node < shape.n_nodes(g); ++node) {
      const Activation a = g.hidden[node - shape.first_hidden()];
      if (paths.is_middle(node))
        bundles[{mark_of(shape, g, paths.from(g, node)), mark_of(shape, g, paths.to(g, node))}].paths.push_back(a);
      else
        hidden.push_back({mark_of(shape, g, node), a});
    }
    for (const Connection& c : g.connections)
      if (!paths.is_middle(c.from) && !paths.is_middle(c.to))
        (c.recurrent ? bundle_of(shape, g, c).recurrent : bundle_of(shape, g, c).direct) = c.enabled;
    for (auto& [ends, bundle] : bundles) std::sort(bundle.paths.begin(), bundle.paths.end());
  }

 private:
  Bundle& bundle_of(const Shape& shape, const Genome& g, const Connection& c) {
    return bundles[{mark_of(shape, g, c.from), mark_of(shape, g, c.to)}];
  }
};

namespace crossover_detail {

// Nodes of one parent that the other has not, by the part that they belong to.
inline std::unordered_map<std::uint64_t, std::uint64_t> parts_of(
    const Sketch& mine, const std::unordered_map<std::uint64_t, Activation>& other) {
  std::unordered_map<std::uint64_t, std::uint64_t> part;
  for (const Sketch::Node& n : mine.hidden)
    if (!other.contains(n.mark)) part[n.mark] = n.mark;
  const auto root = [&part](std::uint64_t x) {
    while (part[x] != x) x = part[x] = part[part[x]];
    return x;
  };
  for (const auto& [ends, bundle] : mine.bundles)
    if (part.contains(ends.first) && part.contains(ends.second)) {
      const std::uint64_t a = root(ends.first), b = root(ends.second);
      part[std::max(a, b)] = std::min(a, b);
    }
  for (auto& [mark, of] : part) of = root(mark);
  return part;
}

inline std::unordered_map<std::uint64_t, Activation> activations_of(const Sketch& s) {
  std::unordered_map<std::uint64_t, Activation> found;
  for (const Sketch::Node& n : s.hidden) found.emplace(n.mark, n.activation);
  return found;
}

}  // namespace crossover_detail

// Builds a genome from pieces.
class GenomeBuilder {
 public:
  explicit GenomeBuilder(const Shape& shape) : shape_(shape) {
    for (std::uint32_t node = 0; node < shape.first_hidden(); ++node) number_[node] = node;
    next_.resize(shape.first_hidden());
  }

  void add_node(std::uint64_t mark, Activation activation) {
    number_[mark] = append_node(shape_, genome_, activation, mark);
    next_.emplace_back();
  }

  // Leaves out what has an end that is not there, or would close a cycle.
  void add_bundle(std::uint64_t from_mark, std::uint64_t to_mark, const Bundle& bundle) {
    if (!number_.contains(from_mark) || !number_.contains(to_mark)) return;
    const std::uint32_t from = number_.at(from_mark), to = number_.at(to_mark);
    if (bundle.recurrent >= 0) genome_.connections.push_back({from, to, bundle.recurrent != 0, 1});
    if (bundle.direct < 0 && bundle.paths.empty()) return;
    if (leads(to, from)) return;
    next_[from].push_back(to);
    if (bundle.direct >= 0) genome_.connections.push_back({from, to, bundle.direct != 0});
    for (Activation a : bundle.paths) waiting_.push_back({from, to, a});
  }

  // The paths' nodes come last, so that they do not stand between the others.
  Genome take() {
    for (const auto& [from, to, activation] : waiting_) add_path(shape_, genome_, from, to, activation);
    return std::move(genome_);
  }

 private:
  struct Waiting {
    std::uint32_t from, to;
    Activation activation;
  };

  bool leads(std::uint32_t from, std::uint32_t to) const {
    std::vector<bool> seen(next_.size(), false);
    std::vector<std::uint32_t> stack{from};
    while (!stack.empty()) {
      const std::uint32_t node = stack.back();
      stack.pop_back();
      if (node == to) return true;
      if (seen[node]) continue;
      seen[node] = true;
      stack.insert(stack.end(), next_[node].begin(), next_[node].end());
    }
    return false;
  }

  const Shape& shape_;
  Genome genome_;
  std::unordered_map<std::uint64_t, std::uint32_t> number_;
  std::vector<std::vector<std::uint32_t>> next_;
  std::vector<Waiting> waiting_;
};

// A child of two genomes. It has no changes against its mother that siblings could share.
inline Genome crossed(const Shape& shape, const Genome& mother, const Genome& father, Random& random) {
  using namespace crossover_detail;
  const Sketch a(shape, mother), b(shape, father);
  const auto of_a = activations_of(a), of_b = activations_of(b);
  const auto parts_a = parts_of(a, of_b), parts_b = parts_of(b, of_a);
  const auto coin = [&random] { return random.below(2) != 0; };
  std::map<std::uint64_t, bool> comes;  // whether a part does
  for (const auto* parts : {&parts_a, &parts_b}) {
    std::vector<std::uint64_t> roots;
    for (const auto& [mark, root] : *parts)
      if (mark == root) roots.push_back(root);
    std::sort(roots.begin(), roots.end());
    for (std::uint64_t root : roots) comes[root] = coin();
  }

  GenomeBuilder child(shape);
  for (const Sketch::Node& n : a.hidden) {
    const auto alone = parts_a.find(n.mark);
    if (alone != parts_a.end()) {
      if (comes[alone->second]) child.add_node(n.mark, n.activation);
    } else {
      child.add_node(n.mark, coin() ? n.activation : of_b.at(n.mark));
    }
  }
  for (const Sketch::Node& n : b.hidden) {
    const auto alone = parts_b.find(n.mark);
    if (alone != parts_b.end() && comes[alone->second]) child.add_node(n.mark, n.activation);
  }

  const auto shared = [&](const std::pair<std::uint64_t, std::uint64_t>& ends) {
    const auto alone = [&](std::uint64_t mark) { return parts_a.contains(mark) || parts_b.contains(mark); };
    return !alone(ends.first) && !alone(ends.second);
  };
  const auto add = [&child](const auto& ends, const Bundle& bundle) { child.add_bundle(ends.first, ends.second, bundle); };
  for (const auto& [ends, bundle] : a.bundles) {
    if (!shared(ends)) {
      add(ends, bundle);
      continue;
    }
    const auto other = b.bundles.find(ends);
    if (coin())
      add(ends, bundle);
    else if (other != b.bundles.end())
      add(ends, other->second);
  }
  for (const auto& [ends, bundle] : b.bundles)
    if (!shared(ends) || (!a.bundles.contains(ends) && coin())) add(ends, bundle);

  Genome g = child.take();
  erase_idle_nodes(shape, g);
  g.change = {Operator::kCrossover, Activation::kLinear, 0, 0, 0};
  return g;
}

}  // namespace wann
