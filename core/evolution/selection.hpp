// Ranking by dominance and making the next generation (section 3 of the paper).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <unordered_map>
#include <vector>

#include "crossover.hpp"
#include "mutation.hpp"

namespace wann {

// The non-dominated front of each individual, 0 the best, for two objectives that are both maximised (NSGA-II, Deb et al.
// 2002). With two objectives one sort suffices: in descending order of the first, an individual is dominated by a front
// exactly when the largest second objective seen there dominates it. O(n log n).
inline std::vector<std::uint32_t> nondominated_fronts(const std::vector<double>& a, const std::vector<double>& b) {
  const std::size_t n = a.size();
  std::vector<std::uint32_t> order(n), front(n);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::uint32_t i, std::uint32_t j) {
    if (a[i] != a[j]) return a[i] > a[j];
    if (b[i] != b[j]) return b[i] > b[j];
    return i < j;
  });
  std::vector<std::uint32_t> last;  // of each front, the individual added last: it has the front's largest b
  for (std::uint32_t i : order) {
    const auto dominates = [&](std::uint32_t j) { return b[j] > b[i] || (b[j] == b[i] && a[j] > a[i]); };
    const auto place = std::partition_point(last.begin(), last.end(), dominates);
    front[i] = static_cast<std::uint32_t>(place - last.begin());
    if (place == last.end())
      last.push_back(i);
    else
      *place = i;
  }
  return front;
}

inline void add_crowding(const std::vector<double>& objective, std::vector<std::uint32_t>& members,
                         std::vector<double>& crowding) {
  std::sort(members.begin(), members.end(), [&](std::uint32_t i, std::uint32_t j) {
    return objective[i] != objective[j] ? objective[i] < objective[j] : i < j;
  });
  const double range = objective[members.back()] - objective[members.front()];
  crowding[members.front()] = crowding[members.back()] = std::numeric_limits<double>::infinity();
  if (!(range > 0)) return;
  for (std::size_t k = 1; k + 1 < members.size(); ++k)
    crowding[members[k]] += (objective[members[k + 1]] - objective[members[k - 1]]) / range;
}

// Individuals from best to worst: by front, then by crowding distance, then by number.
inline std::vector<std::uint32_t> rank(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<std::uint32_t> front = nondominated_fronts(a, b);
  std::vector<std::vector<std::uint32_t>> members;
  for (std::uint32_t i = 0; i < front.size(); ++i) {
    if (front[i] >= members.size()) members.resize(front[i] + 1);
    members[front[i]].push_back(i);
  }
  std::vector<double> crowding(front.size(), 0.0);
  for (auto& m : members) {
    add_crowding(a, m, crowding);
    add_crowding(b, m, crowding);
  }
  std::vector<std::uint32_t> order(front.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::uint32_t i, std::uint32_t j) {
    if (front[i] != front[j]) return front[i] < front[j];
    if (crowding[i] != crowding[j]) return crowding[i] > crowding[j];
    return i < j;
  });
  return order;
}

struct SelectionConfig {
  double cull = 0.2;
  double elite = 0.2;
  std::uint32_t tournament = 8;
  double crossover = 0;                // part of the children that have two parents
  double transfer = 0;                 // part of the children that get tested changes of siblings, not a new one
  std::uint32_t max_transferred = 16;  // changes, at most
};

// For each parent the survivors that are made from it and that have a larger reward than it (or than the middle of them,
// where the parent itself is not there), the largest first. These are the changes worth sharing.
class Siblings {
 public:
  Siblings(const std::vector<Genome>& genomes, const std::vector<double>& rewards,
           std::span<const std::uint32_t> survivors) {
    std::unordered_map<std::uint64_t, double> reward_of;
    for (std::uint32_t i : survivors) {
      reward_of.emplace(genomes[i].id, rewards[i]);
      if (!genomes[i].changes.empty()) by_parent_[genomes[i].parent].push_back(i);
    }
    for (auto& [parent, members] : by_parent_) {
      std::sort(members.begin(), members.end(), [&](std::uint32_t i, std::uint32_t j) {
        return rewards[i] != rewards[j] ? rewards[i] > rewards[j] : i < j;
      });
      const auto own = reward_of.find(parent);
      const double enough = own != reward_of.end() ? own->second : rewards[members[members.size() / 2]];
      std::erase_if(members, [&](std::uint32_t i) { return !(rewards[i] > enough); });
    }
  }

  std::span<const std::uint32_t> of(std::uint64_t parent) const {
    const auto found = by_parent_.find(parent);
    return found == by_parent_.end() ? std::span<const std::uint32_t>{} : std::span<const std::uint32_t>{found->second};
  }

 private:
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> by_parent_;
};

// Gives a child of `genomes[mother]`, made as a copy of it, the changes of some of her better siblings: 1, 2, 4 … of them,
// each number as likely, the best ones first in line. False if it could be given none.
inline bool add_changes_of_siblings(const Shape& shape, const std::vector<Genome>& genomes, std::uint32_t mother,
                                    const Siblings& siblings, std::uint32_t max_changes, Genome& child, Random& random) {
  const std::span<const std::uint32_t> donors = siblings.of(genomes[mother].parent);
  if (donors.empty()) return false;
  std::uint32_t doublings = 0;
  while ((2u << doublings) <= max_changes) ++doublings;
  const std::uint32_t wanted = 1u << random.below(doublings + 1);
  child.changes.clear();
  std::vector<bool> used(donors.size(), false);
  for (std::uint32_t t = 0; t < 2 * wanted && child.changes.size() < wanted; ++t) {
    const auto n = static_cast<std::uint32_t>(donors.size());
    const std::uint32_t k = std::min(random.below(n), random.below(n));
    if (used[k] || donors[k] == mother) continue;
    used[k] = true;
    const Genome& donor = genomes[donors[k]];
    if (std::ranges::any_of(donor.changes, renumbers, &Change::kind)) continue;
    for (const Change& change : donor.changes) {
      const std::optional<Change> mine = renamed(change, shape, donor, child);
      if (mine && transfer(*mine, shape, child)) child.changes.push_back(child.change);
    }
  }
  return !child.changes.empty();
}

// `order` runs from best to worst. The worst part is culled, elites pass unchanged, and every other place goes to a child of
// the winner of a tournament among the survivors, or of two such winners. `seed` is the generation's own. `rewards` are
// needed where changes are transferred between siblings.
inline std::vector<Genome> next_generation(const Shape& shape, const std::vector<Genome>& genomes,
                                           const std::vector<std::uint32_t>& order, const std::vector<double>& rewards,
                                           const SelectionConfig& selection, const MutationConfig& mutation,
                                           std::uint64_t seed) {
  const auto n = static_cast<std::uint32_t>(genomes.size());
  const auto n_culled = static_cast<std::uint32_t>(std::floor(selection.cull * n));
  const auto n_elite = static_cast<std::uint32_t>(std::floor(selection.elite * n));
  const std::uint32_t n_survivors = std::max(n - n_culled, 1u);
  const bool transfers = selection.transfer > 0;
  const std::span<const std::uint32_t> survivors{order.data(), transfers ? n_survivors : 0};
  const Siblings siblings(genomes, rewards, survivors);
  std::vector<Genome> next;
  next.reserve(n);
  for (std::uint32_t i = 0; i < n_elite; ++i) next.push_back(genomes[order[i]]);
  for (std::uint32_t i = n_elite; i < n; ++i) {
    Random random(derive_seed(seed, 0, i, 0));
    const auto draw_parent = [&] {
      std::uint32_t winner = n_survivors;
      for (std::uint32_t t = 0; t < selection.tournament; ++t) winner = std::min(winner, random.below(n_survivors));
      return order[winner];
    };
    const std::uint32_t mother = draw_parent();
    if (selection.crossover > 0 && random.uniform() < selection.crossover) {
      next.push_back(crossed(shape, genomes[mother], genomes[draw_parent()], random));
      next.back().id = next.back().parent = derive_seed(seed, 1, i, 0);  // nobody's sibling
      mutate(shape, next.back(), mutation, random);
      continue;
    }
    next.push_back(genomes[mother]);
    Genome& child = next.back();
    child.id = derive_seed(seed, 1, i, 0);
    child.parent = genomes[mother].id;
    if (transfers && random.uniform() < selection.transfer &&
        add_changes_of_siblings(shape, genomes, mother, siblings, selection.max_transferred, child, random))
      continue;
    mutate(shape, child, mutation, random);
  }
  return next;
}

}  // namespace wann
