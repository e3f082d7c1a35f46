"""The activation functions and their numbers in the files of the paper's authors."""

from collections.abc import Callable, Iterable
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.arguments import check_list, shown
from wann.errors import WannError


class Activation(IntEnum):
    """What a node does with its weighted sum; the numbers are those of the authors' champion files."""

    LINEAR = _core.Activation.LINEAR
    STEP = _core.Activation.STEP  #: 1 where x > 0, else 0
    SINE = _core.Activation.SINE  #: sin(πx)
    GAUSSIAN = _core.Activation.GAUSSIAN  #: exp(-x²/2)
    TANH = _core.Activation.TANH
    SIGMOID = _core.Activation.SIGMOID
    INVERSE = _core.Activation.INVERSE  #: -x
    ABSOLUTE = _core.Activation.ABSOLUTE
    RELU = _core.Activation.RELU
    COSINE = _core.Activation.COSINE  #: cos(πx)

    @property
    def label(self) -> str:
        """The name in files, options and pictures, such as ``"tanh"``."""
        return self.name.lower()


ALL_ACTIVATIONS: tuple[Activation, ...] = tuple(Activation)

#: Each activation as a function of an array, of any shape, that keeps the array's type.
NUMPY: dict[Activation, Callable[[NDArray[np.floating]], NDArray[np.floating]]] = {
    Activation.LINEAR: lambda x: x,
    Activation.STEP: lambda x: (x > 0).astype(x.dtype),
    Activation.SINE: lambda x: np.sin(np.pi * x),
    Activation.GAUSSIAN: lambda x: np.exp(-x * x / 2),
    Activation.TANH: np.tanh,
    Activation.SIGMOID: lambda x: 1 / (1 + np.exp(-x)),
    Activation.INVERSE: np.negative,
    Activation.ABSOLUTE: np.abs,
    Activation.RELU: lambda x: np.maximum(x, 0),
    Activation.COSINE: lambda x: np.cos(np.pi * x),
}

#: Activations whose values grow beyond all numbers.
UNBOUNDED = (Activation.LINEAR, Activation.INVERSE, Activation.ABSOLUTE, Activation.RELU)
#: Activations that make another bias of a node without sources.
NOT_ZERO_AT_ZERO = (Activation.GAUSSIAN, Activation.SIGMOID, Activation.COSINE)


def as_activation(value: "Activation | int | str", where: str = "activation") -> Activation:
    """The activation with this name or number.

    Raises:
        WannError: It is neither; the message lists the names.
    """
    try:
        if isinstance(value, str):
            return Activation[value.strip().upper()]
        if isinstance(value, bool) or int(value) != value:
            raise ValueError
        return Activation(int(value))
    except (KeyError, ValueError, TypeError, OverflowError):
        names = ", ".join(a.label for a in Activation)
        raise WannError(f"{where}: unknown activation {shown(value)}; allowed are {names}") from None


def as_activations(values: "Iterable[Activation | int | str]", where: str = "activations") -> tuple[Activation, ...]:
    """Several activations, at least one, none twice.

    Raises:
        WannError: It is no list of activations, there is none, or one stands twice.
    """
    found = tuple(as_activation(v, where) for v in check_list(values, where, "activations"))
    if not found:
        raise WannError(f"{where}: at least one activation is needed")
    if len(set(found)) != len(found):
        raise WannError(f"{where}: an activation is named twice in {', '.join(a.label for a in found)}")
    return found
