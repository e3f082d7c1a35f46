// What a control task gives: the contract between a task and its rollouts.
//
// A task is an object. What its rollouts need and never change (options, tables, the weights of an encoder) are its members,
// so that two tasks of one kind may differ. All threads share one task: its functions are const, and give the same for the
// same arguments whichever thread calls them. What changes lies outside:
//
//   State     the episodes of one vector of lanes, between two steps
//   Episodes  the starts of a call's episodes, made once from the task and the seeds (see episodes.hpp)
//   Work      what a costly task's functions work with; each thread has one. It is made once, and nothing that a result
//             depends on may pass through it from one call to the next.
//
// Lane i of a state is an episode of its own. What it computes must not depend, to the bit, on the other lanes, on where it
// stands, or on the width of a vector: episodes move between lanes (`move_lane`), and lanes without an episode run along.
//
// Every task has
//
//   n_inputs(), kOutputs                       of its networks
//   max_steps()                                after which an episode ends
//   move_lane(from, from_lane, to, to_lane)    copies an episode
//
// and is of one of two kinds, which are told apart by what they offer:
//
//   Cheap: a step costs about what a network does. The lanes of a block belong to one network, which runs once for all.
//     observe(state, inputs, v)                writes the networks' inputs into vector v of the rows `inputs`
//     reward = step(state, outputs, v, done)   advances the lanes by what vector v of the rows `outputs` says
//
//   Costly: a step costs far more than a network. Lanes of several networks stand in one block, and a step sees many vectors
//   at once, so that it can put lanes side by side that need the same work.
//     Work                                     a type, made without arguments
//     observe(state, work, inputs, v)          once before each step; it may change the state
//     step(states, n, work, actions, reward, done)   of n vectors, at most kMostVectors; actions[v][o] is output o
//
// Both set `done` where an episode has ended by itself. A lane that is done may be stepped on until it is given a new
// episode; what it gives then is not looked at.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include "../lanes/row.hpp"

namespace wann {

// The most vectors that step together in a costly task. It looks for lanes that need the same work, and finds more of them
// among many.
inline constexpr int kMostVectors = 4 * kBlockVectors;

template <class T>
concept ControlTask = std::default_initializable<typename T::State> &&
                      requires(const T& task, typename T::State& to, const typename T::State& from, int lane) {
                        { task.n_inputs() } -> std::same_as<std::uint32_t>;
                        { T::kOutputs } -> std::convertible_to<std::uint32_t>;
                        { task.max_steps() } -> std::same_as<int>;
                        { task.move_lane(from, lane, to, lane) } -> std::same_as<void>;
                      };

template <class T>
concept CheapTask = ControlTask<T> && requires(const T& task, typename T::State& state, const typename T::State& seen,
                                               Row* inputs, const Row* outputs, int v, Mask& done) {
  { task.observe(seen, inputs, v) } -> std::same_as<void>;
  { task.step(state, outputs, v, done) } -> std::same_as<Lanes>;
};

template <class T>
concept CostlyTask = ControlTask<T> && std::default_initializable<typename T::Work> &&
                     requires(const T& task, typename T::State* states, typename T::Work& work, Row* inputs,
                              const Lanes (*actions)[T::kOutputs], int v, Lanes* reward, Mask* done) {
                       { task.observe(states[0], work, inputs, v) } -> std::same_as<void>;
                       { task.step(states, v, work, actions, reward, done) } -> std::same_as<void>;
                     };

// A task for which a start is a few numbers, which follow from the seed.
template <class T>
concept ResetsLanes = requires(const T& task, typename T::State& state, int lane, std::uint64_t seed) {
  { task.reset(state, lane, seed) } -> std::same_as<void>;
};

// A task whose starts are more than that, and are kept together.
template <class T>
concept KeepsEpisodes = std::constructible_from<typename T::Episodes, const T&, std::span<const std::uint64_t>> &&
                        requires(const typename T::Episodes& episodes, typename T::State& state, int lane, std::size_t i) {
                          { episodes.start(state, lane, i) } -> std::same_as<void>;
                        };

}  // namespace wann
