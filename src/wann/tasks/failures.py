"""Episodes that fail for good."""

from typing import Any

from wann.errors import WannError
from wann.networks.network import Network


class EpisodeError(WannError):
    """An environment has failed three times in the same episode.

    The attributes are what it takes to repeat it.
    """

    def __init__(self, message: str, *, environment: str, network: Network, weight: float | None, seed: int) -> None:
        super().__init__(message)
        self.environment = environment  #: such as ``gymnasium:CartPole-v1``
        self.network = network  #: carries individual weights where it was run with them
        self.weight = weight  #: the shared weight, or None
        self.seed = seed  #: as `gymnasium.Env.reset` takes it

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle, where it comes from a worker."""
        return _again, (str(self), self.environment, self.network, self.weight, self.seed)


def _again(message: str, environment: str, network: Network, weight: float | None, seed: int) -> EpisodeError:
    return EpisodeError(message, environment=environment, network=network, weight=weight, seed=seed)
