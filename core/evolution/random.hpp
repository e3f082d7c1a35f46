// Counter-based random numbers: Philox 4x32 with 10 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011). A stream is named by what it is for, so that no result depends on the order or the thread in which work is done.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace wann {

using PhiloxBlock = std::array<std::uint32_t, 4>;

inline PhiloxBlock philox(PhiloxBlock counter, std::uint64_t key) {
  auto key0 = static_cast<std::uint32_t>(key);
  auto key1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(product0)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

// A new seed for item (a, b) of a stream; different (seed, stream, a, b) give independent streams.
inline std::uint64_t derive_seed(std::uint64_t seed, std::uint32_t stream, std::uint32_t a, std::uint32_t b) {
  // The high word sets these blocks apart from those that Random counts through.
  const PhiloxBlock block = philox({a, b, stream, 0x5EED5EED}, seed);
  return std::uint64_t{block[1]} << 32 | block[0];
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : seed_(seed) {}

  std::uint32_t bits() {
    if (used_ == 4) {
      block_ = philox({count_++, 0, 0, 0}, seed_);
      used_ = 0;
    }
    return block_[used_++];
  }

  // Uniform in [0, 1), 53 bits.
  double uniform() {
    const std::uint64_t high = bits() >> 5;
    const std::uint64_t low = bits() >> 6;
    return static_cast<double>(high << 26 | low) * 0x1p-53;
  }

  // Uniform in 0 … n - 1, without bias (Lemire 2019).
  std::uint32_t below(std::uint32_t n) {
    std::uint64_t product = std::uint64_t{bits()} * n;
    if (static_cast<std::uint32_t>(product) < n) {
      const std::uint32_t threshold = -n % n;
      while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{bits()} * n;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

  // Standard normal (Box and Muller).
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }

 private:
  std::uint64_t seed_;
  std::uint32_t count_ = 0;
  PhiloxBlock block_{};
  int used_ = 4;
};

}  // namespace wann
