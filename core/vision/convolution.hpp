// Convolutions over frames in lanes: a picture is one vector for each row, column and channel, in that order, and a lane of
// all of them is one frame.
//
// Every output is one chain of multiply-adds in a fixed order (bias, then kernel rows, kernel columns, input channels),
// however many outputs are computed together. So a frame's result depends neither on its lane nor on the width of a vector.
#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "../lanes/lanes.hpp"

namespace wann {

// Outputs that are computed together: channels times positions in a row. Their sums fill most of the registers, and each
// weight that is broadcast and each input that is loaded serves several of them.
inline constexpr std::size_t kTileChannels = 4;
#if defined(__AVX512F__)
inline constexpr std::size_t kTilePositions = 4;
#else
inline constexpr std::size_t kTilePositions = 3;
#endif

struct PictureShape {
  std::size_t rows = 0, columns = 0, channels = 0;
  std::size_t size() const { return rows * columns * channels; }
};

// The weights of `n_out` weighted sums over `n_in` inputs, row-major, and their biases; stored in the order in which tiles
// read them.
class TiledWeights {
 public:
  TiledWeights(const float* weights, const float* biases, std::size_t n_out, std::size_t n_in)
      : n_out_(n_out), n_in_(n_in), n_tiles_((n_out + kTileChannels - 1) / kTileChannels) {
    values_.assign(n_tiles_ * kTileChannels * n_in, 0.0f);
    biases_.assign(n_tiles_ * kTileChannels, 0.0f);
    std::copy_n(biases, n_out, biases_.begin());
    for (std::size_t o = 0; o < n_out; ++o)
      for (std::size_t i = 0; i < n_in; ++i)
        values_[(o / kTileChannels * n_in + i) * kTileChannels + o % kTileChannels] = weights[o * n_in + i];
  }

  std::size_t n_out() const { return n_out_; }
  std::size_t n_in() const { return n_in_; }
  std::size_t n_tiles() const { return n_tiles_; }
  // Of a tile: for each input, the weights of its kTileChannels sums.
  const float* tile(std::size_t t) const { return values_.data() + t * kTileChannels * n_in_; }
  const float* biases(std::size_t t) const { return biases_.data() + t * kTileChannels; }

 private:
  std::size_t n_out_, n_in_, n_tiles_;
  std::vector<float> values_, biases_;
};

// A tile's inputs lie in `n_runs` runs of `run` vectors, `pitch` apart; those of the next position lie `step` further on.
struct TileInputs {
  const Lanes* first;
  std::size_t n_runs, run, pitch, step;
};

// Tile t of the weights at some neighbouring positions; weights begin at input `skip`. Writes max(sum, 0) if `relu`.
template <std::size_t positions>
inline void compute_tile(const TiledWeights& weights, std::size_t t, std::size_t skip, const TileInputs& inputs, bool relu,
                         Lanes* out) {
  Lanes sum[positions][kTileChannels];
  const float* bias = weights.biases(t);
  for (std::size_t p = 0; p < positions; ++p)
    for (std::size_t c = 0; c < kTileChannels; ++c) sum[p][c] = broadcast(bias[c]);
  const float* w = weights.tile(t) + skip * kTileChannels;
  for (std::size_t r = 0; r < inputs.n_runs; ++r) {
    const Lanes* x = inputs.first + r * inputs.pitch;
    for (std::size_t i = 0; i < inputs.run; ++i, ++x, w += kTileChannels) {
      Lanes at[positions];
      for (std::size_t p = 0; p < positions; ++p) at[p] = x[p * inputs.step];
      for (std::size_t c = 0; c < kTileChannels; ++c) {
        const Lanes weight = broadcast(w[c]);
        for (std::size_t p = 0; p < positions; ++p) sum[p][c] = fma(at[p], weight, sum[p][c]);
      }
    }
  }
  const std::size_t n_out = weights.n_out(), channel = t * kTileChannels;
  const std::size_t n = std::min(kTileChannels, n_out - channel);
  for (std::size_t p = 0; p < positions; ++p)
    for (std::size_t c = 0; c < kTileChannels; ++c)
      if (c < n) out[p * n_out + channel + c] = relu ? at_least(0.0f, sum[p][c]) : sum[p][c];
}

// All sums of `n` (1 … kTilePositions) neighbouring positions.
inline void compute_positions(std::size_t n, const TiledWeights& weights, std::size_t skip, const TileInputs& inputs,
                              bool relu, Lanes* out) {
  for (std::size_t t = 0; t < weights.n_tiles(); ++t) {
    switch (n) {
      case 1:
        compute_tile<1>(weights, t, skip, inputs, relu, out);
        break;
      case 2:
        compute_tile<2>(weights, t, skip, inputs, relu, out);
        break;
      case 3:
        compute_tile<3>(weights, t, skip, inputs, relu, out);
        break;
      default:
        compute_tile<kTilePositions>(weights, t, skip, inputs, relu, out);
    }
  }
}

// A convolution and max(·, 0). Its input has `padding` columns of zeros at either side; rows of zeros above and below are
// left out instead.
class Convolution {
 public:
  // Weights [output channel][kernel row][kernel column][input channel].
  Convolution(PictureShape input, const float* weights, const float* biases, std::size_t channels, std::size_t kernel,
              std::size_t stride, std::size_t padding)
      : input_(input),
        kernel_(kernel),
        stride_(stride),
        padding_(padding),
        weights_(weights, biases, channels, kernel * kernel * input.channels) {
    if (kernel == 0 || stride == 0 || padding >= kernel || channels == 0 || input.size() == 0 ||
        input.rows + 2 * padding < kernel || input.columns + 2 * padding < kernel)
      throw std::invalid_argument("a convolution does not fit its input");
    output_ = {(input.rows + 2 * padding - kernel) / stride + 1, (input.columns + 2 * padding - kernel) / stride + 1,
               channels};
  }

  const PictureShape& input() const { return input_; }
  const PictureShape& output() const { return output_; }
  std::size_t padding() const { return padding_; }

  // `in` has 2 · padding more columns than `input`, `out` 2 · out_padding more than `output`; those of `out` stay as they
  // are.
  void run(const Lanes* in, Lanes* out, std::size_t out_padding) const {
    const std::size_t pitch = (input_.columns + 2 * padding_) * input_.channels;
    const std::size_t run = kernel_ * input_.channels, step = stride_ * input_.channels;
    for (std::size_t row = 0; row < output_.rows; ++row) {
      const std::size_t top = row * stride_;  // counted from the first row of the padding
      const std::size_t above = top < padding_ ? padding_ - top : 0;
      const std::size_t end = std::min(kernel_, input_.rows + padding_ - top);
      Lanes* row_out = out + (row * (output_.columns + 2 * out_padding) + out_padding) * output_.channels;
      // Tiles of about the same size: a narrow one alone at the end would be slow.
      std::size_t tiles = (output_.columns + kTilePositions - 1) / kTilePositions;
      for (std::size_t column = 0; column < output_.columns; --tiles) {
        const std::size_t n = (output_.columns - column + tiles - 1) / tiles;
        const TileInputs inputs{in + (top + above - padding_) * pitch + column * step, end - above, run, pitch, step};
        compute_positions(n, weights_, above * run, inputs, true, row_out + column * output_.channels);
        column += n;
      }
    }
  }

 private:
  PictureShape input_, output_;
  std::size_t kernel_, stride_, padding_;
  TiledWeights weights_;
};

}  // namespace wann
