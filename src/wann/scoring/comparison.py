"""The paper's table: a WANN beside a fixed topology and NEAT, under the four conditions and with equal budgets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wann.arguments import check_callable, check_instance, check_integer, check_list, shown
from wann.errors import WannError
from wann.execution.evaluator import Evaluator, Job, Usage, chosen
from wann.networks.metadata import ScoresRecord, SearchRecord, TrainingRecord, TuningRecord
from wann.networks.network import Network
from wann.progress import Report
from wann.scoring.baselines import Neat, fixed_topology
from wann.scoring.classifier_comparison import ClassifierComparison, compare_classifiers
from wann.scoring.evaluation import CONDITIONS, Evaluation, evaluate_rewards
from wann.scoring.score import Score
from wann.scoring.stages import Budget, Found, Stages
from wann.search.config import SearchConfig, check_config
from wann.search.search import Search
from wann.seeding import check_seed
from wann.tasks.protocol import Rollouts, Task, check_fits, check_task, classes_of
from wann.training.weight_tuning import DEFAULT_GENERATIONS, WeightTuning


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
            # First, because the environment steps below are those of search and tuning, not of the scores.
            **self.evaluation.to_dict(),
            "name": self.name,
            "hidden_nodes": self.network.n_hidden,
            "connections": self.network.n_connections,
            "episodes": self.spent.episodes,
            "environment_steps": self.spent.environment_steps,
            "seconds": round(self.seconds, 1),
        }

    @property
    def scored(self) -> Network:
        """The network with its scores among its metadata."""
        return self.network.with_metadata(**{ScoresRecord.KEY: self.evaluation.to_dict()})


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Networks side by side under the paper's four conditions, each with what it was found with: what `compare` gives.

    Printed, it is a table in Markdown.
    """

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
        header, *rows = self.cells(bold="**")
        lines = [header, ["---"] * len(header), *rows]
        return "".join("| " + " | ".join(line) + " |\n" for line in lines)

    def cells(self, bold: str = "") -> list[list[str]]:
        """The table's lines, the header first; ``bold`` stands around the best of each column."""
        lines = [["", *CONDITIONS.values(), "connections", "episodes", "environment steps"]]
        for row in self.rows:
            scores = [self._cell(row, name, bold) for name in CONDITIONS]
            spent = [f"{row.spent.episodes:,}", row.spent.steps_shown]
            lines.append([row.name, *scores, str(row.network.n_connections), *spent])
        return lines

    def _cell(self, row: Row, condition: str, bold: str) -> str:
        score = row.evaluation.conditions[condition]
        if score is None:
            return "–"
        return f"{bold}{score}{bold}" if self.best(condition) == row.name else str(score)

    def __repr__(self) -> str:
        return f"Comparison({self.task!r}, {', '.join(row.name for row in self.rows)})"

    def __str__(self) -> str:
        return self.to_markdown()


def _mean(score: Score | None) -> float:
    return -np.inf if score is None else score.mean


def compare(
    task: Task,
    *,
    network: Network | None = None,
    config: SearchConfig | None = None,
    budget: int | None = None,
    tuning_generations: int | None = None,
    hidden_layers: Sequence[int] | None = None,
    neat: bool = True,
    trials: int = 100,
    episodes_per_trial: int = 1,
    seed: int = 0,
    threads: int | None = None,
    evaluator: Evaluator | None = None,
    stages: Stages | None = None,
    report: Report | None = None,
) -> Comparison | ClassifierComparison:
    """Compares a WANN with a fixed topology and with NEAT (the paper's table 1), or with trained classifiers.

    Where labels are classes, the baselines are logistic regression and, on square images, a convolutional network: see
    `compare_classifiers`. They have no budget, so the arguments that are about one are refused there.

    The fixed topology gets as many episodes for its tuning as the WANN's search and tuning took together, NEAT as many
    environment steps. (An agent that fails early makes short episodes, so the two are not the same.)

    Args:
        task: The task.
        network: A WANN that has been found, instead of a search.
        config: The settings of the search; the task's default preset if not given.
        budget: Episodes that the search for ``network`` took, where its file does not tell.
        tuning_generations: Of CMA-ES, for the WANN's weights, by default 1,000; a network that has its own is not tuned
            again.
        hidden_layers: Nodes in the fixed topology's hidden layers; `wann.scoring.default_hidden_layers` if not given.
        neat: Whether to run NEAT, which needs the extra ``neat``.
        trials: Under each condition; of a classifier, random weights that are drawn.
        episodes_per_trial: Episodes that a trial's reward is the mean of.
        seed: Names all that is random.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.
        stages: Where networks are kept as they are found, so that a comparison that was stopped goes on; nowhere if None.
            Of classifiers nothing is kept.
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
    generations = DEFAULT_GENERATIONS if tuning_generations is None else tuning_generations
    check_integer(generations, "tuning_generations", 1, 10**7)
    check_seed(seed)
    check_callable(report, "report")
    if stages is not None:
        check_instance(stages, Stages, "stages", "wann.scoring.Stages(path, asked)")
    common: dict[str, Any] = {"seed": seed, "threads": threads, "evaluator": chosen(evaluator, threads)}
    if classes_of(task):
        given = {"budget": budget, "tuning_generations": tuning_generations, "hidden_layers": hidden_layers}
        others = [name for name, value in given.items() if value is not None]
        others += ["neat"] * (not neat) + ["episodes_per_trial"] * (episodes_per_trial != 1)
        if others:
            raise WannError(f"{', '.join(others)}: not for classifiers; the baselines of {task.name} have no such settings")
        return compare_classifiers(task, network=network, config=config, draws=trials, report=report, **common)
    return _compare_equal_budgets(
        task,
        network,
        config,
        budget,
        generations,
        fixed_topology(task, hidden_layers),
        Neat(task, population=_NEAT_POPULATION, **common) if neat else None,
        {"episodes": trials, "episodes_per_trial": episodes_per_trial, **common},
        stages or Stages(),
        report or (lambda what, part: None),
    )


def _compare_equal_budgets(
    task: Task,
    network: Network | None,
    config: SearchConfig | None,
    budget: int | None,
    generations: int,
    fixed: Network,
    evolution: Neat | None,
    scoring: dict[str, Any],
    stages: Stages,
    tell: Report,
) -> Comparison:
    """The comparison by rewards; ``scoring`` are the arguments of `evaluate_rewards`."""
    common = {name: scoring[name] for name in ("seed", "threads", "evaluator")}
    if network is not None:
        check_fits(network, task)
        known = _known_budget(network, budget)

    if network is None:
        searched = stages.run("WANN", lambda: _search(task, config, common, tell))
    else:
        searched = Found(network=network, spent=known, seconds=0.0)
    tuned = stages.run("tuned weights", lambda: _tuned(searched.network, task, generations, common, tell))
    spent = searched.spent + tuned.spent
    found = {
        "WANN": Found(network=tuned.network, spent=spent, seconds=searched.seconds + tuned.seconds),
        "fixed topology": stages.run("fixed topology", lambda: _tune_fixed(fixed, task, spent, common, tell)),
    }
    if evolution is not None:
        found["NEAT"] = stages.run("NEAT", lambda: _evolve(evolution, spent, tell))

    rows = tuple(
        Row(
            name=name,
            network=one.network,
            spent=one.spent,
            seconds=one.seconds,
            evaluation=evaluate_rewards(one.network, task, **scoring),
        )
        for name, one in found.items()
    )
    stages.forget()
    return Comparison(task=task.name, seed=scoring["seed"], rows=rows)


class _Counted(Evaluator):
    """An evaluator that counts episodes."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self.name = evaluator.name
        self.episodes = 0

    def run_each(self, task: Task, jobs: Sequence[Job]) -> list[Rollouts]:
        self.episodes += sum(len(job.networks) * len(job.seeds) for job in jobs)
        return self._evaluator.run_each(task, jobs)

    def usage(self) -> Usage | None:
        return self._evaluator.usage()


def _search(task: Task, config: SearchConfig | None, common: dict[str, Any], tell: Report) -> tuple[Network, Budget]:
    counted = _Counted(common["evaluator"])
    search = Search(task, config, **{**common, "evaluator": counted})
    for record in search.run():
        tell("search", (record.generation + 1) / search.config.generations)
    return search.champion, Budget(episodes=counted.episodes, environment_steps=search.environment_steps)


def _known_budget(network: Network, episodes: int | None) -> Budget:
    """What the search for a network took: what its file says, or what the user does."""
    if episodes is not None:
        check_integer(episodes, "budget", 1, 10**12)
        return Budget(episodes=episodes, environment_steps=None)
    told = SearchRecord.of(network) or TrainingRecord.of(network)
    if told is None or not told.episodes or not told.environment_steps:
        raise WannError(
            "the network file does not say how many episodes its search took; give that number, or let a network be "
            "searched here",
            parameter="budget",
        )
    return Budget(episodes=told.episodes, environment_steps=told.environment_steps)


def _tuned(network: Network, task: Task, generations: int, common: dict[str, Any], tell: Report) -> tuple[Network, Budget]:
    """The network with tuned weights, its own or new ones, and what the tuning took."""
    if network.weights is not None and network.shared_weight is not None:
        told = TuningRecord.of(network) or TuningRecord()
        return network, Budget(episodes=told.episodes or 0, environment_steps=told.environment_steps or 0)
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
    """Shares the budget out over about as many generations as the paper's searches have.

    NEAT gets as many environment steps; where they are not known, as many episodes.
    """
    neat.episodes_each = int(np.clip(budget.episodes // (_NEAT_GENERATIONS * _NEAT_POPULATION), 16, 64))
    steps = budget.environment_steps
    for record in neat.run(max_environment_steps=steps):
        tell("NEAT", record.episodes / budget.episodes if steps is None else record.environment_steps / steps)
        if steps is None and record.episodes >= budget.episodes:
            break
    return neat.network, _spent(neat)


def _spent(what: WeightTuning | Neat) -> Budget:
    return Budget(episodes=what.episodes, environment_steps=what.environment_steps)


_NEAT_POPULATION = 300
_NEAT_GENERATIONS = 1024
