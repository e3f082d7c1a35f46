"""Functions over lanes against float64, over the ranges that core/lanes/math.hpp states."""

import numpy as np
import pytest

from wann import _core

TOLERANCE = 1e-6
LARGEST = np.finfo(np.float32).max
SMALLEST = np.finfo(np.float32).tiny

EXACT = {
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "gaussian": lambda x: np.exp(-(x**2) / 2),
    "sin": np.sin,
    "cos": np.cos,
    # Exact reduction first: float64 itself rounds π·x for large x.
    "sin_pi": lambda x: np.sin(np.pi * (x - 2 * np.round(x / 2))),
    "cos_pi": lambda x: np.cos(np.pi * (x - 2 * np.round(x / 2))),
}


def lanes(name: str, x: np.ndarray) -> np.ndarray:
    return _core.lane_function(name, np.ascontiguousarray(x, dtype=np.float32)).astype(float)


def exact(name: str, x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return EXACT[name](np.asarray(x, dtype=np.float32).astype(float))


def span(low: float, high: float, n: int = 200_001) -> np.ndarray:
    """Evenly over the range, and densely around 0."""
    near = np.geomspace(1e-30, min(abs(low), high), 2000)
    return np.concatenate([np.linspace(low, high, n), near, -near, [0.0, -0.0, SMALLEST, -SMALLEST]])


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("tanh", -20, 20),
        ("sigmoid", -100, 100),
        ("gaussian", -20, 20),
        ("sin", -10_000, 10_000),
        ("cos", -10_000, 10_000),
        ("sin", -10, 10),
        ("cos", -10, 10),
        ("sin_pi", -10, 10),
        ("cos_pi", -10, 10),
        ("sin_pi", -1e6, 1e6),
        ("cos_pi", -1e6, 1e6),
    ],
)
def test_absolute_error(name: str, low: float, high: float) -> None:
    x = span(low, high)
    assert np.abs(lanes(name, x) - exact(name, x)).max() <= TOLERANCE


def test_exp_has_a_small_relative_error() -> None:
    x = span(-87, 88)
    want = exact("exp", x)
    assert (np.abs(lanes("exp", x) - want) / want).max() <= TOLERANCE


def test_exp_is_clamped_outside_its_range() -> None:
    assert lanes("exp", np.array([88.0, 89.0, 1e30, np.inf])) == pytest.approx(np.exp(88.0), rel=TOLERANCE)
    assert lanes("exp", np.array([-87.0, -88.0, -1e30, -np.inf])) == pytest.approx(np.exp(-87.0), rel=TOLERANCE)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "gaussian"])
def test_saturation(name: str) -> None:
    """Far out, at the edges of the range of 2^x that they are made of, and at infinity."""
    ln2 = np.log(2)
    edges = np.array([126 * ln2, 127 * ln2, 63 * ln2, 88.7, 1e3, 1e20, LARGEST, np.inf, np.sqrt(2 * 126 * ln2)])
    x = np.concatenate([edges, np.nextafter(edges.astype(np.float32), np.float32(0)), edges * 1.001])
    x = np.concatenate([x, -x])
    with np.errstate(over="ignore"):
        assert np.abs(lanes(name, x) - exact(name, x)).max() <= TOLERANCE


@pytest.mark.parametrize("name", EXACT)
def test_nan_stays_nan(name: str) -> None:
    assert np.isnan(lanes(name, np.full(70, np.nan))).all()


@pytest.mark.parametrize("name", ["sin", "cos", "sin_pi", "cos_pi"])
def test_infinity_has_no_sine(name: str) -> None:
    assert np.isnan(lanes(name, np.array([np.inf, -np.inf]))).all()


@pytest.mark.parametrize("name", EXACT)
def test_a_nan_does_not_reach_other_lanes(name: str) -> None:
    x = np.linspace(-2, 2, 64).astype(np.float32)
    spoilt = x.copy()
    spoilt[5] = np.nan
    others = np.arange(64) != 5
    np.testing.assert_array_equal(lanes(name, spoilt)[others], lanes(name, x)[others])


def test_exact_points() -> None:
    np.testing.assert_array_equal(lanes("sin_pi", np.array([0.0, 1.0, -1.0, 2.0, 1e6])), 0.0)
    np.testing.assert_array_equal(lanes("cos_pi", np.array([0.0, 2.0, -2.0, 1e6])), 1.0)
    np.testing.assert_array_equal(lanes("tanh", np.array([0.0, -0.0])), 0.0)
    np.testing.assert_array_equal(lanes("sigmoid", np.array([0.0])), 0.5)
    np.testing.assert_array_equal(lanes("exp", np.array([0.0])), 1.0)
    np.testing.assert_array_equal(lanes("gaussian", np.array([0.0])), 1.0)


@pytest.mark.parametrize("name", ["tanh", "sin_pi", "sin"])
def test_odd_functions_are_odd_to_the_bit(name: str) -> None:
    x = span(0.001, 50, 1001)
    np.testing.assert_array_equal(lanes(name, -x), -lanes(name, x))


@pytest.mark.parametrize("n", [0, 1, 3, 15, 16, 17, 63, 64, 65])
def test_every_length(n: int) -> None:
    x = np.linspace(-3, 3, n)
    assert lanes("tanh", x).shape == (n,)
    np.testing.assert_allclose(lanes("tanh", x), exact("tanh", x), atol=TOLERANCE)


def test_an_unknown_function_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown function"):
        _core.lane_function("tan", np.zeros(1, dtype=np.float32))


def test_philox_gives_the_published_numbers() -> None:
    """The known answers of the authors of Philox 4x32-10 (Salmon et al. 2011)."""
    ones = 2**32 - 1
    assert _core.philox([0, 0, 0, 0], 0) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert _core.philox([ones] * 4, 2**64 - 1) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]


def test_derived_seeds_differ() -> None:
    seeds = {_core.derive_seed(s, t, a, b) for s in range(5) for t in range(5) for a in range(10) for b in range(10)}
    assert len(seeds) == 5 * 5 * 10 * 10
