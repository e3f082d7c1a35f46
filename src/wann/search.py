"""The search: ask for networks, tell their rewards, and so on from generation to generation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import seeding
from wann.activations import Activation
from wann.champion import Champion
from wann.config import SearchConfig, preset
from wann.errors import WannError
from wann.island import Island, as_networks
from wann.network import Network, Networks
from wann.population import PopulationScores
from wann.seeding import Stream
from wann.tasks.protocol import Task, check_fits, product_lanes, run_lanes
from wann.threads import check_threads

#: When islands are culled, one in this many goes on.
ISLANDS_PER_SURVIVOR = 3


@dataclass(frozen=True, kw_only=True)
class Generation:
    """What happened in one generation: a line of metrics.jsonl."""

    generation: int
    islands: int  #: populations that took part
    best_mean_reward: float  #: of the networks of this generation, over its episodes
    median_mean_reward: float
    mean_mean_reward: float
    best_reward: float  #: the largest reward of any network at any weight value
    champion_mean_reward: float  #: confirmed
    champion_best_reward: float
    champion_connections: int
    champion_nodes: int
    champion_generation: int
    median_connections: float  #: enabled connections of the genomes
    environment_steps: int  #: computed since the start of the search


class Search:
    """Searches for weight agnostic networks (section 3 of the paper).

    With one island this is the paper's algorithm. With several, populations evolve apart on the same episodes; after
    each part of the search that `SearchConfig.island_culls` names, only the best third of them goes on.

    Args:
        task: What to search on.
        config: The settings; the task's default preset if there are none.
        seed: Names the run: the same seed gives the same run, whatever the number of threads.
        threads: Threads for rollouts; all cores by default.
        start: Networks that the first population consists of, in turns, instead of random ones: a search can go on from
            what another one found, with other settings or on another task.

    Raises:
        WannError: A setting is out of range or does not fit the task, or a network to start from does not.
    """

    def __init__(
        self,
        task: Task,
        config: SearchConfig | None = None,
        *,
        seed: int = 0,
        threads: int | None = None,
        start: Sequence[Network] = (),
    ) -> None:
        self.task = task
        self.config = preset(task.name) if config is None else config
        self.seed = seeding.check_seed(seed)
        self.threads = check_threads(threads)
        self._start = tuple(_checked_start(network, task) for network in start)
        self._generation = 0
        self._steps = 0
        self._champion: Champion | None = None
        self._told: tuple[Networks, int, NDArray[np.float64], NDArray[np.float64]] | None = None
        self._islands = [self._new_island(i) for i in range(self.config.islands)]

    def _new_island(self, index: int) -> Island:
        activations = _allowed_activations(self.task, self.config)
        return Island(self.task, self.config, activations, seed=self.seed, index=index, start=self._start)

    @property
    def generation(self) -> int:
        """How many generations have been completed."""
        return self._generation

    @property
    def total_generations(self) -> int:
        """How many generations the search is configured to run."""
        return self.config.generations

    @property
    def progress(self) -> float:
        """The part of the work that is done, from 0 to 1; a generation with more islands is more work."""
        return self._work_before(self._generation) / self._work_before(self.config.generations)

    @property
    def environment_steps(self) -> int:
        """Environment steps computed so far."""
        return self._steps

    @property
    def champion(self) -> Network:
        """The best network so far.

        Raises:
            WannError: No generation has been completed yet.
        """
        return self.champion_record.network

    @property
    def champion_record(self) -> Champion:
        """The champion with its confirmed scores."""
        if self._champion is None:
            raise WannError("there is no champion yet: run at least one generation")
        return self._champion

    @property
    def population_scores(self) -> PopulationScores | None:
        """What the networks of the last completed generation reached, or None where this object has completed none."""
        return None if self._told is None else PopulationScores.of(*self._told)

    def ask(self) -> Networks:
        """The networks of the present generation: those of one island after the other."""
        return as_networks(self._islands, self.task)

    def lanes(self) -> tuple[NDArray[np.float32], NDArray[np.uint64]]:
        """Weights and episode seeds of the present generation, both of shape (n_weights · n_episodes,).

        All networks of a generation see the same episodes.
        """
        seeds = seeding.episode_seeds(self.seed, Stream.SEARCH_EPISODES, self.config.episodes, self._generation)
        return product_lanes(self.config.weights, seeds)

    def tell(self, rewards: ArrayLike, networks: Networks | None = None) -> Generation:
        """Takes the rewards of the present generation, looks for a new champion, and makes the next generation.

        Args:
            rewards: Shape (n_networks, n_weights, n_episodes), in the order of `ask`.
            networks: What `ask` gave, if it is still at hand (it saves making them again).

        Raises:
            WannError: The shape does not fit, or a reward is not finite.
        """
        networks = self.ask() if networks is None else networks
        by_weight = self._checked(rewards).mean(axis=2)
        mean, best = by_weight.mean(axis=1), by_weight.max(axis=1)
        self._look_for_champions(networks, mean)
        self._told = (networks, self._generation, mean, best)
        record = self._record(mean, best)
        for island, part in zip(self._islands, self._parts(), strict=True):
            island.advance(self._generation, mean[part], best[part])
        self._generation += 1
        self._cull_islands()
        return record

    def run(self, generations: int | None = None) -> Iterator[Generation]:
        """Runs generations and gives a record of each.

        Args:
            generations: How many more; up to the configured number if not given.
        """
        if generations is None:
            generations = max(self.config.generations - self._generation, 0)
        for _ in range(generations):
            networks = self.ask()
            weights, seeds = self.lanes()
            rollouts = run_lanes(self.task, networks, weights, seeds, threads=self.threads)
            self._steps += rollouts.computed_steps
            yield self.tell(rollouts.rewards.reshape(len(networks), len(self.config.weights), -1), networks)

    def _checked(self, rewards: ArrayLike) -> NDArray[np.float64]:
        try:
            values = np.asarray(rewards, dtype=float)
        except (TypeError, ValueError):
            raise WannError(f"rewards: expected numbers, got {rewards!r:.80}") from None
        expected = (len(self._islands) * self.config.population, len(self.config.weights))
        if values.ndim != 3 or values.shape[:2] != expected or not values.shape[2]:
            raise WannError(f"rewards have shape {values.shape}; expected {expected} and at least one episode")
        if not np.isfinite(values).all():
            network, weight, _ = np.argwhere(~np.isfinite(values))[0]
            raise WannError(f"network {network} has a reward that is not finite at {self.config.weights[weight]:g}")
        return values

    def _parts(self) -> list[slice]:
        """Where each island's networks stand among all."""
        n = self.config.population
        return [slice(i * n, (i + 1) * n) for i in range(len(self._islands))]

    def _look_for_champions(self, networks: Networks, mean: NDArray[np.float64]) -> None:
        """Confirms each island's best network on fresh episodes if it promises more than the island's champion has shown.

        The champion then meets the challenger on the same episodes, so that luck with easy ones decides nothing.
        """
        # What the task says belongs into a network's file, such as the scaling of observations.
        about = getattr(self.task, "network_metadata", {})
        challengers: list[tuple[Island, Network, int]] = []
        for island, part in zip(self._islands, self._parts(), strict=True):
            found = island.challenger(networks, part.start, mean[part])
            if found is not None:
                challengers.append((island, found[0].with_metadata(**about) if about else found[0], found[1]))
        seeds = seeding.episode_seeds(
            self.seed, Stream.CONFIRMATION_EPISODES, self.config.confirm_episodes, self._generation
        )
        scores = self._rewards_by_weight([network for _, network, _ in challengers], seeds)
        promising = [
            (island, network, i, score)
            for (island, network, i), score in zip(challengers, scores, strict=True)
            if island.champion is None or score.mean() > island.champion.mean_reward
        ]
        defending = [island for island, *_ in promising if island.champion is not None]
        defended = self._rewards_by_weight([i.champion.network for i in defending if i.champion], seeds)
        for island, rewards in zip(defending, defended, strict=True):
            assert island.champion is not None
            island.champion = island.champion.with_more_episodes(rewards, len(seeds))
        for island, network, i, score in promising:
            if island.champion is None or score.mean() > island.champion.mean_reward:
                island.champion = Champion.confirmed(network, self._generation, score, len(seeds), island.change(i))
        self._champion = max((i.champion for i in self._islands if i.champion), key=lambda c: c.mean_reward)

    def _rewards_by_weight(self, networks: list[Network], seeds: NDArray[np.uint64]) -> NDArray[np.float64]:
        """Mean reward of each network at each weight value over some episodes, shape (n_networks, n_weights)."""
        n_weights = len(self.config.weights)
        if not networks:
            return np.zeros((0, n_weights))
        weights, lane_seeds = product_lanes(self.config.weights, seeds)
        rollouts = run_lanes(self.task, networks, weights, lane_seeds, threads=self.threads)
        self._steps += rollouts.computed_steps
        rewards: NDArray[np.float64] = rollouts.rewards.reshape(len(networks), n_weights, -1).mean(axis=2)
        return rewards

    def _record(self, mean: NDArray[np.float64], best: NDArray[np.float64]) -> Generation:
        champion = self.champion_record
        return Generation(
            generation=self._generation,
            islands=len(self._islands),
            best_mean_reward=float(mean.max()),
            median_mean_reward=float(np.median(mean)),
            mean_mean_reward=float(mean.mean()),
            best_reward=float(best.max()),
            champion_mean_reward=champion.mean_reward,
            champion_best_reward=champion.best_reward,
            champion_connections=champion.network.n_connections,
            champion_nodes=champion.network.n_nodes,
            champion_generation=champion.generation,
            median_connections=float(np.median(np.concatenate([i.n_enabled() for i in self._islands]))),
            environment_steps=self._steps,
        )

    def _islands_in(self, generation: int) -> int:
        """How many islands take part in a generation."""
        n = self.config.islands
        for part in self.config.island_culls:
            if generation >= round(part * self.config.generations):
                n = -(-n // ISLANDS_PER_SURVIVOR)
        return n

    def _work_before(self, generation: int) -> int:
        """Generations of single islands before a generation of the search."""
        culls = [round(part * self.config.generations) for part in self.config.island_culls]
        edges = [0, *(min(cull, generation) for cull in culls), generation]
        return sum(self._islands_in(a) * (b - a) for a, b in pairwise(edges))

    def _cull_islands(self) -> None:
        """Drops the islands whose champions are worst, where the schedule says so."""
        n = self._islands_in(self._generation)
        if n < len(self._islands):
            best_first = sorted(self._islands, key=lambda i: -i.champion.mean_reward if i.champion else np.inf)
            self._islands = sorted(best_first[:n], key=lambda i: i.index)

    def state(self) -> dict[str, Any]:
        """All that a search needs to go on: numbers, arrays, networks, and dictionaries and lists of them; see `restore`."""
        return {
            "generation": self._generation,
            "environment_steps": self._steps,
            "islands": [island.state() for island in self._islands],
            "champion": None if self._champion is None else self._champion.to_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from a `state` of a search with the same task, settings and seed.

        Raises:
            WannError: The state does not describe a search with these settings.
        """
        islands = []
        for saved in state["islands"]:
            island = self._new_island(int(saved["index"]))
            island.restore(saved)
            islands.append(island)
        generation = int(state["generation"])
        if len(islands) != self._islands_in(generation):
            raise WannError(f"{len(islands)} islands were saved; in generation {generation} there are others")
        self._islands = islands
        self._told = None
        self._generation = generation
        self._steps = int(state["environment_steps"])
        self._champion = None if state["champion"] is None else Champion(**state["champion"])


def _checked_start(network: Network, task: Task) -> Network:
    check_fits(network, task)
    others = {a for a in network.output_activations if a != task.output_activation}
    if others:
        raise WannError(
            f"a network to start from has {min(others).label} outputs; "
            f"on {task.name} they are {task.output_activation.label}"
        )
    return network


def _allowed_activations(task: Task, config: SearchConfig) -> tuple[Activation, ...]:
    """Activations that both the settings and the task allow in hidden nodes."""
    allowed = tuple(a for a in config.activations if a in task.hidden_activations)
    if not allowed:
        raise WannError(
            f"{task.name} allows the activations {', '.join(a.label for a in task.hidden_activations)}; "
            f"the settings allow only {', '.join(a.label for a in config.activations)}"
        )
    return allowed
