"""An autoencoder of PyTorch as an encoder of the package."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wann.vision import Convolution, Decoder, Deconvolution, Dense, Encoder


def encoder_of(
    model: Any,
    *,
    name: str,
    picture: tuple[int, int, int],
    rows: tuple[int, int],
    channels: tuple[int, ...],
    block: int,
    provenance: Mapping[str, Any],
) -> Encoder:
    """The encoder of a trained model, with `encoder`, `mean`, `start` and `decoder` as in tools/train_car_encoder.py."""
    convolutions = tuple(
        Convolution(_array(m.weight.permute(0, 2, 3, 1)), _array(m.bias), int(m.stride[0]), int(m.padding[0]))
        for m in model.encoder
        if isinstance(m, nn.Conv2d)
    )
    deconvolutions = tuple(
        Deconvolution(
            _array(m.weight.permute(0, 2, 3, 1)),
            _array(m.bias),
            int(m.stride[0]),
            int(m.padding[0]),
            tuple(m.output_padding),
        )
        for m in model.decoder
        if isinstance(m, nn.ConvTranspose2d)
    )
    n, height, width = model.decoder[0].unflattened_size
    start = model.start.weight.reshape(n, height, width, -1).permute(1, 2, 0, 3).flatten(0, 2)
    start_biases = model.start.bias.reshape(n, height, width).permute(1, 2, 0).flatten()
    last, n_latents = len(convolutions[-1].biases), model.mean.out_features
    dense = model.mean.weight.reshape(n_latents, last, height, width).permute(0, 2, 3, 1).flatten(1)
    return Encoder(
        name=name,
        picture=picture,
        dtype="uint8",
        rows=rows,
        channels=channels,
        block=block,
        scale=1 / 255,
        convolutions=convolutions,
        dense=Dense(_array(dense), _array(model.mean.bias)),
        decoder=Decoder(Dense(_array(start), _array(start_biases)), (height, width, n), deconvolutions),
        provenance=provenance,
    )


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(tensor.detach().numpy(), dtype=np.float32)
