// Encoders: from pictures to latents.
#include "encoder.hpp"

#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <tuple>

#include "../lanes/parallel.hpp"
#include "../lanes/transpose.hpp"
#include "common.hpp"

using namespace wann;

namespace {

EncoderHandle make_encoder(std::tuple<std::size_t, std::size_t, std::size_t> picture,
                           const std::vector<std::tuple<In<float, 4>, In<float, 1>, std::size_t, std::size_t>>& convolutions,
                           In<float, 2> dense, In<float, 1> dense_biases) {
  PictureShape shape{std::get<0>(picture), std::get<1>(picture), std::get<2>(picture)};
  std::vector<Convolution> layers;
  for (const auto& [weights, biases, stride, padding] : convolutions) {
    if (weights.shape(1) != weights.shape(2) || weights.shape(3) != shape.channels || biases.size() != weights.shape(0))
      throw nb::value_error("a convolution has weights (channels, kernel, kernel, input channels) and a bias a channel");
    layers.emplace_back(shape, weights.data(), biases.data(), weights.shape(0), weights.shape(1), stride, padding);
    shape = layers.back().output();
  }
  if (dense.shape(0) == 0 || dense.shape(1) != shape.size() || dense_biases.size() != dense.shape(0))
    throw nb::value_error("the last layer has weights (latents, what the convolutions give) and a bias a latent");
  return {std::make_shared<const Encoder>(std::move(layers), dense.data(), dense_biases.data(), dense.shape(0))};
}

// Brings up to kLaneWidth frames of `size` values side by side; lanes without a frame repeat the last.
void side_by_side(const float* frames, std::size_t n, std::size_t size, Lanes* pixels) {
  const auto frame = [&](int lane) { return frames + std::min<std::size_t>(lane, n - 1) * size; };
  std::size_t i = 0;
  for (; i + kLaneWidth <= size; i += kLaneWidth) {
    Lanes x[kLaneWidth];
    for (int lane = 0; lane < kLaneWidth; ++lane) x[lane] = load(frame(lane) + i);
    transpose(x);
    std::copy_n(x, kLaneWidth, pixels + i);
  }
  for (; i < size; ++i)
    for (int lane = 0; lane < kLaneWidth; ++lane) pixels[i][lane] = frame(lane)[i];
}

Out<float> encode(const EncoderHandle& handle, In<float, 4> frames) {
  const Encoder& encoder = *handle.encoder;
  const PictureShape& shape = encoder.input();
  if (frames.shape(1) != shape.rows || frames.shape(2) != shape.columns || frames.shape(3) != shape.channels)
    throw nb::value_error("frames are (n, rows, columns, channels) of the encoder's picture");
  const std::size_t n = frames.shape(0), n_latents = encoder.n_latents();
  Out<float> result = new_array<float>({n, n_latents});
  const float* data = frames.data();
  float* out = result.data();
  const nb::gil_scoped_release release;
  const FlushDenormals flush;
  EncoderWork work;
  std::vector<Lanes> pixels(shape.size()), latents(n_latents);
  for (std::size_t first = 0; first < n; first += kLaneWidth) {
    const std::size_t count = std::min<std::size_t>(kLaneWidth, n - first);
    side_by_side(data + first * shape.size(), count, shape.size(), pixels.data());
    encoder.encode(pixels.data(), work, latents.data());
    for (std::size_t frame = 0; frame < count; ++frame)
      for (std::size_t i = 0; i < n_latents; ++i) out[(first + frame) * n_latents + i] = latents[i][frame];
  }
  return result;
}

// Seconds that `rounds` passes over one vector of frames take.
double encoder_seconds(const EncoderHandle& handle, std::size_t rounds) {
  const Encoder& encoder = *handle.encoder;
  EncoderWork work;
  std::vector<Lanes> pixels(encoder.input().size(), broadcast(0.5f)), latents(encoder.n_latents());
  const auto begun = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < rounds; ++i) encoder.encode(pixels.data(), work, latents.data());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace

void bind_encoder(nb::module_& m) {
  nb::class_<EncoderHandle>(m, "Encoder",
                            "From pictures to latents: convolutions with max(., 0), and a dense layer; see "
                            "core/vision/encoder.hpp.")
      .def(
          "__init__",
          [](EncoderHandle* self, std::tuple<std::size_t, std::size_t, std::size_t> picture,
             const std::vector<std::tuple<In<float, 4>, In<float, 1>, std::size_t, std::size_t>>& convolutions,
             In<float, 2> dense, In<float, 1> dense_biases) {
            new (self) EncoderHandle(make_encoder(picture, convolutions, dense, dense_biases));
          },
          nb::arg("picture"), nb::arg("convolutions"), nb::arg("dense"), nb::arg("dense_biases"),
          "A picture has (rows, columns, channels); each convolution is (weights (channels, kernel, kernel, input "
          "channels), "
          "biases, stride, padding).")
      .def("encode", &encode, nb::arg("frames"), "Latents (n, n_latents) of frames (n, rows, columns, channels).")
      .def("seconds", &encoder_seconds, nb::arg("rounds"),
           "Seconds that `rounds` passes over one vector of frames take, for benchmarks.");
}
