// The activation functions, with the numbers that the files of the paper's authors use.
#pragma once

#include <cstdint>

#include "../lanes/math.hpp"

namespace wann {

enum class Activation : std::uint8_t {
  kLinear = 1,
  kStep = 2,
  kSine = 3,
  kGaussian = 4,
  kTanh = 5,
  kSigmoid = 6,
  kInverse = 7,
  kAbsolute = 8,
  kRelu = 9,
  kCosine = 10,
};

inline constexpr int kFirstActivation = 1;
inline constexpr int kLastActivation = 10;

// Applies `activation` to `n` vectors in place. The switch is taken once for all of them: the interpreter's cost is divided
// by the number of lanes. `x` comes and goes in registers, so that sum, activation and store of a node are one piece of
// code.
template <int n>
inline __attribute__((always_inline)) void activate(Activation activation, Lanes (&x)[n]) {
  switch (activation) {
    case Activation::kLinear:
      break;
    case Activation::kStep:
      // A NaN must not turn into a 0 here, so the comparison that NaN fails gives x itself.
      for (Lanes& v : x) v = v > 0.0f ? broadcast(1.0f) : (v <= 0.0f ? broadcast(0.0f) : v);
      break;
    case Activation::kSine:
      for (Lanes& v : x) v = sin_pi(v);
      break;
    case Activation::kGaussian:
      for (Lanes& v : x) v = gaussian(v);
      break;
    case Activation::kTanh:
      for (Lanes& v : x) v = tanh(v);
      break;
    case Activation::kSigmoid:
      for (Lanes& v : x) v = sigmoid(v);
      break;
    case Activation::kInverse:
      for (Lanes& v : x) v = -v;
      break;
    case Activation::kAbsolute:
      for (Lanes& v : x) v = abs(v);
      break;
    case Activation::kRelu:
      for (Lanes& v : x) v = at_least(0.0f, v);
      break;
    case Activation::kCosine:
      for (Lanes& v : x) v = cos_pi(v);
      break;
  }
}

}  // namespace wann
