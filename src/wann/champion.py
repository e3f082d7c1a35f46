"""The best network so far, and how it became that."""

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.network import Network


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

    def to_dict(self) -> dict[str, Any]:
        """The fields; ``Champion(**fields)`` makes it again."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


def topology_key(network: Network) -> int:
    """64 bits that tell topologies apart, the same in every process."""
    core = network.core
    digest = hashlib.blake2b(digest_size=8)
    for part in (core.activations, core.first, core.source):
        digest.update(part.tobytes())
    return int.from_bytes(digest.digest(), "little")
