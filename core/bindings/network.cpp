#include "../network/network.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/tuple.h>

#include <optional>
#include <tuple>

#include "../network/samples.hpp"
#include "common.hpp"

using namespace wann;

namespace {

// The last line of defence: wann.Network checks with better messages before.
Network checked_network(std::uint32_t n_inputs, std::uint32_t n_outputs, In<std::uint8_t, 1> activations,
                        In<std::uint32_t, 1> first, In<std::uint32_t, 1> source,
                        const std::optional<In<std::uint32_t, 1>>& memory) {
  const std::size_t n_computed = activations.size();
  const std::size_t n_fixed = std::size_t{1} + n_inputs;
  if (n_outputs == 0 || n_computed < n_outputs) throw nb::value_error("a network needs as many computed nodes as outputs");
  if (first.size() != n_computed + 1 || first.data()[0] != 0 || first.data()[n_computed] != source.size())
    throw nb::value_error("'first' must run from 0 to the number of connections, one more entry than computed nodes");
  const std::size_t n_nodes = n_fixed + n_computed, n_memory = memory ? memory->size() : 0;
  for (std::size_t m = 0; m < n_memory; ++m)
    if (memory->data()[m] >= n_nodes || memory->data()[m] < (m == 0 ? 1 : memory->data()[m - 1] + 1))
      throw nb::value_error("'memory' must name nodes, but not the bias, in ascending order");
  Network n;
  n.n_inputs = n_inputs;
  n.n_outputs = n_outputs;
  for (std::size_t k = 0; k < n_computed; ++k) {
    const int a = activations.data()[k];
    if (a < kFirstActivation || a > kLastActivation) throw nb::value_error("unknown activation");
    if (first.data()[k] > first.data()[k + 1]) throw nb::value_error("'first' must not decrease");
    for (std::uint32_t c = first.data()[k]; c < first.data()[k + 1]; ++c)
      if (const std::size_t from = source.data()[c]; from >= n_fixed + k && (from < n_nodes || from >= n_nodes + n_memory))
        throw nb::value_error("a connection must come from an earlier node, or from the memory");
    n.activation.push_back(static_cast<Activation>(a));
  }
  n.first.assign(first.data(), first.data() + first.size());
  n.source.assign(source.data(), source.data() + source.size());
  if (memory) n.memory.assign(memory->data(), memory->data() + n_memory);
  return n;
}

Out<float> forward_array(const NetworkHandle& handle, In<float, 2> inputs, In<float, 2> weights, bool individual,
                         unsigned threads, std::optional<InOut<float, 2>> memory) {
  const Network& network = *handle.network;
  const std::size_t n = inputs.shape(0);
  if (inputs.shape(1) != network.n_inputs) throw nb::value_error("inputs do not fit the network");
  if (weights.shape(1) != (individual ? network.n_connections() : 1) || (weights.shape(0) != 1 && weights.shape(0) != n))
    throw nb::value_error("weights do not fit the network and the inputs");
  if (!memory) refuse_recurrent({&network});
  if (memory && (memory->shape(0) != n || memory->shape(1) != network.n_memory()))
    throw nb::value_error("the memory does not fit the network and the inputs");
  if (threads == 0) throw nb::value_error("threads must be at least 1");
  Out<float> outputs = new_array<float>({n, network.n_outputs});
  const Samples samples{inputs.data(),
                        outputs.data(),
                        n,
                        {weights.data(), individual},
                        weights.shape(0) == 1,
                        memory ? memory->data() : nullptr,
                        network.n_memory()};
  bool finished = true;
  {
    const nb::gil_scoped_release release;
    if (n <= 16 * kBlockLanes) threads = 1;
    finished = forward({{&network, samples}}, threads, interrupted_by_python);
  }
  if (!finished) throw nb::python_error();
  return outputs;
}

// Every network with its own inputs, all with the same lanes' weights.
Out<float> forward_batch(const NetworkBatch& batch, In<float, 3> inputs, In<float, 2> weights, unsigned threads,
                         std::optional<InOut<float, 3>> memory) {
  const std::size_t n_networks = batch.networks.size(), n_lanes = inputs.shape(1), n_inputs = inputs.shape(2);
  if (inputs.shape(0) != n_networks || n_networks == 0) throw nb::value_error("inputs do not fit the networks");
  const std::size_t n_outputs = batch.networks[0]->n_outputs;
  for (const auto& network : batch.networks)
    if (network->n_inputs != n_inputs || network->n_outputs != n_outputs)
      throw nb::value_error("inputs do not fit a network");
  if (weights.shape(0) != n_lanes || weights.shape(1) != 1) throw nb::value_error("one weight is needed for each lane");
  if (!memory) refuse_recurrent(batch.pointers());
  const std::size_t columns = memory ? memory->shape(2) : 0;
  if (memory && (memory->shape(0) != n_networks || memory->shape(1) != n_lanes || columns != batch.n_memory()))
    throw nb::value_error("the memory does not fit the networks and the lanes");
  if (threads == 0) throw nb::value_error("threads must be at least 1");
  Out<float> outputs = new_array<float>({n_networks, n_lanes, n_outputs});
  std::vector<SampleJob> jobs;
  for (std::size_t k = 0; k < n_networks; ++k)
    jobs.push_back({batch.networks[k].get(),
                    {inputs.data() + k * n_lanes * n_inputs,
                     outputs.data() + k * n_lanes * n_outputs,
                     n_lanes,
                     {weights.data(), false},
                     false,
                     memory ? memory->data() + k * n_lanes * columns : nullptr,
                     columns}});
  bool finished = true;
  {
    const nb::gil_scoped_release release;
    finished = forward(jobs, threads, interrupted_by_python);
  }
  if (!finished) throw nb::python_error();
  return outputs;
}

template <class T>
In<T, 1> part_of(const T* data, std::size_t size) {
  return In<T, 1>(data, {size}, nb::handle());
}

using Numbers = Out<std::uint32_t>;
using Packed = std::tuple<Numbers, Out<std::uint8_t>, Numbers, Numbers, Numbers, Numbers>;

// Some networks of a batch, one after the other in few arrays: computed nodes of each, their activations, connections into
// each of them, and where those start; nodes that each remembers, and which.
Packed pack(const NetworkBatch& batch, In<std::int64_t, 1> rows) {
  std::vector<std::uint32_t> n_computed, fan_in, source, n_memory, memory;
  std::vector<std::uint8_t> activation;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int64_t row = rows.data()[i];
    if (row < 0 || static_cast<std::size_t>(row) >= batch.networks.size()) throw nb::index_error();
    const Network& n = *batch.networks[static_cast<std::size_t>(row)];
    n_computed.push_back(n.n_computed());
    for (Activation a : n.activation) activation.push_back(static_cast<std::uint8_t>(a));
    for (std::uint32_t k = 0; k < n.n_computed(); ++k) fan_in.push_back(n.first[k + 1] - n.first[k]);
    source.insert(source.end(), n.source.begin(), n.source.end());
    n_memory.push_back(n.n_memory());
    memory.insert(memory.end(), n.memory.begin(), n.memory.end());
  }
  return Packed(array_of<std::uint32_t>(n_computed), array_of<std::uint8_t>(activation), array_of<std::uint32_t>(fan_in),
                array_of<std::uint32_t>(source), array_of<std::uint32_t>(n_memory), array_of<std::uint32_t>(memory));
}

NetworkBatch unpack(std::uint32_t n_inputs, std::uint32_t n_outputs, In<std::uint32_t, 1> n_computed,
                    In<std::uint8_t, 1> activations, In<std::uint32_t, 1> fan_in, In<std::uint32_t, 1> sources,
                    In<std::uint32_t, 1> n_memory, In<std::uint32_t, 1> memory) {
  NetworkBatch batch;
  std::size_t node = 0, connection = 0, remembered = 0;
  std::vector<std::uint32_t> first;
  if (activations.size() != fan_in.size())
    throw nb::value_error("each node needs an activation and a number of connections");
  if (n_memory.size() != n_computed.size()) throw nb::value_error("each network needs a number of remembered nodes");
  for (std::size_t i = 0; i < n_computed.size(); ++i) {
    const std::size_t n = n_computed.data()[i], m = n_memory.data()[i];
    if (n > fan_in.size() - node) throw nb::value_error("there are fewer nodes than the networks have");
    if (m > memory.size() - remembered) throw nb::value_error("there are fewer remembered nodes than the networks have");
    first.assign(1, 0);
    for (std::size_t k = 0; k < n; ++k) {
      if (fan_in.data()[node + k] > sources.size() - connection - first.back())
        throw nb::value_error("there are fewer connections than the nodes have");
      first.push_back(first.back() + fan_in.data()[node + k]);
    }
    batch.networks.push_back(std::make_shared<Network>(
        checked_network(n_inputs, n_outputs, part_of(activations.data() + node, n), part_of(first.data(), n + 1),
                        part_of(sources.data() + connection, first.back()), part_of(memory.data() + remembered, m))));
    node += n;
    connection += first.back();
    remembered += m;
  }
  if (node != fan_in.size() || connection != sources.size() || remembered != memory.size())
    throw nb::value_error("there is more than the networks have");
  return batch;
}

}  // namespace

void bind_network(nb::module_& m) {
  nb::class_<NetworkHandle>(m, "Network", "A network as a flat program; see core/network/network.hpp.")
      .def(
          "__init__",
          [](NetworkHandle* self, std::uint32_t n_inputs, std::uint32_t n_outputs, In<std::uint8_t, 1> activations,
             In<std::uint32_t, 1> first, In<std::uint32_t, 1> source, std::optional<In<std::uint32_t, 1>> memory) {
            new (self) NetworkHandle{
                std::make_shared<Network>(checked_network(n_inputs, n_outputs, activations, first, source, memory))};
          },
          nb::arg("n_inputs"), nb::arg("n_outputs"), nb::arg("activations"), nb::arg("first"), nb::arg("source"),
          nb::arg("memory") = nb::none())
      .def_prop_ro("n_inputs", [](const NetworkHandle& n) { return n.network->n_inputs; })
      .def_prop_ro("n_outputs", [](const NetworkHandle& n) { return n.network->n_outputs; })
      .def_prop_ro("n_nodes", [](const NetworkHandle& n) { return n.network->n_nodes(); })
      .def_prop_ro("n_connections", [](const NetworkHandle& n) { return n.network->n_connections(); })
      .def_prop_ro(
          "activations", [](const NetworkHandle& n) { return array_of<std::uint8_t>(n.network->activation); },
          nb::rv_policy::move)
      .def_prop_ro(
          "first", [](const NetworkHandle& n) { return array_of<std::uint32_t>(n.network->first); }, nb::rv_policy::move)
      .def_prop_ro(
          "source", [](const NetworkHandle& n) { return array_of<std::uint32_t>(n.network->source); }, nb::rv_policy::move)
      .def_prop_ro(
          "memory", [](const NetworkHandle& n) { return array_of<std::uint32_t>(n.network->memory); }, nb::rv_policy::move,
          "Nodes whose value of the step before is asked for; sources from n_nodes on stand for them.")
      .def_prop_ro("n_memory", [](const NetworkHandle& n) { return n.network->n_memory(); })
      .def("equals", [](const NetworkHandle& a, const NetworkHandle& b) { return *a.network == *b.network; })
      .def("forward", &forward_array, nb::arg("inputs"), nb::arg("weights"), nb::arg("individual"), nb::arg("threads"),
           nb::arg("memory").noconvert() = nb::none(),
           "Outputs (n, n_outputs) for inputs (n, n_inputs); weights (1 or n, 1 or n_connections). The memory (n, n_memory) "
           "of a recurrent network is that of the step before, and is replaced by that of this step.");

  nb::class_<NetworkBatch>(m, "NetworkBatch", "Several networks that run in one call.")
      .def(
          "__init__",
          [](NetworkBatch* self, const std::vector<const NetworkHandle*>& handles) {
            new (self) NetworkBatch;
            for (const NetworkHandle* h : handles) {
              if (!h) throw nb::value_error("a network is None");
              self->networks.push_back(h->network);
            }
          },
          nb::arg("networks"))
      .def_static(
          "join",
          [](const std::vector<const NetworkBatch*>& batches) {
            NetworkBatch joined;
            for (const NetworkBatch* b : batches) {
              if (!b) throw nb::value_error("a batch is None");
              joined.networks.insert(joined.networks.end(), b->networks.begin(), b->networks.end());
            }
            return joined;
          },
          nb::arg("batches"), "The networks of several batches as one.")
      .def("forward", &forward_batch, nb::arg("inputs"), nb::arg("weights"), nb::arg("threads"),
           nb::arg("memory").noconvert() = nb::none(),
           "Outputs (n_networks, n_lanes, n_outputs) for inputs (n_networks, n_lanes, n_inputs); weights (n_lanes, 1); the "
           "memory of recurrent networks (n_networks, n_lanes, n_memory) is replaced by that of this step.")
      .def_prop_ro("n_memory", &NetworkBatch::n_memory, "The largest of any network.")
      .def("pack", &pack, nb::arg("rows"),
           "Some of the networks in few arrays: computed nodes of each, activations, connections into each node, and where "
           "those start; remembered nodes of each, and which.")
      .def_static("unpack", &unpack, nb::arg("n_inputs"), nb::arg("n_outputs"), nb::arg("n_computed"),
                  nb::arg("activations"), nb::arg("fan_in"), nb::arg("sources"), nb::arg("n_memory"), nb::arg("memory"),
                  "The networks that `pack` gave.")
      .def("__len__", [](const NetworkBatch& b) { return b.networks.size(); })
      .def(
          "first_equal", [](const NetworkBatch& b) { return first_equal(b.pointers()); },
          "For each network the first one that is equal to it.")
      .def("__getitem__", [](const NetworkBatch& b, std::size_t i) {
        if (i >= b.networks.size()) throw nb::index_error();
        return NetworkHandle{b.networks[i]};
      });
}
