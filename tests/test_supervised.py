"""The kernels that score networks on samples, against a plain float64 oracle."""

import dataclasses

import numpy as np
import pytest

import wann
from conftest import random_network
from wann import _core
from wann.networks.network import Network

WEIGHTS = np.array([-2, -1, -0.5, 0.5, 1, 2], dtype=np.float32)

ORACLE_ACTIVATIONS = {
    1: lambda x: x,
    2: lambda x: (x > 0).astype(float),
    3: lambda x: np.sin(np.pi * x),
    4: lambda x: np.exp(-(x**2) / 2),
    5: np.tanh,
    6: lambda x: 1 / (1 + np.exp(-x)),
    7: lambda x: -x,
    8: np.abs,
    9: lambda x: np.maximum(x, 0),
    10: lambda x: np.cos(np.pi * x),
}


def oracle_outputs(network, x, weights):
    """Node by node in float64; `weights` is one number or one for each connection."""
    values = np.zeros((len(x), network.n_nodes))
    values[:, 0] = 1
    values[:, 1 : 1 + network.n_inputs] = x
    each = np.broadcast_to(np.asarray(weights, dtype=float), (network.n_connections,))
    for k, activation in enumerate(network.activations):
        node = 1 + network.n_inputs + k
        mine = network.connections[:, 1] == node
        total = values[:, network.connections[mine, 0]] @ each[mine]
        values[:, node] = ORACLE_ACTIVATIONS[int(activation)](total)
    return values[:, -network.n_outputs :]


def oracle_log_likelihood(outputs, y):
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    return float((shifted[np.arange(len(y)), y] - np.log(np.exp(shifted).sum(axis=1))).mean())


def oracle_negative_mse(outputs, y):
    return -float(((outputs - y) ** 2).mean())


def linear_outputs(network: Network) -> Network:
    return Network(
        inputs=network.inputs,
        outputs=network.outputs,
        hidden=[1 if a == 2 else int(a) for a in network.hidden],
        output_activations="linear",
        connections=network.connections,
    )


@pytest.fixture
def networks(rng):
    return [linear_outputs(random_network(rng, 7, 4, hidden)) for hidden in (0, 1, 5, 20, 40, 40)]


@pytest.fixture
def x(rng):
    return rng.normal(size=(333, 7)).astype(np.float32)


@pytest.mark.parametrize("n", [1, 15, 16, 17, 64, 65, 333])
def test_log_likelihood_is_the_oracles(networks, x, rng, n):
    y = rng.integers(0, 4, len(x)).astype(np.int32)
    rows = rng.permutation(len(x))[:n].astype(np.uint32)
    scores = _core.score_shared(_core.NetworkBatch([m.core for m in networks]), x, y, None, rows, WEIGHTS, 1)
    for i, network in enumerate(networks):
        for j, w in enumerate(WEIGHTS):
            expected = oracle_log_likelihood(oracle_outputs(network, x[rows], w), y[rows])
            assert scores[i, j] == pytest.approx(expected, rel=2e-4, abs=2e-5)


@pytest.mark.parametrize("n_inputs", [15, 16, 33, 64])
def test_inputs_of_every_width_reach_their_lanes(rng, n_inputs):
    """Squares of samples and inputs are transposed, and what is left over is copied."""
    network = linear_outputs(random_network(rng, n_inputs, 3, 30))
    x = rng.normal(size=(150, n_inputs)).astype(np.float32)
    y = rng.integers(0, 3, len(x)).astype(np.int32)
    rows = rng.permutation(len(x)).astype(np.uint32)[:99]
    scores = _core.score_shared(_core.NetworkBatch([network.core]), x, y, None, rows, WEIGHTS, 1)
    expected = [oracle_log_likelihood(oracle_outputs(network, x[rows], w), y[rows]) for w in WEIGHTS]
    np.testing.assert_allclose(scores[0], expected, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(network(x, 0.5), oracle_outputs(network, x, 0.5), rtol=2e-4, atol=2e-5)


def test_squared_error_is_the_oracles(networks, x, rng):
    y = rng.normal(size=(len(x), 4)).astype(np.float32)
    rows = np.arange(len(x), dtype=np.uint32)
    scores = _core.score_shared(_core.NetworkBatch([m.core for m in networks]), x, None, y, rows, WEIGHTS, 1)
    for i, network in enumerate(networks):
        for j, w in enumerate(WEIGHTS):
            expected = oracle_negative_mse(oracle_outputs(network, x, w), y)
            assert scores[i, j] == pytest.approx(expected, rel=2e-4, abs=2e-5)


def test_individual_weights_are_the_oracles(networks, x, rng):
    y = rng.integers(0, 4, len(x)).astype(np.int32)
    rows = rng.permutation(len(x)).astype(np.uint32)
    for network in networks:
        weights = rng.normal(size=(5, network.n_connections)).astype(np.float32)
        scores = _core.score_individual(network.core, x, y, None, rows, weights, 2)
        for score, row in zip(scores, weights, strict=True):
            expected = oracle_log_likelihood(oracle_outputs(network, x, row), y)
            assert score == pytest.approx(expected, rel=2e-4, abs=2e-5)


def test_outputs_that_are_large_keep_a_finite_likelihood():
    network = Network(inputs=["x"], outputs=["a", "b"], hidden=[], output_activations="linear", connections=[(1, 2), (0, 3)])
    x = np.array([[1e30], [-1e30]], dtype=np.float32)
    scores = _core.score_shared(
        _core.NetworkBatch([network.core]),
        x,
        np.array([0, 0], dtype=np.int32),
        None,
        np.arange(2, dtype=np.uint32),
        WEIGHTS,
        1,
    )
    assert np.isfinite(scores).all()
    assert scores[0, -1] == pytest.approx(-1e30, rel=1e-6)


def test_a_score_does_not_depend_on_company_or_threads(x, rng):
    """Bit for bit: networks that share a graph get what each gets alone."""
    task = wann.tasks.Classification(x, rng.integers(0, 3, len(x)), batch=None)
    search = wann.Search(task, wann.SearchConfig(population=60, generations=40, initial_enabled=0.3), seed=3, threads=1)
    for _ in search.run(40):
        pass
    networks = search.ask()
    rows = rng.permutation(len(x)).astype(np.uint32)
    together = [_core.score_shared(networks.batch, x, task.y, None, rows, WEIGHTS, t) for t in (1, 2, 5)]
    assert np.array_equal(together[0], together[1])
    assert np.array_equal(together[0], together[2])
    for i, network in enumerate(networks):
        alone = _core.score_shared(_core.NetworkBatch([network.core]), x, task.y, None, rows, WEIGHTS, 1)
        assert np.array_equal(alone[0], together[0][i])


def test_equal_nodes_stand_once(networks):
    cores = [n.core for n in networks]
    once = _core.graph_sizes(_core.NetworkBatch(cores))
    thrice = _core.graph_sizes(_core.NetworkBatch(cores * 3))
    assert once == thrice
    assert 0 < once["nodes"] <= sum(len(n.activations) for n in networks)


def test_nan_weights_reach_the_score(networks, x):
    """Nothing in the kernel may turn a NaN into a number."""
    y = np.zeros(len(x), dtype=np.int32)
    rows = np.arange(len(x), dtype=np.uint32)
    bad = np.array([np.nan], dtype=np.float32)
    scores = _core.score_shared(_core.NetworkBatch([networks[4].core]), x, y, None, rows, bad, 1)
    assert np.isnan(scores).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": np.array([0, 4], dtype=np.int32)}, "out of range"),
        ({"classes": np.array([0, -1], dtype=np.int32)}, "out of range"),
        ({"rows": np.array([2], dtype=np.uint32)}, "out of range"),
        ({"rows": np.array([], dtype=np.uint32)}, "at least one sample"),
        ({"weights": np.array([], dtype=np.float32)}, "at least one weight"),
        ({"threads": 0}, "threads"),
        ({"inputs": np.zeros((2, 6), dtype=np.float32)}, "does not fit"),
        ({"targets": np.zeros((2, 4), dtype=np.float32)}, "either"),
        ({"classes": None, "targets": np.zeros((2, 3), dtype=np.float32)}, "targets"),
    ],
)
def test_the_core_refuses_what_does_not_fit(networks, change, message):
    arguments = {
        "networks": _core.NetworkBatch([networks[3].core]),
        "inputs": np.zeros((2, 7), dtype=np.float32),
        "classes": np.array([0, 1], dtype=np.int32),
        "targets": None,
        "rows": np.arange(2, dtype=np.uint32),
        "weights": WEIGHTS,
        "threads": 1,
    }
    with pytest.raises(ValueError, match=message):
        _core.score_shared(**{**arguments, **change})


def test_log_is_the_oracles():
    x = np.concatenate([np.geomspace(1.2e-38, 3e38, 20011), np.linspace(0.5, 2, 10007)]).astype(np.float32)
    expected = np.log(x.astype(float))
    error = np.abs(_core.lane_function("log", x) - expected)
    assert (error <= 1e-7 + 1.1e-7 * np.abs(expected)).all()  # level v2, which fuses nothing, comes closest to it
    assert np.isnan(_core.lane_function("log", np.array([np.nan], dtype=np.float32)))[0]


def test_rollout_gives_each_lane_its_batch(x, rng):
    y = rng.integers(0, 3, len(x))
    task = wann.tasks.Classification(x, y, batch=50)
    network = linear_outputs(random_network(rng, 7, 3, 9))
    weights = np.array([0.5, -1, 0.5, 2], dtype=np.float32)
    seeds = np.array([9, 4, 4, 9], dtype=np.uint64)
    rollouts = task.rollout([network, network], weights, seeds, threads=2)
    for lane in range(4):
        rows = task.batch_rows(int(seeds[lane]))
        assert len(set(rows.tolist())) == 50
        expected = oracle_log_likelihood(oracle_outputs(network, x[rows], weights[lane]), task.y[rows])
        assert rollouts.rewards[:, lane] == pytest.approx([expected] * 2, rel=1e-4)
    assert (rollouts.steps == 50).all()
    one_weight_each = np.repeat(weights[:, None], network.n_connections, axis=1)
    individual = task.rollout([network], one_weight_each, seeds, threads=1)
    assert individual.rewards[0] == pytest.approx(rollouts.rewards[0], rel=1e-4)


def test_a_batch_as_large_as_the_data_is_all_of_it(x, rng):
    task = wann.tasks.Classification(x, rng.integers(0, 3, len(x)), batch=len(x))
    assert np.array_equal(task.batch_rows(1), np.arange(len(x)))


def test_the_same_seed_gives_the_same_search(x, rng):
    task = wann.tasks.Classification(x, rng.integers(0, 3, len(x)), batch=64)
    config = wann.SearchConfig(population=20, generations=12)
    runs = [[dataclasses.asdict(g) for g in wann.Search(task, config, seed=5, threads=t).run()] for t in (1, 3)]
    assert runs[0] == runs[1]


def test_search_learns_a_function(rng):
    x = rng.uniform(-1, 1, size=(400, 2))
    task = wann.tasks.Regression(x, np.abs(x[:, 0]), batch=None)
    search = wann.Search(task, wann.SearchConfig(population=64, generations=60, episodes=1), seed=1, threads=1)
    history = list(search.run())
    assert history[-1].champion_mean_reward > history[0].champion_mean_reward
    assert -search.champion_record.mean_reward < np.abs(x[:, 0]).var() * 4
