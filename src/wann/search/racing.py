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
from wann.tasks.protocol import Task


@dataclass(frozen=True)
class Raced:
    """What a race gives."""

    rewards: NDArray[np.float64]  #: shape (n_networks, n_weights, n_episodes)
    computed_steps: int


def race(
    evaluator: Evaluator,
    task: Task,
    networks: Networks,
    lanes: tuple[NDArray[np.float32], NDArray[np.uint64]],
    shape: tuple[int, int],
    *,
    islands: Sequence[slice],
    leaving: float,
    generation: int,
) -> Raced:
    """Runs all networks in half of the lanes, and those that are ahead in the other half.

    In the lanes that it did not meet, a network that left has its mean of those that it met; lowered, where luck made it
    better, to that of the worst network of its island that stayed. So none that left is ranked before one that stayed.

    Args:
        evaluator: Where networks run.
        task: The task.
        networks: The generation.
        lanes: Weights and episode seeds, shape (n_weights · n_episodes,), weights slowest.
        shape: (n_weights, n_episodes).
        islands: Where each island's networks stand; each races by itself.
        leaving: The part of an island's networks that leaves; one stays at least.
        generation: Its number; the half that all networks meet alternates.
    """
    first = first_half(shape, generation)
    weights, seeds = lanes
    heat = evaluator.run(task, networks, weights[first], seeds[first])
    so_far = heat.rewards.mean(axis=1)
    stays = np.zeros(len(networks), dtype=bool)
    for part in islands:
        n_stay = max(1, round((1 - leaving) * (part.stop - part.start)))
        stays[part.start + np.argsort(-so_far[part], kind="stable")[:n_stay]] = True
    rest = evaluator.run(task, _some(networks, np.flatnonzero(stays), task), weights[~first], seeds[~first])
    rewards = np.repeat(so_far[:, None], len(weights), axis=1)
    rewards[:, first] = heat.rewards
    rewards[np.ix_(stays, ~first)] = rest.rewards
    for part in islands:
        _put_behind(rewards[part], stays[part])
    return Raced(rewards.reshape(len(networks), *shape), heat.computed_steps + rest.computed_steps)


def first_half(shape: tuple[int, int], generation: int) -> NDArray[np.bool_]:
    """The lanes that all networks meet, shape (n_weights · n_episodes,): every second one of each weight and each episode,
    as on a chessboard, and in the next generation the others.
    """
    half = (np.add.outer(np.arange(shape[0]), np.arange(shape[1])) + generation) % 2 == 0
    return half.ravel()


def _some(networks: Networks, rows: NDArray[np.int64], task: Task) -> Networks:
    """Some of the networks."""
    batch = _core.NetworkBatch.unpack(networks.n_inputs, networks.n_outputs, *networks.batch.pack(rows))
    return Networks(batch, tuple(task.inputs), tuple(task.outputs))


def _put_behind(rewards: NDArray[np.float64], stays: NDArray[np.bool_]) -> None:
    """Lowers the rewards of an island's networks that left, where their mean is above one that stayed."""
    mean = rewards.mean(axis=1)
    above = np.maximum(mean - mean[stays].min(), 0.0)
    rewards[~stays] -= above[~stays, None]
