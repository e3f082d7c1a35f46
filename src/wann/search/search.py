"""The search: ask for networks, tell their rewards, and so on from generation to generation."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import seeding
from wann.arguments import as_numbers, check_integer, check_list, check_mapping, check_threads
from wann.errors import WannError
from wann.execution.evaluator import Evaluator, chosen
from wann.networks.activations import Activation
from wann.networks.metadata import Origin
from wann.networks.network import Network, Networks
from wann.search.champion import Champion
from wann.search.config import WEIGHT_RANGE, SearchConfig, check_config, preset
from wann.search.history import Callback, Generation, History, check_callbacks
from wann.search.island import Island, as_networks
from wann.search.population_scores import PopulationScores
from wann.search.racing import Heat, Rules, first_half, race
from wann.seeding import Stream
from wann.states import check_fields
from wann.tasks.origins import made_as
from wann.tasks.protocol import (
    MAX_REWARD,
    Task,
    check_fits,
    check_networks,
    check_task,
    product_lanes,
    samples_of,
    scaling_of,
)

#: What a state that is restored may say at most.
MAX_GENERATIONS, MAX_STEPS = 10**10, 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class _Standing:
    """Where a search stands between two generations."""

    generation: int  #: how many have been completed
    environment_steps: int
    islands: tuple[Island, ...]
    champion: Champion | None
    told: tuple[Networks, int, NDArray[np.float64], NDArray[np.float64]] | None  #: of the last completed generation


class Search:
    """Searches for weight agnostic networks (section 3 of the paper).

    With one island this is the paper's algorithm. With several, populations evolve apart on the same episodes; after
    each part of the search that `SearchConfig.island_culls` names, only the best third of them goes on.

    Args:
        task: What to search on.
        config: The settings; the task's default preset if there are none.
        seed: Names the run: the same seed gives the same run, whatever the number of threads or workers.
        threads: Threads for rollouts; all cores by default.
        evaluator: Where networks run, such as `wann.execution.RayEvaluator`; the threads of this process if None.
        start: Networks that the first population consists of, in turns, instead of random ones: a search can go on from
            what another one found, with other settings or on another task.
        on_generation: Called after each generation of `run` with this search and the generation's record: a function, or
            several. What one of them raises ends the run after that generation.

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
        evaluator: Evaluator | None = None,
        start: Sequence[Network] = (),
        on_generation: Callback | Sequence[Callback] = (),
    ) -> None:
        self.task = check_task(task)
        self.config = preset(task) if config is None else check_config(config)
        self.seed = seeding.check_seed(seed)
        self.threads = check_threads(threads)
        if self.config.recurrent > 0 and samples_of(self.task) is not None:
            raise WannError(
                f"recurrent is {self.config.recurrent:g}; it must be 0 on {self.task.name}, whose samples are no steps of "
                "an episode",
                parameter="recurrent",
            )
        self.evaluator = chosen(evaluator, threads)
        self._start = tuple(_checked_start(network, task) for network in check_list(start, "start", "networks"))
        self._callbacks = check_callbacks(on_generation)
        self._records: dict[int, Generation] = {}
        self._told: tuple[Champion, Network] | None = None  #: a champion, and as `champion` gives it
        islands = tuple(self._new_island(i) for i in range(self.config.islands))
        # Replaced as a whole when a generation is complete: whatever interrupts one leaves the search where it began.
        self._standing = _Standing(generation=0, environment_steps=0, islands=islands, champion=None, told=None)

    def __repr__(self) -> str:
        return f"Search({self.task.name!r}, generation {self.generation} of {self.total_generations}, seed {self.seed})"

    def __str__(self) -> str:
        """Where it stands, and its champion."""
        steps = f"{self.environment_steps:,} {'samples' if samples_of(self.task) else 'steps'}"
        where = f"{self.task.name}: generation {self.generation} of {self.total_generations}, seed {self.seed}, {steps}"
        champion = self._standing.champion
        return where if champion is None else f"{where}\n{champion}"

    def _new_island(self, index: int) -> Island:
        activations = _allowed_activations(self.task, self.config)
        return Island.first(self.task, self.config, activations, seed=self.seed, index=index, start=self._start)

    @property
    def generation(self) -> int:
        """How many generations have been completed."""
        return self._standing.generation

    @property
    def total_generations(self) -> int:
        """How many generations the search is configured to run."""
        return self.config.generations

    @property
    def progress(self) -> float:
        """The part of the work that is done, from 0 to 1; a generation with more islands is more work."""
        return self.config.island_generations(self.generation) / self.config.island_generations()

    @property
    def environment_steps(self) -> int:
        """Environment steps computed so far."""
        return self._standing.environment_steps

    @property
    def islands(self) -> tuple[Island, ...]:
        """The populations of the present generation."""
        return self._standing.islands

    @property
    def champion(self) -> Network:
        """The best network so far; its metadata tell its confirmed scores, the seed, and the task where it was made by name.

        Raises:
            WannError: No generation has been completed yet.
        """
        record = self.champion_record
        if self._told is None or self._told[0] is not record:
            name, options = made_as(self.task) or (None, None)
            origin = Origin(task=name, task_options=options, seed=self.seed)
            self._told = record, record.annotated(self.task, self.config.weights, origin)
        return self._told[1]

    @property
    def champion_record(self) -> Champion:
        """The champion with its confirmed scores."""
        if self._standing.champion is None:
            raise WannError("there is no champion yet: run at least one generation")
        return self._standing.champion

    @property
    def history(self) -> History:
        """The records of the generations so far; of a search that was restored, those that it remembers."""
        return History(record for record in self._records.values() if record.generation < self.generation)

    @property
    def population_scores(self) -> PopulationScores | None:
        """What the networks of the last completed generation reached, or None where this object has completed none."""
        return None if self._standing.told is None else PopulationScores.of(*self._standing.told)

    def ask(self) -> Networks:
        """The networks of the present generation: those of one island after the other."""
        return as_networks(self.islands, self.task)

    def lanes(self) -> tuple[NDArray[np.float32], NDArray[np.uint64]]:
        """Weights and episode seeds of the present generation, both of shape (n_weights · n_episodes,).

        All networks of a generation see the same episodes.
        """
        seeds = seeding.episode_seeds(self.seed, Stream.SEARCH_EPISODES, self.config.episodes, self.generation)
        return product_lanes(self.weights(), seeds)

    def weights(self) -> tuple[float, ...]:
        """The shared weights of the present generation, ascending where they are drawn afresh."""
        config = self.config
        if not config.fresh_weights:
            return config.weights
        # Stratified: the mean over them has far less noise than over as many that are drawn anywhere.
        n, (low, high) = len(config.weights), WEIGHT_RANGE
        draws = seeding.generator(self.seed, Stream.SEARCH_WEIGHTS, self.generation).random(n)
        return tuple((low + (high - low) * (np.arange(n) + draws) / n).tolist())

    def tell(self, rewards: ArrayLike, networks: Networks | None = None) -> Generation:
        """Takes the rewards of the present generation, looks for a new champion, and makes the next generation.

        Args:
            rewards: Shape (n_networks, n_weights, n_episodes), in the order of `ask`.
            networks: What `ask` gave, if it is still at hand (it saves making them again).

        Raises:
            WannError: The shape does not fit, a reward is not finite or beyond 1e100, or the networks are not as many as
                `ask` gave or do not fit the task.
        """
        if networks is None:
            return self._tell(rewards, 0, self.ask())
        check_networks(networks, self.task)
        n = len(self.islands) * self.config.population
        if len(networks) != n:
            raise WannError(f"{len(networks)} networks are told about; ask gave {n}")
        return self._tell(rewards, 0, networks)

    def _tell(
        self, rewards: ArrayLike, steps: int, networks: Networks, ranked: NDArray[np.float64] | None = None
    ) -> Generation:
        """See `tell`; the networks are ranked by rewards of their own where there are such."""
        mean, best = _mean_and_best(self._checked(rewards))
        ranks = (mean, best) if ranked is None else _mean_and_best(ranked)
        challenged, confirmation_steps = self._challenged(networks, mean)
        advanced = [
            island.advanced(self.generation, *(rank[part] for rank in ranks))
            for island, part in zip(challenged, self._parts(), strict=True)
        ]
        before = self._standing
        after = _Standing(
            generation=before.generation + 1,
            environment_steps=before.environment_steps + steps + confirmation_steps,
            islands=self._culled(advanced, before.generation + 1),
            champion=max((i.champion for i in challenged if i.champion), key=lambda c: c.mean_reward),
            told=(networks, before.generation, mean, best),
        )
        record = _record(before, after, mean, best)
        # First, so that no interruption takes a record away; `history` shows it when the generation is complete.
        self._records[record.generation] = record
        self._standing = after
        return record

    def run(self, generations: int | None = None) -> Iterator[Generation]:
        """Runs generations and gives a record of each.

        Args:
            generations: How many more; up to the configured number if not given.

        Raises:
            WannError: The number is not an integer from 0 to 10⁹; for what a task can do wrong, see
                `wann.execution.Evaluator.run`.
        """
        if generations is None:
            generations = max(self.config.generations - self.generation, 0)
        return self._generations(check_integer(generations, "generations", 0, 10**9))

    def _generations(self, n: int) -> Iterator[Generation]:
        for _ in range(n):
            networks = self.ask()
            heat, shape = self._heat(networks), (len(networks), len(self.config.weights), -1)
            record = self._tell(heat.rewards.reshape(shape), heat.computed_steps, networks, heat.ranked.reshape(shape))
            for callback in self._callbacks:
                callback(self, record)
            yield record

    def _heat(self, networks: Networks) -> Heat:
        """What the networks of the present generation reach."""
        config, lanes, step_cost = self.config, self.lanes(), self.config.step_cost_in(self.generation)
        if config.racing == 0:
            return Heat.of(self.evaluator.run(self.task, networks, *lanes), step_cost)
        first = first_half((len(config.weights), config.episodes), self.generation)
        rules = Rules(self._parts(), leaving=config.racing, step_cost=step_cost)
        return race(self.evaluator, self.task, networks, lanes, first, rules)

    def _checked(self, rewards: ArrayLike) -> NDArray[np.float64]:
        values: NDArray[np.float64] = as_numbers(rewards, "rewards", np.float64)
        expected = (len(self.islands) * self.config.population, len(self.config.weights))
        if values.ndim != 3 or values.shape[:2] != expected or not values.shape[2]:
            raise WannError(f"rewards have shape {values.shape}; expected {expected} and at least one episode")
        usable = np.abs(values) <= MAX_REWARD
        if not usable.all():
            network, weight, episode = np.argwhere(~usable)[0]
            raise WannError(
                f"network {network} has the reward {values[network, weight, episode]} at the weight "
                f"{self.weights()[weight]:g}; it is not finite or beyond {MAX_REWARD:g}"
            )
        return values

    def _parts(self) -> list[slice]:
        """Where each island's networks stand among all."""
        n = self.config.population
        return [slice(i * n, (i + 1) * n) for i in range(len(self.islands))]

    def _challenged(self, networks: Networks, mean: NDArray[np.float64]) -> tuple[list[Island], int]:
        """The islands after each one's best network, if it promises more than the island's champion has shown, has met fresh
        episodes; and the steps of those.

        The champion then meets the challenger on the same episodes, so that luck with easy ones decides nothing.
        """
        # What the task says belongs into a network's file, such as the scaling of observations.
        scales = scaling_of(self.task)
        about = {} if scales is None else scales.network_metadata
        islands = list(self.islands)
        challengers: dict[int, tuple[Network, int]] = {}
        for k, (island, part) in enumerate(zip(islands, self._parts(), strict=True)):
            found = island.challenger(networks, part.start, mean[part])
            if found is not None:
                challengers[k] = (found[0].with_metadata(**about) if about else found[0], found[1])
        seeds = seeding.episode_seeds(self.seed, Stream.CONFIRMATION_EPISODES, self.config.confirm_episodes, self.generation)
        scores, steps = self._rewards_by_weight([network for network, _ in challengers.values()], seeds)
        score_of = dict(zip(challengers, scores, strict=True))
        champions = {k: islands[k].champion for k in challengers}
        defending = {k: c for k, c in champions.items() if c is not None and score_of[k].mean() > c.mean_reward}
        defended, more_steps = self._rewards_by_weight([c.network for c in defending.values()], seeds)
        for (k, champion), rewards in zip(defending.items(), defended, strict=True):
            champions[k] = champion.with_more_episodes(rewards, len(seeds))
        for k, (network, i) in challengers.items():
            known, score = champions[k], score_of[k]
            if known is None or score.mean() > known.mean_reward:
                known = Champion.confirmed(network, self.generation, score, len(seeds), islands[k].change(i))
            islands[k] = islands[k].after_challenge(network, known)
        return islands, steps + more_steps

    def _rewards_by_weight(self, networks: list[Network], seeds: NDArray[np.uint64]) -> tuple[NDArray[np.float64], int]:
        """Mean reward of each network at each weight value, shape (n_networks, n_weights), and the steps that it took."""
        n_weights = len(self.config.weights)
        if not networks:
            return np.zeros((0, n_weights)), 0
        weights, lane_seeds = product_lanes(self.config.weights, seeds)
        rollouts = self.evaluator.run(self.task, networks, weights, lane_seeds)
        return rollouts.rewards.reshape(len(networks), n_weights, -1).mean(axis=2), rollouts.computed_steps

    def _culled(self, islands: list[Island], generation: int) -> tuple[Island, ...]:
        """The islands without those whose champions are worst, where the schedule says so."""
        best_first = sorted(islands, key=lambda i: -i.champion.mean_reward if i.champion else np.inf)
        return tuple(sorted(best_first[: self.config.islands_in(generation)], key=lambda i: i.index))

    def state(self) -> dict[str, Any]:
        """All that a search needs to go on: numbers, arrays, networks, and dictionaries and lists of them; see `restore`."""
        standing = self._standing
        return {
            "generation": standing.generation,
            "environment_steps": standing.environment_steps,
            "islands": [island.state() for island in standing.islands],
            "champion": None if standing.champion is None else standing.champion.to_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from a `state` of a search with the same task, settings and seed; its history is empty until `remember`.

        Raises:
            WannError: The state does not describe a search with these settings.
        """
        fields = check_fields(state, "state", tuple(self.state()))
        generation = check_integer(fields["generation"], "generation", 0, MAX_GENERATIONS)
        steps = check_integer(fields["environment_steps"], "environment_steps", 0, MAX_STEPS)
        islands = tuple(self._restored_island(saved) for saved in check_list(fields["islands"], "islands", "islands"))
        indices = [island.index for island in islands]
        if len(islands) != self.config.islands_in(generation) or indices != sorted(set(indices)):
            expected = self.config.islands_in(generation)
            raise WannError(f"islands {indices} were saved; in generation {generation} there are {expected} different ones")
        champion = None
        if fields["champion"] is not None:
            champion = Champion.from_dict(fields["champion"], len(self.config.weights))
            check_fits(champion.network, self.task)
        if (champion is None) != (generation == 0):
            raise WannError(f"generation {generation} was saved {'without' if champion is None else 'with'} a champion")
        self._standing = _Standing(
            generation=generation, environment_steps=steps, islands=islands, champion=champion, told=None
        )
        self._records = {}

    def remember(self, records: Iterable[Generation]) -> None:
        """Takes records of generations before into the history of a search that was restored; others are left out."""
        self._records = {record.generation: record for record in records} | self._records

    def _restored_island(self, data: object) -> Island:
        state = check_mapping(data, "island")
        index = check_integer(state.get("index"), "index of the island", 0, self.config.islands - 1)
        activations = _allowed_activations(self.task, self.config)
        return Island.restored(self.task, self.config, activations, seed=self.seed, index=index, state=state)


def _mean_and_best(rewards: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of each network over all, and at its best weight value; of rewards (n_networks, n_weights, n_episodes)."""
    by_weight = rewards.mean(axis=2)
    return by_weight.mean(axis=1), by_weight.max(axis=1)


def _record(before: _Standing, after: _Standing, mean: NDArray[np.float64], best: NDArray[np.float64]) -> Generation:
    champion = after.champion
    assert champion is not None
    return Generation(
        generation=before.generation,
        islands=len(before.islands),
        best_mean_reward=float(mean.max()),
        median_mean_reward=float(np.median(mean)),
        mean_mean_reward=float(mean.mean()),
        best_reward=float(best.max()),
        champion_mean_reward=champion.mean_reward,
        champion_best_reward=champion.best_reward,
        champion_connections=champion.network.n_connections,
        champion_nodes=champion.network.n_nodes,
        champion_generation=champion.generation,
        median_connections=float(np.median(np.concatenate([i.n_enabled() for i in before.islands]))),
        environment_steps=after.environment_steps,
    )


def _checked_start(network: Network, task: Task) -> Network:
    check_fits(network, task)
    for which, activations, allowed in (
        ("outputs", network.output_activations, (task.output_activation,)),
        ("hidden nodes", network.hidden, task.hidden_activations),
    ):
        others = set(activations) - set(allowed)
        if others:
            labels = ", ".join(a.label for a in allowed)
            raise WannError(f"a network to start from has {min(others).label} {which}; allowed on {task.name}: {labels}")
    if (network.connections[~network.recurrent, 0] >= network.n_nodes - network.n_outputs).any():
        raise WannError("a network to start from has a connection that starts at an output; a search has no such ones")
    scales = scaling_of(task)
    if scales is not None:
        scales.check_start(network)
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
