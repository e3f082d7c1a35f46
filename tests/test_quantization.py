"""Weights that become topology."""

import json
from pathlib import Path

import numpy as np
import pytest

import wann
from conftest import random_network
from wann import Network, WannError
from wann.cli import main
from wann.networks.activations import Activation
from wann.networks.unfolding import n_quantized_connections, path_counts, quantized
from wann.tasks import Rollouts
from wann.training.quantization import quantize
from wann.training.weight_tuning import WeightTuning


def weighted(seed: int) -> Network:
    rng = np.random.default_rng(seed)
    network = random_network(rng, n_inputs=4, n_outputs=3)
    return network.with_tuning(weights=rng.normal(0, 1.5, network.n_connections))


def observations(network: Network) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(40, network.n_inputs)).astype(np.float32)


def rounded(network: Network, step: float, scale: float) -> np.ndarray:
    """What a network gives with its weights rounded to steps and scaled."""
    weights = scale * step * np.rint(network.weights.astype(float) / step)
    return network.with_tuning(weights=weights)(observations(network))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("weight", [0.6, 1.0, -1.0, 1.7])
def test_a_quantized_network_acts_like_rounded_weights(seed: int, weight: float) -> None:
    network, step = weighted(seed), 0.7
    made = quantized(network, step)
    expected = rounded(network, step, weight**2 / step)
    # Sums are rounded in another order, which a step or a fast sine can make much of.
    assert np.isclose(made(observations(made), weight), expected, rtol=1e-3, atol=1e-3).mean() > 0.98


@pytest.mark.parametrize("seed", range(8))
def test_a_quantized_network_keeps_the_trained_weights(seed: int) -> None:
    network, rng = weighted(seed), np.random.default_rng(seed)
    network = network.with_tuning(
        weights=rng.choice([-1, 1], network.n_connections) * rng.uniform(0.4, 2, network.n_connections)
    )
    made = quantized(network, 0.35)
    x = observations(made)
    assert np.isclose(made(x, weights=made.weights), network(x, weights=network.weights), rtol=1e-3, atol=1e-3).mean() > 0.98


@pytest.mark.parametrize("seed", range(8))
def test_connections_are_counted_beforehand(seed: int) -> None:
    network = weighted(seed)
    assert quantized(network, 0.7).n_connections <= n_quantized_connections(network, 0.7)


def test_stochastic_rounding_is_right_in_the_mean() -> None:
    network = line([0.25, 0.6]).with_tuning(weights=[0.25, -1.6])
    rng = np.random.default_rng(0)
    counts = np.array([path_counts(network, 1.0, rng) for _ in range(4000)])
    assert set(counts[:, 0]) == {0, 1}
    assert set(counts[:, 1]) == {-2, -1}
    np.testing.assert_allclose(counts.mean(axis=0), [0.25, -1.6], atol=0.03)


def test_paths() -> None:
    network = Network(
        inputs=["x"],
        outputs=["a", "b"],
        hidden=[],
        output_activations="linear",
        connections=[(0, 2), (1, 2), (1, 3)],
        weights=[0.1, 1.6, -0.9],
        metadata={"task": "t", "scores": {}},
    )
    made = quantized(network, 0.8)
    assert sorted(made.hidden) == [Activation.LINEAR, Activation.LINEAR, Activation.INVERSE]
    assert made.n_connections == n_quantized_connections(network, 0.8) == 3 + 3
    assert np.abs(made.weights).tolist() == pytest.approx([1, 1, 1, 0.8, 0.8, 0.9])
    assert dict(made.metadata) == {"task": "t", "quantization": {"step": 0.8}}
    # Outputs with as many paths of the same source share them.
    shared = quantized(network.with_tuning(weights=[0, 1.6, 0.9]), 0.8)
    assert (shared.n_hidden, shared.n_connections) == (2, 2 + 3)


class Line:
    """Reward falls with the distance of the output at 1 from 2, at any weight; luck by the episode's seed."""

    name = "line"
    inputs, outputs = ("x",), ("y",)
    output_activation = Activation.TANH
    hidden_activations = tuple(Activation)

    def rollout(self, networks, weights, seeds, *, threads=1):  # type: ignore[no-untyped-def]
        rows = np.asarray(weights, dtype=float)
        rewards = np.zeros((len(networks), len(seeds)))
        for i, network in enumerate(networks):
            for k in range(len(seeds)):
                y = network.with_tuning(weights=rows[k])([1.0]) if rows.ndim == 2 else network([1.0], weight=rows[k])
                rewards[i, k] = 1 - abs(float(y[0]) - np.tanh(0.4)) + 1e-3 * (int(seeds[k]) % 7)
        steps = np.ones(rewards.shape, dtype=np.int64)
        return Rollouts(rewards=rewards, steps=steps, computed_steps=steps.size)


def line(weights: list[float]) -> Network:
    return Network(
        inputs=["x"],
        outputs=["y"],
        hidden=[],
        output_activations="tanh",
        connections=[(0, 1 + 1), (1, 1 + 1)],
        weights=weights,
        metadata={"task": "line"},
    )


def test_the_best_step_is_chosen() -> None:
    made, tried = quantize(line([0.1, 0.3]), Line(), weights=[1.0], max_connections=20, roundings=3, episodes=1, threads=1)
    # At weight 1 as many paths as steps: 0.4 needs a whole number, so 1 path or none are as near as can be.
    assert made.n_connections == 2
    assert [q.n_connections for q in tried] == sorted(q.n_connections for q in tried)
    assert max(q.n_connections for q in tried) <= 20
    assert max(tried, key=lambda q: (q.round, q.mean_reward)).step == made.metadata["quantization"]["step"]


def test_the_same_seed_quantizes_alike() -> None:
    task = wann.make_task("cartpole-swingup")
    network = wann.networks.fully_connected(task.inputs, task.outputs, (3,))
    network = network.with_tuning(weights=np.random.default_rng(0).normal(size=network.n_connections))
    results = [quantize(network, task, steps=12, roundings=4, episodes=2, seed=5, threads=n) for n in (1, 2)]
    assert results[0] == results[1]


def test_bad_input() -> None:
    task, network = Line(), line([0.1, 0.3])
    with pytest.raises(WannError, match="max_connections is given without step"):
        WeightTuning(network, task, start=np.zeros(2), max_connections=3)
    with pytest.raises(WannError, match="no individual weights to quantize"):
        quantized(bare(network), 1.0)
    with pytest.raises(WannError, match="no individual weights to quantize"):
        quantize(bare(network), task)
    for step in (0, 1e-40, -1.0, float("nan"), "wide", True):
        with pytest.raises(WannError, match="step is "):
            quantized(network, step)  # type: ignore[arg-type]
    with pytest.raises(WannError, match="more than 1000 paths"):
        quantized(network, 1e-4)
    with pytest.raises(WannError, match="no step gives a network of at most 1 connections"):
        quantize(network, task, max_connections=1)
    with pytest.raises(WannError, match="all individual weights of the network are 0"):
        quantize(line([0.0, 0.0]), task)
    looped = Network(
        inputs=["x"],
        outputs=["a", "b"],
        hidden=[],
        output_activations="linear",
        connections=[(1, 2), (2, 3)],
        weights=[1.0, 1.0],
    )
    with pytest.raises(WannError, match="an output of the network feeds another node"):
        quantized(looped, 1.0)


def bare(network: Network) -> Network:
    return Network(
        inputs=network.inputs,
        outputs=network.outputs,
        hidden=network.hidden,
        output_activations=network.output_activations,
        connections=network.connections,
    )


class Scales:
    """Reward is less the further the weights of a lane are from 1; what it was given is kept."""

    name = "scales"
    inputs, outputs = ("x",), ("y",)
    output_activation = Activation.LINEAR
    hidden_activations = tuple(Activation)

    def __init__(self) -> None:
        self.given: list[np.ndarray] = []

    def rollout(self, networks, weights, seeds, *, threads=1):  # type: ignore[no-untyped-def]
        rows = np.asarray(weights, dtype=float).reshape(len(seeds), -1)
        self.given.append(rows)
        rewards = np.tile(-np.abs(rows - 1).mean(axis=1), (len(networks), 1))
        steps = np.ones(rewards.shape, dtype=np.int64)
        return Rollouts(rewards=rewards, steps=steps, computed_steps=steps.size)


def test_weights_are_tuned_at_all_scales() -> None:
    task = Scales()
    tuning = WeightTuning(
        bare(line([1, 1])), task, start=np.zeros(2), scales=(0.5, 2.0), population=8, episodes=3, threads=1
    )
    record = next(tuning.run(1))
    rows = task.given[0].reshape(8, 2, 3, 2)
    np.testing.assert_allclose(rows[:, 1], 4 * rows[:, 0], rtol=1e-6)
    assert record.episodes == 2 * (8 * 3 + 3 * 256)
    for _ in tuning.run(150):
        pass
    # |v/2 - 1| + |2v - 1| is least at 1/2.
    np.testing.assert_allclose(tuning.weights, 0.5, atol=0.02)
    assert tuning.network.metadata["tuning"]["scales"] == [0.5, 2.0]


def test_a_tuning_at_scales_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    def new() -> WeightTuning:
        return WeightTuning(bare(line([1, 1])), Scales(), start=np.zeros(2), scales=(0.5, 2.0), population=8, threads=1)

    whole, part = new(), new()
    list(whole.run(12))
    list(part.run(5))
    part.save(tmp_path / "checkpoint.npz")
    resumed = WeightTuning.load(tmp_path / "checkpoint.npz", bare(line([1, 1])), Scales(), threads=1)
    assert resumed.scales == (0.5, 2.0)
    list(resumed.run(7))
    np.testing.assert_array_equal(resumed.weights, whole.weights)


def test_quantized_weights_are_trained_as_they_run() -> None:
    task = Scales()
    tuning = WeightTuning(
        bare(line([1, 1])), task, start=np.array([0.2, 3.1]), step=0.5, sigma=0.3, population=8, episodes=2, threads=1
    )
    for _ in tuning.run(60):
        pass
    for rows in task.given:
        np.testing.assert_array_equal(rows, 0.5 * np.rint(rows / 0.5))
    assert tuning.weights.tolist() == [1.0, 1.0]
    assert tuning.network.metadata["tuning"]["step"] == 0.5


def test_training_keeps_to_the_connections_that_are_allowed() -> None:
    def trained(limit: int | None) -> np.ndarray:
        tuning = WeightTuning(
            bare(line([1, 1])), Scales(), start=np.array([2.0, 2.0]), step=0.2, sigma=0.5, max_connections=limit,
            population=8, episodes=1, confirm_episodes=4, threads=1,
        )  # fmt: skip
        for _ in tuning.run(80):
            pass
        assert limit is None or n_quantized_connections(tuning.network, 0.2) <= limit
        return tuning.weights

    np.testing.assert_allclose(trained(None), [1.0, 1.0], atol=0.01)
    assert trained(12).sum() < 1.4  # a weight of 1 would take 10


def test_quantizing_goes_on_with_training(tmp_path: Path) -> None:
    task = wann.make_task("cartpole-swingup")
    network = wann.networks.fully_connected(task.inputs, task.outputs, (3,))
    network = network.with_tuning(weights=np.random.default_rng(0).normal(size=network.n_connections))
    settings = {"steps": 6, "roundings": 2, "episodes": 2, "max_connections": 120, "threads": 1}
    made, tried = quantize(network, task, generations=20, **settings)
    assert made.n_connections <= 120
    assert made.metadata["quantization"]["tuning"]["generations"] == 20
    assert made.metadata["quantization"]["step"] in [q.step for q in tried]
    assert made == quantize(network, task, generations=20, **settings)[0]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_from_nothing_to_a_topology(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    common = ["--threads", "1"]
    run(
        capsys, "tune", "dense:3", "--task", "cartpole-swingup", "--scales", "0.5,1", "--generations", "60",
        "--population", "8", "--episodes", "2", *common,
    )  # fmt: skip
    tuned = wann.Network.load("dense-3-cartpole-swingup-tuned.json")
    assert tuned.n_hidden == 3
    assert tuned.metadata["tuning"]["scales"] == [0.5, 1.0]
    text = run(
        capsys,
        "quantize",
        "dense-3-cartpole-swingup-tuned.json",
        "--steps",
        "5",
        "--roundings",
        "2",
        "--episodes",
        "1",
        *common,
    )
    header, *rows, last = text.splitlines()
    assert header.split() == ["step", "connections", "mean", "reward", "round"]
    assert last == "saved in dense-3-cartpole-swingup-tuned-quantized.json"
    assert sum(row.endswith("chosen") for row in rows) == 1
    made = wann.Network.load("dense-3-cartpole-swingup-tuned-quantized.json")
    assert made.metadata["task"] == "cartpole-swingup"
    out = ["--json", "--overwrite", "--steps", "5", "--roundings", "2", "--episodes", "1", *common]
    data = json.loads(run(capsys, "quantize", "dense-3-cartpole-swingup-tuned.json", *out))
    assert data["step"] == made.metadata["quantization"]["step"]
    # A step is told where one of its roundings leaves some connections and not too many.
    assert len(data["tried"]) == len(rows)
    assert 1 <= len(rows) <= 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tune", "dense:3,x", "--task", "cartpole-swingup"], "expected dense, or dense with"),
        (["tune", "dense:0", "--task", "cartpole-swingup"], "a hidden layer's size is 0"),
        (["tune", "dense"], "dense is a network for a task; name the task"),
        (["tune", "zoo:cartpole-swingup", "--scales", ""], "scales: at least one"),
        (["quantize", "zoo:cartpole-swingup", "--generations", "-1"], "generations is -1"),
        (["tune", "zoo:digits", "--scales", "1,2"], "--scales is for control tasks"),
        (["quantize", "nowhere.json"], "nowhere.json: no such file"),
        (["quantize", "zoo:cartpole-swingup", "--connections", "0"], "max_connections is 0"),
    ],
)
def test_bad_arguments(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
