"""The paper's table: a WANN beside a fixed topology and NEAT, under the four conditions and with equal budgets."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.arguments import check_callable, check_integer, check_list, check_threads, shown
from wann.errors import WannError
from wann.networks.activations import Activation
from wann.networks.network import Network
from wann.progress import Report
from wann.scoring.baselines import Neat, fixed_topology
from wann.scoring.evaluation import CONDITIONS, Evaluation, Score, evaluate
from wann.search.config import SearchConfig, check_config
from wann.search.search import Search
from wann.seeding import check_seed
from wann.tasks.protocol import Rollouts, Task, check_fits, check_task
from wann.training.tuning import DEFAULT_GENERATIONS, WeightTuning


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a network was found with."""

    episodes: int
    environment_steps: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """A network of the table."""

    name: str
    network: Network
    spent: Budget
    seconds: float
    evaluation: Evaluation

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {
            "name": self.name,
            "hidden_nodes": self.network.n_hidden,
            "connections": self.network.n_connections,
            "episodes": self.spent.episodes,
            "environment_steps": self.spent.environment_steps,
            "seconds": round(self.seconds, 1),
            **self.evaluation.to_dict(),
        }


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What `compare` gives."""

    task: str
    seed: int
    rows: tuple[Row, ...]

    def best(self, condition: str) -> str:
        """The name of the row with the highest mean under a condition."""
        return max(self.rows, key=lambda row: _mean(row.evaluation.conditions[condition])).name

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {"task": self.task, "seed": self.seed, "rows": [row.to_dict() for row in self.rows]}

    def records(self) -> list[dict[str, Any]]:
        """A flat record for each row and condition, for CSV."""
        return [
            {
                "task": self.task,
                "network": row.name,
                "condition": label,
                "mean": score.mean,
                "std": score.std,
                "trials": score.n,
                "connections": row.network.n_connections,
                "episodes": row.spent.episodes,
                "environment_steps": row.spent.environment_steps,
            }
            for row in self.rows
            for name, label in CONDITIONS.items()
            if (score := row.evaluation.conditions[name]) is not None
        ]

    def to_markdown(self) -> str:
        """The table, with the best of each column in bold."""
        header = ["", *CONDITIONS.values(), "connections", "episodes", "environment steps"]
        lines = [header, ["---"] * len(header)]
        for row in self.rows:
            cells = [self._cell(row, name) for name in CONDITIONS]
            spent = [f"{row.spent.episodes:,}", f"{row.spent.environment_steps:,}"]
            lines.append([row.name, *cells, str(row.network.n_connections), *spent])
        return "".join("| " + " | ".join(line) + " |\n" for line in lines)

    def _cell(self, row: Row, condition: str) -> str:
        score = row.evaluation.conditions[condition]
        if score is None:
            return "–"
        return f"**{score}**" if self.best(condition) == row.name else str(score)


def _mean(score: Score | None) -> float:
    return -np.inf if score is None else score.mean


def compare(
    task: Task,
    *,
    network: Network | None = None,
    config: SearchConfig | None = None,
    budget: int | None = None,
    tuning_generations: int = DEFAULT_GENERATIONS,
    hidden_layers: Sequence[int] | None = None,
    neat: bool = True,
    trials: int = 100,
    episodes_per_trial: int = 1,
    seed: int = 0,
    threads: int | None = None,
    report: Report | None = None,
) -> Comparison:
    """Compares a WANN with a fixed topology and with NEAT (the paper's table 1).

    The fixed topology gets as many episodes for its tuning as the WANN's search and tuning took together, NEAT as many
    environment steps. (An agent that fails early makes short episodes, so the two are not the same.)

    Args:
        task: The task.
        network: A WANN that has been found, instead of a search.
        config: The settings of the search; the task's default preset if not given.
        budget: Episodes that the search for ``network`` took, where its file does not tell.
        tuning_generations: Of CMA-ES, for the WANN's weights; a network that has its own is not tuned again.
        hidden_layers: Nodes in the fixed topology's hidden layers; `wann.scoring.default_hidden_layers` if not given.
        neat: Whether to run NEAT, which needs the extra ``neat``.
        trials: Under each condition.
        episodes_per_trial: Episodes that a trial's reward is the mean of.
        seed: Names all that is random.
        threads: Threads to use; all cores by default.
        report: Called with what is under way.

    Raises:
        MissingExtraError: NEAT is wanted, but neat-python is not installed. It is raised before any work.
        WannError: The network does not fit the task or does not tell its budget, or an argument is out of range.
    """
    check_task(task)
    if config is not None:
        check_config(config)
    if hidden_layers is not None:
        hidden_layers = check_list(hidden_layers, "hidden_layers", "numbers of nodes")
    if not isinstance(neat, bool):
        raise WannError(f"neat is {shown(neat)}; it must be true or false")
    check_integer(trials, "trials", 1, 10**6)
    check_integer(episodes_per_trial, "episodes_per_trial", 1, 10**5)
    check_integer(tuning_generations, "tuning_generations", 1, 10**7)
    check_seed(seed)
    check_threads(threads)
    check_callable(report, "report")
    tell = report or (lambda what, part: None)
    common: dict[str, Any] = {"seed": seed, "threads": threads}
    evolution = Neat(task, population=_NEAT_POPULATION, **common) if neat else None
    fixed = fixed_topology(task, hidden_layers)
    if network is not None:
        check_fits(network, task)
        known = _known_budget(network, budget)

    start = time.monotonic()
    if network is None:
        network, known = _search(task, config, common, tell)
    network, tuned = _tuned(network, task, tuning_generations, common, tell)
    spent = Budget(
        episodes=known.episodes + tuned.episodes, environment_steps=known.environment_steps + tuned.environment_steps
    )
    found = [("WANN", network, spent, time.monotonic() - start)]

    start = time.monotonic()
    found.append(("fixed topology", *_tune_fixed(fixed, task, spent, common, tell), time.monotonic() - start))

    if evolution is not None:
        start = time.monotonic()
        found.append(("NEAT", *_evolve(evolution, spent, tell), time.monotonic() - start))

    rows = tuple(
        Row(
            name=name,
            network=net,
            spent=budget_spent,
            seconds=seconds,
            evaluation=evaluate(net, task, episodes=trials, episodes_per_trial=episodes_per_trial, **common),
        )
        for name, net, budget_spent, seconds in found
    )
    return Comparison(task=task.name, seed=seed, rows=rows)


class _Counted:
    """A task that counts its episodes."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.name: str = task.name
        self.inputs: tuple[str, ...] = task.inputs
        self.outputs: tuple[str, ...] = task.outputs
        self.output_activation: Activation = task.output_activation
        self.hidden_activations: tuple[Activation, ...] = task.hidden_activations
        self.episodes = 0

    def rollout(
        self,
        networks: Sequence[Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        self.episodes += len(networks) * len(seeds)
        return self.task.rollout(networks, weights, seeds, threads=threads)


def _search(task: Task, config: SearchConfig | None, common: dict[str, Any], tell: Report) -> tuple[Network, Budget]:
    counted = _Counted(task)
    search = Search(counted, config, **common)
    for record in search.run():
        tell("search", (record.generation + 1) / search.config.generations)
    return search.champion, Budget(episodes=counted.episodes, environment_steps=search.environment_steps)


def _known_budget(network: Network, episodes: int | None) -> Budget:
    """What the search for a network took: what its file says, or what the user does."""
    if episodes is not None:
        check_integer(episodes, "budget", 1, 10**12)
        return Budget(episodes=episodes, environment_steps=episodes * 1000)
    search = network.metadata.get("search", network.metadata.get("training"))
    told = [search.get(name) if isinstance(search, dict) else None for name in ("episodes", "environment_steps")]
    if not all(type(n) is int and n > 0 for n in told):
        raise WannError(
            "the network file does not say how many episodes its search took; give that number, or let a network be searched "
            "here",
            parameter="budget",
        )
    return Budget(episodes=told[0], environment_steps=told[1])  # type: ignore[arg-type]


def _tuned(network: Network, task: Task, generations: int, common: dict[str, Any], tell: Report) -> tuple[Network, Budget]:
    """The network with tuned weights, its own or new ones, and what the tuning took."""
    if network.weights is not None and network.shared_weight is not None:
        tuning = network.metadata.get("tuning")
        known = tuning if isinstance(tuning, dict) else {}
        told = [known.get(name) for name in ("episodes", "environment_steps")]
        episodes, steps = (n if type(n) is int and n > 0 else 0 for n in told)
        return network, Budget(episodes=episodes, environment_steps=steps)
    tuning = WeightTuning(network, task, **common)
    for record in tuning.run(generations):
        tell("tuning the WANN", (record.generation + 1) / generations)
    return tuning.network, _spent(tuning)


def _tune_fixed(
    network: Network, task: Task, budget: Budget, common: dict[str, Any], tell: Report
) -> tuple[Network, Budget]:
    """The same method, with the start that suits a fully connected network: weights of 0 and larger steps."""
    start = np.zeros(network.n_connections)
    tuning = WeightTuning(network, task, start=start, sigma=0.5, sweep=True, **common)
    for record in tuning.run(max_episodes=budget.episodes):
        tell("tuning the fixed topology", record.episodes / budget.episodes)
    return tuning.network, _spent(tuning)


def _evolve(neat: Neat, budget: Budget, tell: Report) -> tuple[Network, Budget]:
    """Shares the budget out over about as many generations as the paper's searches have."""
    neat.episodes_each = int(np.clip(budget.episodes // (_NEAT_GENERATIONS * _NEAT_POPULATION), 16, 64))
    for record in neat.run(max_environment_steps=budget.environment_steps):
        tell("NEAT", record.environment_steps / budget.environment_steps)
    return neat.network, _spent(neat)


def _spent(what: WeightTuning | Neat) -> Budget:
    return Budget(episodes=what.episodes, environment_steps=what.environment_steps)


_NEAT_POPULATION = 300
_NEAT_GENERATIONS = 1024
