"""The forward pass of the core against the float64 oracle, on random networks."""

import numpy as np
import pytest

import oracle
from conftest import random_network
from wann import Network
from wann.networks import Activation, fully_connected

SIZES = (0, 1, 63, 64, 65, 1000)


def assert_within(actual: np.ndarray, expected: oracle.Nodes) -> None:
    error = np.abs(actual.astype(float) - expected.values)
    worst = np.argmax(error - expected.bounds) if error.size else 0
    assert (error <= expected.bounds).all(), (error.flat[worst], expected.bounds.flat[worst])


def one_node(activation: Activation) -> Network:
    return Network(inputs=["x"], outputs=["y"], hidden=[], output_activations=activation, connections=[(1, 2)])


@pytest.mark.parametrize("activation", Activation)
def test_each_activation(activation: Activation) -> None:
    x = np.concatenate([np.linspace(-30, 30, 20_001), [0.0, -0.0]]).astype(np.float32)
    got = one_node(activation)(x[:, None], weight=1.0)[:, 0]
    assert np.abs(got - oracle.activation(int(activation), x)).max() <= 1e-6


@pytest.mark.parametrize("activation", Activation)
def test_each_activation_keeps_a_nan(activation: Activation) -> None:
    assert np.isnan(one_node(activation)(np.full((65, 1), np.nan), weight=1.0)).all()


@pytest.mark.parametrize("activation", Activation)
def test_each_activation_at_infinity(activation: Activation) -> None:
    x = np.array([np.inf, -np.inf])
    got = one_node(activation)(x[:, None], weight=1.0)[:, 0]
    with np.errstate(invalid="ignore", over="ignore"):
        np.testing.assert_allclose(got, oracle.activation(int(activation), x), atol=1e-6)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("seed", range(4))
def test_shared_weight(n: int, seed: int) -> None:
    rng = np.random.default_rng([seed, n])
    network = random_network(rng, n_inputs=1 + seed, n_outputs=1 + seed % 3, n_hidden=4 * seed)
    x = rng.normal(size=(n, network.n_inputs)).astype(np.float32)
    for weight in (-2.0, 0.5, 1.0, 0.0):
        assert_within(network(x, weight=weight), oracle.forward(network, x, weight=weight))
    weight = rng.uniform(-2, 2, n).astype(np.float32)
    assert_within(network(x, weight=weight), oracle.forward(network, x, weight=weight))


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("seed", range(4))
def test_individual_weights(n: int, seed: int) -> None:
    rng = np.random.default_rng([seed, n])
    network = random_network(rng, n_inputs=1 + seed, n_outputs=1 + seed % 3, n_hidden=4 * seed)
    x = rng.normal(size=(n, network.n_inputs)).astype(np.float32)
    weights = rng.normal(size=network.n_connections).astype(np.float32)
    assert_within(network(x, weights=weights), oracle.forward(network, x, weights=weights))
    weights = rng.normal(size=(n, network.n_connections)).astype(np.float32)
    assert_within(network(x, weights=weights), oracle.forward(network, x, weights=weights))


def test_the_bounds_mean_something(rng: np.random.Generator) -> None:
    """On the networks of these tests most bounds are far below what a wrong connection would change."""
    network = random_network(rng)
    x = rng.normal(size=(1000, 5))
    assert np.median(oracle.forward(network, x, weight=1.0).bounds) < 1e-3


def test_many_random_networks(rng: np.random.Generator) -> None:
    x = rng.normal(size=(65, 5)).astype(np.float32)
    for _ in range(60):
        network = random_network(rng, n_hidden=int(rng.integers(0, 30)), n_outputs=int(rng.integers(1, 4)))
        weight = rng.uniform(-2, 2)
        assert_within(network(x, weight=weight), oracle.forward(network, x, weight=np.float32(weight)))
        weights = rng.uniform(-2, 2, network.n_connections).astype(np.float32)
        assert_within(network(x, weights=weights), oracle.forward(network, x, weights=weights))


def test_nothing_depends_on_threads_or_on_the_batch(rng: np.random.Generator) -> None:
    network = random_network(rng)
    x = rng.normal(size=(20_001, 5)).astype(np.float32)
    weight = rng.uniform(-2, 2, len(x)).astype(np.float32)
    all_at_once = network(x, weight=weight)
    for threads in (2, 3):
        np.testing.assert_array_equal(network(x, weight=weight, threads=threads), all_at_once)
    order = rng.permutation(len(x))
    np.testing.assert_array_equal(network(x[order], weight=weight[order]), all_at_once[order])
    for i in (0, 1, 77, 20_000):
        np.testing.assert_array_equal(network(x[i], weight=weight[i]), all_at_once[i])


def test_shared_equals_individual_with_equal_weights(rng: np.random.Generator) -> None:
    """Not to the bit: w · Σ x is rounded elsewhere than Σ w · x."""
    network = fully_connected(["a", "b"], ["y"], [8, 8])
    x = rng.normal(size=(100, 2))
    np.testing.assert_allclose(
        network(x, weight=0.7), network(x, weights=np.full(network.n_connections, 0.7)), rtol=1e-5, atol=1e-5
    )


def test_an_output_without_connections_is_the_activation_of_nothing() -> None:
    network = Network(inputs=["x"], outputs=["a", "b"], hidden=[], output_activations="cosine", connections=[(1, 2)])
    np.testing.assert_array_equal(network([[1.0]], weight=1.0), [[-1.0, 1.0]])


def test_no_inputs_but_the_bias() -> None:
    network = Network(inputs=[], outputs=["y"], hidden=[], output_activations="linear", connections=[(0, 1)])
    np.testing.assert_array_equal(network(np.zeros((3, 0)), weight=[1.0, 2.0, -3.0])[:, 0], [1.0, 2.0, -3.0])
