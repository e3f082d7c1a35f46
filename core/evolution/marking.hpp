// Historical markings: what a hidden node is called across genomes, so that two of them can be laid over each other.
//
// NEAT (Stanley and Miikkulainen 2002, section 3.2) numbers innovations in the order in which they come up, in a list that
// all genomes share. Here a mark says what the node is: the how-manieth between which two nodes. So the same innovation has
// the same mark whenever and wherever it is made, and there is no list that threads and islands would have to share.
#pragma once

#include <algorithm>
#include <cstdint>

#include "genome.hpp"

namespace wann {

inline std::uint64_t mixed(std::uint64_t x) {  // splitmix64's last steps
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// Of a node: bias, inputs and outputs have their numbers.
inline std::uint64_t mark_of(const Shape& shape, const Genome& g, std::uint32_t node) {
  return node < shape.first_hidden() ? node : g.mark[node - shape.first_hidden()];
}

// For a new node between two others: of the marks for the first, the second … node there, the first that is free. One that
// sees the other's value of the step before is another node than one that sees the present one.
inline std::uint64_t new_mark(const Shape& shape, const Genome& g, std::uint32_t from, std::uint32_t to,
                              bool recurrent = false) {
  const std::uint64_t source = mark_of(shape, g, from), seen = recurrent ? ~source : source;
  const std::uint64_t ends = mixed(seen + 0x9E3779B97F4A7C15) ^ mark_of(shape, g, to);
  for (std::uint64_t place = 1;; ++place) {
    const std::uint64_t mark = mixed(mixed(ends) + place);
    if (std::find(g.mark.begin(), g.mark.end(), mark) == g.mark.end()) return mark;
  }
}

// Puts a hidden node at the end; gives its number. Its connections are to follow.
inline std::uint32_t append_node(const Shape& shape, Genome& g, Activation activation, std::uint64_t mark) {
  g.hidden.push_back(activation);
  g.mark.push_back(mark);
  return shape.n_nodes(g) - 1;
}

}  // namespace wann
