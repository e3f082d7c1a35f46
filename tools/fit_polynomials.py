"""Fits the polynomials of core/lanes/math.hpp and core/tasks/swingup/task.hpp: weighted minimax by Lawson's iteration.

    python tools/fit_polynomials.py

Prints the coefficients, lowest power first, as float32, with the largest absolute (2^x: relative) error of the exact fit.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def fit(target: Function, weight: Function, degree: int, low: float, high: float) -> tuple[float, NDArray[np.float64]]:
    """The polynomial that makes the largest weighted error on [low, high] small, and that error.

    Least squares are solved again and again, each point weighted by the error that it had: the weights gather where the
    error is largest, until it is the same at all of its peaks.
    """
    x = (high - low) / 2 * np.cos(np.linspace(0, np.pi, 4001)) + (high + low) / 2
    powers, y, w = np.vander(x, degree + 1, increasing=True), target(x), weight(x)
    lawson = np.ones_like(x)
    best = (np.inf, np.zeros(degree + 1))
    for _ in range(400):
        scale = w * np.sqrt(lawson)
        coefficients, *_ = np.linalg.lstsq(powers * scale[:, None], y * scale, rcond=None)
        error = np.abs((powers @ coefficients - y) * w)
        if error.max() < best[0]:
            best = (float(error.max()), coefficients)
        lawson *= error / error.max() + 1e-12
        lawson /= lawson.sum()
    return best


def sine_factor(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """sin(πr) / (r(1 - r²)) for u = r²."""
    r = np.sqrt(u)
    return np.sin(np.pi * r) / (r * (1 - u))


def log_remainder(f: NDArray[np.float64]) -> NDArray[np.float64]:
    """P with log(1 + f) = f - f²/2 + f³ P(f); close to 0 its own series, where the difference would lose its digits."""
    near = np.abs(f) < 1e-2
    series = np.polyval([1 / 9, -1 / 8, 1 / 7, -1 / 6, 1 / 5, -1 / 4, 1 / 3], f)
    return np.where(near, series, (np.log1p(f) - f + f**2 / 2) / np.where(near, 1.0, f) ** 3)


def main() -> None:
    """Prints every fit; those that must be exact at 0 are fitted to (f(x) - 1)/x."""
    fits = {
        "sin_pi": fit(sine_factor, lambda u: np.sqrt(u) * (1 - u) + 1e-9, 4, 1e-6, 1 - 1e-6),
        "cos_pi": fit(lambda u: (np.cos(np.pi * np.sqrt(u)) - 1) / u, lambda u: u, 5, 1e-9, 1.0),
        "2^x": fit(lambda f: np.expm1(f * np.log(2)) / f, lambda f: np.abs(f) * 2.0**-f + 1e-9, 4, -0.5, 0.5000001),
        "log": fit(log_remainder, lambda f: np.abs(f) ** 3, 6, np.sqrt(0.5) - 1, np.sqrt(2) - 1),
        "centring": fit(lambda u: (np.cos(np.pi / 2 * np.sqrt(u)) - 1) / u, lambda u: u, 3, 1e-9, 1.1**2),
    }
    for name, (error, coefficients) in fits.items():
        print(f"{name:10} error {error:.1e}  ", ", ".join(str(np.float32(c)) for c in coefficients))


if __name__ == "__main__":
    main()
