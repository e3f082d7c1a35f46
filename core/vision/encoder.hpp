// A small convolutional encoder: from pictures to a few numbers, the latents, for kLaneWidth frames at a time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "convolution.hpp"

namespace wann {

// What an encoder works with; each thread has its own. It is fitted to the encoder that uses it first, and again when
// another one does. Nothing that a result depends on passes through it.
class EncoderWork {
 public:
  EncoderWork() = default;

 private:
  friend class Encoder;
  std::uint64_t fitted_to_ = 0;               // the encoder's number
  std::vector<std::vector<Lanes>> pictures_;  // the input of each layer
};

// Convolutions, each followed by max(·, 0), and a weighted sum of all that comes out of the last for each latent. Immutable,
// and shared between threads.
class Encoder {
 public:
  // `dense` is [latent][row][column][channel] of the last convolution's output.
  Encoder(std::vector<Convolution> convolutions, const float* dense, const float* biases, std::size_t n_latents)
      : convolutions_(std::move(convolutions)), dense_(dense, biases, n_latents, last_size(convolutions_)) {
    for (std::size_t i = 1; i < convolutions_.size(); ++i)
      if (convolutions_[i].input().size() != convolutions_[i - 1].output().size())
        throw std::invalid_argument("a convolution does not fit the one before it");
  }

  const PictureShape& input() const { return convolutions_.front().input(); }
  std::size_t n_latents() const { return dense_.n_out(); }

  // The latents of the frames whose value at [row][column][channel] is a vector of `pixels`.
  void encode(const Lanes* pixels, EncoderWork& work, Lanes* latents) const {
    prepare(work);
    pad(pixels, work.pictures_[0].data());
    for (std::size_t i = 0; i < convolutions_.size(); ++i)
      convolutions_[i].run(work.pictures_[i].data(), work.pictures_[i + 1].data(), padding_before(i + 1));
    const std::size_t n = dense_.n_in();
    compute_positions(1, dense_, 0, {work.pictures_.back().data(), 1, n, n, n}, false, latents);
  }

 private:
  static std::size_t last_size(const std::vector<Convolution>& convolutions) {
    if (convolutions.empty()) throw std::invalid_argument("an encoder needs a convolution");
    return convolutions.back().output().size();
  }

  // The padding that the input of layer i has; the dense one has none.
  std::size_t padding_before(std::size_t i) const { return i < convolutions_.size() ? convolutions_[i].padding() : 0; }

  void prepare(EncoderWork& work) const {
    if (work.fitted_to_ == number_) return;
    work.pictures_.clear();
    for (const Convolution& c : convolutions_)
      work.pictures_.emplace_back(c.input().rows * (c.input().columns + 2 * c.padding()) * c.input().channels);
    work.pictures_.emplace_back(dense_.n_in());
    for (auto& picture : work.pictures_) std::fill(picture.begin(), picture.end(), Lanes{});
    work.fitted_to_ = number_;
  }

  void pad(const Lanes* pixels, Lanes* padded) const {
    const std::size_t width = input().columns * input().channels, margin = padding_before(0) * input().channels;
    for (std::size_t row = 0; row < input().rows; ++row)
      std::copy_n(pixels + row * width, width, padded + row * (width + 2 * margin) + margin);
  }

  static std::uint64_t next_number() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }

  std::vector<Convolution> convolutions_;
  TiledWeights dense_;
  std::uint64_t number_ = next_number();  // no other encoder's, save copies
};

}  // namespace wann
