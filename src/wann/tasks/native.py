"""Control tasks that run in the compiled core."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.activations import ALL_ACTIVATIONS, Activation
from wann.network import Network, as_batch
from wann.tasks.protocol import Rollouts, check_networks


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


class NativeTask:
    """A control task that runs in the core, as `core`."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    output_activation: Activation = Activation.TANH
    hidden_activations: tuple[Activation, ...] = ALL_ACTIVATIONS
    core: ClassVar[CoreTask]

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
