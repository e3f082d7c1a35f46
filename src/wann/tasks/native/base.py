"""Control tasks that run in the compiled core."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.networks.activations import ALL_ACTIVATIONS, Activation
from wann.networks.network import Network, as_batch
from wann.tasks.protocol import Rollouts, check_networks

CoreRollout = Callable[
    [_core.NetworkBatch, NDArray[np.float32], bool, NDArray[np.uint64], int],
    tuple[NDArray[np.float32], NDArray[np.int32], int, int],
]


class NativeTask:
    """A control task of the core; `core_rollout` is its function there."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    output_activation: Activation = Activation.TANH
    hidden_activations: tuple[Activation, ...] = ALL_ACTIVATIONS
    core_rollout: CoreRollout

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
        rewards, steps, computed, lane_steps = type(self).core_rollout(
            as_batch(networks), weights if individual else weights[:, None], individual, seeds, threads
        )
        return Rollouts(
            rewards=rewards.astype(np.float64),
            steps=steps.astype(np.int64),
            computed_steps=computed,
            idle_steps=lane_steps - computed,
        )
