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
from wann.checks import as_numbers, check_instance, check_integer, check_list, check_names, shown
from wann.errors import InvalidRewardError, WannError
from wann.network import Network, Networks, as_batch

#: A reward beyond this is taken for a fault: sums and squares of larger ones would overflow.
MAX_REWARD = 1e100

#: Episodes of a `VectorTask` that are stepped together, for the sake of memory.
MAX_EPISODES_AT_ONCE = 65_536

_TASK_ATTRIBUTES = ("name", "inputs", "outputs", "output_activation", "hidden_activations", "rollout")

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


def _policies(
    networks: Sequence[Network], weights: NDArray[np.float32], threads: int
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """A function from observations (n_networks, n_lanes, n_inputs) to outputs (n_networks, n_lanes, n_outputs)."""
    if weights.ndim == 2:
        return lambda x: np.stack([n(row, weights=weights, threads=threads) for n, row in zip(networks, x, strict=True)])
    batch, column = as_batch(networks), np.ascontiguousarray(weights[:, None])
    return lambda x: batch.forward(np.ascontiguousarray(x), column, threads)


def check_task(task: object) -> Task:
    """The task itself.

    Raises:
        WannError: It is no task; the message says what it lacks.
    """
    if isinstance(task, str):
        raise WannError(f"task is {shown(task)}; it must be a task: wann.make_task({shown(task)})")
    if isinstance(task, type):
        raise WannError(f"task is the class {task.__name__}; it must be a task, an object of that class")
    lacking = [name for name in _TASK_ATTRIBUTES if not hasattr(task, name)]
    if lacking or not isinstance(task, Task):
        raise WannError(f"task is {shown(task)}; it must be a task, but has no {', '.join(lacking)}")
    check_instance(task.name, str, "the task's name")
    check_names(task.inputs, f"{task.name}: inputs")
    if not check_names(task.outputs, f"{task.name}: outputs"):
        raise WannError(f"{task.name}: outputs: a task needs at least one output")
    hidden = check_list(task.hidden_activations, f"{task.name}: hidden_activations", "activations")
    for activation in (task.output_activation, *hidden):
        check_instance(activation, Activation, f"{task.name}: an activation", "wann.Activation.TANH")
    return task


def check_network(network: object, name: str = "network") -> Network:
    """The network itself.

    Raises:
        WannError: It is no network.
    """
    if isinstance(network, str):
        zoo = network.removeprefix("zoo:")
        load = f"wann.zoo.load({shown(zoo)})" if zoo != network else f"wann.Network.load({shown(network)})"
        raise WannError(f"{name} is {shown(network)}; it must be a wann.Network: {load}")
    return check_instance(network, Network, name)


def check_fits(network: Network, task: Task) -> None:
    """Refuses what is no network or no task, and a network whose inputs or outputs do not fit the task.

    Raises:
        WannError: The message says what was expected and what came.
    """
    _check_counts(check_network(network), check_task(task))


def check_networks(networks: object, task: Any) -> None:
    """Refuses several networks of which one does not fit; the task is taken to be one.

    Raises:
        WannError: The message says what was expected and what came.
    """
    if isinstance(networks, Networks):  # all have the same inputs and outputs
        _check_counts(networks, task)
        return
    for network in check_list(networks, "networks", "networks"):
        _check_counts(check_network(network, "a network"), task)


def _check_counts(network: Network | Networks, task: Task) -> None:
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
        InvalidRewardError: A reward is NaN, infinite or beyond `MAX_REWARD`; the message names the network and the weight.
        WannError: The task gave something else than rewards of this shape, or a weight is not finite in float32.
    """
    with np.errstate(over="ignore"):
        lane_weights = np.ascontiguousarray(weights, dtype=np.float32)
    lane_seeds = np.ascontiguousarray(seeds, dtype=np.uint64)
    if len(lane_weights) != len(lane_seeds):
        raise WannError(f"{len(lane_weights)} weights for {len(lane_seeds)} episodes; each lane needs both")
    if not np.isfinite(lane_weights).all():
        raise WannError("weights: all values must be finite in float32")
    rollouts = task.rollout(networks, lane_weights, lane_seeds, threads=threads)
    if not isinstance(rollouts, Rollouts) or getattr(rollouts.rewards, "dtype", np.dtype(object)).kind not in "fiu":
        raise WannError(f"{task.name} gave {shown(rollouts)} as rollouts; expected wann.Rollouts with arrays of numbers")
    if rollouts.rewards.shape != (len(networks), len(lane_seeds)):
        raise WannError(
            f"{task.name} gave rewards of shape {rollouts.rewards.shape}; expected {(len(networks), len(lane_seeds))}"
        )
    bad = np.argwhere(~(np.abs(rollouts.rewards) <= MAX_REWARD))
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
