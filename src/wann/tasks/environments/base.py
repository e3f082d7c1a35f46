"""What tasks have in common whose environments step outside the core: names, actions, the scaling of observations, and which
networks run in which episodes."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.arguments import shown
from wann.errors import WannError
from wann.networks.activations import ALL_ACTIVATIONS, Activation
from wann.networks.network import Network, as_batch
from wann.networks.stepping import Stepper
from wann.seeding import reset_seed
from wann.tasks.described import Described
from wann.tasks.environments.presets import ENVIRONMENT
from wann.tasks.environments.scaling import ObservationScaling
from wann.tasks.environments.spaces import ActionCodec, ObservationCodec
from wann.tasks.failures import EpisodeError
from wann.tasks.policy_parts import PolicyParts, Scaling
from wann.tasks.protocol import Policy, Rollouts, Task, check_fits, check_networks

#: Random episodes that observation scaling is measured on; the same for every search.
MEASURED_EPISODES, MEASURED_STEPS, MEASURED_SEED = 16, 4000, 2**30


class JobFailedError(Exception):
    """Job i, lane i % n_lanes of network i // n_lanes, has failed for good; the text says how."""

    def __init__(self, job: int, text: str) -> None:
        super().__init__(text)
        self.job = job


class EnvironmentTask(Described, ABC):
    """A task that scales what networks see.

    Args:
        name: Such as ``gymnasium:CartPole-v1``.
        observations: How observations become inputs.
        actions: How outputs become actions.
        scaling: True to measure a scaling when it is first needed, False for none, or a scaling.

    Raises:
        WannError: ``scaling`` is something else.
    """

    hidden_activations: tuple[Activation, ...] = ALL_ACTIVATIONS
    presets = ENVIRONMENT
    hidden_layers = (5, 5)
    _seeded = "reset(seed={})"  #: how an episode gets its seed, for messages

    def __init__(
        self, name: str, observations: ObservationCodec, actions: ActionCodec, scaling: bool | ObservationScaling
    ) -> None:
        if not isinstance(scaling, bool | ObservationScaling):
            raise WannError(
                f"{name}: observation_scaling is {shown(scaling)}; it must be true, false or an ObservationScaling"
            )
        self.name = name
        self._observations = observations
        self._actions = actions
        self._wanted_scaling = scaling
        self._scaling: ObservationScaling | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the numbers in an observation."""
        return self._observations.names

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what makes an action."""
        return self._actions.names

    @property
    def output_activation(self) -> Activation:
        """Tanh where an action has bounds to be scaled to, else linear."""
        return self._actions.output_activation

    @property
    def observation_scaling(self) -> ObservationScaling:
        """The scaling that networks are run with that carry none of their own; measured when it is first needed."""
        if self._scaling is None:
            if self._wanted_scaling is True:
                self._scaling = ObservationScaling.of(*self._measured(), self._observations.measured)
            else:
                self._scaling = self._wanted_scaling or ObservationScaling.none(len(self.inputs))
        return self._scaling

    @abstractmethod
    def _measured(self) -> tuple[ArrayLike, ArrayLike]:
        """Mean and standard deviation of observations in random episodes."""

    @property
    def network_metadata(self) -> dict[str, Any]:
        """What a network that was searched on this task needs in its file to run elsewhere."""
        return self.observation_scaling.to_metadata()

    def scaling_of(self, network: Network) -> ObservationScaling:
        """The scaling that a network runs with: its own where its file has one, else the task's."""
        return ObservationScaling.from_metadata(network.metadata, len(self.inputs)) or self.observation_scaling

    def rollout(
        self,
        networks: Sequence[Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        """Runs every network in every lane; see `Task.rollout`. ``threads`` is the number of workers.

        Raises:
            EpisodeError: An episode has failed for good.
        """
        check_networks(networks, self)
        n_lanes = len(seeds)
        first = as_batch(networks).first_equal()
        distinct = sorted(set(first))
        if not distinct or not n_lanes:
            empty = np.zeros((len(networks), n_lanes))
            return Rollouts(rewards=empty, steps=empty.astype(np.int64), computed_steps=0)
        try:
            rewards, steps = self._run([networks[i] for i in distinct], weights, seeds, threads)
        except JobFailedError as error:
            network, lane = divmod(error.job, n_lanes)
            index = distinct[network]
            seed = reset_seed(seeds[lane])
            raise self._episode_error(networks[index], index, weights[lane], seed, str(error)) from None
        place = np.searchsorted(distinct, first)
        return Rollouts(
            rewards=rewards.reshape(-1, n_lanes)[place],
            steps=steps.reshape(-1, n_lanes)[place],
            computed_steps=int(steps.sum()),
        )

    @abstractmethod
    def _run(
        self, networks: list[Network], weights: NDArray[np.float32], seeds: NDArray[np.uint64], threads: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Rewards and steps of every job of networks that all differ; there is at least one.

        Raises:
            JobFailedError: A job has failed for good.
        """

    def _scalings_of(self, networks: Sequence[Network]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Shift and factor of each network, both of shape (n_networks, n_inputs)."""
        shift, factor = zip(*(self.scaling_of(network).arrays() for network in networks), strict=True)
        return np.stack(shift), np.stack(factor)

    def policy(self, network: Network, weight: float | None = None) -> Policy:
        """A plain function from an observation of the environment to an action; see `wann.tasks.policy`."""
        return _EpisodePolicy(self, network, weight)

    def policy_parts(self, network: Network) -> PolicyParts:
        """What `policy` does with observations, flattened as Gymnasium does it, and with outputs, as numbers."""
        scaling = self.scaling_of(network)
        scaled = Scaling(shift=scaling.shift, factor=tuple(1 / scale for scale in scaling.scale))
        unscaled = scaling == ObservationScaling.none(len(self.inputs))
        return PolicyParts(scaling=None if unscaled else scaled, action=self._actions.form)

    def sight(self, network: Network) -> Callable[[Any], NDArray[np.float32]]:
        """From an observation of the environment to what the network sees of it: numbers, scaled, shape (n_inputs,)."""
        shift, factor = self.scaling_of(network).arrays()
        flat = self._flattening()
        return lambda observation: (np.asarray(flat(observation), dtype=np.float32) - shift) * factor

    def _flattening(self) -> Callable[[Any], Any]:
        """What makes numbers of an observation."""
        return lambda observation: observation

    def check_start(self, network: Network) -> None:
        """Whether a search that starts from a network starts from what it does: a search has one scaling for all.

        Raises:
            WannError: The network sees observations scaled in another way.
        """
        if self.for_network(network).scaling_of(network) != self.observation_scaling:
            raise WannError(
                f"a network to start from does not see observations scaled as {self.name} has them here, and would act as "
                "another network; one that was saved without a scaling needs a task without one: observation_scaling=False",
                parameter="observation_scaling",
            )

    def _episode_error(
        self, network: Network, index: int, weights: NDArray[np.float32], seed: int, how: str
    ) -> EpisodeError:
        """The error of an episode that has failed for good; ``weights`` is one weight, or one for each connection."""
        individual = weights.ndim == 1
        weight = None if individual else float(weights)
        if individual:
            network = network.with_tuning(weights=weights)
        # As a champion's file has it, so that the network sees the same when it is run again.
        network = network.with_metadata(**self.scaling_of(network).to_metadata())
        with_what = "its individual weights" if individual else f"weight {weight:g}"
        run_again = f"run network {index} ({network!r}) with {with_what} from {self._seeded.format(seed)}"
        message = f"{self.name} {how}; to repeat it, {run_again}"
        return EpisodeError(message, environment=self.name, network=network, weight=weight, seed=seed)

    def for_network(self, network: Network) -> Self:
        """This task for a network from a file: one that was saved without a scaling sees observations as they are.

        Raises:
            WannError: The network does not fit.
        """
        task: Any = self
        fitting: Task = task
        check_fits(network, fitting)
        if ObservationScaling.from_metadata(network.metadata, len(self.inputs)) is not None:
            return self
        unscaled = copy.copy(self)
        unscaled._wanted_scaling = False
        unscaled._scaling = None
        return unscaled


class _EpisodePolicy:
    """From the environment's observations to its actions, in one episode."""

    def __init__(self, task: EnvironmentTask, network: Network, weight: float | None) -> None:
        self._task, self._network = task, network
        self._act = Stepper(network, weight)
        self.reset()

    def reset(self) -> None:
        """Begins another episode."""
        self._see = self._task.sight(self._network)
        self._act.reset()

    def __call__(self, observation: Any) -> Any:
        return self._task._actions.decode(self._act(self._see(observation)[None]))[0]
