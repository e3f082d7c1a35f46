"""How good a network is, on episodes that nothing was chosen on: the four conditions and the weight profile."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.arguments import check_callable, check_integer, counted
from wann.errors import WannError
from wann.execution.evaluator import Evaluator, chosen
from wann.networks.metadata import EvaluationRecord
from wann.networks.network import Network
from wann.networks.table import error_text, r2_text
from wann.progress import Report
from wann.scoring.classification import ClassifierEvaluation, evaluate_classifier
from wann.scoring.score import Score, digits, scoring_weights
from wann.search.config import WEIGHT_RANGE, check_weights
from wann.seeding import Stream
from wann.tasks.data.samples import for_reports
from wann.tasks.protocol import HasTargets, Task, check_fits, classes_of, product_lanes, targets_of
from wann.training.shared_weight import check_range, tune_shared_weight

#: The conditions under which the paper scores a network (its table 1), by their names here and in reports.
CONDITIONS = {
    "random_weights": "random weights",
    "random_shared_weight": "random shared weight",
    "tuned_shared_weight": "tuned shared weight",
    "tuned_weights": "tuned weights",
}

#: Individual weights that are held at once while many trials run: 16 MiB.
_WEIGHTS_AT_ONCE = 2**22
#: Lanes of several shared weights that run together: enough for the core's tasks, and few enough to tell of progress.
_LANES_AT_ONCE = 1024


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What `evaluate` measures.

    A score's ``n`` is the number of trials. A trial's reward is the mean over ``episodes_per_trial`` episodes.
    """

    task: str
    seed: int
    episodes_per_trial: int
    weights: dict[float, Score]  #: at each shared weight
    mean_reward: float  #: over the weights
    best_reward: float  #: at the best weight
    random_weights: Score  #: every connection its own draw from U(-2, 2), fresh for every trial
    random_shared_weight: Score  #: one draw from U(-2, 2) for every trial
    tuned_shared_weight: Score  #: at `shared_weight`
    tuned_weights: Score | None  #: with the network's own individual weights, where it has them
    shared_weight: float  #: the network's own tuned one, or the best of a sweep on other episodes
    environment_steps: int  #: of the scores and, where there was one, of the sweep

    @property
    def conditions(self) -> dict[str, Score | None]:
        """The paper's four conditions by the names of `CONDITIONS`."""
        return {name: getattr(self, name) for name in CONDITIONS}

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        data = asdict(self)
        data["weights"] = [{"weight": w, **asdict(s)} for w, s in self.weights.items()]
        return data

    def entries(self) -> dict[str, Any]:
        """What to put into the metadata of the network that was scored."""
        return {EvaluationRecord.KEY: self.to_dict()}

    def __repr__(self) -> str:
        at = f"{counted(len(self.weights), 'weight')}, {self.random_shared_weight.n} trials"
        return f"{type(self).__name__}({self.task!r}, mean reward {self.mean_reward:.4g} at {at})"

    def __str__(self) -> str:
        """A line for each weight and each condition."""
        lines = [_line(f"weight {w:g}", self._cells(score.mean, score.std)) for w, score in self.weights.items()]
        lines += [_line("mean of these weights", self._cells(self.mean_reward)), ""]
        for name, score in self.conditions.items():
            label = CONDITIONS[name] + (f" ({self.shared_weight:.3g})" if name == "tuned_shared_weight" else "")
            lines.append(_line(label, f"{'–':>9}" if score is None else self._cells(score.mean, score.std)))
        return "\n".join([*self._heading(), *lines])

    def _heading(self) -> list[str]:
        each = "an episode each" if self.episodes_per_trial == 1 else f"{self.episodes_per_trial} episodes each"
        return [f"{self.task}: mean ± standard deviation of {self.random_shared_weight.n} trials, {each}", ""]

    def _cells(self, mean: float, std: float | None = None) -> str:
        return _spread(mean, std, max(digits(self.best_reward), 1))


def _line(label: str, cells: str) -> str:
    return f"  {label:28}{cells}".rstrip()


def _spread(mean: float, std: float | None, places: int) -> str:
    return f"{mean:9.{places}f}" + ("" if std is None else f" ± {std:.{places}f}")


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How well targets are predicted."""

    r2: float | None  #: the part of the targets' variance that is explained; None where all targets are the same
    rmse: float  #: root of the mean squared error, in the target's own units where the task knows them


@dataclass(frozen=True, kw_only=True, repr=False)
class RegressionEvaluation(Evaluation):
    """What `evaluate` measures on targets. A reward is minus the mean squared error, so it tells both numbers of `Fit`.

    Several targets are taken together: their variances are summed before they are compared.
    """

    split: str  #: which samples the scores are over
    n_samples: int
    target_variance: float  #: of those samples, a mean over the targets
    target_scale: float  #: what a difference of 1 is in the target's own units; 1 where the task does not know them

    @classmethod
    def of(cls, scores: Evaluation, task: HasTargets) -> "RegressionEvaluation":
        """The same scores with what is known of the targets."""
        samples = task.held_out or task
        targets = np.asarray(samples.y, dtype=np.float64)
        return cls(
            **{field.name: getattr(scores, field.name) for field in fields(Evaluation)},
            split=samples.split,
            n_samples=samples.n_samples,
            target_variance=float(targets.var(axis=0).mean()),
            target_scale=task.target_scale,
        )

    def fit(self, reward: float) -> Fit:
        """How well targets are predicted with a reward, such as a score's mean."""
        r2 = 1 + reward / self.target_variance if self.target_variance > 0 else None
        return Fit(r2=r2, rmse=self.target_scale * float(np.sqrt(max(-reward, 0.0))))

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it, with the fit at each weight and under each condition."""
        data = super().to_dict()
        data["weights"] = [{**row, **asdict(self.fit(row["mean"]))} for row in data["weights"]]
        conditions = {name: score for name, score in self.conditions.items() if score}
        return {**data, "fits": {name: asdict(self.fit(score.mean)) for name, score in conditions.items()}}

    def _heading(self) -> list[str]:
        unit = "" if self.target_scale == 1 else "; errors are in the target's units"
        samples = f"{self.n_samples} samples ({self.split})"
        return [
            f"{self.task}: on {samples}; random weights: {self.random_shared_weight.n} draws{unit}",
            "",
            _line("", f"{'R²':>9}{'RMSE':>12}{'reward':>12}"),
        ]

    def _cells(self, mean: float, std: float | None = None) -> str:
        fit = self.fit(mean)
        # Where all samples count, each trial at one weight gives the same, but for rounding.
        spread = std if std is not None and std > 1e-9 * abs(mean) else None
        return f"{r2_text(fit.r2):>9}{error_text(fit.rmse):>12}   {_spread(mean, spread, max(digits(mean), 1))}"


@dataclass(frozen=True, kw_only=True)
class WeightProfile:
    """Reward as a function of the shared weight."""

    task: str
    seed: int
    weights: tuple[float, ...]
    scores: tuple[Score, ...]  #: at each weight, over the same episodes
    environment_steps: int

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {
            "task": self.task,
            "seed": self.seed,
            "environment_steps": self.environment_steps,
            "profile": [{"weight": w, **asdict(s)} for w, s in zip(self.weights, self.scores, strict=True)],
        }

    def __repr__(self) -> str:
        span = f"{counted(len(self.weights), 'weight')} from {self.weights[0]:g} to {self.weights[-1]:g}"
        return f"WeightProfile({self.task!r}, {span})"

    def __str__(self) -> str:
        """A line for each weight."""
        places = max(digits(max(score.mean for score in self.scores)), 1)
        rows = zip(self.weights, self.scores, strict=True)
        lines = [_line(f"weight {w:.4g}", _spread(s.mean, s.std, places)) for w, s in rows]
        return "\n".join(["weight profile", *lines])


def evaluate(
    network: Network,
    task: Task,
    *,
    episodes: int = 100,
    weights: Sequence[float] | None = None,
    seed: int = 0,
    episodes_per_trial: int = 1,
    threads: int | None = None,
    evaluator: Evaluator | None = None,
    report: Report | None = None,
) -> Evaluation | ClassifierEvaluation:
    """Scores a network on what nothing was chosen on: by reward, and on labelled data by what it gets right.

    Args:
        network: A network that fits the task.
        task: The task; of labelled data, its held-out samples count, where there are some.
        episodes: Trials at each weight and under each condition; on classes, random weights to draw.
        weights: Shared weights; by default those that the task's networks are searched with.
        seed: Names the episodes and the draws; episodes are never those of a search or of tuning, whatever their seeds.
        episodes_per_trial: Episodes that a trial's reward is the mean of.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.
        report: Called with what is under way.

    Returns:
        A `ClassifierEvaluation` (accuracies) where labels are classes; a `RegressionEvaluation` (R² and root of the mean
        squared error beside rewards) where they are numbers; else an `Evaluation`. See `evaluate_rewards`. Printed, each is
        a table.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    check_fits(network, task)
    if classes_of(task) is None:
        trials: dict[str, Any] = {"episodes": episodes, "episodes_per_trial": episodes_per_trial}
        where: dict[str, Any] = {"threads": threads, "evaluator": evaluator}
        return evaluate_rewards(network, task, weights=weights, seed=seed, report=report, **trials, **where)
    if episodes_per_trial != 1:
        raise WannError(f"episodes_per_trial is {episodes_per_trial}; {task.name} is scored on all samples at once")
    return evaluate_classifier(network, task, weights=weights, draws=episodes, seed=seed, threads=threads)


def evaluate_rewards(
    network: Network,
    task: Task,
    *,
    episodes: int = 100,
    weights: Sequence[float] | None = None,
    seed: int = 0,
    episodes_per_trial: int = 1,
    threads: int | None = None,
    evaluator: Evaluator | None = None,
    report: Report | None = None,
) -> Evaluation:
    """Scores a network by reward, at shared weights and under the paper's four conditions (its table 1).

    A trial is one draw of the weights (or the tuned ones) and fresh episodes of its own. Trial k meets the same episodes
    at every weight and under every condition, so that differences between them are not differences in luck.

    Args:
        network: A network that fits the task.
        task: The task.
        episodes: Trials at each weight and under each condition.
        weights: Shared weights; by default those that the task's networks are searched with.
        seed: Names the episodes; they are never those of a search or of tuning, whatever their seeds.
        episodes_per_trial: Episodes that a trial's reward is the mean of. With more than one, the standard deviation of
            the random conditions tells more about the weights and less about the episodes.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.
        report: Called with what is under way.

    A network without a tuned shared weight is given one here, by `wann.training.tune_shared_weight` on tuning episodes.
    `Evaluation.tuned_weights` is None for a network without individual weights; `wann.tune` finds them.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    check_fits(network, task)
    values = scoring_weights(task) if weights is None else check_weights(weights)
    n_scores = len(values) + len(CONDITIONS) - (network.weights is None)
    evaluator = chosen(evaluator, threads)
    trials = _Trials(network, for_reports(task), episodes, episodes_per_trial, seed, evaluator, n_scores, report)
    shared_weight = network.shared_weight
    if shared_weight is None:
        tuned = tune_shared_weight(network, task, seed=seed, evaluator=evaluator, report=report)
        shared_weight = tuned.weight
        trials.steps += tuned.environment_steps
    by_weight = dict(zip(values, trials.score_each(values), strict=True))
    means = [score.mean for score in by_weight.values()]
    scores = Evaluation(
        task=task.name,
        seed=trials.seed,
        episodes_per_trial=episodes_per_trial,
        weights=by_weight,
        mean_reward=float(np.mean(means)),
        best_reward=float(np.max(means)),
        random_weights=trials.score_random((network.n_connections,)),
        random_shared_weight=trials.score_random(()),
        tuned_shared_weight=trials.score(shared_weight),
        tuned_weights=None if network.weights is None else trials.score(network.weights),
        shared_weight=shared_weight,
        environment_steps=trials.steps,
    )
    targets = targets_of(task)
    return scores if targets is None else RegressionEvaluation.of(scores, targets)


def weight_profile(
    network: Network,
    task: Task,
    *,
    low: float = WEIGHT_RANGE[0],
    high: float = WEIGHT_RANGE[1],
    points: int = 81,
    episodes: int = 100,
    seed: int = 0,
    threads: int | None = None,
    evaluator: Evaluator | None = None,
    report: Report | None = None,
) -> WeightProfile:
    """Scores a network at shared weights that are spread evenly over [low, high]; the same episodes for each.

    Args:
        network: A network that fits the task.
        task: The task.
        low: The smallest weight.
        high: The largest weight.
        points: Weights, the two ends included.
        episodes: Fresh episodes.
        seed: Names the episodes; they are never those of a search or of tuning.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.
        report: Called with what is under way.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    check_fits(network, task)
    check_range(low, high)
    check_integer(points, "points", 2, 10**5)
    evaluator = chosen(evaluator, threads)
    trials = _Trials(network, for_reports(task), episodes, 1, seed, evaluator, points, report)
    weights = tuple(np.linspace(low, high, points).tolist())
    scores = tuple(trials.score_each(weights))
    return WeightProfile(task=task.name, seed=trials.seed, weights=weights, scores=scores, environment_steps=trials.steps)


class _Trials:
    """The trials of one network, scored n_scores times: the same fresh episodes for every weight or draw."""

    def __init__(
        self,
        network: Network,
        task: Task,
        trials: int,
        episodes_per_trial: int,
        seed: int,
        evaluator: Evaluator,
        n_scores: int,
        report: Report | None,
    ) -> None:
        check_integer(trials, "episodes", 1, 10**7)
        check_integer(episodes_per_trial, "episodes_per_trial", 1, 10**5)
        check_integer(trials * episodes_per_trial, "episodes times episodes_per_trial", 1, 10**7)
        check_callable(report, "report")
        self.seed = seeding.check_seed(seed)
        self.steps = 0
        self._network = network
        self._task = task
        self._evaluator = evaluator
        self._n_scores, self._scored, self._report = n_scores, 0, report
        n = trials * episodes_per_trial
        self._seeds = seeding.episode_seeds(self.seed, Stream.EVALUATION_EPISODES, n).reshape(trials, episodes_per_trial)

    def score(self, weight: float | NDArray[np.float32]) -> Score:
        """With one shared weight, or one row of individual ones."""
        row = np.asarray(weight, dtype=np.float32)
        return self._score(np.broadcast_to(row, (b - a, *row.shape)) for a, b in self._pieces(row.size))

    def score_each(self, weights: Sequence[float]) -> Iterator[Score]:
        """With each of several shared weights; as many at once as fill the lanes."""
        n = self._seeds.size
        at_once = max(1, _LANES_AT_ONCE // n)
        for first in range(0, len(weights), at_once):
            part = weights[first : first + at_once]
            if len(part) == 1:
                yield self.score(part[0])
                continue
            self._tell(len(part))
            lanes, seeds = product_lanes(part, self._seeds.ravel())
            rollouts = self._evaluator.run(self._task, [self._network], lanes, seeds)
            self.steps += rollouts.computed_steps
            for rewards in rollouts.rewards.reshape(len(part), *self._seeds.shape):
                yield Score.of(rewards.mean(axis=1))

    def _tell(self, n: int) -> None:
        """Says how far it is, before n more scores."""
        if self._report is not None:
            self._report("scores", self._scored / self._n_scores)
        self._scored += n

    def score_random(self, shape: tuple[int, ...]) -> Score:
        """With a draw from U(-2, 2) of this shape for each trial."""
        group = 0 if shape == () else 1
        rng = seeding.generator(self.seed, Stream.EVALUATION_WEIGHTS, group)
        size = int(np.prod(shape, dtype=int))
        return self._score(rng.uniform(*WEIGHT_RANGE, (b - a, *shape)) for a, b in self._pieces(size))

    def _pieces(self, size: int) -> Iterator[tuple[int, int]]:
        """Trials first to last - 1 of each piece that runs at once."""
        trials, per_trial = self._seeds.shape
        at_once = max(1, _WEIGHTS_AT_ONCE // (max(size, 1) * per_trial))
        return ((a, min(a + at_once, trials)) for a in range(0, trials, at_once))

    def _score(self, weights: Iterator[NDArray[Any]]) -> Score:
        """The score of all trials, whose weights come in pieces."""
        rewards: list[NDArray[np.float64]] = []
        first = 0
        self._tell(1)
        for piece in weights:
            seeds = self._seeds[first : first + len(piece)]
            first += len(piece)
            lanes = np.repeat(piece, seeds.shape[1], axis=0)
            rollouts = self._evaluator.run(self._task, [self._network], lanes, seeds.ravel())
            self.steps += rollouts.computed_steps
            rewards.append(rollouts.rewards.reshape(seeds.shape).mean(axis=1))
        return Score.of(np.concatenate(rewards))
