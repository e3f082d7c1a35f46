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
#include <cstdint>
#include <utility>
#include <vector>

#include "paths.hpp"
#include "random.hpp"

namespace wann {

// The marks of all nodes of two genomes, in order. Below, a node is called by its place here: its rank.
class Marks {
 public:
  Marks(const Shape& shape, const Genome& a, const Genome& b) {
    for (std::uint32_t node = 0; node < shape.first_hidden(); ++node) marks_.push_back(node);
    marks_.insert(marks_.end(), a.mark.begin(), a.mark.end());
    marks_.insert(marks_.end(), b.mark.begin(), b.mark.end());
    std::sort(marks_.begin(), marks_.end());
    marks_.erase(std::unique(marks_.begin(), marks_.end()), marks_.end());
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(marks_.size()); }
  std::uint64_t mark(std::uint32_t rank) const { return marks_[rank]; }
  std::uint32_t rank(std::uint64_t mark) const {
    return static_cast<std::uint32_t>(std::lower_bound(marks_.begin(), marks_.end(), mark) - marks_.begin());
  }
  // Of each node of a genome.
  std::vector<std::uint32_t> ranks(const Shape& shape, const Genome& g) const {
    std::vector<std::uint32_t> found(shape.n_nodes(g));
    for (std::uint32_t node = 0; node < found.size(); ++node) found[node] = rank(mark_of(shape, g, node));
    return found;
  }

 private:
  std::vector<std::uint64_t> marks_;
};

// What leads straight from one node to another.
struct Bundle {
  std::uint64_t ends = 0;      // the ranks of the two nodes, the first one in the upper half
  std::int8_t direct = -1;     // the connection: -1 where there is none, else whether it is enabled
  std::int8_t recurrent = -1;  // the recurrent one, likewise
  std::uint32_t n_linear = 0;  // paths
  std::uint32_t n_inverse = 0;

  std::uint32_t from() const { return static_cast<std::uint32_t>(ends >> 32); }
  std::uint32_t to() const { return static_cast<std::uint32_t>(ends); }
  bool has_paths() const { return n_linear + n_inverse > 0; }

  // With what the other one has; both have the same ends.
  void join(const Bundle& other) {
    direct = std::max(direct, other.direct);
    recurrent = std::max(recurrent, other.recurrent);
    n_linear += other.n_linear;
    n_inverse += other.n_inverse;
  }
};

inline constexpr std::uint8_t kAbsent = UINT8_MAX;

// A genome as nodes and bundles between them; the middles of paths are no nodes here.
struct Sketch {
  struct Node {
    std::uint32_t rank;
    Activation activation;
  };
  std::vector<Node> hidden;
  std::vector<std::uint8_t> activation;  // of hidden nodes by rank: kAbsent where there is none
  std::vector<Bundle> bundles;           // by the ranks of their ends

  Sketch(const Shape& shape, const Genome& g, const Marks& marks) : activation(marks.size(), kAbsent) {
    const Paths paths(shape, g);
    const std::vector<std::uint32_t> rank = marks.ranks(shape, g);
    const auto bundle = [&](std::uint32_t from, std::uint32_t to) -> Bundle& {
      bundles.push_back({std::uint64_t{rank[from]} << 32 | rank[to]});
      return bundles.back();
    };
    bundles.reserve(g.connections.size());
    for (std::uint32_t node = shape.first_hidden(); node < shape.n_nodes(g); ++node) {
      const Activation a = g.hidden[node - shape.first_hidden()];
      if (paths.is_middle(node)) {
        Bundle& of = bundle(paths.from(g, node), paths.to(g, node));
        ++(a == Activation::kLinear ? of.n_linear : of.n_inverse);
      } else {
        hidden.push_back({rank[node], a});
        activation[rank[node]] = static_cast<std::uint8_t>(a);
      }
    }
    for (const Connection& c : g.connections)
      if (!paths.is_middle(c.from) && !paths.is_middle(c.to)) {
        Bundle& of = bundle(c.from, c.to);
        (c.recurrent ? of.recurrent : of.direct) = c.enabled;
      }
    join_equal_ends();
  }

 private:
  void join_equal_ends() {
    std::sort(bundles.begin(), bundles.end(), [](const Bundle& a, const Bundle& b) { return a.ends < b.ends; });
    std::size_t n = 0;
    for (const Bundle& b : bundles)
      if (n > 0 && bundles[n - 1].ends == b.ends)
        bundles[n - 1].join(b);
      else
        bundles[n++] = b;
    bundles.resize(n);
  }
};

namespace crossover_detail {

inline constexpr std::uint32_t kShared = UINT32_MAX;

// Nodes of one parent that the other has not: the part that each belongs to, by rank. kShared for all others.
inline std::vector<std::uint32_t> parts_of(const Sketch& mine, const Sketch& other) {
  std::vector<std::uint32_t> part(mine.activation.size(), kShared);
  for (const Sketch::Node& n : mine.hidden)
    if (other.activation[n.rank] == kAbsent) part[n.rank] = n.rank;
  const auto root = [&part](std::uint32_t x) {
    while (part[x] != x) x = part[x] = part[part[x]];
    return x;
  };
  for (const Bundle& bundle : mine.bundles)
    if (part[bundle.from()] != kShared && part[bundle.to()] != kShared) {
      const std::uint32_t a = root(bundle.from()), b = root(bundle.to());
      part[std::max(a, b)] = std::min(a, b);
    }
  for (std::uint32_t& of : part)
    if (of != kShared) of = root(of);
  return part;
}

}  // namespace crossover_detail

// Builds a genome from pieces.
class GenomeBuilder {
 public:
  GenomeBuilder(const Shape& shape, const Marks& marks) : shape_(shape), marks_(marks), number_(marks.size(), kUnreached) {
    for (std::uint32_t node = 0; node < shape.first_hidden(); ++node) number_[marks.rank(node)] = node;
    next_.resize(shape.first_hidden());
  }

  void add_node(std::uint32_t rank, Activation activation) {
    number_[rank] = append_node(shape_, genome_, activation, marks_.mark(rank));
    next_.emplace_back();
  }

  // Leaves out what has an end that is not there, or would close a cycle.
  void add_bundle(const Bundle& bundle) {
    const std::uint32_t from = number_[bundle.from()], to = number_[bundle.to()];
    if (from == kUnreached || to == kUnreached) return;
    if (bundle.recurrent >= 0) genome_.connections.push_back({from, to, bundle.recurrent != 0, 1});
    if (bundle.direct < 0 && !bundle.has_paths()) return;
    if (leads(to, from)) return;
    next_[from].push_back(to);
    if (bundle.direct >= 0) genome_.connections.push_back({from, to, bundle.direct != 0});
    if (bundle.has_paths()) waiting_.push_back({from, to, bundle.n_linear, bundle.n_inverse});
  }

  // The paths' nodes come last, so that they do not stand between the others.
  Genome take() {
    for (const Waiting& w : waiting_) {
      for (std::uint32_t i = 0; i < w.n_linear; ++i) add_path(shape_, genome_, w.from, w.to, Activation::kLinear);
      for (std::uint32_t i = 0; i < w.n_inverse; ++i) add_path(shape_, genome_, w.from, w.to, Activation::kInverse);
    }
    return std::move(genome_);
  }

 private:
  struct Waiting {
    std::uint32_t from, to, n_linear, n_inverse;
  };

  bool leads(std::uint32_t from, std::uint32_t to) {
    if (from == to) return true;
    if (to <= shape_.n_inputs || next_[from].empty()) return false;  // nothing leads to an input
    seen_.assign(next_.size(), false);
    stack_.assign(1, from);
    while (!stack_.empty()) {
      const std::uint32_t node = stack_.back();
      stack_.pop_back();
      if (node == to) return true;
      if (seen_[node]) continue;
      seen_[node] = true;
      stack_.insert(stack_.end(), next_[node].begin(), next_[node].end());
    }
    return false;
  }

  const Shape& shape_;
  const Marks& marks_;
  Genome genome_;
  std::vector<std::uint32_t> number_;  // by rank: kUnreached for what is not in the child
  std::vector<std::vector<std::uint32_t>> next_;
  std::vector<Waiting> waiting_;
  std::vector<bool> seen_;
  std::vector<std::uint32_t> stack_;
};

// A child of two genomes. It has no changes against its mother that siblings could share.
inline Genome crossed(const Shape& shape, const Genome& mother, const Genome& father, Random& random) {
  using namespace crossover_detail;
  const Marks marks(shape, mother, father);
  const Sketch a(shape, mother, marks), b(shape, father, marks);
  const std::vector<std::uint32_t> parts_a = parts_of(a, b), parts_b = parts_of(b, a);
  const auto coin = [&random] { return random.below(2) != 0; };
  std::vector<bool> comes(marks.size(), false);  // whether a part does
  for (const auto* parts : {&parts_a, &parts_b})
    for (std::uint32_t rank = 0; rank < marks.size(); ++rank)
      if ((*parts)[rank] == rank) comes[rank] = coin();

  GenomeBuilder child(shape, marks);
  for (const Sketch::Node& n : a.hidden)
    if (parts_a[n.rank] == kShared)
      child.add_node(n.rank, coin() ? n.activation : static_cast<Activation>(b.activation[n.rank]));
    else if (comes[parts_a[n.rank]])
      child.add_node(n.rank, n.activation);
  for (const Sketch::Node& n : b.hidden)
    if (parts_b[n.rank] != kShared && comes[parts_b[n.rank]]) child.add_node(n.rank, n.activation);

  const auto alone = [&](std::uint32_t rank) { return parts_a[rank] != kShared || parts_b[rank] != kShared; };
  const auto shared = [&](const Bundle& bundle) { return !alone(bundle.from()) && !alone(bundle.to()); };
  const auto add = [&](const Bundle& mine, const Bundle* other) {
    if (!shared(mine) || coin())
      child.add_bundle(mine);
    else if (other)
      child.add_bundle(*other);
  };
  auto at = b.bundles.begin();
  for (const Bundle& mine : a.bundles) {
    while (at != b.bundles.end() && at->ends < mine.ends) ++at;
    add(mine, at != b.bundles.end() && at->ends == mine.ends ? &*at : nullptr);
  }
  at = a.bundles.begin();
  for (const Bundle& mine : b.bundles) {
    while (at != a.bundles.end() && at->ends < mine.ends) ++at;
    if (at == a.bundles.end() || at->ends != mine.ends) add(mine, nullptr);
  }

  Genome g = child.take();
  erase_idle_nodes(shape, g);
  g.change = {Operator::kCrossover, Activation::kLinear, 0, 0, 0};
  return g;
}

}  // namespace wann
