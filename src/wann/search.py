"""The search: ask for networks, tell their rewards, and so on from generation to generation."""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import _core, seeding
from wann.activations import Activation
from wann.config import SearchConfig, preset
from wann.errors import WannError
from wann.network import Network, Networks
from wann.seeding import Stream
from wann.tasks.protocol import Task, product_lanes, run_lanes
from wann.threads import check_threads

#: What the operators of core/mutation.hpp are called in histories.
OPERATORS = ("none", "insert node", "add connection", "enable connection", "change activation")


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


@dataclass(frozen=True, kw_only=True)
class Generation:
    """What happened in one generation: a line of metrics.jsonl."""

    generation: int
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

    Args:
        task: What to search on.
        config: The settings; the task's default preset if there are none.
        seed: Names the run: the same seed gives the same run, whatever the number of threads.
        threads: Threads for rollouts; all cores by default.

    Raises:
        WannError: A setting is out of range or does not fit the task.
    """

    def __init__(self, task: Task, config: SearchConfig | None = None, *, seed: int = 0, threads: int | None = None) -> None:
        self.task = task
        self.config = preset(task.name) if config is None else config
        self.seed = seeding.check_seed(seed)
        self.threads = check_threads(threads)
        self._hidden_activations = _allowed_activations(task, self.config)
        self._generation = 0
        self._steps = 0
        self._champion: Champion | None = None
        self._refuted: set[int] = set()
        self._population = _core.Population.random(
            self.config.population,
            len(task.inputs),
            len(task.outputs),
            self.config.initial_enabled,
            seeding.derive(self.seed, Stream.FIRST_POPULATION),
        )

    @property
    def generation(self) -> int:
        """How many generations have been completed."""
        return self._generation

    @property
    def total_generations(self) -> int:
        """How many generations the search is configured to run."""
        return self.config.generations

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

    def ask(self) -> Networks:
        """The networks of the present generation."""
        batch = self._population.networks(int(self.task.output_activation))
        return Networks(batch, tuple(self.task.inputs), tuple(self.task.outputs))

    def lanes(self) -> tuple[NDArray[np.float32], NDArray[np.uint64]]:
        """Weights and episode seeds of the present generation, both of shape (n_weights · n_episodes,).

        All networks of a generation see the same episodes.
        """
        seeds = seeding.episode_seeds(self.seed, Stream.SEARCH_EPISODES, self.config.episodes, self._generation)
        return product_lanes(self.config.weights, seeds)

    def tell(self, rewards: ArrayLike, networks: Networks | None = None) -> Generation:
        """Takes the rewards of the present generation, looks for a new champion, and makes the next generation.

        Args:
            rewards: Shape (population, n_weights, n_episodes).
            networks: What `ask` gave, if it is still at hand (it saves making them again).

        Raises:
            WannError: The shape does not fit, or a reward is not finite.
        """
        networks = self.ask() if networks is None else networks
        values = np.asarray(rewards, dtype=float)
        expected = (self.config.population, len(self.config.weights))
        if values.ndim != 3 or values.shape[:2] != expected:
            raise WannError(f"rewards have shape {values.shape}; expected {expected} and any number of episodes")
        if not np.isfinite(values).all():
            network, weight, _ = np.argwhere(~np.isfinite(values))[0]
            raise WannError(f"network {network} has a reward that is not finite at {self.config.weights[weight]:g}")
        by_weight = values.mean(axis=2)
        mean, best = by_weight.mean(axis=1), by_weight.max(axis=1)
        enabled = self._population.n_enabled()
        self._look_for_champion(networks, mean)
        record = self._record(mean, best, enabled)
        self._advance(mean, best, enabled)
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

    def _look_for_champion(self, networks: Networks, mean: NDArray[np.float64]) -> None:
        """Confirms the generation's best network on fresh episodes if it promises more than the champion has shown.

        A network that fails is not tried again, and the champion meets the challenger on the same episodes, so that luck
        with easy episodes decides nothing.
        """
        i = int(np.argmax(mean))
        network = networks[i]
        key = topology_key(network)
        champion = self._champion
        if champion is not None and (mean[i] <= champion.mean_reward or key in self._refuted):
            return
        seeds = seeding.episode_seeds(
            self.seed, Stream.CONFIRMATION_EPISODES, self.config.confirm_episodes, self._generation
        )
        rewards = self._rewards_by_weight(network, seeds)
        self._refuted.add(key)
        if champion is not None:
            if rewards.mean() <= champion.mean_reward:
                return
            champion = _with_more_episodes(champion, self._rewards_by_weight(champion.network, seeds), len(seeds))
            self._champion = champion
            if rewards.mean() <= champion.mean_reward:
                return
        self._champion = Champion(
            network=network,
            generation=self._generation,
            mean_reward=float(rewards.mean()),
            best_reward=float(rewards.max()),
            rewards=tuple(rewards.tolist()),
            episodes=len(seeds),
            change=self._change(i),
        )

    def _rewards_by_weight(self, network: Network, seeds: NDArray[np.uint64]) -> NDArray[np.float64]:
        weights, lane_seeds = product_lanes(self.config.weights, seeds)
        rollouts = run_lanes(self.task, [network], weights, lane_seeds, threads=self.threads)
        self._steps += rollouts.computed_steps
        by_weight: NDArray[np.float64] = rollouts.rewards.reshape(len(self.config.weights), -1).mean(axis=1)
        return by_weight

    def _change(self, i: int) -> dict[str, Any]:
        operator, activation, source, target, node = self._population.change(i)
        name = OPERATORS[operator]
        change: dict[str, Any] = {"operator": name}
        if name in ("insert node", "change activation"):
            change |= {"genome_node": node, "activation": Activation(activation).label}
        if name in ("insert node", "add connection", "enable connection"):
            change["genome_connection"] = [source, target]
        return change

    def _record(self, mean: NDArray[np.float64], best: NDArray[np.float64], enabled: NDArray[np.uint32]) -> Generation:
        champion = self.champion_record
        return Generation(
            generation=self._generation,
            best_mean_reward=float(mean.max()),
            median_mean_reward=float(np.median(mean)),
            mean_mean_reward=float(mean.mean()),
            best_reward=float(best.max()),
            champion_mean_reward=champion.mean_reward,
            champion_best_reward=champion.best_reward,
            champion_connections=champion.network.n_connections,
            champion_nodes=champion.network.n_nodes,
            champion_generation=champion.generation,
            median_connections=float(np.median(enabled)),
            environment_steps=self._steps,
        )

    def _advance(self, mean: NDArray[np.float64], best: NDArray[np.float64], enabled: NDArray[np.uint32]) -> None:
        config = self.config
        draw = seeding.generator(self.seed, Stream.OBJECTIVE, self._generation).random()
        second = -enabled.astype(float) if draw < config.connection_objective else best
        order = _core.rank(mean, np.ascontiguousarray(second))
        self._population = self._population.next(
            order,
            config.cull,
            config.elite,
            config.tournament,
            config.odds,
            config.further_change,
            [int(a) for a in self._hidden_activations],
            seeding.derive(self.seed, Stream.VARIATION, self._generation),
            np.ascontiguousarray(mean),
            config.transfer,
            config.max_transferred,
        )
        self._generation += 1

    def state(self) -> dict[str, Any]:
        """All that a search needs to go on, as arrays, numbers, and one network; see `restore`."""
        champion = None
        if self._champion is not None:
            champion = {f.name: getattr(self._champion, f.name) for f in dataclasses.fields(Champion)}
        return {
            "generation": self._generation,
            "environment_steps": self._steps,
            "population": self._population.to_arrays(),
            "refuted": np.array(sorted(self._refuted), dtype=np.uint64),
            "champion": champion,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from a `state` of a search with the same task, settings and seed.

        Raises:
            WannError: The state does not describe a population of this search.
        """
        arrays = dict(state["population"])
        try:
            population = _core.Population.from_arrays(
                len(self.task.inputs), len(self.task.outputs), from_=arrays.pop("from"), **arrays
            )
        except (ValueError, TypeError, KeyError) as error:
            raise WannError(f"the saved population is not valid: {error}") from None
        if len(population) != self.config.population:
            raise WannError(f"the saved population has {len(population)} genomes, not {self.config.population}")
        self._population = population
        self._generation = int(state["generation"])
        self._steps = int(state["environment_steps"])
        self._refuted = set(state["refuted"].tolist())
        self._champion = None if state["champion"] is None else Champion(**state["champion"])


def topology_key(network: Network) -> int:
    """64 bits that tell topologies apart, the same in every process."""
    core = network.core
    digest = hashlib.blake2b(digest_size=8)
    for part in (core.activations, core.first, core.source):
        digest.update(part.tobytes())
    return int.from_bytes(digest.digest(), "little")


def _with_more_episodes(champion: Champion, rewards: NDArray[np.float64], episodes: int) -> Champion:
    """The champion's score over its former and some more episodes."""
    total = champion.episodes + episodes
    pooled = (np.array(champion.rewards) * champion.episodes + rewards * episodes) / total
    return dataclasses.replace(
        champion,
        mean_reward=float(pooled.mean()),
        best_reward=float(pooled.max()),
        rewards=tuple(pooled.tolist()),
        episodes=total,
    )


def _allowed_activations(task: Task, config: SearchConfig) -> tuple[Activation, ...]:
    """Activations that both the settings and the task allow in hidden nodes."""
    allowed = tuple(a for a in config.activations if a in task.hidden_activations)
    if not allowed:
        raise WannError(
            f"{task.name} allows the activations {', '.join(a.label for a in task.hidden_activations)}; "
            f"the settings allow only {', '.join(a.label for a in config.activations)}"
        )
    return allowed
