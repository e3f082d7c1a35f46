"""CMA-ES against the library `cmaes`, told the same candidates and rewards, and on functions with a known optimum."""

import cmaes
import numpy as np
import pytest

import wann
from wann.training.cma import Cma, FullCma, SeparableCma


@pytest.mark.parametrize(("kind", "library"), [(FullCma, cmaes.CMA), (SeparableCma, cmaes.SepCMA)])
@pytest.mark.parametrize(("n", "population"), [(2, 4), (9, 8), (30, 32)])
def test_it_moves_as_the_library_does(kind: type[Cma], library: type, n: int, population: int) -> None:
    rng = np.random.default_rng(n)
    start = rng.normal(size=n)
    ours = kind.start(start, 0.3, population, seed=1)
    theirs = library(mean=start.copy(), sigma=0.3, population_size=population)
    for _ in range(60):
        x = ours.ask()
        rewards = -np.sum((x - 1) ** 2 * np.arange(1, n + 1), axis=1) + 0.1 * rng.normal(size=population)
        ours = ours.told(x, rewards)
        theirs.tell([(row.astype(float), -float(r)) for row, r in zip(x, rewards, strict=True)])
        np.testing.assert_allclose(ours.mean, theirs.mean, atol=1e-9, rtol=1e-7)
        assert ours.sigma == pytest.approx(theirs._sigma, rel=1e-6)
        np.testing.assert_allclose(ours.covariance, theirs._C, atol=1e-6 * np.abs(theirs._C).max())
        np.testing.assert_allclose(ours.path_c, theirs._pc, atol=1e-7 * max(1, np.abs(theirs._pc).max()))


@pytest.mark.parametrize("kind", [FullCma, SeparableCma])
def test_it_finds_an_optimum_and_ends(kind: type[Cma]) -> None:
    optimizer = kind.start(np.zeros(6), 0.5, 12, seed=0)
    goal = np.linspace(-2, 2, 6)
    scale = 10.0 ** np.arange(6) if kind is SeparableCma else np.ones(6)
    while not optimizer.has_ended:
        x = optimizer.ask()
        optimizer = optimizer.told(x, -np.sum(scale * (x - goal) ** 2, axis=1))
        assert optimizer.generation < 2000
    np.testing.assert_allclose(optimizer.mean, goal, atol=1e-4)


def test_a_long_narrow_valley_needs_the_full_matrix() -> None:
    """Rosenbrock's function."""
    optimizer = FullCma.start(np.zeros(5), 0.3, 16, seed=0)
    for _ in range(500):
        x = optimizer.ask()
        y = x.astype(float)
        optimizer = optimizer.told(x, -np.sum(100 * (y[:, 1:] - y[:, :-1] ** 2) ** 2 + (1 - y[:, :-1]) ** 2, axis=1))
    np.testing.assert_allclose(optimizer.mean, 1, atol=1e-2)


def test_a_flat_function_ends_a_run() -> None:
    optimizer = FullCma.start(np.zeros(3), 0.3, 8, seed=0)
    for _ in range(optimizer.constants.memory):
        assert not optimizer.has_ended
        optimizer = optimizer.told(optimizer.ask(), np.ones(8))
    assert optimizer.has_ended


def test_a_function_without_an_optimum_ends_a_run() -> None:
    optimizer = FullCma.start(np.zeros(3), 0.3, 8, seed=0)
    while not optimizer.has_ended:
        x = optimizer.ask()
        optimizer = optimizer.told(x, x.sum(axis=1, dtype=float))
        assert optimizer.generation < 500


@pytest.mark.parametrize("kind", [FullCma, SeparableCma])
def test_asking_changes_nothing_and_a_restored_one_goes_on(kind: type[Cma]) -> None:
    optimizer = kind.start(np.ones(7), 0.3, 8, seed=3)
    for _ in range(5):
        optimizer = optimizer.told(optimizer.ask(), -np.abs(optimizer.ask()).sum(axis=1))
    np.testing.assert_array_equal(optimizer.ask(), optimizer.ask())
    np.testing.assert_array_equal(optimizer.ask(), kind.restored(optimizer.state()).ask())
    assert not np.array_equal(optimizer.ask(), kind.start(np.ones(7), 0.3, 8, seed=4).ask())


@pytest.mark.parametrize(
    "damage",
    [
        {"mean": np.zeros((2, 2))},
        {"mean": "x"},
        {"covariance": np.zeros(3)},
        {"extremes": np.zeros(4)},
        {"population": 0},
        {"population": None},
        {"population": 10**12},
        {"path_c": np.zeros(2)},
        {"sigma": None},
        {"seed": -1},
        {"seed": 2**64},
        {"generation": -1},
        {"generation": 2**32},
    ],
)
def test_a_state_that_is_none_is_refused(damage: dict[str, object]) -> None:
    state = FullCma.start(np.ones(3), 0.3, 8, seed=3).state()
    with pytest.raises(wann.WannError, match="state of CMA-ES"):
        FullCma.restored(state | damage)
    with pytest.raises(wann.WannError, match="state of CMA-ES"):
        SeparableCma.restored(state)
