// What all binding files need: array types, new arrays, and the answer to Ctrl-C.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "../network/graph.hpp"
#include "../network/network.hpp"

namespace nb = nanobind;

template <class T, int dimensions>
using In = nb::ndarray<const T, nb::ndim<dimensions>, nb::c_contig, nb::device::cpu>;
template <class T, int dimensions>
using InOut = nb::ndarray<T, nb::ndim<dimensions>, nb::c_contig, nb::device::cpu>;
template <class T>
using Out = nb::ndarray<nb::numpy, T>;

template <class T>
Out<T> new_array(std::initializer_list<std::size_t> shape) {
  std::size_t size = 1;
  for (std::size_t n : shape) size *= n;
  auto* data = new T[size]();
  nb::capsule owner(data, [](void* p) noexcept { delete[] static_cast<T*>(p); });
  return Out<T>(data, shape.size(), shape.begin(), owner);
}

template <class T, class Values>
Out<T> array_of(const Values& values) {
  Out<T> array = new_array<T>({values.size()});
  std::size_t i = 0;
  for (const auto& x : values) array.data()[i++] = static_cast<T>(x);
  return array;
}

// True when Python has a signal to raise. Called without the GIL.
inline bool interrupted_by_python() {
  const nb::gil_scoped_acquire gil;
  return PyErr_CheckSignals() != 0;
}

// For what runs a network once for each sample.
inline void refuse_recurrent(const std::vector<const wann::Network*>& networks) {
  for (const wann::Network* network : networks)
    if (network->n_memory() > 0) throw nb::value_error("a recurrent network runs step by step");
}

// Several networks that run in one call; immutable, and cheap to pass around.
struct NetworkBatch {
  std::vector<std::shared_ptr<const wann::Network>> networks;

  std::vector<const wann::Network*> pointers() const {
    std::vector<const wann::Network*> p;
    for (const auto& n : networks) p.push_back(n.get());
    return p;
  }

  std::size_t n_memory() const {
    std::size_t most = 0;
    for (const auto& n : networks) most = std::max<std::size_t>(most, n->n_memory());
    return most;
  }

  // The networks as one graph, built when it is first asked for. They must share their numbers of inputs and outputs, and
  // none may be recurrent.
  const wann::Graph& graph() const {
    refuse_recurrent(pointers());
    std::call_once(graph_->built, [&] { graph_->graph = wann::GraphBuilder(pointers()).take(); });
    return graph_->graph;
  }

 private:
  struct LazyGraph {
    std::once_flag built;
    wann::Graph graph;
  };
  std::shared_ptr<LazyGraph> graph_ = std::make_shared<LazyGraph>();
};

// What Python holds: nanobind cannot hold a pointer to const.
struct NetworkHandle {
  std::shared_ptr<const wann::Network> network;
};

void bind_car(nb::module_& m);
void bind_car_races(nb::module_& m);
void bind_encoder(nb::module_& m);
void bind_car_pictures(nb::module_& m);
void bind_linear_algebra(nb::module_& m);
void bind_math(nb::module_& m);
void bind_network(nb::module_& m);
void bind_physics(nb::module_& m);
void bind_policy(nb::module_& m);
void bind_population(nb::module_& m);
void bind_supervised(nb::module_& m);
void bind_swingup(nb::module_& m);
void bind_walker(nb::module_& m);
void bind_variation(nb::module_& m);
void bind_walkers(nb::module_& m);
