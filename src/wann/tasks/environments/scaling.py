"""Scaling of observations: the same for all networks of a search, and kept in the file of each that is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.errors import WannError
from wann.networks.metadata import ScalingRecord

#: A standard deviation below this is taken for a constant, which is shifted and not scaled.
_CONSTANT = 1e-6


@dataclass(frozen=True)
class ObservationScaling:
    """A network's inputs are (observation - shift) / scale."""

    shift: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def none(cls, n: int) -> "ObservationScaling":
        """What leaves n numbers as they are."""
        return cls((0.0,) * n, (1.0,) * n)

    @classmethod
    def of(cls, mean: ArrayLike, std: ArrayLike, measured: NDArray[np.bool_]) -> "ObservationScaling":
        """To mean 0 and standard deviation 1, where ``measured`` says that a number is a magnitude."""
        deviation = np.asarray(std, dtype=float)
        scale = np.where(measured & (deviation > _CONSTANT), deviation, 1.0)
        shift = np.where(measured, np.asarray(mean, dtype=float), 0.0)
        # Six digits are plenty, and files stay readable.
        return cls(tuple(float(f"{x:.6g}") for x in shift), tuple(float(f"{x:.6g}") for x in scale))

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any], n: int) -> "ObservationScaling | None":
        """The scaling that a network was saved with, or None where there is none.

        Raises:
            WannError: It is not n shifts and n scales.
        """
        try:
            data = ScalingRecord.within(metadata)
        except WannError as error:
            raise WannError(f"{error}; expected {_expected(n)}") from None
        if data is None:
            return None
        if not len(data.shift) == len(data.scale) == n or not all(x > 0 for x in data.scale):
            raise WannError(f"{ScalingRecord.KEY} in the network's metadata: expected {_expected(n)}")
        return cls(data.shift, data.scale)

    def to_metadata(self) -> dict[str, Any]:
        """The same as a network's metadata hold it."""
        return ScalingRecord(shift=self.shift, scale=self.scale).entries()

    def arrays(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Shift and factor (1 / scale) for the core, float32, shape (n,)."""
        return np.array(self.shift, dtype=np.float32), (1.0 / np.array(self.scale)).astype(np.float32)


def _expected(n: int) -> str:
    return f"{n} numbers in 'shift' and {n} above 0 in 'scale'"
