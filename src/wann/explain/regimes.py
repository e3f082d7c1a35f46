"""What the shared weight does: stretches of the weight profile, which nodes saturate in each, what changes between them."""

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.explain.ablation import node_name
from wann.explain.behaviour import distance, node_values, observations, saturated_share
from wann.networks.network import Network
from wann.scoring.evaluation import WeightProfile
from wann.tasks.protocol import Task

#: A new stretch is worth it where it brings the squared distance from the stretches' means down by this part of the height
#: of the profile, squared.
_WORTH = 0.2


@dataclass(frozen=True)
class Saturation:
    """A node whose activation can saturate."""

    node: int
    name: str
    share: float  #: of the steps at which it is saturated


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Neighbouring shared weights with rewards that are nearly alike."""

    low: float
    high: float
    reward: float  #: mean over the weights
    typical: float  #: the weight in its middle
    saturated: tuple[Saturation, ...]  #: at that weight, the most saturated first


@dataclass(frozen=True)
class Change:
    """A node that behaves differently on the two sides of a cliff."""

    node: int
    name: str
    distance: float  #: as `wann.explain.behaviour.distance` has it, 0 to 1


@dataclass(frozen=True, kw_only=True)
class Cliff:
    """Where one stretch ends and the next begins."""

    left: float  #: the last weight of the one
    right: float  #: the first weight of the other
    rise: float  #: of the reward from the left to the right
    changes: tuple[Change, ...]  #: the nodes that change most first


@dataclass(frozen=True, kw_only=True)
class Regimes:
    """A weight profile in stretches, with the cliffs between them and the nodes that change there."""

    stretches: tuple[Stretch, ...]
    cliffs: tuple[Cliff, ...]
    profile: WeightProfile

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {
            "stretches": [asdict(stretch) for stretch in self.stretches],
            "cliffs": [asdict(cliff) for cliff in self.cliffs],
            "profile": self.profile.to_dict()["profile"],
        }


def regimes(network: Network, task: Task, profile: WeightProfile, *, seed: int) -> Regimes:
    """Divides a weight profile into stretches, and looks at the nodes in the middle of each and on both sides of each cliff.

    Args:
        network: A network that fits the task.
        task: The task; where it tells nothing of what a network sees, nothing is said of nodes.
        profile: Of the network on the task.
        seed: Names the episodes along which nodes are watched.
    """
    weights, means = profile.weights, np.array([score.mean for score in profile.scores])
    bounds = stretches(means)
    parts = list(pairwise([*bounds, len(means)]))
    watched = _watch(
        network, task, sorted({w for a, b in parts for w in (weights[(a + b - 1) // 2], weights[a], weights[b - 1])}), seed
    )
    found = tuple(
        Stretch(
            low=weights[a],
            high=weights[b - 1],
            reward=float(means[a:b].mean()),
            typical=weights[(a + b - 1) // 2],
            saturated=_saturated(network, watched.get(weights[(a + b - 1) // 2])),
        )
        for a, b in parts
    )
    cliffs = tuple(
        Cliff(
            left=weights[b - 1],
            right=weights[b],
            rise=float(means[b] - means[b - 1]),
            changes=_changes(network, watched.get(weights[b - 1]), watched.get(weights[b])),
        )
        for b in bounds[1:]
    )
    return Regimes(stretches=found, cliffs=cliffs, profile=profile)


def stretches(means: NDArray[np.float64]) -> list[int]:
    """The first point of each stretch: the division that is best by squared distances from the stretches' means, each new
    stretch at a price (optimal partitioning, Jackson et al. 2005).
    """
    n, height = len(means), float(np.ptp(means))
    price = (_WORTH * height) ** 2 or 1.0
    sums, squares = np.concatenate([[0], np.cumsum(means)]), np.concatenate([[0], np.cumsum(means**2)])
    best, before = np.zeros(n + 1), np.zeros(n + 1, dtype=int)
    for end in range(1, n + 1):
        starts = np.arange(end)
        cost = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / (end - starts)
        total = best[starts] + cost + price
        before[end] = int(total.argmin())
        best[end] = total[before[end]]
    bounds, end = [], n
    while end:
        end = int(before[end])
        bounds.append(end)
    return bounds[::-1]


def _watch(network: Network, task: Task, weights: list[float], seed: int) -> dict[float, NDArray[np.float32]]:
    """The values of all nodes along episodes at each weight; nothing where the task cannot tell."""
    seen = observations(task, network, weights, seed)
    if seen is None:
        return {}
    return {weight: node_values(network, x, weight) for weight, x in zip(weights, seen, strict=True)}


def _saturated(network: Network, values: NDArray[np.float32] | None) -> tuple[Saturation, ...]:
    if values is None:
        return ()
    n_fixed = 1 + network.n_inputs
    found = [
        Saturation(n_fixed + i, node_name(network, n_fixed + i), share)
        for i, activation in enumerate(network.activations)
        if (share := saturated_share(activation, values[:, i])) is not None
    ]
    return tuple(sorted(found, key=lambda s: -s.share))


def _changes(network: Network, left: NDArray[np.float32] | None, right: NDArray[np.float32] | None) -> tuple[Change, ...]:
    if left is None or right is None:
        return ()
    n_fixed = 1 + network.n_inputs
    found = [
        Change(n_fixed + i, node_name(network, n_fixed + i), distance(left[:, i], right[:, i]))
        for i in range(len(network.activations))
    ]
    return tuple(sorted(found, key=lambda c: -c.distance))
