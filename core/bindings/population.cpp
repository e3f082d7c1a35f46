#include "../evolution/selection.hpp"

#include <nanobind/stl/optional.h>

#include <numeric>
#include <optional>

#include "common.hpp"
#include "variation.hpp"

using namespace wann;

namespace {

struct Population {
  Shape shape;
  std::vector<Genome> genomes;
};

constexpr std::size_t kMostGenomes = 1'000'000;
constexpr std::uint32_t kMostFixedNodes = 100'000;

Population random_population(std::size_t size, std::uint32_t n_inputs, std::uint32_t n_outputs, double enabled,
                             std::uint64_t seed, double paths) {
  if (size > kMostGenomes) throw nb::value_error("a population has at most a million genomes");
  if (n_inputs > kMostFixedNodes || n_outputs > kMostFixedNodes) throw nb::value_error("too many inputs or outputs");
  check_part(enabled, "the part of connections that is enabled must be from 0 to 1");
  check_part(paths, "the part of pairs that have a path must be from 0 to 1");
  Population p{{n_inputs, n_outputs}, {}};
  for (std::size_t i = 0; i < size; ++i) {
    Random random(derive_seed(seed, 0, static_cast<std::uint32_t>(i), 0));
    p.genomes.push_back(random_genome(p.shape, enabled, paths, random));
    p.genomes.back().id = derive_seed(seed, 1, static_cast<std::uint32_t>(i), 0);
  }
  return p;
}

NetworkBatch networks_of(const Population& p, int output_activation) {
  const Activation of_outputs = checked_activation(output_activation);
  NetworkBatch batch;
  for (const Genome& g : p.genomes) batch.networks.push_back(std::make_shared<Network>(express(p.shape, g, of_outputs)));
  return batch;
}

Population next_population(const Population& p, In<std::uint32_t, 1> order, const VariationSettings& settings,
                           std::uint64_t seed, std::optional<In<double, 1>> rewards) {
  if (rewards && rewards->size() != p.genomes.size()) throw nb::value_error("one reward is needed for each genome");
  if (settings.transfer > 0 && !rewards)
    throw nb::value_error("changes are transferred by reward, and there are no rewards");
  if (order.size() != p.genomes.size()) throw nb::value_error("the order must name every genome once");
  std::vector<bool> named(order.size(), false);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order.data()[i] >= order.size() || named[order.data()[i]])
      throw nb::value_error("the order must name every genome once");
    named[order.data()[i]] = true;
  }
  settings.check();
  const std::vector<std::uint32_t> best_first(order.data(), order.data() + order.size());
  std::vector<double> values;
  if (rewards) values.assign(rewards->data(), rewards->data() + rewards->size());
  return {p.shape, next_generation(p.shape, p.genomes, best_first, values, settings, settings, seed)};
}

// Before there were recurrent connections, a change had one column less.
constexpr std::size_t kChangeColumns = 6, kFormerChangeColumns = 5;

void write_change(const Change& c, std::uint32_t* row) {
  row[0] = static_cast<std::uint32_t>(c.kind);
  row[1] = static_cast<std::uint32_t>(c.activation);
  row[2] = c.from;
  row[3] = c.to;
  row[4] = c.node;
  row[5] = c.recurrent;
}

Change checked_change(const In<std::uint32_t, 2>& changes, std::size_t i) {
  const std::uint32_t* row = changes.data() + changes.shape(1) * i;
  if (row[0] > static_cast<std::uint32_t>(kLastOperator) || row[1] < kFirstActivation || row[1] > kLastActivation)
    throw nb::value_error("unknown operator or activation in the last change of a genome");
  return {static_cast<Operator>(row[0]),
          static_cast<Activation>(row[1]),
          row[2],
          row[3],
          row[4],
          changes.shape(1) == kChangeColumns && row[5] != 0};
}

bool has_change_columns(const In<std::uint32_t, 2>& changes) {
  return changes.shape(1) == kChangeColumns || changes.shape(1) == kFormerChangeColumns;
}

// What a change of a genome's past must keep to; its nodes may have gone since.
bool names_possible_connection(const Shape& shape, const Change& c) {
  switch (c.kind) {
    case Operator::kInsertNode:
    case Operator::kAddConnection:
    case Operator::kEnableConnection:
    case Operator::kAddRecurrentConnection:
      if (c.kind == Operator::kAddConnection && c.recurrent) return false;
      if (c.kind == Operator::kAddRecurrentConnection && !c.recurrent) return false;
      return c.to > shape.n_inputs && (c.recurrent ? c.from > 0 : !shape.is_output(c.from));
    default:
      return true;
  }
}

// One flat array for each field of all genomes, for checkpoints. `change` and `changes` have six columns: operator,
// activation, from, to, node, and whether the connection is recurrent.
nb::dict to_arrays(const Population& p) {
  std::vector<std::uint32_t> n_hidden, n_connections, from, to;
  std::vector<std::uint8_t> hidden, enabled, recurrent;
  std::vector<std::uint64_t> mark, id, parent;
  std::vector<std::uint32_t> n_changes;
  Out<std::uint32_t> change = new_array<std::uint32_t>({p.genomes.size(), kChangeColumns});
  std::uint32_t* row = change.data();
  for (const Genome& g : p.genomes) {
    n_hidden.push_back(static_cast<std::uint32_t>(g.hidden.size()));
    n_connections.push_back(static_cast<std::uint32_t>(g.connections.size()));
    for (Activation a : g.hidden) hidden.push_back(static_cast<std::uint8_t>(a));
    mark.insert(mark.end(), g.mark.begin(), g.mark.end());
    for (const Connection& c : g.connections) {
      from.push_back(c.from);
      to.push_back(c.to);
      enabled.push_back(c.enabled);
      recurrent.push_back(c.recurrent);
    }
    write_change(g.change, row);
    row += kChangeColumns;
    id.push_back(g.id);
    parent.push_back(g.parent);
    n_changes.push_back(static_cast<std::uint32_t>(g.changes.size()));
  }
  nb::dict d;
  d["n_hidden"] = array_of<std::uint32_t>(n_hidden);
  d["n_connections"] = array_of<std::uint32_t>(n_connections);
  d["hidden"] = array_of<std::uint8_t>(hidden);
  d["mark"] = array_of<std::uint64_t>(mark);
  d["from"] = array_of<std::uint32_t>(from);
  d["to"] = array_of<std::uint32_t>(to);
  d["enabled"] = array_of<std::uint8_t>(enabled);
  d["recurrent"] = array_of<std::uint8_t>(recurrent);
  d["change"] = change;
  d["id"] = array_of<std::uint64_t>(id);
  d["parent"] = array_of<std::uint64_t>(parent);
  d["n_changes"] = array_of<std::uint32_t>(n_changes);
  Out<std::uint32_t> changes =
      new_array<std::uint32_t>({std::accumulate(n_changes.begin(), n_changes.end(), std::size_t{0}), kChangeColumns});
  row = changes.data();
  for (const Genome& g : p.genomes)
    for (const Change& c : g.changes) {
      write_change(c, row);
      row += kChangeColumns;
    }
  d["changes"] = changes;
  return d;
}

bool are_distinct(std::vector<std::uint64_t> marks) {
  std::sort(marks.begin(), marks.end());
  return std::adjacent_find(marks.begin(), marks.end()) == marks.end();
}

Population from_arrays(std::uint32_t n_inputs, std::uint32_t n_outputs, In<std::uint32_t, 1> n_hidden,
                       In<std::uint32_t, 1> n_connections, In<std::uint8_t, 1> hidden, In<std::uint64_t, 1> mark,
                       In<std::uint32_t, 1> from, In<std::uint32_t, 1> to, In<std::uint8_t, 1> enabled,
                       In<std::uint32_t, 2> change, std::optional<In<std::uint64_t, 1>> id,
                       std::optional<In<std::uint64_t, 1>> parent, std::optional<In<std::uint32_t, 1>> n_changes,
                       std::optional<In<std::uint32_t, 2>> changes, std::optional<In<std::uint8_t, 1>> recurrent) {
  Population p{{n_inputs, n_outputs}, {}};
  const std::size_t n = n_hidden.size();
  if (n_connections.size() != n || change.shape(0) != n || !has_change_columns(change) || mark.size() != hidden.size() ||
      to.size() != from.size() || enabled.size() != from.size() || (id && id->size() != n) ||
      (parent && parent->size() != n) || n_changes.has_value() != changes.has_value() ||
      (n_changes && n_changes->size() != n) || (changes && !has_change_columns(*changes)) ||
      (recurrent && recurrent->size() != from.size()))
    throw nb::value_error("the arrays of a population do not fit together");
  std::size_t next_hidden = 0, next_connection = 0, next_change = 0;
  for (std::size_t i = 0; i < n; ++i) {
    Genome g;
    if (n_hidden.data()[i] > hidden.size() - next_hidden || n_connections.data()[i] > from.size() - next_connection)
      throw nb::value_error("the arrays of a population do not fit together");
    for (std::uint32_t k = 0; k < n_hidden.data()[i]; ++k) {
      g.mark.push_back(mark.data()[next_hidden]);
      g.hidden.push_back(checked_activation(hidden.data()[next_hidden++]));
    }
    if (!are_distinct(g.mark)) throw nb::value_error("two nodes of a genome have the same mark");
    for (std::uint32_t k = 0; k < n_connections.data()[i]; ++k, ++next_connection) {
      const std::uint32_t source = from.data()[next_connection], target = to.data()[next_connection];
      const bool recurs = recurrent && recurrent->data()[next_connection] != 0;
      if (!(recurs ? p.shape.may_recur(g, source, target) : p.shape.may_connect(g, source, target)))
        throw nb::value_error("a connection of a population is out of range");
      g.connections.push_back({source, target, enabled.data()[next_connection] != 0, recurs});
    }
    if (has_cycle(p.shape, g)) throw nb::value_error("a genome of a population has a cycle");
    if (has_duplicate(g)) throw nb::value_error("a genome of a population has a connection twice");
    g.change = checked_change(change, i);
    if (id) g.id = id->data()[i];
    if (parent) g.parent = parent->data()[i];
    for (std::uint32_t k = 0; n_changes && k < n_changes->data()[i]; ++k, ++next_change) {
      if (next_change >= changes->shape(0)) throw nb::value_error("the arrays of a population do not fit together");
      g.changes.push_back(checked_change(*changes, next_change));
      if (!names_possible_connection(p.shape, g.changes.back()))
        throw nb::value_error("a change of a genome is out of range");
    }
    p.genomes.push_back(std::move(g));
  }
  if (next_hidden != hidden.size() || next_connection != from.size() || (changes && next_change != changes->shape(0)))
    throw nb::value_error("the arrays of a population do not fit together");
  return p;
}

}  // namespace

void bind_population(nb::module_& m) {
  nb::class_<Population>(m, "Population", "Genomes that evolve together; see core/evolution/genome.hpp.")
      .def_static("random", &random_population, nb::arg("size"), nb::arg("n_inputs"), nb::arg("n_outputs"),
                  nb::arg("enabled"), nb::arg("seed"), nb::arg("paths") = 0.0)
      .def_static("from_arrays", &from_arrays, nb::arg("n_inputs"), nb::arg("n_outputs"), nb::arg("n_hidden"),
                  nb::arg("n_connections"), nb::arg("hidden"), nb::arg("mark"), nb::arg("from_"), nb::arg("to"),
                  nb::arg("enabled"), nb::arg("change"), nb::arg("id") = nb::none(), nb::arg("parent") = nb::none(),
                  nb::arg("n_changes") = nb::none(), nb::arg("changes") = nb::none(), nb::arg("recurrent") = nb::none())
      .def("to_arrays", &to_arrays,
           nb::sig("def to_arrays(self) -> dict[str, NDArray[numpy.uint64 | numpy.uint32 | numpy.uint8]]"))
      .def("__len__", [](const Population& p) { return p.genomes.size(); })
      .def("networks", &networks_of, nb::arg("output_activation"), nb::call_guard<nb::gil_scoped_release>())
      .def(
          "n_enabled",
          [](const Population& p) {
            std::vector<std::uint32_t> n;
            for (const Genome& g : p.genomes) n.push_back(count_enabled(g));
            return array_of<std::uint32_t>(n);
          },
          "Enabled connections of each genome.")
      .def(
          "change",
          [](const Population& p, std::size_t i) {
            if (i >= p.genomes.size()) throw nb::index_error();
            std::vector<std::uint32_t> row(kChangeColumns);
            write_change(p.genomes[i].change, row.data());
            return row;
          },
          nb::arg("i"), "The last change of genome i: operator, activation, from, to, node, whether it is recurrent.")
      .def("next", &next_population, nb::arg("order"), nb::arg("settings"), nb::arg("seed"), nb::arg("rewards") = nb::none(),
           "The next generation; `order` is best first. Rewards are needed where changes are transferred.");

  m.def(
      "rank",
      [](In<double, 1> a, In<double, 1> b) {
        if (a.size() != b.size()) throw nb::value_error("the two objectives must have the same length");
        return array_of<std::uint32_t>(rank({a.data(), a.data() + a.size()}, {b.data(), b.data() + b.size()}));
      },
      nb::arg("a"), nb::arg("b"), "Individuals from best to worst by two objectives, both maximised.");
  m.def(
      "nondominated_fronts",
      [](In<double, 1> a, In<double, 1> b) {
        if (a.size() != b.size()) throw nb::value_error("the two objectives must have the same length");
        return array_of<std::uint32_t>(
            nondominated_fronts({a.data(), a.data() + a.size()}, {b.data(), b.data() + b.size()}));
      },
      nb::arg("a"), nb::arg("b"), "The front of each individual, 0 the best.");
}
