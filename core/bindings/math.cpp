// Lane maths and random numbers, for the tests and for seeds.
#include "../lanes/math.hpp"

#include "../evolution/random.hpp"
#include "common.hpp"

using namespace wann;

namespace {

template <class Function>
Out<float> map(In<float, 1> x, Function f) {
  Out<float> y = new_array<float>({x.size()});
  for (std::size_t i = 0; i < x.size(); i += kLaneWidth) {
    Lanes v{};
    const std::size_t n = std::min<std::size_t>(kLaneWidth, x.size() - i);
    for (std::size_t k = 0; k < n; ++k) v[k] = x.data()[i + k];
    v = f(v);
    for (std::size_t k = 0; k < n; ++k) y.data()[i + k] = v[k];
  }
  return y;
}

Out<float> lane_function(const std::string& name, In<float, 1> x) {
  if (name == "exp") return map(x, [](Lanes v) { return exp(v); });
  if (name == "log") return map(x, [](Lanes v) { return log(v); });
  if (name == "tanh") return map(x, [](Lanes v) { return tanh(v); });
  if (name == "sigmoid") return map(x, [](Lanes v) { return sigmoid(v); });
  if (name == "gaussian") return map(x, [](Lanes v) { return gaussian(v); });
  if (name == "sin_pi") return map(x, [](Lanes v) { return sin_pi(v); });
  if (name == "cos_pi") return map(x, [](Lanes v) { return cos_pi(v); });
  if (name == "sin")
    return map(x, [](Lanes v) {
      Lanes s, c;
      sin_cos(v, s, c);
      return s;
    });
  if (name == "cos")
    return map(x, [](Lanes v) {
      Lanes s, c;
      sin_cos(v, s, c);
      return c;
    });
  throw nb::value_error(("unknown function " + name).c_str());
}

}  // namespace

void bind_math(nb::module_& m) {
  m.def("lane_function", &lane_function, nb::arg("name"), nb::arg("x"),
        "A function of core/lanes/math.hpp applied to a float32 array, through the lanes.");
  m.def("derive_seed", &derive_seed, nb::arg("seed"), nb::arg("stream"), nb::arg("a") = 0, nb::arg("b") = 0,
        "A new 64-bit seed for item (a, b) of a stream.");
  m.def(
      "philox",
      [](std::vector<std::uint32_t> counter, std::uint64_t key) {
        if (counter.size() != 4) throw nb::value_error("the counter has four words");
        const PhiloxBlock b = philox({counter[0], counter[1], counter[2], counter[3]}, key);
        return std::vector<std::uint32_t>(b.begin(), b.end());
      },
      nb::arg("counter"), nb::arg("key"), "One block of Philox 4x32-10.");
}
