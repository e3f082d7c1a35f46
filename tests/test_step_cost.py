"""A cost of steps in tuning: it decides between candidates, and neither what is kept nor what is reported."""

from pathlib import Path

import numpy as np

from wann.networks import Activation, Network
from wann.tasks.protocol import Rollouts
from wann.training import WeightTuning


class Walk:
    """Every weight earns 1 less a hundredth of itself; an episode has 100 steps at 0, and fewer beyond."""

    name = "walk"
    inputs, outputs = ("x",), ("y",)
    output_activation = Activation.LINEAR
    hidden_activations = tuple(Activation)

    def rollout(self, networks, weights, seeds, *, threads=1):  # type: ignore[no-untyped-def]
        size = np.abs(np.asarray(weights, dtype=float).reshape(len(seeds), -1)).mean(axis=1)
        rewards = np.tile(1 - size / 100, (len(networks), 1))
        steps = np.tile(np.maximum(100 - 10 * size, 1).astype(np.int64), (len(networks), 1))
        return Rollouts(rewards=rewards, steps=steps, computed_steps=int(steps.sum()))


def network() -> Network:
    return Network(inputs=["x"], outputs=["y"], hidden=[], output_activations="linear", connections=[(1, 2)])


def tuning(step_cost: float) -> WeightTuning:
    return WeightTuning(
        network(), Walk(), start=np.ones(1), step_cost=step_cost, population=8, episodes=2, confirm_episodes=2, threads=1
    )


def distance(step_cost: float) -> float:
    """How far the optimizer's centre goes from 0 in 40 generations."""
    made = tuning(step_cost)
    list(made.run(40))
    return float(np.abs(made._standing.optimizer.mean[0]))


def test_haste_draws_the_candidates() -> None:
    assert distance(0.0) < 0.1
    assert distance(0.01) > 5


def test_what_is_kept_is_kept_for_its_reward_alone(tmp_path: Path) -> None:
    made = tuning(0.01)
    records = list(made.run(30))
    best = float(np.abs(made.weights[0]))
    assert records[-1].tuned_reward == made.best_reward
    np.testing.assert_allclose(made.best_reward, 1 - best / 100, rtol=1e-6)
    assert best < 5
    assert made.network.metadata["tuning"]["step_cost"] == 0.01
    made.save(tmp_path / "checkpoint.npz")
    again = WeightTuning.load(tmp_path / "checkpoint.npz", network(), Walk(), threads=1)
    assert again.settings["step_cost"] == 0.01
    assert next(again.run(1)) == next(made.run(1))
