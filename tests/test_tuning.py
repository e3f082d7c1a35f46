"""Tuning of the shared weight and of individual weights."""

import contextlib
import itertools
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import wann
from wann.tasks import Rollouts
from wann.training.weight_tuning import SEPARABLE_FROM, WeightTuning


class Reach:
    """Reward is 10 less the distance of the weights from a goal, and some luck that an episode's seed decides."""

    name = "reach"
    inputs = ("a", "b")
    outputs = ("y",)
    output_activation = wann.networks.Activation.LINEAR
    hidden_activations = tuple(wann.networks.Activation)

    def __init__(self, goal: float | NDArray[np.float64], luck: float = 0.5) -> None:
        self.goal = goal
        self.luck = luck

    def rollout(
        self,
        networks: list[wann.Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        rows = weights.reshape(len(seeds), -1).astype(float)
        distance = np.abs(rows - self.goal).mean(axis=1)
        rewards = 10 - distance + self.luck * (seeds % 1000 / 500.0 - 1)
        return Rollouts(
            rewards=np.tile(rewards, (len(networks), 1)),
            steps=np.ones((len(networks), len(seeds)), dtype=np.int64),
            computed_steps=len(networks) * len(seeds),
        )


def line(n_hidden: int = 3) -> wann.Network:
    return wann.networks.fully_connected(("a", "b"), ("y",), (n_hidden,))


@pytest.mark.parametrize("goal", [-2.0, -0.733, 0.01, 1.234, 2.0])
def test_the_best_shared_weight_is_found(goal: float) -> None:
    found = wann.training.tune_shared_weight(line(), Reach(goal), threads=1)
    assert found.weight == pytest.approx(goal, abs=0.026)
    assert -2 <= found.weight <= 2
    assert found.environment_steps == found.episodes > 41 * 32


def test_the_sweep_keeps_to_its_range() -> None:
    assert wann.training.tune_shared_weight(line(), Reach(5.0), low=0.5, high=1.5).weight == 1.5


def test_cma_es_finds_individual_weights() -> None:
    network = line()
    goal = np.linspace(-1.5, 1.5, network.n_connections)
    records = []
    tuned = wann.tune(network, Reach(goal), generations=300, report=records.append, threads=1)
    assert tuned.weights is not None
    assert np.abs(tuned.weights - goal).mean() < 0.1
    assert len(records) == 300
    assert tuned.shared_weight is not None
    assert tuned.metadata["tuning"]["episodes"] == records[-1].episodes
    assert tuned.same_topology(network)


def test_thousands_of_weights_are_tuned_separably() -> None:
    network = wann.networks.fully_connected(("a", "b"), ("y",), (40, 40))
    assert network.n_connections > SEPARABLE_FROM
    goal = np.linspace(-0.5, 0.5, network.n_connections)
    tuning = WeightTuning(network.with_tuning(shared_weight=0.0), Reach(goal), sigma=0.1, episodes=2, threads=1)
    records = list(tuning.run(200))
    assert records[-1].tuned_reward > records[0].tuned_reward + 0.05
    assert tuning.network.metadata["tuning"]["method"] == "CMA-ES, separable"


def test_tuning_is_deterministic(swingup: wann.tasks.Task) -> None:
    network = wann.networks.fully_connected(swingup.inputs, swingup.outputs, (5,))
    first = wann.tune(network, swingup, generations=12, episodes=2, seed=5, threads=1)
    assert wann.tune(network, swingup, generations=12, episodes=2, seed=5, threads=2) == first
    assert wann.tune(network, swingup, generations=12, episodes=2, seed=6, threads=1) != first


@pytest.mark.parametrize("stop", [1, 8, 70])
def test_a_resumed_tuning_equals_an_uninterrupted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    monkeypatch.setattr("wann.training.weight_tuning._PATIENCE", 2)
    network, task = line(), Reach(np.linspace(-1, 1, line().n_connections), luck=3.0)
    settings = {"population": 8, "episodes": 2, "confirm_episodes": 4, "threads": 1}
    whole = WeightTuning(network, task, **settings)
    expected = list(whole.run(150))
    assert whole.runs > 1, "the test should go through restarts of both kinds"
    part = WeightTuning(network, task, **settings)
    records = list(part.run(stop))
    part.save(tmp_path / "checkpoint.npz")
    resumed = WeightTuning.load(tmp_path / "checkpoint.npz", network, task, threads=1)
    records += resumed.run(150 - stop)
    assert records == expected
    assert resumed.network == whole.network
    assert resumed.network.metadata == whole.network.metadata


def test_an_interruption_anywhere_in_a_generation_leaves_no_trace(tmp_path: Path) -> None:
    """Ctrl-C is raised at one line of the tuning after the other; each time it goes on from a checkpoint."""
    network, task = line(), Reach(np.linspace(-1, 1, line().n_connections), luck=3.0)
    settings = {"population": 4, "episodes": 1, "confirm_episodes": 2, "threads": 1}

    def new() -> WeightTuning:
        return WeightTuning(network.with_tuning(shared_weight=0.5), task, **settings)

    whole = new()
    expected = list(whole.run(10))
    for at in itertools.count(1):
        part = new()
        try:
            with _interrupted_at_line(at, "/wann/training/weight_tuning.py"):
                list(part.run(10))
        except KeyboardInterrupt:
            part.save(tmp_path / "checkpoint.npz")
            resumed = WeightTuning.load(tmp_path / "checkpoint.npz", network, task, threads=1)
            assert list(resumed.run(10 - part.generation)) == expected[part.generation :], at
            assert resumed.network == whole.network
            assert resumed.network.metadata == whole.network.metadata
        else:
            assert at > 200
            return


@contextlib.contextmanager
def _interrupted_at_line(n: int, file: str) -> Iterator[None]:
    """Raises KeyboardInterrupt when the n-th line of a file is about to run."""
    left = n

    def trace(frame: types.FrameType, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(file):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def test_a_damaged_or_foreign_checkpoint_is_refused(tmp_path: Path) -> None:
    network, task = line(), Reach(0.5)
    tuning = WeightTuning(network, task)
    list(itertools.islice(tuning.run(), 2))
    path = tmp_path / "checkpoint.npz"
    tuning.save(path)
    whole = path.read_bytes()
    with pytest.raises(wann.WannError, match="another network, task or seed"):
        WeightTuning.load(path, network, task, seed=1)
    with pytest.raises(wann.WannError):
        WeightTuning.load(path, line(4), task)
    for damaged in (whole[: len(whole) // 2], b"", whole.replace(b"start.npy", b"stars.npy"), _flipped(whole)):
        path.write_bytes(damaged)
        with pytest.raises(wann.WannError, match="no whole checkpoint"):
            WeightTuning.load(path, network, task)


def _flipped(data: bytes) -> bytes:
    """The data with one bit of an array altered."""
    i = data.index(b"best.npy") + 200
    return data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :]


def test_a_budget_of_episodes_is_kept() -> None:
    tuning = WeightTuning(line(), Reach(0.5), threads=1)
    list(tuning.run(max_episodes=20_000))
    assert 20_000 - tuning.episodes_per_generation <= tuning.episodes <= 20_000


def test_luck_with_episodes_does_not_decide() -> None:
    """What is kept after a long tuning has the reward that its confirmation says, on other episodes."""
    network = line()
    tuning = WeightTuning(network, Reach(0.3, luck=5.0), threads=1)
    list(tuning.run(40))
    fresh = wann.evaluate(tuning.network, Reach(0.3, luck=5.0), episodes=4000)
    assert fresh.tuned_weights is not None
    assert tuning.best_reward == pytest.approx(fresh.tuned_weights.mean, abs=1.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population": 2}, "population is 2"),
        ({"episodes": 0}, "episodes is 0"),
        ({"sigma": 0}, "sigma is 0"),
        ({"sigma": float("nan")}, "sigma is nan"),
        ({"start": np.zeros(3)}, "start has shape"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, object], message: str) -> None:
    with pytest.raises(wann.WannError, match=message):
        WeightTuning(line(), Reach(0.5), **settings)  # type: ignore[arg-type]


def test_a_network_without_connections_is_refused() -> None:
    network = wann.Network(inputs=["a", "b"], outputs=["y"], hidden=[], output_activations="tanh", connections=[])
    with pytest.raises(wann.WannError, match="no connections"):
        WeightTuning(network, Reach(0.5))


def test_names_that_went_elsewhere_are_found_where_they_were() -> None:
    with pytest.warns(DeprecationWarning, match="is wann.training.tuning now"):
        import wann.tuning as old
    assert old.tune_shared_weight is wann.training.tune_shared_weight
    assert old.WeightTuning is WeightTuning
    with pytest.warns(DeprecationWarning, match="is wann.scoring.classification now"):
        import wann.classification as other
    assert other.best_shared_weight is wann.training.best_shared_weight
