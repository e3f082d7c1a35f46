// One step of the cars' worlds, in Gymnasium's order: controls and tyres, tiles that are touched, the solver, rewards.
#pragma once

#include <array>

#include "../../lanes/copy_lane.hpp"
#include "../../physics/solver.hpp"
#include "tiles.hpp"
#include "track_texture.hpp"
#include "tyres.hpp"

namespace wann::car {

inline constexpr float kStepCost = 0.1f;
inline constexpr double kLapShare = 0.95;  // of the tiles, after which the first one ends the lap

// A track with what is made of it.
struct Circuit {
  explicit Circuit(Track made) : track(std::move(made)), tiles(track), texture(track) {}
  Track track;
  TileGrid tiles;
  TrackTexture texture;
};

// What of a vector of cars is made of vectors: an episode moves lane by lane, see copy_lane.
struct Cars {
  Bodies<Model> bodies;
  Mask on_road[kWheels];
  Lanes earned;  // and not yet paid
  Lanes hull_x, hull_y;
  IntLanes frame;    // steps taken, the first one without a driver included
  IntLanes visited;  // how many tiles
  Mask lap;          // is done
};

// The rest of one car.
struct Progress {
  const Circuit* circuit = nullptr;
  std::uint32_t visited[kMostTiles / 32]{};  // a bit a tile

  bool has_visited(int tile) const { return visited[tile / 32] >> (tile % 32) & 1; }
};

struct State {
  Cars s;
  WheelSpins spins;
  Progress progress[kLaneWidth];
};

inline void move_car(const State& from, int from_lane, State& to, int to_lane) {
  copy_lane(from.s, from_lane, to.s, to_lane);
  for (int i = 0; i < kWheels; ++i) {
    to.spins.omega[i].set(to_lane, from.spins.omega[i].get(from_lane));
    to.spins.phase[i].set(to_lane, from.spins.phase[i].get(from_lane));
  }
  to.spins.throttle.set(to_lane, from.spins.throttle.get(from_lane));
  to.progress[to_lane] = from.progress[from_lane];
}

// A car at rest at the start of a circuit. The wheels stand where Gymnasium puts them: their places beside the hull are not
// turned with it, and the first step pulls them there.
inline void place_car(State& state, int lane, const Circuit& circuit) {
  const TrackPoint& start = circuit.track.at(0);
  const auto angle = static_cast<float>(start.beta);
  Cars& s = state.s;
  for (int b = 0; b < Model::kBodies; ++b) {
    const Point place = b == kHull ? Point{0, 0} : kWheelPlace[b - 1];
    const Vec2<float> origin = {static_cast<float>(start.x + place.x * kSize),
                                static_cast<float>(start.y + place.y * kSize)};
    const Vec2<float> centre = to_world(Transform<float>{origin, rotation(angle)}, Model::mass(b).centre);
    s.bodies.pose[b].centre.x[lane] = centre.x;
    s.bodies.pose[b].centre.y[lane] = centre.y;
    s.bodies.pose[b].angle[lane] = angle;
  }
  s.bodies.alive[lane] = -1;
  state.progress[lane].circuit = &circuit;
}

// Steps up to kMaxVectors vectors of cars; made once for many steps.
class World {
 public:
  // Advances n vectors by one time step.
  void step(State* const* states, const Controls* controls, int n) {
    Bodies<Model>* bodies[kMaxVectors];
    Mask asleep[kMaxVectors];
    for (int v = 0; v < n; ++v) {
      State& state = *states[v];
      bodies[v] = &state.s.bodies;
      MotorDrive<Model> motors;
      Vec2<Lanes> force[kWheels];
      drive(controls[v], *bodies[v], state.s.on_road, state.spins, motors, force);
      find_tiles(state, solver_.begin(*bodies[v], v));
      for (int i = 0; i < kWheels; ++i) {
        Velocity<Lanes>& velocity = bodies[v]->velocity[1 + i];
        velocity.linear.x += Model::kTimeStep * (kWheelMass.inverse_mass * force[i].x);
        velocity.linear.y += Model::kTimeStep * (kWheelMass.inverse_mass * force[i].y);
      }
      solver_.prepare(*bodies[v], motors, v);
    }
    solver_.solve(bodies, asleep, n);
    for (int v = 0; v < n; ++v) {
      Cars& s = states[v]->s;
      const Vec2<Lanes> hull = transform_of(s.bodies.pose[kHull], kHullMass.centre).origin;
      s.hull_x = hull.x;
      s.hull_y = hull.y;
      s.frame += 1;
    }
  }

 private:
  // Which wheels are on the road, and what new tiles earn.
  static void find_tiles(State& state, const Step<Model>& step) {
    for (int lane = 0; lane < kLaneWidth; ++lane) {
      if (!state.s.bodies.alive[lane]) continue;
      for (int i = 0; i < kWheels; ++i) {
        const Transform<Lanes>& t = step.before[1 + i];
        const WheelPlace wheel = {{t.origin.x[lane], t.origin.y[lane]}, {t.q.c[lane], t.q.s[lane]}};
        bool on_road = false;
        state.progress[lane].circuit->tiles.find(wheel, [&](int tile) {
          on_road = true;
          visit(state, lane, tile);
        });
        state.s.on_road[i][lane] = on_road ? -1 : 0;
      }
    }
  }

  static void visit(State& state, int lane, int tile) {
    Progress& progress = state.progress[lane];
    if (progress.has_visited(tile)) return;
    progress.visited[tile / 32] |= std::uint32_t{1} << (tile % 32);
    const int n = progress.circuit->track.size();
    state.s.earned[lane] += static_cast<float>(1000.0 / n);
    const std::int32_t count = ++state.s.visited[lane];
    if (tile == 0 && static_cast<double>(count) / n > kLapShare) state.s.lap[lane] = -1;
    if (count == n) state.s.lap[lane] = -1;
  }

  Solver<Model> solver_;
};

// Pays what a step has earned, and finds the lanes whose episode has ended: the lap is done, or the car has left the field.
inline void pay(Cars& s, Lanes& reward, Mask& done) {
  constexpr auto kEdge = static_cast<float>(kPlayfield);
  const Mask lost = (abs(s.hull_x) > kEdge) | (abs(s.hull_y) > kEdge);
  reward = lost ? broadcast(-100.0f) : s.earned - kStepCost;
  s.earned = Lanes{};
  done = lost | s.lap;
}

}  // namespace wann::car
