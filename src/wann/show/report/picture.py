"""A task's scene, and the decoder of its encoder, as JSON can hold them."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.show.report.footage import packed
from wann.tasks.scene import Scene, Shape, Sight, View
from wann.vision import Encoder


def picture_data(scene: Scene) -> dict[str, Any]:
    """A scene, with its map and what is seen of it by an encoder."""
    return _plain_fields(scene)


def _plain_fields(part: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(part, field.name)) for field in fields(part)}


def _plain(value: Any) -> Any:
    match value:
        case np.ndarray():
            return np.round(value, 3).tolist()
        case Shape():
            return {"kind": type(value).__name__.lower()} | _plain_fields(value)
        case Scene() | View() | Sight():
            return _plain_fields(value)
        case tuple():
            return [_plain(part) for part in value]
        case Mapping():
            return dict(value)
    return value


def decoder_data(encoder: Encoder | None) -> dict[str, Any] | None:
    """The layers by which the page makes pictures of latents; None where there is no decoder."""
    if encoder is None or encoder.decoder is None:
        return None
    decoder = encoder.decoder
    return {
        "latents": encoder.n_latents,
        "start": list(decoder.start),
        "dense": _layer_data(decoder.dense.weights.T, decoder.dense.biases),
        "deconvolutions": [
            _layer_data(layer.weights, layer.biases)
            | {
                "kernel": layer.weights.shape[1],
                "stride": layer.stride,
                "padding": layer.padding,
                "extra": list(layer.extra),
            }
            for layer in decoder.deconvolutions
        ],
    }


def _layer_data(weights: NDArray[np.float32], biases: NDArray[np.float32]) -> dict[str, Any]:
    """Weights as one row for each value that comes in."""
    return {"weights": packed(weights.reshape(len(weights), -1)), "biases": np.round(biases.astype(np.float64), 5).tolist()}
