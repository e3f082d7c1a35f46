"""A base class for control tasks that are written in NumPy."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.arguments import as_numbers, check_integer, shown
from wann.errors import WannError
from wann.networks.activations import ALL_ACTIVATIONS, Activation
from wann.networks.network import Network, as_batch
from wann.networks.stepping import Stepper
from wann.tasks.described import Described
from wann.tasks.protocol import Rollouts, check_networks
from wann.tasks.recording import Recording, record

#: Episodes of a `VectorTask` that are stepped together, for the sake of memory.
MAX_EPISODES_AT_ONCE = 65_536


class VectorTask(Described, ABC):
    """A control task whose episodes are stepped together as NumPy arrays. Derive from it and give:

    - ``inputs`` and ``outputs``, the names; ``max_steps``, after which an episode is cut off;
    - `reset` and `step`.

    With a method ``scene(seed)`` (see `wann.tasks.protocol.HasScene`) and `bodies`, it can be watched.
    """

    name: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    max_steps: int = 1000
    dt: float = 0.02  #: seconds of a step, for those who watch
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
        """Runs every network in every lane; see `Task.rollout`.

        Raises:
            WannError: `reset` or `step` gave something else than it should.
        """
        check_networks(networks, self)
        check_integer(self.max_steps, f"{self.name}: max_steps", 1, 10**9)
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
        n, every_seed = len(networks) * len(seeds), np.tile(seeds, len(networks))
        state, observations = self._several(self.reset(every_seed), 2, "reset")
        total, steps, running = np.zeros(n), np.zeros(n, dtype=np.int64), np.ones(n, dtype=bool)
        for _ in range(self.max_steps):
            inputs = self._numbers(observations, "observations", (n, len(self.inputs)), np.float32)
            self._refuse_non_finite(inputs, running, every_seed)
            actions = act(inputs.reshape(*shape, -1)).reshape(n, -1)
            state, observations, rewards, ended = self._several(self.step(state, actions), 4, "step")
            total += np.where(running, self._numbers(rewards, "rewards", (n,), np.float64), 0.0)
            steps += running
            running &= ~self._truths(ended, n)
            if not running.any():
                break
        return total.reshape(shape), steps.reshape(shape)

    def bodies(self, state: Any) -> ArrayLike:
        """Where the bodies of each episode's scene are, rows (x, y, angle), shape (n, n_bodies, 3); here there are none."""
        return np.empty((0, 0, 3), dtype=np.float32)

    def record(
        self, network: Network, weights: Sequence[float | None], seed: int, max_steps: int | None = None
    ) -> list[Recording]:
        """An episode with each weight, all from one seed, written down; see `wann.tasks.protocol.HasRecordings`."""
        check_networks([network], self)
        episodes = _Episodes(self, np.full(len(weights), seed, dtype=np.uint64))
        most = self.max_steps if max_steps is None else max_steps
        return record(episodes, network, weights, dt=self.dt, max_steps=most, time_limit=self.max_steps)

    def _several(self, given: Any, n: int, method: str) -> tuple[Any, ...]:
        """What `reset` or `step` gave, if it is as many things as it should be."""
        if not isinstance(given, tuple) or len(given) != n:
            what = f"{len(given)} things" if isinstance(given, tuple) else shown(given)
            raise WannError(f"{self.name}: {method} gave {what}; expected a tuple of {n}")
        return given

    def _numbers(self, values: Any, what: str, shape: tuple[int, ...], dtype: type[np.floating[Any]]) -> NDArray[Any]:
        numbers = as_numbers(values, f"{self.name}: {what}", dtype)
        if numbers.shape != shape:
            raise WannError(f"{self.name} gave {what} of shape {numbers.shape}; expected {shape}")
        return numbers

    def _truths(self, ended: Any, n: int) -> NDArray[np.bool_]:
        """Whether each episode has ended; NaN and text would count as true."""
        values = np.asarray(ended)
        if values.shape != (n,) or values.dtype.kind not in "biu":
            raise WannError(
                f"{self.name} gave as what has ended an array of shape {values.shape} and type {values.dtype}; "
                f"expected true or false, shape ({n},)"
            )
        return values.astype(bool)

    def _refuse_non_finite(self, inputs: NDArray[np.float32], running: NDArray[np.bool_], seeds: NDArray[np.uint64]) -> None:
        """Refuses observations of episodes under way that are NaN or infinite; what ended ones give is ignored."""
        if np.isfinite(inputs).all():
            return
        for row, column in np.argwhere(~np.isfinite(inputs) & running[:, None])[:1]:
            raise WannError(
                f"{self.name} gave the observation {inputs[row, column]} as {self.inputs[column]!r} in the episode with the "
                f"seed {seeds[row]}; it must be finite"
            )


class _Episodes:
    """Episodes of such a task that are stepped by hand."""

    def __init__(self, task: VectorTask, seeds: NDArray[np.uint64]) -> None:
        self._task, self._n = task, len(seeds)
        self._state, self._observations = task._several(task.reset(seeds), 2, "reset")

    def observations(self) -> NDArray[np.float32]:
        """Shape (n, n_inputs)."""
        return self._task._numbers(self._observations, "observations", (self._n, len(self._task.inputs)), np.float32)

    def bodies(self) -> NDArray[np.float32]:
        """Shape (n, n_bodies, 3)."""
        found = as_numbers(self._task.bodies(self._state), f"{self._task.name}: bodies", np.float32)
        if not found.size:
            return np.empty((self._n, 0, 3), dtype=np.float32)
        if found.ndim != 3 or found.shape[::2] != (self._n, 3):
            raise WannError(f"{self._task.name} gave bodies of shape {found.shape}; expected ({self._n}, n_bodies, 3)")
        return found

    def step(self, actions: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Rewards, and whether each episode has ended, both (n,)."""
        stepped = self._task._several(self._task.step(self._state, actions), 4, "step")
        self._state, self._observations, rewards, ended = stepped
        return self._task._numbers(rewards, "rewards", (self._n,), np.float64), self._task._truths(ended, self._n)


def _policies(
    networks: Sequence[Network], weights: NDArray[np.float32], threads: int
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """A function from a step's observations (n_networks, n_lanes, n_inputs) to outputs (n_networks, n_lanes, n_outputs)."""
    if weights.ndim == 2:
        steppers = [Stepper(network, weights=weights, threads=threads) for network in networks]
        return lambda x: np.stack([act(row) for act, row in zip(steppers, x, strict=True)])
    batch, column = as_batch(networks), np.ascontiguousarray(weights[:, None])
    memory = np.zeros((len(networks), len(weights), batch.n_memory), dtype=np.float32)
    return lambda x: batch.forward(np.ascontiguousarray(x), column, threads, memory)
