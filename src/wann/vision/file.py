"""Encoders as files: an archive (`wann.archive`) whose every part is checked before it is used."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.archive import pack, unpack
from wann.arguments import shown
from wann.errors import WannError
from wann.vision.decoding import output_shape
from wann.vision.encoder import Convolution, Decoder, Deconvolution, Dense, Encoder

_FORMAT, _VERSION = "wann-encoder", 1
#: Sides of pictures, and whatever else is counted.
_MOST = 4096
#: Multiply-adds for a picture, and bytes of a file: a file must not make a machine stand still.
_MOST_WORK, _MOST_BYTES = 10**9, 10**8
_DTYPES = ("uint8", "float32")


def packed(encoder: Encoder) -> bytes:
    """The content of an encoder's file. A decoder's weights are rounded to half precision: only people see what it gives."""
    decoder = encoder.decoder
    state = {
        "name": encoder.name,
        "picture": list(encoder.picture),
        "dtype": encoder.dtype,
        "rows": list(encoder.rows),
        "channels": list(encoder.channels),
        "block": encoder.block,
        "scale": encoder.scale,
        "convolutions": [
            {"weights": c.weights, "biases": c.biases, "stride": c.stride, "padding": c.padding}
            for c in encoder.convolutions
        ],
        "dense": {"weights": encoder.dense.weights, "biases": encoder.dense.biases},
        "decoder": None if decoder is None else _packed_decoder(decoder),
        "provenance": dict(encoder.provenance),
    }
    return pack(state, format=_FORMAT, version=_VERSION)


def _packed_decoder(decoder: Decoder) -> dict[str, Any]:
    def half(array: NDArray[np.float32]) -> NDArray[np.float16]:
        return array.astype(np.float16)

    return {
        "dense": {"weights": half(decoder.dense.weights), "biases": half(decoder.dense.biases)},
        "start": list(decoder.start),
        "deconvolutions": [
            {
                "weights": half(d.weights),
                "biases": half(d.biases),
                "stride": d.stride,
                "padding": d.padding,
                "extra": list(d.extra),
            }
            for d in decoder.deconvolutions
        ],
    }


def unpacked(data: bytes, where: str) -> Encoder:
    """The encoder that a file holds.

    Args:
        data: The file's content.
        where: The file, for messages.

    Raises:
        WannError: The file is cut off, altered, no encoder, or holds something that does not fit.
    """
    try:
        if len(data) > _MOST_BYTES:
            raise WannError(f"{len(data)} bytes; there may be {_MOST_BYTES} at most")
        return _encoder(_Part(unpack(data, format=_FORMAT, version=_VERSION), ""))
    except WannError as error:
        raise WannError(f"{where}: not an encoder that can be used: {error}") from None


class _Part:
    """A dictionary of the file; every value is checked as it is taken."""

    def __init__(self, values: Any, place: str) -> None:
        if not isinstance(values, Mapping):
            raise WannError(f"{place or 'the file'} is no dictionary")
        self._values, self._place = values, place

    def _value(self, key: str) -> tuple[Any, str]:
        place = f"{self._place}.{key}" if self._place else key
        if key not in self._values:
            raise WannError(f"{place} is missing")
        return self._values[key], place

    def part(self, key: str) -> "_Part":
        return _Part(*self._value(key))

    def parts(self, key: str) -> list["_Part"]:
        values, place = self._value(key)
        if not isinstance(values, list) or not 1 <= len(values) <= 16:
            raise WannError(f"{place} must be a list of 1 to 16 layers")
        return [_Part(value, f"{place}[{i}]") for i, value in enumerate(values)]

    def has(self, key: str) -> bool:
        return self._values.get(key) is not None

    def text(self, key: str) -> str:
        value, place = self._value(key)
        if not isinstance(value, str) or not 0 < len(value) <= 100:
            raise WannError(f"{place} is {shown(value)}; it must be a text of up to 100 characters")
        return value

    def number(self, key: str) -> float:
        value, place = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
            raise WannError(f"{place} is {shown(value)}; it must be a number above 0")
        return float(value)

    def integer(self, key: str, low: int = 1, high: int = _MOST) -> int:
        value, place = self._value(key)
        return _integer(value, place, low, high)

    def integers(self, key: str, n: int | None = None, low: int = 0) -> tuple[int, ...]:
        value, place = self._value(key)
        if not isinstance(value, list) or not value or (n is not None and len(value) != n):
            raise WannError(f"{place} must be a list of {n or 'some'} integers")
        return tuple(_integer(v, place, low, _MOST) for v in value)

    def array(self, key: str, shape: tuple[int | None, ...]) -> NDArray[np.float32]:
        """A finite array of float32 or float16; None stands for any size that is not 0."""
        value, place = self._value(key)
        expected = " x ".join("n" if n is None else str(n) for n in shape)
        if not isinstance(value, np.ndarray) or value.dtype not in (np.float32, np.float16):
            raise WannError(f"{place} must be an array of float32")
        fits = value.ndim == len(shape) and all(n in (None, has) for n, has in zip(shape, value.shape, strict=True))
        if not fits or value.size == 0 or max(value.shape) > _MOST * 64:
            raise WannError(f"{place} has shape {' x '.join(map(str, value.shape))}; it must have {expected}")
        if not np.isfinite(value).all():
            raise WannError(f"{place} holds values that are not finite")
        array = np.ascontiguousarray(value, dtype=np.float32)
        array.flags.writeable = False
        return array

    def mapping(self, key: str) -> dict[str, Any]:
        value, place = self._value(key)
        if not isinstance(value, dict):
            raise WannError(f"{place} must be a dictionary")
        return value


def _integer(value: Any, place: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise WannError(f"{place} is {shown(value)}; it must be an integer from {low} to {high}")
    return value


def _encoder(file: _Part) -> Encoder:
    picture = file.integers("picture", 3, 1)
    height, width, n_channels = picture
    first, end = file.integers("rows", 2)
    block, channels = file.integer("block"), file.integers("channels")
    if not first < end <= height or (end - first) % block or width % block or max(channels) >= n_channels:
        raise WannError("rows, channels and block do not fit the picture")
    if (dtype := file.text("dtype")) not in _DTYPES:
        raise WannError(f"dtype is {shown(dtype)}; it must be one of {', '.join(_DTYPES)}")
    view = ((end - first) // block, width // block, len(channels))
    convolutions, size = _convolutions(file, view)
    dense = _dense(file.part("dense"), None, size)
    return Encoder(
        name=file.text("name"),
        picture=(height, width, n_channels),
        dtype=dtype,
        rows=(first, end),
        channels=channels,
        block=block,
        scale=file.number("scale"),
        convolutions=convolutions,
        dense=dense,
        decoder=_decoder(file.part("decoder"), len(dense.biases), view) if file.has("decoder") else None,
        provenance=file.mapping("provenance"),
    )


def _convolutions(file: _Part, view: tuple[int, int, int]) -> tuple[tuple[Convolution, ...], int]:
    """The convolutions, and how many values the last one gives."""
    layers, work = [], 0
    rows, columns, n = view
    for part in file.parts("convolutions"):
        weights = part.array("weights", (None, None, None, n))
        channels, kernel, other, _ = weights.shape
        layer = Convolution(weights, part.array("biases", (channels,)), part.integer("stride"), part.integer("padding", 0))
        rows, columns = ((m + 2 * layer.padding - kernel) // layer.stride + 1 for m in (rows, columns))
        if kernel != other or layer.padding >= kernel or rows < 1 or columns < 1:
            raise WannError("a convolution does not fit its input")
        work += rows * columns * weights.size
        n = channels
        layers.append(layer)
    if work > _MOST_WORK:
        raise WannError(f"{work} multiply-adds a picture; there may be {_MOST_WORK} at most")
    return tuple(layers), rows * columns * n


def _dense(part: _Part, n_out: int | None, n_in: int) -> Dense:
    weights = part.array("weights", (n_out, n_in))
    return Dense(weights, part.array("biases", (len(weights),)))


def _decoder(part: _Part, n_latents: int, view: tuple[int, int, int]) -> Decoder:
    rows, columns, n = start = part.integers("start", 3, 1)
    dense = _dense(part.part("dense"), rows * columns * n, n_latents)
    layers = []
    for layer_part in part.parts("deconvolutions"):
        weights = layer_part.array("weights", (n, None, None, None))
        n = weights.shape[3]
        stride, padding = layer_part.integer("stride"), layer_part.integer("padding", 0)
        below, right = layer_part.integers("extra", 2)
        layer = Deconvolution(weights, layer_part.array("biases", (n,)), stride, padding, (below, right))
        rows, columns = output_shape(rows, columns, layer)
        if weights.shape[1] != weights.shape[2] or min(rows, columns) < 1 or max(rows, columns) > _MOST:
            raise WannError("a layer of the decoder does not fit its input")
        layers.append(layer)
    if (rows, columns, n) != view:
        raise WannError("the decoder's pictures do not have the shape of the encoder's views")
    return Decoder(dense, (start[0], start[1], start[2]), tuple(layers))
