"""What a task is: the protocol, and a base class for tasks written in NumPy.

A rollout runs in a *lane*: one weight and one episode seed. A task is given networks, a weight for each lane and a seed for
each lane, and runs every network in every lane.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.activations import ALL_ACTIVATIONS, Activation
from wann.errors import InvalidRewardError, WannError
from wann.network import Network, as_batch

#: Episodes of a `VectorTask` that are stepped together, for the sake of memory.
MAX_EPISODES_AT_ONCE = 65_536

#: From an observation to an action, both as the environment of a task knows them.
Policy = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Rollouts:
    """What came out of running every network in every lane."""

    rewards: NDArray[np.float64]  #: the sum of each episode's rewards, shape (n_networks, n_lanes)
    steps: NDArray[np.int64]  #: the length of each episode, shape (n_networks, n_lanes)
    computed_steps: int  #: environment steps that were computed (equal networks may run once)
    idle_steps: int = 0  #: steps of lanes that had no episode while others still ran (tasks of the core)


@runtime_checkable
class Task(Protocol):
    """What networks are searched for and scored on.

    Implement this for full control; derive from `VectorTask` for an environment that steps many episodes at once.
    """

    @property
    def name(self) -> str:
        """A name for files and reports."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what a network sees."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what a network does."""

    @property
    def output_activation(self) -> Activation:
        """The activation of every output node; it is not searched."""

    @property
    def hidden_activations(self) -> tuple[Activation, ...]:
        """The activations that hidden nodes may have."""

    def rollout(
        self,
        networks: Sequence[Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        """Runs every network in every lane.

        Args:
            networks: Networks that fit the task.
            weights: One shared weight for each lane, shape (n_lanes,); or individual weights, shape
                (n_lanes, n_connections), in the order of `Network.connections`.
            seeds: An episode seed for each lane, shape (n_lanes,); the same seed gives the same episode.
            threads: Threads to use; results must not depend on it.
        """


class VectorTask(ABC):
    """A control task whose episodes are stepped together as NumPy arrays. Derive from it and give:

    - ``inputs`` and ``outputs``, the names; ``max_steps``, after which an episode is cut off;
    - `reset` and `step`.
    """

    name: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    max_steps: int = 1000
    output_activation: Activation = Activation.TANH
    hidden_activations: tuple[Activation, ...] = ALL_ACTIVATIONS

    @abstractmethod
    def reset(self, seeds: NDArray[np.uint64]) -> tuple[Any, ArrayLike]:
        """Starts one episode for each seed.

        Returns:
            The state, in any form that `step` takes, and the observations, shape (n, n_inputs).
        """

    @abstractmethod
    def step(self, state: Any, actions: NDArray[np.float32]) -> tuple[Any, ArrayLike, ArrayLike, ArrayLike]:
        """Steps all episodes at once, those that have ended too (what they give is ignored).

        Args:
            state: What `reset` or the last `step` gave.
            actions: The network's outputs, shape (n, n_outputs).

        Returns:
            The new state, observations (n, n_inputs), rewards (n,), and whether each episode has ended (n,).
        """

    def rollout(
        self,
        networks: Sequence[Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        """Runs every network in every lane; see `Task.rollout`."""
        n = max(1, MAX_EPISODES_AT_ONCE // max(len(seeds), 1))
        parts = [self._episodes(networks[i : i + n], weights, seeds, threads) for i in range(0, len(networks), n)]
        steps = np.concatenate([steps for _, steps in parts])
        rewards = np.concatenate([rewards for rewards, _ in parts])
        return Rollouts(rewards=rewards, steps=steps, computed_steps=int(steps.sum()))

    def _episodes(
        self, networks: Sequence[Network], weights: NDArray[np.float32], seeds: NDArray[np.uint64], threads: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Steps the episodes of some networks together; those that have ended run along until all have."""
        shape = (len(networks), len(seeds))
        act = _policies(networks, weights, threads)
        state, observations = self.reset(np.tile(seeds, len(networks)))
        total, steps, running = np.zeros(shape), np.zeros(shape, dtype=np.int64), np.ones(shape, dtype=bool)
        for _ in range(self.max_steps):
            inputs = np.asarray(observations, dtype=np.float32)
            if inputs.shape != (total.size, len(self.inputs)):
                raise WannError(
                    f"{self.name} gave observations of shape {inputs.shape}; expected {(total.size, len(self.inputs))}"
                )
            actions = act(inputs.reshape(*shape, -1)).reshape(total.size, -1)
            state, observations, rewards, ended = self.step(state, actions)
            total += np.where(running, np.asarray(rewards, dtype=float).reshape(shape), 0.0)
            steps += running
            running &= ~np.asarray(ended, dtype=bool).reshape(shape)
            if not running.any():
                break
        return total, steps


def _policies(
    networks: Sequence[Network], weights: NDArray[np.float32], threads: int
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """A function from observations (n_networks, n_lanes, n_inputs) to outputs (n_networks, n_lanes, n_outputs)."""
    if weights.ndim == 2:
        return lambda x: np.stack([n(row, weights=weights, threads=threads) for n, row in zip(networks, x, strict=True)])
    batch, column = as_batch(networks), np.ascontiguousarray(weights[:, None])
    return lambda x: batch.forward(np.ascontiguousarray(x), column, threads)


def check_fits(network: Network, task: Task) -> None:
    """Refuses a network whose inputs or outputs do not fit the task.

    Raises:
        WannError: The message says what was expected and what came.
    """
    for what, has, needs in (
        ("inputs", network.n_inputs, len(task.inputs)),
        ("outputs", network.n_outputs, len(task.outputs)),
    ):
        if has != needs:
            raise WannError(f"the network has {has} {what}, but {task.name} needs {needs}")


def run_lanes(
    task: Task, networks: Sequence[Network], weights: ArrayLike, seeds: ArrayLike, *, threads: int = 1
) -> Rollouts:
    """`Task.rollout` with its arguments and its rewards checked; everything in the package runs tasks through this.

    Raises:
        InvalidRewardError: A reward is NaN or infinite; the message names the network and the weight.
    """
    lane_weights = np.ascontiguousarray(weights, dtype=np.float32)
    lane_seeds = np.ascontiguousarray(seeds, dtype=np.uint64)
    if len(lane_weights) != len(lane_seeds):
        raise WannError(f"{len(lane_weights)} weights for {len(lane_seeds)} episodes; each lane needs both")
    rollouts = task.rollout(networks, lane_weights, lane_seeds, threads=threads)
    if rollouts.rewards.shape != (len(networks), len(lane_seeds)):
        raise WannError(
            f"{task.name} gave rewards of shape {rollouts.rewards.shape}; expected {(len(networks), len(lane_seeds))}"
        )
    bad = np.argwhere(~np.isfinite(rollouts.rewards))
    if len(bad):
        network, lane = bad[0]
        weight = f"weight {lane_weights[lane]:g}" if lane_weights.ndim == 1 else f"weights of candidate {lane}"
        raise InvalidRewardError(
            f"{task.name} gave the reward {rollouts.rewards[network, lane]} to network {network} "
            f"({networks[network]!r}) with {weight} and episode seed {lane_seeds[lane]}"
        )
    return rollouts


def product_lanes(weights: ArrayLike, seeds: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.uint64]]:
    """Lanes for every weight (or row of weights) with every seed, weights slowest: reshape results to
    (..., n_weights, n_seeds).
    """
    w = np.asarray(weights, dtype=np.float32)
    s = np.asarray(seeds, dtype=np.uint64)
    return np.repeat(w, len(s), axis=0), np.tile(s, len(w))
