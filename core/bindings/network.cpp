#include "../network/network.hpp"

#include <nanobind/stl/optional.h>

#include <optional>

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
      .def("__len__", [](const NetworkBatch& b) { return b.networks.size(); })
      .def(
          "first_equal", [](const NetworkBatch& b) { return first_equal(b.pointers()); },
          "For each network the first one that is equal to it.")
      .def("__getitem__", [](const NetworkBatch& b, std::size_t i) {
        if (i >= b.networks.size()) throw nb::index_error();
        return NetworkHandle{b.networks[i]};
      });
}
