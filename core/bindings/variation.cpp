// The settings of selection and mutation, and the names of operators and activations.
#include "variation.hpp"

#include "common.hpp"

using namespace wann;

namespace {

constexpr std::uint32_t kLargestTournament = 1'000'000, kMostTransferred = 1024;
constexpr double kMostFurtherChange = 0.99;  // 100 changes a child in the mean

std::vector<int> every_activation() {
  std::vector<int> numbers;
  for (int a = kFirstActivation; a <= kLastActivation; ++a) numbers.push_back(a);
  return numbers;
}

void bind_settings(nb::module_& m) {
  using Settings = VariationSettings;
  const Settings usual;
  nb::class_<Settings>(m, "VariationSettings",
                       "How the next generation is made; see core/evolution/selection.hpp and mutation.hpp.")
      .def(
          "__init__",
          [](Settings* self, double cull, double elite, std::uint32_t tournament, double crossover, double transfer,
             std::uint32_t max_transferred, double insert_node, double add_connection, double enable_connection,
             double change_activation, double adjust_path, double remove_connection, double remove_node, double recurrent,
             double further_change, double mirror, const std::vector<int>& activations) {
            Settings s{{cull, elite, tournament, crossover, transfer, max_transferred},
                       {insert_node,
                        add_connection,
                        enable_connection,
                        change_activation,
                        adjust_path,
                        remove_connection,
                        remove_node,
                        recurrent,
                        further_change,
                        mirror,
                        {}}};
            for (int a : activations) s.activations.push_back(checked_activation(a));
            new (self) Settings(std::move(s));
          },
          nb::kw_only(), nb::arg("cull") = usual.cull, nb::arg("elite") = usual.elite,
          nb::arg("tournament") = usual.tournament, nb::arg("crossover") = usual.crossover,
          nb::arg("transfer") = usual.transfer, nb::arg("max_transferred") = usual.max_transferred,
          nb::arg("insert_node") = usual.insert_node, nb::arg("add_connection") = usual.add_connection,
          nb::arg("enable_connection") = usual.enable_connection, nb::arg("change_activation") = usual.change_activation,
          nb::arg("adjust_path") = usual.adjust_path, nb::arg("remove_connection") = usual.remove_connection,
          nb::arg("remove_node") = usual.remove_node, nb::arg("recurrent") = usual.recurrent,
          nb::arg("further_change") = usual.further_change, nb::arg("mirror") = usual.mirror,
          nb::arg("activations") = every_activation())
      .def_ro("cull", &Settings::cull, "The worst part, which gets no children.")
      .def_ro("elite", &Settings::elite, "The best part, which passes unchanged.")
      .def_ro("tournament", &Settings::tournament, "Individuals in a tournament for a parent.")
      .def_ro("crossover", &Settings::crossover, "The part of the children that have two parents.")
      .def_ro("transfer", &Settings::transfer,
              "The part of the children that get changes which siblings with larger rewards have had.")
      .def_ro("max_transferred", &Settings::max_transferred, "Changes that such a child gets at most.")
      .def_ro("insert_node", &Settings::insert_node, "The odds of the operator, like the next seven.")
      .def_ro("add_connection", &Settings::add_connection)
      .def_ro("enable_connection", &Settings::enable_connection)
      .def_ro("change_activation", &Settings::change_activation)
      .def_ro("adjust_path", &Settings::adjust_path)
      .def_ro("remove_connection", &Settings::remove_connection)
      .def_ro("remove_node", &Settings::remove_node)
      .def_ro("recurrent", &Settings::recurrent)
      .def_ro("further_change", &Settings::further_change, "The chance of one more change after each.")
      .def_ro("mirror", &Settings::mirror, "The chance that a child is mirrored instead.")
      .def_prop_ro(
          "activations", [](const Settings& s) { return array_of<std::uint8_t>(s.activations); }, nb::rv_policy::move,
          "Numbers of the activations that hidden nodes may have.");
}

void bind_names(nb::module_& m) {
  nb::enum_<Operator>(m, "Operator", nb::is_arithmetic(), "What a change of a genome is.")
      .value("NONE", Operator::kNone)
      .value("INSERT_NODE", Operator::kInsertNode)
      .value("ADD_CONNECTION", Operator::kAddConnection)
      .value("ENABLE_CONNECTION", Operator::kEnableConnection)
      .value("CHANGE_ACTIVATION", Operator::kChangeActivation)
      .value("MIRROR", Operator::kMirror)
      .value("REINFORCE", Operator::kReinforce)
      .value("WEAKEN", Operator::kWeaken)
      .value("REMOVE_CONNECTION", Operator::kRemoveConnection)
      .value("REMOVE_NODE", Operator::kRemoveNode)
      .value("CROSSOVER", Operator::kCrossover)
      .value("ADD_RECURRENT_CONNECTION", Operator::kAddRecurrentConnection);
  nb::enum_<Activation>(m, "Activation", nb::is_arithmetic(), "What a node does with its weighted sum.")
      .value("LINEAR", Activation::kLinear)
      .value("STEP", Activation::kStep)
      .value("SINE", Activation::kSine)
      .value("GAUSSIAN", Activation::kGaussian)
      .value("TANH", Activation::kTanh)
      .value("SIGMOID", Activation::kSigmoid)
      .value("INVERSE", Activation::kInverse)
      .value("ABSOLUTE", Activation::kAbsolute)
      .value("RELU", Activation::kRelu)
      .value("COSINE", Activation::kCosine);
}

}  // namespace

void check_part(double x, const char* message) {
  if (!(x >= 0.0 && x <= 1.0)) throw nb::value_error(message);
}

Activation checked_activation(int number) {
  if (number < kFirstActivation || number > kLastActivation) throw nb::value_error("unknown activation");
  return static_cast<Activation>(number);
}

void VariationSettings::check() const {
  check_part(cull, "cull must be from 0 to 1");
  check_part(elite, "elite must be from 0 to 1");
  check_part(crossover, "crossover must be from 0 to 1");
  check_part(transfer, "transfer must be from 0 to 1");
  if (tournament < 1 || tournament > kLargestTournament)
    throw nb::value_error("a tournament has from 1 to a million individuals");
  if (max_transferred < 1 || max_transferred > kMostTransferred)
    throw nb::value_error("max_transferred must be from 1 to 1024");
  double sum = 0.0;
  for (double odds : {insert_node, add_connection, enable_connection, change_activation, adjust_path, remove_connection,
                      remove_node, recurrent}) {
    check_part(odds, "the odds of an operator must be from 0 to 1");
    sum += odds;
  }
  if (!(sum > 0.0)) throw nb::value_error("the odds of all operators are 0");
  check_part(mirror, "mirror must be from 0 to 1");
  if (!(further_change >= 0.0 && further_change <= kMostFurtherChange))
    throw nb::value_error("further_change must be from 0 to 0.99");
  if (activations.empty()) throw nb::value_error("at least one activation is needed");
}

void bind_variation(nb::module_& m) {
  bind_names(m);
  bind_settings(m);
}
