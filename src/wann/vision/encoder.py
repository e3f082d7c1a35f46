"""From pictures to latents, the few numbers that a network can take as its inputs."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import _core
from wann.arguments import check_path
from wann.errors import WannError
from wann.files import write_bytes

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution, followed by max(·, 0)."""

    weights: FloatArray  #: shape (channels, kernel, kernel, channels of its input)
    biases: FloatArray  #: shape (channels,)
    stride: int
    padding: int  #: zeros around its input


@dataclass(frozen=True, eq=False)
class Dense:
    """Weighted sums of all of its input."""

    weights: FloatArray  #: shape (outputs, inputs)
    biases: FloatArray  #: shape (outputs,)


@dataclass(frozen=True, eq=False)
class Deconvolution:
    """A transposed convolution: the shapes of a convolution backwards."""

    weights: FloatArray  #: shape (channels of its input, kernel, kernel, channels)
    biases: FloatArray  #: shape (channels,)
    stride: int
    padding: int  #: rows and columns that are cut off at each side
    extra: tuple[int, int]  #: rows and columns that are added below and to the right


@dataclass(frozen=True, eq=False)
class Decoder:
    """From latents back to a picture, for people to look at."""

    dense: Dense  #: followed by max(·, 0)
    start: tuple[int, int, int]  #: rows, columns and channels of what it gives
    deconvolutions: tuple[Deconvolution, ...]  #: followed by max(·, 0), and the last by a sigmoid


@dataclass(frozen=True, eq=False, kw_only=True)
class Encoder:
    """Says what a picture shows in a few numbers, the latents.

    A picture is cut to some of its rows and channels, and brought to the scaled means of blocks of pixels: its *view*.
    Convolutions and weighted sums make latents of that, in the compiled core. A frame's latents do not depend, to the bit,
    on the frames that are encoded with it.
    """

    name: str
    picture: tuple[int, int, int]  #: rows, columns and channels of the pictures that it takes
    dtype: str  #: of their values
    rows: tuple[int, int]  #: the first row that is seen, and the first that no longer is
    channels: tuple[int, ...]  #: those that are seen
    block: int  #: side of the blocks of pixels whose means are taken
    scale: float  #: what the means are multiplied by
    convolutions: tuple[Convolution, ...]
    dense: Dense
    decoder: Decoder | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)  #: how it was made, and how well it does

    @property
    def view_shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels of a view."""
        return (self.rows[1] - self.rows[0]) // self.block, self.picture[1] // self.block, len(self.channels)

    @property
    def n_latents(self) -> int:
        """How many numbers a picture becomes."""
        return len(self.dense.biases)

    @property
    def latent_names(self) -> tuple[str, ...]:
        """Names of the latents, as a network's inputs."""
        return tuple(f"latent_{i}" for i in range(self.n_latents))

    @functools.cached_property
    def core(self) -> _core.Encoder:
        """The encoder in the core, which takes views."""
        layers = [(c.weights, c.biases, c.stride, c.padding) for c in self.convolutions]
        return _core.Encoder(self.view_shape, layers, self.dense.weights, self.dense.biases)

    def view(self, frames: ArrayLike) -> FloatArray:
        """What is seen of pictures: means of blocks, scaled.

        Args:
            frames: Pictures, shape (n, rows, columns, channels), or one without n.

        Returns:
            The mean of each block times `scale`, rounded once, shape ``(n, *view_shape)``, or one.

        Raises:
            WannError: The pictures have another shape, or values of another type.
        """
        array = np.asarray(frames)
        if array.ndim not in (3, 4) or array.shape[-3:] != self.picture or array.dtype != self.dtype:
            expected = f"{_text_of(self.picture)} of {self.dtype}"
            raise WannError(
                f"the encoder {self.name} takes pictures of shape {expected}; here are some of {_text_of(array.shape[-3:])} "
                f"of {array.dtype}"
            )
        rows, columns, channels = self.view_shape
        begin = self.rows[0]
        seen = array[..., begin : begin + rows * self.block, : columns * self.block, list(self.channels)]
        blocks = seen.reshape(*array.shape[:-3], rows, self.block, columns, self.block, channels)
        whole = np.issubdtype(array.dtype, np.integer)
        sums = blocks.sum(axis=(-4, -2), dtype=np.int64 if whole else np.float64)
        view: FloatArray = (sums * (self.scale / self.block**2)).astype(np.float32)
        return view

    def encode(self, frames: ArrayLike) -> FloatArray:
        """The latents of pictures, shape (n, n_latents), or of one, shape (n_latents,).

        Raises:
            WannError: The pictures have another shape, or values of another type.
        """
        return self.encode_view(self.view(frames))

    def encode_view(self, views: ArrayLike) -> FloatArray:
        """The latents of what `view` gives.

        Raises:
            WannError: The views have another shape.
        """
        array = np.ascontiguousarray(views, dtype=np.float32)
        if array.ndim not in (3, 4) or array.shape[-3:] != self.view_shape:
            raise WannError(
                f"the encoder {self.name} takes views of shape {_text_of(self.view_shape)}; here are some of "
                f"{_text_of(array.shape[-3:])}"
            )
        latents: FloatArray = self.core.encode(array.reshape(-1, *self.view_shape))
        return latents if array.ndim == 4 else latents[0]

    def decode(self, latents: ArrayLike) -> FloatArray:
        """Views as the latents remember them, shape ``(n, *view_shape)``, or one where the latents are those of one.

        Raises:
            WannError: The encoder has no decoder, or the latents are of another number.
        """
        from wann.vision.decoding import decoded

        z = np.asarray(latents, dtype=np.float32)
        if self.decoder is None:
            raise WannError(f"the encoder {self.name} has no decoder")
        if z.ndim not in (1, 2) or z.shape[-1] != self.n_latents:
            raise WannError(
                f"the encoder {self.name} has {self.n_latents} latents; here are some of shape {_text_of(z.shape)}"
            )
        views = decoded(self.decoder, z.reshape(-1, self.n_latents))
        return views if z.ndim == 2 else views[0]

    @classmethod
    def load(cls, path: str | Path) -> "Encoder":
        """An encoder from a file, or one that ships with the package, by its name.

        Raises:
            WannError: There is neither; or the file is cut off, altered, no encoder, or holds something that does not fit.
        """
        from wann import vision

        return vision.load(path)

    def save(self, path: str | Path) -> None:
        """Writes a file that `load` reads.

        Raises:
            OSError: It cannot be written.
        """
        from wann.vision.file import packed

        write_bytes(check_path(path), packed(self))

    def __getstate__(self) -> dict[str, Any]:
        # Without the core's encoder, which each process makes for itself.
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __repr__(self) -> str:
        channels = "-".join(str(len(c.biases)) for c in self.convolutions)
        return f"Encoder({self.name}: {_text_of(self.view_shape)} view, {channels} channels, {self.n_latents} latents)"


def _text_of(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
