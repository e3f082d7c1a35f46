"""Control tasks that run in the compiled core."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.networks.activations import ALL_ACTIVATIONS, Activation
from wann.networks.network import Network, as_batch
from wann.tasks.described import Described
from wann.tasks.protocol import Rollouts, check_networks
from wann.tasks.recording import Episodes, Recording, record


class CoreTask(Protocol):
    """A control task of the core; see core/rollout/task.hpp."""

    def rollout(
        self,
        networks: _core.NetworkBatch,
        weights: NDArray[np.float32],
        individual: bool,
        seeds: NDArray[np.uint64],
        threads: int,
    ) -> tuple[NDArray[np.float32], NDArray[np.int32], int, int]:
        """Rewards and steps of every network in every lane, the steps that were computed, and those of all lanes."""


class NativeTask(Described, ABC):
    """A control task that runs in the core, as `core`."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    output_activation: Activation = Activation.TANH
    hidden_activations: tuple[Activation, ...] = ALL_ACTIVATIONS
    presets: Mapping[str, Mapping[str, Any]]
    hidden_layers: tuple[int, ...]
    runs_in_core = True
    max_steps: int  #: after which an episode is cut off
    dt: float  #: seconds of a step
    core: CoreTask

    def rollout(
        self,
        networks: Sequence[Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        """Runs every network in every lane; see `wann.tasks.Task.rollout`."""
        check_networks(networks, self)
        individual = weights.ndim == 2
        rewards, steps, computed, lane_steps = self.core.rollout(
            as_batch(networks), weights if individual else weights[:, None], individual, seeds, threads
        )
        return Rollouts(
            rewards=rewards.astype(np.float64),
            steps=steps.astype(np.int64),
            computed_steps=computed,
            idle_steps=lane_steps - computed,
        )

    @abstractmethod
    def episodes(self, seeds: NDArray[np.uint64]) -> Episodes:
        """Episodes to step by hand, one for each seed."""

    def record(
        self, network: Network, weights: Sequence[float | None], seed: int, max_steps: int | None = None
    ) -> list[Recording]:
        """An episode with each weight, all from one seed, written down; see `wann.tasks.protocol.HasRecordings`."""
        check_networks([network], self)
        episodes = self.episodes(np.full(len(weights), seed, dtype=np.uint64))
        most = self.max_steps if max_steps is None else max_steps
        return record(episodes, network, weights, dt=self.dt, max_steps=most, time_limit=self.max_steps)
