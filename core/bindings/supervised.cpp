// Scores of networks on labelled samples.
#include "../network/supervised.hpp"

#include <optional>

#include <nanobind/stl/optional.h>

#include "common.hpp"

using namespace wann;

namespace {

// Labels come as classes (int32, one for each sample) or as targets (float32, one row for each sample).
LabelledSamples checked_samples(const std::vector<const Network*>& networks, In<float, 2> inputs,
                                const std::optional<In<std::int32_t, 1>>& classes,
                                const std::optional<In<float, 2>>& targets, In<std::uint32_t, 1> rows) {
  const std::size_t n = inputs.shape(0);
  if (networks.empty()) throw nb::value_error("at least one network is needed");
  refuse_recurrent(networks);
  for (const Network* network : networks)
    if (network->n_inputs != inputs.shape(1) || network->n_outputs != networks[0]->n_outputs)
      throw nb::value_error("a network does not fit the samples");
  if (classes.has_value() == targets.has_value()) throw nb::value_error("either classes or targets are needed");
  if (classes) {
    if (classes->size() != n) throw nb::value_error("one class is needed for each sample");
  } else if (targets->shape(0) != n || targets->shape(1) != networks[0]->n_outputs) {
    throw nb::value_error("one row of targets is needed for each sample");
  }
  if (rows.size() == 0) throw nb::value_error("at least one sample is needed");
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows.data()[i] >= n) throw nb::value_error("a row is out of range");
  // Only the rows that are used: a batch is a small part of the samples.
  if (classes)
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::int32_t c = classes->data()[rows.data()[i]];
      if (c < 0 || static_cast<std::uint32_t>(c) >= networks[0]->n_outputs) throw nb::value_error("a class is out of range");
    }
  return {inputs.data(), static_cast<std::uint32_t>(inputs.shape(1)), classes ? classes->data() : nullptr,
          targets ? targets->data() : nullptr};
}

Out<double> score_shared(const NetworkBatch& batch, In<float, 2> inputs, std::optional<In<std::int32_t, 1>> classes,
                         std::optional<In<float, 2>> targets, In<std::uint32_t, 1> rows, In<float, 1> weights,
                         unsigned threads) {
  const std::vector<const Network*> networks = batch.pointers();
  const LabelledSamples samples = checked_samples(networks, inputs, classes, targets, rows);
  if (weights.size() == 0) throw nb::value_error("at least one weight is needed");
  if (threads == 0) throw nb::value_error("threads must be at least 1");
  Out<double> scores = new_array<double>({networks.size(), weights.size()});
  bool finished = true;
  {
    const nb::gil_scoped_release release;
    finished = score_graph(batch.graph(), samples, {rows.data(), rows.size()}, {weights.data(), weights.size()}, threads,
                           interrupted_by_python, scores.data());
  }
  if (!finished) throw nb::python_error();
  return scores;
}

Out<double> score_individual(const NetworkHandle& handle, In<float, 2> inputs, std::optional<In<std::int32_t, 1>> classes,
                             std::optional<In<float, 2>> targets, In<std::uint32_t, 1> rows, In<float, 2> weights,
                             unsigned threads) {
  const Network& network = *handle.network;
  const LabelledSamples samples = checked_samples({&network}, inputs, classes, targets, rows);
  if (weights.shape(1) != network.n_connections()) throw nb::value_error("individual weights do not fit the network");
  if (threads == 0) throw nb::value_error("threads must be at least 1");
  Out<double> scores = new_array<double>({weights.shape(0)});
  bool finished = true;
  {
    const nb::gil_scoped_release release;
    finished = score_rows(network, samples, {rows.data(), rows.size()}, weights.data(), weights.shape(0), threads,
                          interrupted_by_python, scores.data());
  }
  if (!finished) throw nb::python_error();
  return scores;
}

// Sizes of the graph of several networks.
nb::dict graph_sizes(const NetworkBatch& batch) {
  const Graph& graph = batch.graph();
  nb::dict d;
  d["nodes"] = graph.n_computed();
  d["connections"] = graph.source.size();
  d["prefixes"] = graph.n_prefixes();
  d["prefix_connections"] = graph.prefix_source.size();
  d["runs"] = graph.runs.size();
  return d;
}

}  // namespace

void bind_supervised(nb::module_& m) {
  m.def("score_shared", &score_shared, nb::arg("networks"), nb::arg("inputs"), nb::arg("classes").none(),
        nb::arg("targets").none(), nb::arg("rows"), nb::arg("weights"), nb::arg("threads"),
        "Mean scores (n_networks, n_weights) over the samples `rows`: log-likelihoods of the classes, or minus the squared "
        "errors to the targets.");
  m.def("score_individual", &score_individual, nb::arg("network"), nb::arg("inputs"), nb::arg("classes").none(),
        nb::arg("targets").none(), nb::arg("rows"), nb::arg("weights"), nb::arg("threads"),
        "The same for one network with rows of individual weights (n, n_connections): mean scores (n,).");
  m.def("graph_sizes", &graph_sizes, nb::arg("networks"), "Sizes of the graph in which equal nodes stand once.",
        nb::sig("def graph_sizes(networks: NetworkBatch) -> dict[str, int]"));
}
