"""The best single weight for all connections, by reward on tuning episodes or by accuracy on labelled samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.arguments import MAX_WEIGHT, check_callable, check_integer, check_threads, is_number, shown
from wann.errors import WannError
from wann.execution.evaluator import Evaluator, chosen
from wann.networks.network import Network
from wann.progress import Report
from wann.search.config import WEIGHT_RANGE
from wann.seeding import Stream
from wann.tasks.protocol import HasClasses, Task, check_fits, classes_of, product_lanes

#: Weights that go on from a round of the sweep to the next; around each of the first ones, in parts of the sweep's step.
_FRONT, _OFFSETS = 5, (-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75)

#: Episodes of the sweep that run between two reports.
_EPISODES_A_REPORT = 512


def check_range(low: float, high: float) -> tuple[float, float]:
    """The ends of a range of weights.

    Raises:
        WannError: One is not finite, or the first is not below the second.
    """
    if not (_is_weight(low) and _is_weight(high) and float(low) < float(high)):
        raise WannError(
            f"the range of weights is {shown(low)} to {shown(high)}; it must be two finite numbers, the smaller first"
        )
    return float(low), float(high)


def _is_weight(x: object) -> bool:
    return is_number(x) and bool(abs(x) <= MAX_WEIGHT)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class SharedWeight:
    """What `tune_shared_weight` chose."""

    weight: float
    mean_reward: float  #: at that weight on the episodes of the last choice; not a score to report
    episodes: int  #: spent on the choice in all
    environment_steps: int


def tune_shared_weight(
    network: Network,
    task: Task,
    *,
    low: float = WEIGHT_RANGE[0],
    high: float = WEIGHT_RANGE[1],
    points: int = 41,
    episodes: int = 32,
    seed: int = 0,
    threads: int | None = None,
    evaluator: Evaluator | None = None,
    report: Report | None = None,
) -> SharedWeight:
    """Finds the best single weight: a sweep over the range, then finer steps around the best ones (section 3.1 of the
    paper).

    Every round meets fresh tuning episodes, fewer weights and four times as many episodes, so that the luck that put a
    weight in front in one round does not carry it through the next.

    Args:
        network: A network that fits the task.
        task: The task.
        low: The smallest weight.
        high: The largest weight.
        points: Weights in the sweep, the two ends included.
        episodes: With each weight of the sweep.
        seed: Names the episodes.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.
        report: Called with what is under way.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    check_fits(network, task)
    low, high = check_range(low, high)
    check_integer(points, "points", 2, 10**5)
    check_integer(episodes, "episodes", 1, 10**6)
    check_callable(report, "report")
    seed, evaluator = seeding.check_seed(seed), chosen(evaluator, threads)
    spent = steps = 0
    most = episodes * (points + 4 * _FRONT * len(_OFFSETS) + 16 * _FRONT)

    def rewards(weights: NDArray[np.float64], n: int, round_: int) -> NDArray[np.float64]:
        nonlocal spent, steps
        seeds = seeding.episode_seeds(seed, Stream.TUNING_EPISODES, n, round_)
        means = []
        at_once = len(weights) if report is None else max(_EPISODES_A_REPORT // n, 1)
        for first in range(0, len(weights), at_once):
            if report is not None:
                report("shared weight", min(spent / most, 1.0))
            lanes = product_lanes(weights[first : first + at_once], seeds)
            rollouts = evaluator.run(task, [network], *lanes)
            spent += len(lanes[1])
            steps += rollouts.computed_steps
            means.append(rollouts.rewards.reshape(-1, n).mean(axis=1))
        return np.concatenate(means)

    step = (high - low) / (points - 1)
    sweep = np.linspace(low, high, points)
    front = sweep[_best(rewards(sweep, episodes, 0), _FRONT)]
    fine = np.unique(np.clip(front[:, None] + step * np.array(_OFFSETS), low, high))
    front = fine[_best(rewards(fine, 4 * episodes, 1), _FRONT)]
    last = rewards(front, 16 * episodes, 2)
    i = int(np.argmax(last))
    return SharedWeight(
        weight=float(np.float32(front[i])), mean_reward=float(last[i]), episodes=spent, environment_steps=steps
    )


def _best(rewards: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    return np.argsort(-rewards, kind="stable")[:n]


def check_classifier(network: Network, task: Task) -> HasClasses:
    """The task as one whose labels are classes.

    Raises:
        WannError: It has no classes, or the network does not fit it.
    """
    check_fits(network, task)
    labelled = classes_of(task)
    if labelled is None:
        raise WannError(f"{task.name} has no classes; this takes a task such as wann.tasks.Classification")
    return labelled


def best_shared_weight(
    network: Network,
    task: HasClasses,
    *,
    low: float = WEIGHT_RANGE[0],
    high: float = WEIGHT_RANGE[1],
    points: int = 161,
    threads: int | None = None,
) -> float:
    """The shared weight from low to high with the best accuracy on the task's own samples; of several the likeliest.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    check_classifier(network, task)
    check_integer(points, "points", 2, 10**5)
    n_threads = check_threads(threads)
    sweep = np.linspace(*check_range(low, high), points, dtype=np.float32)
    likelihood = task.score([network], sweep, threads=n_threads)[0]
    best, best_key = 0.0, (-1.0, -np.inf)
    for weight, score in zip(sweep.tolist(), likelihood.tolist(), strict=True):
        right = float((network(task.x, weight, threads=n_threads).argmax(axis=1) == task.y).mean())
        if (right, score) > best_key:
            best, best_key = weight, (right, score)
    return best
