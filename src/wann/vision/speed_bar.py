"""How fast a car is, read off the picture of Gymnasium's CarRacing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Where the white bar stands: rows of the indicators, and columns that it fills from side to side.
_ROWS, _COLUMNS = slice(84, 96), slice(12, 14)
#: Pixels of the screen in a pixel of the picture, and in a unit of the bar (a fortieth of the screen).
_SCREEN_PIXELS, _UNIT = 800 / 96, 20
#: The bar is a row of the screen's pixels higher than its value; rounding to levels leaves a tenth of it.
_EDGE = 0.9


def shown_speed(picture: Any) -> NDArray[np.float32]:
    """The height of the bar that stands for the speed, in fortieths of the screen: 1 at a speed of 50 units a second.

    It is drawn in whole pixels of a screen of 800 rows, so it comes in steps of 0.05. Where the car spins so wildly that
    the bar of its steering lies over this one, it is too small.

    Args:
        picture: Shape (96, 96, 3) or (n, 96, 96, 3), values from 0 to 255.

    Returns:
        Shape () or (n,).
    """
    bar = np.asarray(picture, dtype=np.float64)[..., _ROWS, _COLUMNS, :]
    pixels = bar.mean(axis=(-2, -1)).sum(axis=-1) / 255 * _SCREEN_PIXELS
    return np.asarray(np.maximum(np.round(pixels - _EDGE), 0) / _UNIT, dtype=np.float32)
