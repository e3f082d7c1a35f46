// One lane of a structure of vectors.
#pragma once

#include <cstddef>

#include "lanes.hpp"

namespace wann {

// Copies one lane of a state that consists of vectors only, to another of the same fields: in one they are of type F, in the
// other of type G.
template <class F, class G, class From, class To>
void copy_lane(const From& from, int from_lane, To& to, int to_lane) {
  constexpr std::size_t all = sizeof(From), one = sizeof(F), n = all / one;
  static_assert(all == n * one && sizeof(To) == n * sizeof(G));
  using Word = float __attribute__((may_alias));  // masks are copied, too
  const auto* source = reinterpret_cast<const Word*>(&from) + from_lane;
  auto* target = reinterpret_cast<Word*>(&to) + to_lane;
  for (std::size_t i = 0; i < n; ++i) target[i * (sizeof(G) / sizeof(float))] = source[i * (sizeof(F) / sizeof(float))];
}

template <class State>
void copy_lane(const State& from, int from_lane, State& to, int to_lane) {
  copy_lane<Lanes, Lanes>(from, from_lane, to, to_lane);
}

}  // namespace wann
