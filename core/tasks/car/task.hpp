// Car racing from pixels: a car drives round a track that it sees from above, through an encoder.
//
// Behaves as CarRacing-v3 of Gymnasium 1.x does: tracks, car, tyres, tiles, rewards and the ends of an episode to the bit
// (see world.hpp), the picture nearly (see view.hpp). A network sees the means of the latents of the last frame, and if it
// is asked for those of the frame before, or the speed that the frame shows. A costly task: see core/rollout/task.hpp.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "../../rollout/task.hpp"
#include "../../vision/encoder.hpp"
#include "eye.hpp"
#include "world.hpp"

namespace wann {

class CarRacing {
 public:
  static constexpr std::uint32_t kOutputs = 3;  // steering, gas, brake
  static constexpr std::uint32_t kMostLatents = 64;
  static_assert(kMostVectors <= physics::kMaxVectors);

  // What a network sees of the past: nothing, the latents of the frame before, or the speed (car::shown_speed).
  enum class Past { kNone, kFrame, kSpeed };

  struct Options {
    bool half_throttle;  // gas is (1 + output) / 2, and else the output
    Past past;
  };

  // The world, and what the network saw last.
  struct State {
    car::State car;
    Lanes before[kMostLatents];
    Mask has_before;
  };

  struct Work {
    std::unique_ptr<car::World> world = std::make_unique_for_overwrite<car::World>();
    car::Eye eye;
  };

  CarRacing(std::shared_ptr<const Encoder> encoder, Options options) : encoder_(std::move(encoder)), options_(options) {
    if (!car::Eye::fits(*encoder_)) throw std::invalid_argument("the encoder does not take this task's views");
    if (encoder_->n_latents() > kMostLatents) throw std::invalid_argument("the encoder has more than 64 latents");
  }

  const Encoder& encoder() const { return *encoder_; }
  std::uint32_t n_latents() const { return static_cast<std::uint32_t>(encoder_->n_latents()); }
  std::uint32_t n_inputs() const {
    return n_latents() + (options_.past == Past::kFrame ? n_latents() : options_.past == Past::kSpeed ? 1 : 0);
  }
  static constexpr int max_steps() { return 1000; }

  // Tracks, which equal seeds share, and the states after Gymnasium's first step, which its reset takes without a driver.
  class Episodes {
   public:
    Episodes(const CarRacing&, std::span<const std::uint64_t> seeds) : circuit_of_(seeds.size()) {
      std::unordered_map<std::uint64_t, std::size_t> known;
      for (std::size_t i = 0; i < seeds.size(); ++i) {
        const auto [found, is_new] = known.try_emplace(seeds[i], starts_.size());
        circuit_of_[i] = found->second;
        if (is_new) starts_.push_back(std::make_unique<Start>(seeds[i]));
      }
    }

    void start(State& state, int lane, std::size_t episode) const {
      Start& start = *starts_[circuit_of_[episode]];
      std::call_once(start.made, [&] { start.make(); });
      car::move_car(*start.state, 0, state.car, lane);
      state.has_before[lane] = 0;
    }

   private:
    // Made by the thread that needs it first: a track's textures take a while, and memory.
    struct Start {
      explicit Start(std::uint64_t seed_) : seed(seed_) {}
      void make() {
        circuit = std::make_unique<car::Circuit>(car::make_track(seed));
        state = std::make_unique<car::State>();
        car::place_car(*state, 0, *circuit);
        const auto world = std::make_unique_for_overwrite<car::World>();
        const car::Controls none{};
        car::State* const states[] = {state.get()};
        world->step(states, &none, 1);
      }
      std::uint64_t seed;
      std::once_flag made;
      std::unique_ptr<car::Circuit> circuit;
      std::unique_ptr<car::State> state;
    };
    std::vector<std::unique_ptr<Start>> starts_;
    std::vector<std::size_t> circuit_of_;
  };

  void move_lane(const State& from, int from_lane, State& to, int to_lane) const {
    car::move_car(from.car, from_lane, to.car, to_lane);
    for (std::uint32_t k = 0; k < n_latents(); ++k) to.before[k][to_lane] = from.before[k][from_lane];
    to.has_before[to_lane] = from.has_before[from_lane];
  }

  // Looks, and remembers what it saw for the next time.
  void observe(State& state, Work& work, Row* inputs, int v) const {
    Lanes latent[kMostLatents];
    work.eye.look(state.car, *encoder_, latent);
    for (std::uint32_t k = 0; k < n_latents(); ++k) {
      inputs[k][v] = latent[k];
      if (options_.past != Past::kFrame) continue;
      inputs[n_latents() + k][v] = state.has_before ? state.before[k] : latent[k];
      state.before[k] = latent[k];
    }
    state.has_before = broadcast(std::int32_t{-1});
    if (options_.past != Past::kSpeed) return;
    Lanes& speed = inputs[n_latents()][v] = Lanes{};
    for (int lane = 0; lane < kLaneWidth; ++lane)
      if (state.car.s.bodies.alive[lane]) speed[lane] = car::shown_speed(car::speed_of(state.car, lane));
  }

  // What the outputs mean. A network that gives no number drives as one that gives 0, and earns none.
  car::Controls controls_of(const Lanes (&output)[kOutputs], Lanes& spoiled) const {
    spoiled = Lanes{};
    Lanes o[kOutputs];
    for (std::uint32_t i = 0; i < kOutputs; ++i) {
      o[i] = clamp(output[i], -1.0f, 1.0f);
      spoiled += o[i] * 0.0f;
      o[i] = o[i] == o[i] ? o[i] : Lanes{};
    }
    const Lanes gas = options_.half_throttle ? (o[1] + 1.0f) * 0.5f : at_least(0.0f, o[1]);
    return {o[0], gas, at_least(0.0f, o[2])};
  }

  void step(State* states, int n, Work& work, const Lanes (*outputs)[kOutputs], Lanes* reward, Mask* done) const {
    car::State* cars[kMostVectors];
    car::Controls controls[kMostVectors];
    Lanes spoiled[kMostVectors];
    for (int v = 0; v < n; ++v) {
      cars[v] = &states[v].car;
      controls[v] = controls_of(outputs[v], spoiled[v]);
    }
    work.world->step(cars, controls, n);
    for (int v = 0; v < n; ++v) {
      car::pay(cars[v]->s, reward[v], done[v]);
      reward[v] += spoiled[v];
      cars[v]->s.bodies.alive &= ~done[v];
    }
  }

 private:
  std::shared_ptr<const Encoder> encoder_;
  Options options_;
};

}  // namespace wann
