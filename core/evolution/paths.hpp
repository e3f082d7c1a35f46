// Paths: chains of two connections through a linear or an inverse node that does nothing else. One through a linear node
// acts as w² between its ends, one through an inverse node as -w², whatever the sign of w; parallel ones add up. So a
// connection's strength becomes a number that changes in steps of one, although all connections share one weight.
#pragma once

#include <utility>
#include <vector>

#include "marking.hpp"

namespace wann {

// How a node is used, disabled connections included.
struct Usage {
  std::uint32_t n_in = 0, n_out = 0;
  std::uint32_t n_loops = 0;    // from the node to itself; they count as in and out, too
  std::size_t in = 0, out = 0;  // places of the last connection to it, and from it
};

inline std::vector<Usage> usage_of(const Shape& shape, const Genome& g) {
  std::vector<Usage> usage(shape.n_nodes(g));
  for (std::size_t i = 0; i < g.connections.size(); ++i) {
    const Connection& c = g.connections[i];
    ++usage[c.from].n_out;
    usage[c.from].out = i;
    ++usage[c.to].n_in;
    usage[c.to].in = i;
    usage[c.to].n_loops += c.from == c.to;
  }
  return usage;
}

inline bool carries_on(Activation a) { return a == Activation::kLinear || a == Activation::kInverse; }

// Which hidden nodes are the middle of a path: linear or inverse, one connection in, one out, both enabled and not
// recurrent, between nodes that are no such nodes themselves.
class Paths {
 public:
  Paths(const Shape& shape, const Genome& g) : usage_(usage_of(shape, g)), middle_(usage_.size(), false) {
    std::vector<bool> thin(usage_.size(), false);
    for (std::uint32_t node = shape.first_hidden(); node < usage_.size(); ++node)
      thin[node] = carries_on(g.hidden[node - shape.first_hidden()]) && usage_[node].n_in == 1 && usage_[node].n_out == 1;
    for (std::uint32_t node = shape.first_hidden(); node < usage_.size(); ++node) {
      if (!thin[node]) continue;
      const Connection &in = g.connections[usage_[node].in], &out = g.connections[usage_[node].out];
      middle_[node] = in.enabled && out.enabled && !in.recurrent && !out.recurrent && !thin[in.from] && !thin[out.to];
    }
  }

  bool is_middle(std::uint32_t node) const { return middle_[node]; }
  const Usage& usage(std::uint32_t node) const { return usage_[node]; }
  // Of a middle.
  std::uint32_t from(const Genome& g, std::uint32_t node) const { return g.connections[usage_[node].in].from; }
  std::uint32_t to(const Genome& g, std::uint32_t node) const { return g.connections[usage_[node].out].to; }

 private:
  std::vector<Usage> usage_;
  std::vector<bool> middle_;
};

inline void add_path(const Shape& shape, Genome& g, std::uint32_t from, std::uint32_t to, Activation activation) {
  const std::uint32_t node = append_node(shape, g, activation, new_mark(shape, g, from, to));
  g.connections.push_back({from, node, 1});
  g.connections.push_back({node, to, 1});
}

// Takes some hidden nodes away, with their connections; the others are numbered anew.
inline void erase_nodes(const Shape& shape, Genome& g, const std::vector<bool>& gone) {
  std::vector<std::uint32_t> number(shape.n_nodes(g));
  std::uint32_t next = 0;
  Genome kept;
  for (std::uint32_t node = 0; node < number.size(); ++node) {
    number[node] = gone[node] ? kUnreached : next++;
    if (gone[node] || node < shape.first_hidden()) continue;
    kept.hidden.push_back(g.hidden[node - shape.first_hidden()]);
    kept.mark.push_back(g.mark[node - shape.first_hidden()]);
  }
  for (const Connection& c : g.connections)
    if (!gone[c.from] && !gone[c.to]) kept.connections.push_back({number[c.from], number[c.to], c.enabled, c.recurrent});
  g.hidden = std::move(kept.hidden);
  g.mark = std::move(kept.mark);
  g.connections = std::move(kept.connections);
}

inline void erase_node(const Shape& shape, Genome& g, std::uint32_t node) {
  std::vector<bool> gone(shape.n_nodes(g), false);
  gone[node] = true;
  erase_nodes(shape, g, gone);
}

// Takes away hidden nodes that nothing but themselves leads to, or is led to, until there are none.
inline void erase_idle_nodes(const Shape& shape, Genome& g) {
  for (;;) {
    const std::vector<Usage> usage = usage_of(shape, g);
    std::vector<bool> gone(usage.size(), false);
    bool some = false;
    for (std::uint32_t node = shape.first_hidden(); node < usage.size(); ++node)
      some |= gone[node] = usage[node].n_in == usage[node].n_loops || usage[node].n_out == usage[node].n_loops;
    if (!some) return;
    erase_nodes(shape, g, gone);
  }
}

}  // namespace wann
