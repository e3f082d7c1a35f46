"""The best network so far, and how it became that."""

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann._version import __version__
from wann.arguments import check_instance, check_integer, check_mapping, check_number, counted, shown
from wann.errors import WannError
from wann.networks import metadata
from wann.networks.metadata import Origin, PreparationRecord, SearchScore
from wann.networks.network import Network
from wann.networks.table import sizes
from wann.states import check_fields
from wann.tasks.protocol import Task, samples_of

#: Of generations and episodes.
MAX_COUNT = 2**63 - 1
MAX_REWARD = float(np.finfo(np.float64).max)


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The best network so far, by a score over fresh episodes that it was not chosen on."""

    network: Network
    generation: int  #: in which it was found
    mean_reward: float  #: over all weight values and all episodes that it was confirmed on
    best_reward: float  #: the largest of `rewards`
    rewards: tuple[float, ...]  #: mean reward at each weight value
    episodes: int  #: with each weight value
    change: dict[str, Any]  #: the last change on the way to it

    @classmethod
    def confirmed(
        cls, network: Network, generation: int, rewards: NDArray[np.float64], episodes: int, change: dict[str, Any]
    ) -> "Champion":
        """A champion with a mean reward at each weight value, shape (n_weights,), over some episodes each."""
        return cls(
            network=network,
            generation=generation,
            mean_reward=float(rewards.mean()),
            best_reward=float(rewards.max()),
            rewards=tuple(rewards.tolist()),
            episodes=episodes,
            change=change,
        )

    def with_more_episodes(self, rewards: NDArray[np.float64], episodes: int) -> "Champion":
        """The same champion, its score over its former and some more episodes."""
        total = self.episodes + episodes
        pooled = (np.array(self.rewards) * self.episodes + rewards * episodes) / total
        return Champion.confirmed(self.network, self.generation, pooled, total, self.change)

    def __repr__(self) -> str:
        return f"Champion(generation {self.generation}, mean reward {self.mean_reward:.4g}, {self.network!r})"

    def __str__(self) -> str:
        """Where it was found, its size and its scores."""
        rewards = f"mean reward {self.mean_reward:.4g}, at the best weight {self.best_reward:.4g}"
        on = f"confirmed on {counted(self.episodes, 'episode')} at each of {counted(len(self.rewards), 'weight')}"
        return f"champion of generation {self.generation}: {sizes(self.network)}\n  {rewards}; {on}"

    def annotated(self, task: Task, weights: Sequence[float], origin: Origin) -> Network:
        """The network with what is known of it as metadata.

        Args:
            task: What it was searched on.
            weights: The weight values of the search, to which `rewards` belong.
            origin: What its search knows of it, such as the seed.
        """
        samples = samples_of(task)
        found = dataclasses.replace(origin, wann_version=__version__, generation=self.generation, change=self.change)
        score = SearchScore(
            mean_reward=self.mean_reward,
            best_reward=self.best_reward,
            weights=tuple(weights),
            rewards=self.rewards,
            episodes=self.episodes,
            split=samples.split if samples else None,
        )
        prepared = [PreparationRecord.read(samples.preparation, "preparation")] if samples and samples.preparation else []
        return metadata.annotated(self.network, found, score, *prepared)

    def to_dict(self) -> dict[str, Any]:
        """The fields; see `from_dict`."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, data: object, n_weights: int) -> "Champion":
        """Makes it again from what `to_dict` gave.

        Args:
            data: The fields.
            n_weights: How many weight values the search has.

        Raises:
            WannError: A field is missing, unknown or has the wrong type, or is a number out of range.
        """
        fields = check_fields(data, "champion", tuple(field.name for field in dataclasses.fields(cls)))
        rewards = fields["rewards"]
        if not isinstance(rewards, tuple) or len(rewards) != n_weights:
            raise WannError(f"rewards of the champion are {shown(rewards)}; there must be {n_weights}, one for each weight")
        return cls(
            network=check_instance(fields["network"], Network, "network of the champion"),
            generation=check_integer(fields["generation"], "generation of the champion", 0, MAX_COUNT),
            mean_reward=_reward(fields["mean_reward"]),
            best_reward=_reward(fields["best_reward"]),
            rewards=tuple(_reward(reward) for reward in rewards),
            episodes=check_integer(fields["episodes"], "episodes of the champion", 1, MAX_COUNT),
            change=check_mapping(fields["change"], "change of the champion"),
        )


def _reward(value: object) -> float:
    return check_number(value, "a reward of the champion", -MAX_REWARD, MAX_REWARD)


def topology_key(network: Network) -> int:
    """64 bits that tell topologies apart, the same in every process."""
    core = network.core
    digest = hashlib.blake2b(digest_size=8)
    for part in (core.activations, core.first, core.source, core.memory):
        digest.update(part.tobytes())
    return int.from_bytes(digest.digest(), "little")
