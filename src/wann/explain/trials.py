"""Rewards of networks over the same trials: at one shared weight, averaged over several, or with individual weights.

A trial is an episode; with several weights, it is the mean over them, all from the same start. Of labelled data, a trial is
a part of the samples. All networks meet the same trials, so that differences between them are not differences in luck.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.arguments import check_integer, check_number, shown
from wann.errors import WannError
from wann.execution.evaluator import Evaluator, Job
from wann.networks.network import Network
from wann.progress import Report
from wann.scoring.score import scoring_weights
from wann.seeding import Stream
from wann.tasks.data.samples import for_reports
from wann.tasks.protocol import (
    HasClasses,
    HasTargets,
    Task,
    classes_of,
    encoder_of,
    product_lanes,
    runs_in_core,
    targets_of,
)
from wann.training.shared_weight import best_shared_weight, tune_shared_weight

#: Trials where nobody says how many: of the core's tasks, of those that make pictures, of others, and parts of samples.
_EPISODES, _EPISODES_WITH_PICTURES, _SLOW_EPISODES, _PARTS = 64, 16, 8, 16
#: Shared weights that a mean is over, at most.
MOST_WEIGHTS = 8
#: Networks that run between two reports, and samples in a part on which something is chosen, at most.
_AT_ONCE, _PART_SAMPLES = 32, 500
#: Groups of trials: those that scores are reported on, and those of the last choice. The others are numbered from 0 on.
REPORTED, CHOSEN = -1, -2
#: The number that the group of the last choice has among the episodes.
_LAST_GROUP = 2**32 - 1

Rewards = NDArray[np.float64]
SampleTask = HasClasses | HasTargets


@dataclass(frozen=True)
class Weighting:
    """The weights that a network is looked at with."""

    label: str  #: for people
    shared: tuple[float, ...]  #: none where each connection has its own

    @property
    def is_individual(self) -> bool:
        """Whether each connection has its own weight."""
        return not self.shared


def weighting(
    network: Network, task: Task, weight: float | str | None, *, seed: int, evaluator: Evaluator, threads: int
) -> Weighting:
    """The weights that a user asks for.

    Args:
        network: A network that fits the task.
        task: The task.
        weight: A shared weight; ``"shared"`` or None for the network's own, or the best of a sweep where it has none;
            ``"all"`` for those that the task's networks are searched with, at most eight; ``"individual"`` for its own.
        seed: Of the sweep.
        evaluator: Where the sweep runs.
        threads: Threads for a sweep on labelled data.

    Raises:
        WannError: It is none of these, or the network has no individual weights.
    """
    if weight == "individual":
        if network.weights is None:
            raise WannError("weight is 'individual', but the network has no individual weights; wann tune finds some")
        return Weighting("with its individual weights", ())
    if weight == "all":
        values = scoring_weights(task)
        chosen = np.unique(np.linspace(0, len(values) - 1, min(len(values), MOST_WEIGHTS)).round().astype(int))
        mean = tuple(sorted(values[i] for i in chosen))
        return Weighting(f"averaged over the shared weights {', '.join(f'{w:g}' for w in mean)}", mean)
    if weight is None or weight == "shared":
        own = network.shared_weight
        if own is None:
            labelled = classes_of(task)
            own = (
                best_shared_weight(network, labelled, threads=threads)
                if labelled
                else tune_shared_weight(network, task, seed=seed, evaluator=evaluator).weight
            )
        return Weighting(f"at the shared weight {own:.4g}", (own,))
    if isinstance(weight, str):
        raise WannError(f"weight is {shown(weight)}; it must be a number, 'shared', 'all' or 'individual'")
    value = check_number(weight, "weight")
    return Weighting(f"at the shared weight {value:.4g}", (value,))


def default_trials(task: Task) -> int:
    """How many trials suit a task, by what they cost."""
    if classes_of(task) or targets_of(task):
        return _PARTS
    if not runs_in_core(task):
        return _SLOW_EPISODES
    return _EPISODES_WITH_PICTURES if encoder_of(task) else _EPISODES


class Trials:
    """Groups of trials of a task.

    Args:
        task: The task.
        at: The weights.
        n: Trials in a group.
        seed: Names them.
        evaluator: Where networks run.
        report: Called with what is under way.

    Raises:
        WannError: A number is out of range.
    """

    def __init__(
        self, task: Task, at: Weighting, n: int, *, seed: int, evaluator: Evaluator, report: Report | None = None
    ) -> None:
        self.task, self.at = task, at
        self.n = check_integer(n, "episodes", 2, 10**5)
        self._seed = seeding.check_seed(seed)
        self._evaluator, self._report = evaluator, report
        self.steps = 0
        self.labelled: SampleTask | None = classes_of(task) or targets_of(task)

    def rewards(self, networks: Sequence[Network], group: int, *, what: str, n: int | None = None) -> Rewards:
        """Rewards of networks in the trials of a group, shape (n_networks, n_trials).

        Args:
            networks: Networks that fit the task; with individual weights where those are asked for.
            group: Which trials; `REPORTED` are those of `wann evaluate`, and of labelled data held-out samples. `CHOSEN`
                and all others meet different halves of the samples that are not held out.
            what: What is under way, for the report.
            n: How many trials; as many as usual by default.
        """
        parts = []
        for first in range(0, len(networks), _AT_ONCE):
            if self._report is not None:
                self._report(what, first / len(networks))
            chunk = networks[first : first + _AT_ONCE]
            columns = [self._run(task, chunk, seeds) for task, seeds in self._episodes(group, n or self.n)]
            parts.append(np.concatenate(columns, axis=1))
        if self._report is not None:
            self._report(what, 1.0)
        return np.concatenate(parts)

    def _episodes(self, group: int, n: int) -> Iterator[tuple[Task, NDArray[np.uint64]]]:
        """The tasks of a group, and the episodes of each."""
        if self.labelled is not None:
            for part in self._parts(self.labelled, group, n):
                yield part, np.zeros(1, dtype=np.uint64)
            return
        stream, number = (Stream.EVALUATION_EPISODES, 0) if group == REPORTED else (Stream.EXPLANATION_EPISODES, group)
        yield self.task, seeding.episode_seeds(self._seed, stream, n, _LAST_GROUP if number == CHOSEN else number)

    def _parts(self, labelled: SampleTask, group: int, n: int) -> Iterator[Task]:
        """Parts of the samples: of those that the search saw some drawn at random, for the last choice of one half and for
        what is before it of the other; to report, all held-out ones.
        """
        samples = for_reports(labelled) if group == REPORTED else labelled
        assert isinstance(samples, HasClasses | HasTargets)
        rows = seeding.generator(self._seed, Stream.EXPLANATION_EPISODES).permutation(samples.n_samples)
        if group != REPORTED:
            half = rows[::2] if group == CHOSEN else rows[1::2]
            drawn = seeding.generator(self._seed, Stream.EXPLANATION_EPISODES, max(group, 0), 1).permutation(half)
            rows = drawn[: n * _PART_SAMPLES]
        for part in np.array_split(rows, min(n, len(rows))):
            yield samples.subset(np.sort(part))

    def _run(self, task: Task, networks: Sequence[Network], seeds: NDArray[np.uint64]) -> Rewards:
        if self.at.is_individual:
            jobs = [Job.of([n], np.broadcast_to(_own(n), (len(seeds), n.n_connections)), seeds) for n in networks]
            rollouts = self._evaluator.run_each(task, jobs)
            self.steps += sum(r.computed_steps for r in rollouts)
            return np.concatenate([r.rewards for r in rollouts])
        run = self._evaluator.run(task, networks, *product_lanes(self.at.shared, seeds))
        self.steps += run.computed_steps
        by_weight = run.rewards.reshape(len(networks), len(self.at.shared), len(seeds))
        return np.asarray(by_weight.mean(axis=1))


def _own(network: Network) -> NDArray[np.float32]:
    assert network.weights is not None  # `weighting` has seen to it, and ablation keeps them
    return network.weights


@dataclass(frozen=True)
class Mean:
    """A mean over trials and its standard error."""

    mean: float
    error: float

    @classmethod
    def of(cls, values: Rewards) -> "Mean":
        """Of the values of some trials; of equal ones the error is exactly 0."""
        spread = float(values.std(ddof=1)) if np.ptp(values) else 0.0
        return cls(float(values.mean()), spread / float(np.sqrt(len(values))))

    def to_dict(self) -> dict[str, float]:
        """The same as JSON can hold it."""
        return {"mean": self.mean, "error": self.error}
