"""What tasks have in common whose environments step outside the core: names, actions, and the scaling of observations."""

import copy
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.activations import ALL_ACTIVATIONS, Activation
from wann.errors import EpisodeError, WannError
from wann.network import Network
from wann.tasks.environments.scaling import ObservationScaling
from wann.tasks.environments.spaces import ActionCodec, ObservationCodec
from wann.tasks.protocol import Task, check_fits

#: Random episodes that observation scaling is measured on; the same for every search.
MEASURED_EPISODES, MEASURED_STEPS, MEASURED_SEED = 16, 4000, 2**30


class EnvironmentTask(ABC):
    """A task that scales what networks see.

    Args:
        name: Such as ``gymnasium:CartPole-v1``.
        observations: How observations become inputs.
        actions: How outputs become actions.
        scaling: True to measure a scaling when it is first needed, False for none, or a scaling.
    """

    hidden_activations: tuple[Activation, ...] = ALL_ACTIVATIONS
    _seeded = "reset(seed={})"  #: how an episode gets its seed, for messages

    def __init__(
        self, name: str, observations: ObservationCodec, actions: ActionCodec, scaling: bool | ObservationScaling
    ) -> None:
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

    def check_start(self, network: Network) -> None:
        """Whether a search that starts from a network starts from what it does: a search has one scaling for all.

        Raises:
            WannError: The network sees observations scaled in another way.
        """
        if self.for_network(network).scaling_of(network) != self.observation_scaling:
            raise WannError(
                f"a network to start from does not see observations scaled as {self.name} has them here, and would act as "
                "another network; one that was saved without a scaling needs --task-option observation_scaling=false"
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
