// What worker processes need: policies over rows of observations, and a counter that processes share.
#include "../policy.hpp"

#include <algorithm>

#include "common.hpp"

using namespace wann;

namespace {

template <class T, int dimensions>
using InOut = nb::ndarray<T, nb::ndim<dimensions>, nb::c_contig, nb::device::cpu>;

std::size_t run_policies_arrays(const NetworkBatch& batch, In<std::uint32_t, 1> network, In<float, 2> observations,
                                In<float, 2> weights, bool individual, In<float, 2> shift, In<float, 2> factor,
                                InOut<float, 2> outputs) {
  const std::vector<const Network*> networks = batch.pointers();
  const std::size_t n_rows = network.size(), n_inputs = observations.shape(1);
  if (observations.shape(0) != n_rows || outputs.shape(0) != n_rows || weights.shape(0) != n_rows)
    throw nb::value_error("observations, weights and outputs need one row for each entry of 'network'");
  for (const In<float, 2>& scaling : {shift, factor})
    if (scaling.shape(0) != networks.size() || scaling.shape(1) != n_inputs)
      throw nb::value_error("shift and factor need one row for each network and one column for each input");
  for (std::size_t i = 0; i < n_rows; ++i) {
    if (network.data()[i] >= networks.size()) throw nb::value_error("'network' names a network that is not there");
    const Network& n = *networks[network.data()[i]];
    if (n.n_inputs != n_inputs || n.n_outputs != outputs.shape(1))
      throw nb::value_error("observations or outputs do not fit a network");
    if (weights.shape(1) != (individual ? n.n_connections() : 1)) throw nb::value_error("weights do not fit a network");
  }
  PolicyBuffers buffers;
  return run_policies(networks,
                      {n_rows,
                       network.data(),
                       observations.data(),
                       {weights.data(), individual},
                       shift.data(),
                       factor.data(),
                       outputs.data()},
                      buffers);
}

// No lock: a process that is killed must not leave one behind.
std::int64_t take_next(InOut<std::int64_t, 1> counter) {
  if (counter.size() == 0) throw nb::value_error("the counter has no entry");
  return __atomic_fetch_add(counter.data(), std::int64_t{1}, __ATOMIC_RELAXED);
}

}  // namespace

void bind_policy(nb::module_& m) {
  m.def("run_policies", &run_policies_arrays, nb::arg("networks"), nb::arg("network"), nb::arg("observations"),
        nb::arg("weights"), nb::arg("individual"), nb::arg("shift"), nb::arg("factor"), nb::arg("outputs").noconvert(),
        "Runs networks[network[i]] on (observations[i] - shift) * factor with row i of weights and writes row i of outputs. "
        "Returns the first row whose observation is not finite, or the number of rows.");
  m.def("take_next", &take_next, nb::arg("counter").noconvert(),
        "Adds 1 to the first entry and returns what it was, atomically, in memory that processes may share.");
}
