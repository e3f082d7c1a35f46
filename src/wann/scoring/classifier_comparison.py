"""A WANN beside trained classifiers (section 4.2 of the paper): logistic regression, on images a convolutional network."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wann.arguments import check_callable, check_integer
from wann.errors import MissingExtraError
from wann.execution.evaluator import Evaluator, chosen
from wann.networks.network import Network
from wann.progress import Report
from wann.scoring.baselines import classifiers
from wann.scoring.baselines.classifiers import Baseline
from wann.scoring.classification import ClassifierEvaluation, evaluate_classifier
from wann.search.config import SearchConfig, check_config
from wann.search.search import Search
from wann.tasks.protocol import HasClasses, Task
from wann.training.shared_weight import check_classifier


@dataclass(frozen=True, kw_only=True)
class ClassifierComparison:
    """What `compare` gives where labels are classes; accuracies are parts of 1, on held-out samples."""

    task: str
    seed: int
    network: Network  #: the WANN
    evaluation: ClassifierEvaluation  #: of the WANN
    baselines: tuple[Baseline, ...]
    left_out: tuple[str, ...]  #: why a baseline is not there, a line each

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {
            "task": self.task,
            "seed": self.seed,
            "wann": {"connections": self.network.n_connections, **self.evaluation.to_dict()},
            "baselines": [baseline.to_dict() for baseline in self.baselines],
            "left_out": list(self.left_out),
        }

    def __repr__(self) -> str:
        names = ["WANN", *(baseline.name for baseline in self.baselines)]
        return f"ClassifierComparison({self.task!r}, {', '.join(names)})"

    def __str__(self) -> str:
        found, random = self.evaluation, self.evaluation.random_weight
        rows = [
            (f"WANN, {self.network.n_connections} connections", ""),
            ("  random shared weight", f"{100 * random.mean:6.1f} % ± {100 * random.std:.1f}"),
            ("  tuned shared weight", f"{100 * found.tuned_accuracy:6.1f} %"),
            (f"  ensemble of {len(found.weights)} weights", f"{100 * found.softmax_accuracy:6.1f} %"),
        ]
        if found.trained_accuracy is not None:
            rows.append(("  trained weights", f"{100 * found.trained_accuracy:6.1f} %"))
        for baseline in self.baselines:
            label = f"{baseline.name}, {baseline.parameters:,} parameters"
            rows.append((label, f"{100 * baseline.accuracy:6.1f} %   ({baseline.seconds:.0f} s)"))
        lines = [f"{self.task}: accuracy on {found.n_samples} samples ({found.split})", ""]
        lines += [f"{label:44}{text}".rstrip() for label, text in rows]
        return "\n".join([*lines, *(f"left out: {line}" for line in self.left_out)])


def compare_classifiers(
    task: Task,
    *,
    network: Network | None = None,
    config: SearchConfig | None = None,
    draws: int = 100,
    seed: int = 0,
    threads: int | None = None,
    evaluator: Evaluator | None = None,
    report: Report | None = None,
) -> ClassifierComparison:
    """Compares a WANN with trained classifiers on held-out samples.

    Args:
        task: A task whose labels are classes.
        network: A WANN that has been found, instead of a search.
        config: The settings of the search; the task's default preset if not given.
        draws: Random weights that the WANN is scored at.
        seed: Names all that is random.
        threads: Threads to use; all cores by default.
        evaluator: Where the networks of the search run; the threads of this process if None.
        report: Called with what is under way.

    A baseline whose package is not installed is left out: the result says so.

    Raises:
        WannError: The network does not fit the task, the task has no classes, or an argument is out of range.
    """
    evaluator = chosen(evaluator, threads)
    check_callable(report, "report")
    check_integer(draws, "draws", 1, 10**6)
    if config is not None:
        check_config(config)
    tell = report or (lambda what, part: None)
    if network is None:
        search = Search(task, config, seed=seed, threads=threads, evaluator=evaluator)
        for record in search.run():
            tell("search", (record.generation + 1) / search.config.generations)
        network = search.champion
    labelled = check_classifier(network, task)
    found = evaluate_classifier(network, task, draws=draws, seed=seed, threads=threads)
    wanted: list[Callable[..., Baseline]] = [classifiers.logistic_regression]
    if classifiers.is_square_image(labelled):
        wanted.append(classifiers.convolutional_network)
    baselines, left_out = _trained(wanted, labelled, seed, tell)
    return ClassifierComparison(
        task=task.name, seed=seed, network=network, evaluation=found, baselines=baselines, left_out=left_out
    )


def _trained(
    wanted: list[Callable[..., Baseline]], task: HasClasses, seed: int, tell: Report
) -> tuple[tuple[Baseline, ...], tuple[str, ...]]:
    """The baselines whose packages are there, and a line for each whose package is missing."""
    made, left_out = [], []
    for i, make in enumerate(wanted):
        tell("baselines", i / len(wanted))
        try:
            made.append(make(task, seed=seed))
        except MissingExtraError as error:
            left_out.append(str(error))
    return tuple(made), tuple(left_out)
