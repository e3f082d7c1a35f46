"""``wann.adapt``: one weight for changed dynamics, found in a few episodes."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import wann
from conftest import Cli, random_network
from wann import WannError
from wann.tasks import Rollouts


class Hill:
    """Reward is 100 less 50 times the distance of the shared weight from a goal; an episode's luck is its seed's."""

    inputs = ("a",)
    outputs = ("y",)
    output_activation = wann.networks.Activation.LINEAR
    hidden_activations = tuple(wann.networks.Activation)

    def __init__(self, goal: float, luck: float = 0.0, less: float = 0.0, slope: float = 50.0) -> None:
        self.name, self.goal, self.luck, self.less, self.slope = f"hill at {goal}", goal, luck, less, slope
        self.tried: list[float] = []

    def rollout(
        self, networks: Any, weights: NDArray[np.float32], seeds: NDArray[np.uint64], *, threads: int = 1
    ) -> Rollouts:
        assert weights.ndim == 1
        self.tried += weights.tolist()
        luck = self.luck * np.array([np.random.default_rng(int(seed)).normal() for seed in seeds])
        rewards = 100 - self.less - self.slope * np.abs(weights.astype(float) - self.goal) + luck
        ones = np.ones((len(networks), len(seeds)), dtype=np.int64)
        return Rollouts(
            rewards=np.tile(rewards, (len(networks), 1)), steps=ones, computed_steps=int(ones.sum()), idle_steps=0
        )


@pytest.fixture
def network() -> wann.Network:
    return wann.Network(inputs=["a"], outputs=["y"], hidden=[], output_activations="linear", connections=[(0, 2), (1, 2)])


def test_it_spends_the_episodes_and_no_more(network):
    new = Hill(1.0)
    found = wann.adapt(network, new, episodes=4, former=Hill(1.0))
    assert len(new.tried) == len(found.attempts) == found.environment_steps == 4
    assert [attempt.weight for attempt in found.attempts] == pytest.approx(new.tried)


def test_where_nothing_has_changed_it_stays(network):
    found = wann.adapt(network, Hill(0.5), episodes=3, former=Hill(0.5))
    assert found.weight == found.former_weight == pytest.approx(0.5)


def test_a_task_that_is_worse_alike_at_all_weights_moves_little(network):
    found = wann.adapt(network, Hill(0.5, less=30), episodes=10, former=Hill(0.5))
    assert found.weight == pytest.approx(0.5, abs=0.25)
    assert found.expected_reward == pytest.approx(70, abs=15)


@pytest.mark.parametrize("luck", [0.0, 5.0])
def test_it_leaves_a_weight_that_is_bad_now(network, luck):
    """The former best weight gives 0 on the new task, and the best there 100."""
    new = Hill(-1.0, luck)
    found = wann.adapt(network, new, episodes=15, former=Hill(1.0, luck))
    assert found.former_weight == pytest.approx(1.0, abs=0.2)
    assert found.weight < -0.3


def test_the_same_seed_gives_the_same(network):
    one, same, other = (wann.adapt(network, Hill(-1, 20), former=Hill(1, 20), seed=seed) for seed in (3, 3, 4))
    assert one.attempts == same.attempts
    assert one.attempts != other.attempts


def test_a_task_on_which_nothing_differs(network):
    flat = Hill(0.0, slope=0.0)
    assert wann.adapt(network, flat, former=flat).expected_reward == 100


def test_what_was_said_of_other_weights_goes(network):
    tuned = network.with_tuning(weights=[1, 2], shared_weight=0.1, tuning={"method": "x"}, task="cartpole-swingup", note="n")
    found = wann.adapt(tuned, Hill(0.5), former=Hill(0.5)).network
    assert found.weights is None
    assert found.shared_weight == pytest.approx(0.5)
    assert found.metadata == {"task": "cartpole-swingup", "note": "n"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"episodes": 0}, "episodes is 0; it must be an integer from 1 to 1000"),
        ({"low": 2.0, "high": 1.0}, "the range of weights is 2.0 to 1.0; it must be two finite numbers, the smaller first"),
        ({"former": None}, "the network does not say what task it comes from; give that as former"),
        ({"former": wann.make_task("cartpole-swingup")}, "the network has 1 input, but cartpole-swingup needs 5"),
        ({"seed": -1}, "seed is -1; allowed are integers from 0 to 2^63 - 1"),
    ],
)
def test_wrong_arguments(network, wrong, message):
    with pytest.raises(WannError, match=re.escape(message)):
        wann.adapt(network, Hill(0.0), **{"former": Hill(0.0), **wrong})


def test_a_swing_up_with_another_pole(cli: Cli, tmp_path: Path, rng: np.random.Generator) -> None:
    """The command does what the function does, scores both weights on fresh episodes, and saves the network."""
    random_network(rng).with_metadata(task="cartpole-swingup").save(tmp_path / "n.json")
    new = wann.make_task("cartpole-swingup", pole_length=0.9)
    expected = wann.adapt(wann.Network.load(tmp_path / "n.json"), new, episodes=2, seed=1)
    options = ("--task-option", "pole_length=0.9", "--episodes", 2, "--seed", 1, "--trials", 5)
    data = json.loads(cli("adapt", tmp_path / "n.json", *options, "--out", tmp_path / "out.json", "--json").stdout)
    assert (data["weight"], data["former_weight"]) == (expected.weight, expected.former_weight)
    assert [a["weight"] for a in data["attempts"]] == [attempt.weight for attempt in expected.attempts]
    assert wann.Network.load(tmp_path / "out.json").shared_weight == pytest.approx(expected.weight)
    again = wann.evaluate(expected.network, new, episodes=5, weights=[expected.weight], seed=1)
    assert data["score"]["mean"] == pytest.approx(again.mean_reward)
    text = cli("adapt", tmp_path / "n.json", *options).stdout
    assert "episode 2: weight" in text
    assert "best weight before" in text
    assert "saved" not in text


def test_the_command_keeps_files_and_names_what_is_missing(cli: Cli, tmp_path: Path, rng: np.random.Generator) -> None:
    random_network(rng).save(tmp_path / "unknown.json")
    result = cli("adapt", tmp_path / "unknown.json", "--task", "cartpole-swingup", status=2)
    assert "the network file does not say its task" in result.stderr
    random_network(rng).with_metadata(task="cartpole-swingup").save(tmp_path / "n.json")
    result = cli("adapt", tmp_path / "n.json", "--out", tmp_path / "n.json", status=2)
    assert f"{tmp_path / 'n.json'} exists" in result.stderr
