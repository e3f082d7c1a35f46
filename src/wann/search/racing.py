"""Racing: the networks of a generation that are behind after half of its episodes leave, and only the others meet the rest.

Selection looks at the best part of a population only, so what the others would have reached is of no use to it. The simplest
race of Maron and Moore (1994, "Hoeffding races"), with a fixed part that leaves instead of a test: what a generation
costs is then known before it begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.execution.evaluator import Evaluator
from wann.networks.network import Networks
from wann.tasks.protocol import Rollouts, Task

Lanes = tuple[NDArray[np.float32], NDArray[np.uint64]]


@dataclass(frozen=True)
class Heat:
    """What networks reached in the lanes of a generation."""

    rewards: NDArray[np.float64]  #: shape (n_networks, n_lanes)
    ranked: NDArray[np.float64]  #: the same less what the steps cost, shape (n_networks, n_lanes)
    computed_steps: int

    @classmethod
    def of(cls, rollouts: Rollouts, step_cost: float) -> "Heat":
        """Of rollouts, with the reward that a step costs."""
        ranked = rollouts.rewards - step_cost * rollouts.steps if step_cost else rollouts.rewards
        return cls(rollouts.rewards, ranked, rollouts.computed_steps)


@dataclass(frozen=True)
class Rules:
    """Who leaves a race."""

    islands: Sequence[slice]  #: where each island's networks stand; each races by itself
    leaving: float  #: the part of an island's networks that leaves; one stays at least
    step_cost: float  #: reward that a step costs where networks are compared


def race(
    evaluator: Evaluator,
    task: Task,
    networks: Networks,
    lanes: Lanes,
    first: NDArray[np.bool_],
    rules: Rules,
) -> Heat:
    """Runs all networks in half of the lanes, and those that are ahead in the other half.

    In the lanes that it did not meet, a network that left has its mean of those that it met; lowered, where luck made it
    better, to that of the worst network of its island that stayed. So none that left is ranked before one that stayed.

    Args:
        evaluator: Where networks run.
        task: The task.
        networks: The generation.
        lanes: Weights and episode seeds, shape (n_lanes,).
        first: Which of them all networks meet, shape (n_lanes,); see `first_half`.
        rules: Who leaves.
    """
    weights, seeds = lanes
    heat = Heat.of(evaluator.run(task, networks, weights[first], seeds[first]), rules.step_cost)
    so_far = heat.ranked.mean(axis=1)
    stays = np.zeros(len(networks), dtype=bool)
    for part in rules.islands:
        n_stay = max(1, round((1 - rules.leaving) * (part.stop - part.start)))
        stays[part.start + np.argsort(-so_far[part], kind="stable")[:n_stay]] = True
    going_on = _some(networks, np.flatnonzero(stays), task)
    rest = Heat.of(evaluator.run(task, going_on, weights[~first], seeds[~first]), rules.step_cost)
    rewards, ranked = (
        _together(a, b, first, stays, rules.islands) for a, b in ((heat.rewards, rest.rewards), (heat.ranked, rest.ranked))
    )
    return Heat(rewards, ranked, heat.computed_steps + rest.computed_steps)


def first_half(shape: tuple[int, int], generation: int) -> NDArray[np.bool_]:
    """The lanes that all networks meet, shape (n_weights · n_episodes,): every second one of each weight and each episode,
    as on a chessboard, and in the next generation the others.
    """
    half: NDArray[np.bool_] = (np.add.outer(np.arange(shape[0]), np.arange(shape[1])) + generation) % 2 == 0
    return half.ravel()


def _some(networks: Networks, rows: NDArray[np.int64], task: Task) -> Networks:
    """Some of the networks."""
    batch = _core.NetworkBatch.unpack(networks.n_inputs, networks.n_outputs, *networks.batch.pack(rows))
    return Networks(batch, tuple(task.inputs), tuple(task.outputs))


def _together(
    heat: NDArray[np.float64],
    rest: NDArray[np.float64],
    first: NDArray[np.bool_],
    stays: NDArray[np.bool_],
    islands: Sequence[slice],
) -> NDArray[np.float64]:
    """The rewards of both heats, shape (n_networks, n_lanes)."""
    rewards = np.repeat(heat.mean(axis=1)[:, None], len(first), axis=1)
    rewards[:, first] = heat
    rewards[np.ix_(stays, ~first)] = rest
    for part in islands:
        _put_behind(rewards[part], stays[part])
    return rewards


def _put_behind(rewards: NDArray[np.float64], stays: NDArray[np.bool_]) -> None:
    """Lowers the rewards of an island's networks that left, where their mean is above one that stayed."""
    mean = rewards.mean(axis=1)
    above = np.maximum(mean - mean[stays].min(), 0.0)
    rewards[~stays] -= above[~stays, None]
