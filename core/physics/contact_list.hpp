// The contacts of a body: the list of static shapes near it with what each contact remembers, and those that touch now.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../lanes/copy_lane.hpp"
#include "contact.hpp"

namespace wann::physics {

// A static shape near a body, by a number that the task gives it, and what the contact with it remembers.
struct ContactSlot {
  IntLanes key;
  ContactMemory<Lanes> memory;
};
inline constexpr std::int32_t kNoShape = -1;

// The shapes near a body, listed from the newest to the oldest: the contacts are solved in that order, and a contact that
// ends may come after one that begins. A shape that is no longer near leaves a slot of kNoShape until the list is renewed.
template <int kMost>
struct ContactList {
  IntLanes n;
  ContactSlot slot[kMost];

  // The lanes whose slot i is one of their list.
  Mask listed(int i) const { return (slot[i].key >= 0) & (i < n); }

  // How many slots have to be looked at for these lanes.
  int most(Mask lanes) const {
    int m = 0;
    for (int lane = 0; lane < kLaneWidth; ++lane)
      if (lanes[lane]) m = std::max(m, static_cast<int>(n[lane]));
    return m;
  }

  bool has(int lane, std::int32_t key) const {
    for (int s = 0; s < n[lane]; ++s)
      if (slot[s].key[lane] == key) return true;
    return false;
  }

  // Puts new shapes at the front of a lane's list, the last one first, and closes the gaps.
  void renew(int lane, const std::int32_t* fresh, int n_fresh) {
    const int before = n[lane];
    int kept = 0;
    for (int s = 0; s < before; ++s) {
      if (slot[s].key[lane] == kNoShape) continue;
      if (s != kept) copy_lane(slot[s], lane, slot[kept], lane);
      ++kept;
    }
    n_fresh = std::min(n_fresh, kMost);
    const int total = std::min(kept + n_fresh, kMost);
    for (int s = total - 1; s >= n_fresh; --s) copy_lane(slot[s - n_fresh], lane, slot[s], lane);
    for (int s = 0; s < n_fresh; ++s) set_memory(slot[s].memory, lane, {}), slot[s].key[lane] = fresh[n_fresh - 1 - s];
    for (int s = total; s < before; ++s) slot[s].key[lane] = kNoShape;
    n[lane] = total;
  }
};

// A contact that touches.
struct Touching {
  Manifold<Lanes> manifold;
  ContactMemory<Lanes> memory;
};

// The contacts of a body that touch, gathered to the front: contact k of every lane stands side by side.
template <int kMost>
struct BodyContacts {
  int n = 0;
  Touching touching[kMost];
  ContactConstraint<Lanes> constraint[kMost];
  IntLanes place[kMost];  // of each slot's contact among those that touch; -1 where it does not

  bool touches(int k, int lane) const { return k < n && touching[k].manifold.has[0][lane]; }
  bool has_pair(int k, int lane) const { return touching[k].manifold.has[1][lane] != 0; }

  void remember(ContactList<kMost>& list) const {
    for (int i = 0; i < kMost; ++i)
      for (int k = 0; k < n; ++k) {
        const Mask here = place[i] == k;
        if (!any(here)) continue;
        const ContactConstraint<Lanes>& c = constraint[k];
        ContactMemory<Lanes>& memory = list.slot[i].memory;
        for (int p = 0; p < 2; ++p) {
          const Mask solved = here & c.used[p];
          memory.normal[p] = solved ? c.normal[p] : memory.normal[p];
          memory.tangent[p] = solved ? c.tangent[p] : memory.tangent[p];
        }
      }
  }
};

inline void blend(Mask m, const Touching& from, Touching& to) {
  to.manifold.on_static = select(m, from.manifold.on_static, to.manifold.on_static);
  to.manifold.normal = select<Lanes>(m, from.manifold.normal, to.manifold.normal);
  for (int k = 0; k < 2; ++k) {
    to.manifold.body[k] = select<Lanes>(m, from.manifold.body[k], to.manifold.body[k]);
    to.manifold.world[k] = select<Lanes>(m, from.manifold.world[k], to.manifold.world[k]);
    to.manifold.has[k] = select(m, from.manifold.has[k], to.manifold.has[k]);
    to.memory.normal[k] = select(m, from.memory.normal[k], to.memory.normal[k]);
    to.memory.tangent[k] = select(m, from.memory.tangent[k], to.memory.tangent[k]);
  }
}

// Gathers the contacts of one body, slot by slot.
template <int kMost>
class ContactGatherer {
 public:
  explicit ContactGatherer(BodyContacts<kMost>& out) : out_(out) { out.n = 0; }

  // The contact of slot i in the lanes where it touches.
  void add(int i, const Touching& now) {
    const Mask touches = now.manifold.has[0];
    out_.place[i] = touches ? count_ : broadcast(std::int32_t{-1});
    if (!any(touches)) return;
    for (int k = 0; k <= out_.n; ++k) {
      const Mask here = touches & (count_ == k);
      if (!any(here)) continue;
      if (k == out_.n) {
        out_.touching[out_.n] = Touching{};
        out_.touching[out_.n++].manifold.normal.y = broadcast(1.0f);
      }
      blend(here, now, out_.touching[k]);
    }
    count_ -= touches;
  }

  // After the last slot that was looked at.
  void end(int n_slots) {
    for (int i = n_slots; i < kMost; ++i) out_.place[i] = broadcast(std::int32_t{-1});
  }

 private:
  BodyContacts<kMost>& out_;
  IntLanes count_{};
};

}  // namespace wann::physics
