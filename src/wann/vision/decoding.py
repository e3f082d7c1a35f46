"""From latents back to pictures, in NumPy: only people look at them."""

import numpy as np
from numpy.typing import NDArray

from wann.vision.encoder import Decoder, Deconvolution

FloatArray = NDArray[np.float32]


def decoded(decoder: Decoder, latents: FloatArray) -> FloatArray:
    """Pictures with values from 0 to 1, shape (n, rows, columns, channels).

    Args:
        decoder: Fits the latents.
        latents: Shape (n, n_latents).
    """
    dense = decoder.dense
    x = np.maximum(latents @ dense.weights.T + dense.biases, 0).reshape(-1, *decoder.start)
    for layer in decoder.deconvolutions[:-1]:
        x = np.maximum(_deconvolved(x, layer), 0)
    x = _deconvolved(x, decoder.deconvolutions[-1])
    return (1 / (1 + np.exp(-x))).astype(np.float32)


def output_shape(rows: int, columns: int, layer: Deconvolution) -> tuple[int, int]:
    """Rows and columns of what a layer makes of a picture of some rows and columns."""
    kernel = layer.weights.shape[1]
    height, width = ((n - 1) * layer.stride + kernel - 2 * layer.padding for n in (rows, columns))
    return height + layer.extra[0], width + layer.extra[1]


def _deconvolved(x: FloatArray, layer: Deconvolution) -> FloatArray:
    n, rows, columns, _ = x.shape
    _, kernel, _, channels = layer.weights.shape
    s, cut = layer.stride, layer.padding
    height, width = output_shape(rows, columns, layer)
    whole = np.zeros((n, height + 2 * cut, width + 2 * cut, channels), dtype=np.float32)
    for i in range(kernel):
        for j in range(kernel):
            whole[:, i : i + rows * s : s, j : j + columns * s : s] += x @ layer.weights[:, i, j]
    return whole[:, cut : cut + height, cut : cut + width] + layer.biases
