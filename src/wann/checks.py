"""Arguments checked at the border."""

import numpy as np

from wann.errors import WannError


def check_integer(value: object, name: str, low: int, high: int) -> int:
    """The value itself.

    Raises:
        WannError: It is not an integer from ``low`` to ``high``.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise WannError(f"{name} is {value!r}; it must be an integer from {low} to {high}")
    return int(value)
