"""A network explained: what matters, the smallest network that does as well, what the weight does, and the formula."""

from dataclasses import dataclass
from typing import Any

from wann.arguments import check_callable, check_number, check_threads
from wann.errors import MissingExtraError, WannError
from wann.execution.evaluator import Evaluator, chosen
from wann.explain.dependence import OutputInputs, dependence
from wann.explain.importance import Importance, importance
from wann.explain.pruning import Pruned, prune
from wann.explain.regimes import Regimes, regimes
from wann.explain.text import report_text
from wann.explain.trials import Trials, default_trials, weighting
from wann.networks.network import Network
from wann.progress import Report
from wann.scoring.evaluation import weight_profile
from wann.seeding import check_seed
from wann.tasks.protocol import Task, check_fits, encoder_of, runs_in_core

#: Weights of the profile, and how many where an episode is dear.
_POINTS, _FEW_POINTS = 81, 33


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """What was found inside a network by `explain`; printed, it is a report."""

    task: str
    seed: int
    at: str  #: the weights that the network was looked at with, for people
    is_labelled: bool  #: whether trials are parts of samples
    importance: Importance
    outputs: tuple[OutputInputs, ...]
    regimes: Regimes
    pruned: Pruned | None  #: where it was asked for
    formula: str | None  #: of the pruned network, where there is one; None where the extra ``formula`` is missing
    environment_steps: int  #: of what matters and of pruning

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {
            "task": self.task,
            "seed": self.seed,
            "at": self.at,
            "environment_steps": self.environment_steps,
            "importance": self.importance.to_dict(),
            "outputs": [output.to_dict() for output in self.outputs],
            "regimes": self.regimes.to_dict(),
            "pruned": self.pruned.to_dict() if self.pruned else None,
            "formula": self.formula,
        }

    def __repr__(self) -> str:
        return f"Explanation({self.task!r}, {self.at}, {self.importance.network!r})"

    def __str__(self) -> str:
        """The report."""
        return report_text(
            task=self.task,
            at=self.at,
            trials="parts of the samples" if self.is_labelled else "episodes",
            importance=self.importance,
            outputs=self.outputs,
            regimes=self.regimes,
            pruned=self.pruned,
            formula=self.formula,
        )


def explain(
    network: Network,
    task: Task,
    *,
    weight: float | str | None = None,
    episodes: int | None = None,
    pruned: bool = False,
    loss: float | None = None,
    seed: int = 0,
    threads: int | None = None,
    evaluator: Evaluator | None = None,
    report: Report | None = None,
) -> Explanation:
    """Looks inside a network.

    To take a node out means that others get 0 in its place. Losses are measured on the episodes of `wann.scoring.evaluate`,
    the same for every network; of labelled data on held-out samples, where there are some.

    Args:
        network: A network that fits the task.
        task: The task.
        weight: A shared weight; ``"shared"``, the default, for the network's own, or the best of a sweep where it has none;
            ``"all"`` for the mean over those that the task's networks are searched with, at most eight; ``"individual"``
            for the network's own individual weights.
        episodes: Episodes with each weight, from 2 on; of labelled data, parts that the samples are shared out over. By
            default 64, for tasks that make pictures 16, for tasks outside the core 8, for labelled data 16.
        pruned: Whether to look for the smallest network that does as well, too.
        loss: Of reward that it may have; by default the standard error of the whole network's score.
        seed: Names the episodes.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.
        report: Called with what is under way.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    check_fits(network, task)
    check_seed(seed)
    check_callable(report, "report")
    if loss is not None:
        check_number(loss, "loss", 0.0)
        if not pruned:
            raise WannError("loss is for pruned=True, the smallest network that does as well", parameter="pruned")
    n_threads, where = check_threads(threads), chosen(evaluator, threads)
    n = default_trials(task) if episodes is None else episodes
    at = weighting(network, task, weight, seed=seed, evaluator=where, threads=n_threads)
    trials = Trials(task, at, n, seed=seed, evaluator=where, report=report)
    matters = importance(network, trials)
    smallest = prune(network, trials, loss=loss) if pruned else None
    labelled = trials.labelled is not None
    profile = weight_profile(
        network,
        task,
        points=_POINTS if runs_in_core(task) and encoder_of(task) is None and not labelled else _FEW_POINTS,
        # All samples make one episode.
        episodes=1 if labelled else n,
        seed=seed,
        evaluator=where,
        report=report,
    )
    if report is not None:
        report("watching nodes", 0.0)
    return Explanation(
        task=task.name,
        seed=seed,
        at=at.label,
        is_labelled=labelled,
        importance=matters,
        outputs=dependence(network, task, at, seed=seed),
        regimes=regimes(network, task, profile, seed=seed),
        pruned=smallest,
        formula=_formula(smallest.network if smallest else network),
        environment_steps=trials.steps,
    )


def _formula(network: Network) -> str | None:
    try:
        from wann.export.formula import to_formula
    except MissingExtraError:
        return None
    try:
        return to_formula(network).text()
    except WannError as error:
        return str(error)
