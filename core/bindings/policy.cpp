// What worker processes need: policies over rows of observations, and a counter that processes share.
#include "../network/policy.hpp"

#include <algorithm>

#include "common.hpp"

using namespace wann;

namespace {

std::vector<float> copied(const In<float, 2>& array) { return {array.data(), array.data() + array.size()}; }

Policies make_policies(const NetworkBatch& batch, In<float, 2> shift, In<float, 2> factor, In<float, 2> weights,
                       bool individual) {
  const std::size_t n_networks = batch.networks.size(), n_inputs = shift.shape(1);
  for (const In<float, 2>& scaling : {shift, factor})
    if (scaling.shape(0) != n_networks || scaling.shape(1) != n_inputs)
      throw nb::value_error("shift and factor need one row for each network and one column for each input");
  if (weights.shape(0) == 0) throw nb::value_error("weights need at least one row");
  for (const auto& network : batch.networks) {
    if (network->n_inputs != n_inputs || network->n_outputs != batch.networks[0]->n_outputs)
      throw nb::value_error("the networks differ in their inputs or outputs, or do not fit shift and factor");
    if (weights.shape(1) != (individual ? network->n_connections() : 1))
      throw nb::value_error("weights do not fit a network");
  }
  return {batch.networks, copied(shift), copied(factor), copied(weights), weights.shape(0), individual};
}

std::size_t run_policies(Policies& policies, In<std::int64_t, 1> jobs, In<float, 2> observations, InOut<float, 2> outputs,
                         std::size_t n) {
  if (jobs.shape(0) < n || observations.shape(0) < n || outputs.shape(0) < n)
    throw nb::value_error("jobs, observations and outputs need at least n rows");
  if (n > 0 && (observations.shape(1) != policies.n_inputs() || outputs.shape(1) != policies.n_outputs()))
    throw nb::value_error("observations or outputs do not fit the networks");
  for (std::size_t i = 0; i < n; ++i)
    if (jobs.data()[i] < 0 || static_cast<std::size_t>(jobs.data()[i]) >= policies.n_jobs())
      throw nb::value_error("'jobs' names a job that is not there");
  return policies.run({jobs.data(), n}, observations.data(), outputs.data());
}

void begin_job(Policies& policies, std::size_t job) {
  if (job >= policies.n_jobs()) throw nb::value_error("there is no such job");
  policies.begin(job);
}

void scale_outputs(Policies& policies, In<float, 1> reach, In<float, 1> center, In<float, 1> low, In<float, 1> high) {
  const auto values = [&](const In<float, 1>& a) {
    if (a.size() != policies.n_outputs()) throw nb::value_error("one number is needed for each output");
    return std::vector<float>(a.data(), a.data() + a.size());
  };
  policies.scale_outputs(values(reach), values(center), values(low), values(high));
}

// No lock: a process that is killed must not leave one behind.
std::int64_t take_next(InOut<std::int64_t, 1> counter) {
  if (counter.size() == 0) throw nb::value_error("the counter has no entry");
  return __atomic_fetch_add(counter.data(), std::int64_t{1}, __ATOMIC_RELAXED);
}

}  // namespace

void bind_policy(nb::module_& m) {
  nb::class_<Policies>(m, "Policies",
                       "Networks and weights that act for environments outside the core; see core/network/policy.hpp.")
      .def(
          "__init__",
          [](Policies* self, const NetworkBatch& networks, In<float, 2> shift, In<float, 2> factor, In<float, 2> weights,
             bool individual) { new (self) Policies(make_policies(networks, shift, factor, weights, individual)); },
          nb::arg("networks"), nb::arg("shift"), nb::arg("factor"), nb::arg("weights"), nb::arg("individual"))
      .def("run", &run_policies, nb::arg("jobs"), nb::arg("observations"), nb::arg("outputs").noconvert(), nb::arg("n"),
           "Writes outputs[:n] for observations[:n]; jobs[i] // n_lanes is row i's network, jobs[i] % n_lanes its row of "
           "weights. Returns the first row whose observation is not finite, or n.")
      .def("begin", &begin_job, nb::arg("job"),
           "The job's episode begins: its network remembers nothing. So it is for every job at first.")
      .def("scale_outputs", &scale_outputs, nb::arg("reach"), nb::arg("center"), nb::arg("low"), nb::arg("high"),
           "From now on `run` writes output * reach + center within [low, high]; an output that is not a number counts as "
           "0.");
  m.def("take_next", &take_next, nb::arg("counter").noconvert(),
        "Adds 1 to the first entry and returns what it was, atomically, in memory that processes may share.");
}
