"""The champions of a run as the report and the pictures show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wann import runs
from wann.errors import WannError
from wann.networks.metadata import SearchScore
from wann.networks.network import Network
from wann.search.population_scores import PopulationScores

#: In the folder of a run, its champion with tuned weights.
TUNED = "tuned.json"


def champions_of(folder: Path) -> list[Network]:
    """The champions of a run, oldest first.

    The last is the one of champion.json, which holds its final scores, with the weights of tuned.json, where there is one.

    Raises:
        WannError: The run has no champion yet, or a file is damaged.
    """
    champion = folder / runs.CHAMPION
    if not champion.exists():
        raise WannError(f"{folder} has no champion yet: run at least one generation")
    last = Network.load(champion)
    history = [Network.load(path) for path in runs.history_files(folder)]
    if history and history[-1].same_topology(last):
        history.pop()
    return [*history, _tuned(last, folder / TUNED)]


def _tuned(network: Network, path: Path) -> Network:
    """The network with the weights that a file holds for it; a file of another champion is left alone."""
    tuned = Network.load(path) if path.is_file() else None
    if tuned is None or not tuned.same_topology(network):
        return network
    return network.with_tuning(weights=tuned.weights, shared_weight=tuned.shared_weight)


@dataclass(frozen=True, kw_only=True)
class ParetoPoints:
    """Sizes and rewards of a run's networks."""

    connections: NDArray[np.int64]  #: of the champions, oldest first
    rewards: NDArray[np.float64]  #: their mean rewards, confirmed on fresh episodes
    population: PopulationScores | None  #: the last generation's individuals; None where the run keeps none


def pareto_points(folder: Path, champions: Sequence[Network]) -> ParetoPoints | None:
    """What a Pareto front of a run with these champions shows; None where they have no scores.

    Raises:
        WannError: The file with the last generation's individuals is damaged.
    """
    scored = [(c.n_connections, reward) for c in champions if (reward := _confirmed_reward(c)) is not None]
    if not scored:
        return None
    return ParetoPoints(
        connections=np.array([n for n, _ in scored]),
        rewards=np.array([reward for _, reward in scored]),
        population=runs.read_population(folder),
    )


def _confirmed_reward(champion: Network) -> float | None:
    """Its mean reward on fresh episodes; None where its file does not tell."""
    try:
        score = SearchScore.of(champion)
    except WannError:
        return None
    return score.mean_reward if score else None
