"""Labels of classes: text, truth values or numbers, none of them changed on the way."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.arguments import shown
from wann.errors import WannError

#: Kinds of NumPy arrays whose values can be classes: truth values, numbers, text and bytes.
_KINDS = "biufUS"


def as_labels(y: ArrayLike, n_samples: int, where: str) -> NDArray[Any]:
    """One label for each sample, shape (n_samples,); integers that no type of NumPy can hold stay Python's.

    Raises:
        WannError: Labels are of several kinds, one is missing or infinite, or there are not as many as samples.
    """
    try:
        labels = np.asarray(y)
        # NumPy makes text of a list of text and numbers, and rounds integers of different types to floating point.
        if labels.dtype.kind == "O" or not hasattr(y, "dtype"):
            labels = _of_one_kind(np.asarray(y, dtype=object), where)
    except (TypeError, ValueError) as error:
        if isinstance(error, WannError):
            raise
        raise WannError(f"{where}: expected one class for each sample, got {shown(y)}") from None
    if labels.dtype.kind not in _KINDS and labels.dtype != object:
        raise WannError(f"{where} holds values of the type {labels.dtype}; classes are text, truth values or numbers")
    if labels.shape != (n_samples,):
        raise WannError(f"{where} has shape {labels.shape}; expected ({n_samples},), one class for each sample")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        row = int(np.flatnonzero(~np.isfinite(labels))[0])
        raise WannError(f"{where}: row {row} is {labels[row]}; every value must be finite")
    return labels


def exact_integers(values: list[Any]) -> NDArray[Any]:
    """Integers as int64 where they fit, else as Python's."""
    fits = all(-(2**63) <= value < 2**63 for value in values)
    return np.array(values, dtype=np.int64 if fits else object)


def _of_one_kind(values: NDArray[Any], where: str) -> NDArray[Any]:
    """Labels from an array of objects, which may be anything."""
    if values.ndim != 1:
        return values
    for row, value in enumerate(values):
        if _kind(value) != _kind(values[0]) or _kind(value) is None:
            expected = "" if row == 0 else f" and others are like {shown(values[0])}"
            raise WannError(
                f"{where}: row {row} is {shown(value)}{expected}; classes are all text, all truth values or all numbers"
            )
    if len(values) and _kind(values[0]) == "number" and all(isinstance(value, int | np.integer) for value in values):
        return exact_integers([int(value) for value in values])
    return np.array(values.tolist())


def _kind(value: object) -> str | None:
    """What a label is; None for what can be none, such as a missing value."""
    if isinstance(value, bool | np.bool_):
        return "truth value"
    if isinstance(value, int | float | np.integer | np.floating):
        return "number"
    return "text" if isinstance(value, str) else "bytes" if isinstance(value, bytes) else None
