"""What one topology gives as a classifier (section 4.2 of the paper): at a random weight, at the tuned one, as an ensemble
of untrained weights, and with trained weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import seeding
from wann.arguments import check_callable, check_instance, check_integer, check_number, check_threads, is_number, shown
from wann.errors import WannError
from wann.networks.network import Network
from wann.scoring.evaluation import Score
from wann.search.config import WEIGHT_VALUES, check_weights
from wann.seeding import Stream
from wann.tasks.data.samples import Classification
from wann.tasks.protocol import check_fits
from wann.training.tuning import WEIGHT_RANGE, check_range

Floats = NDArray[np.float64]


def softmax(outputs: ArrayLike) -> Floats:
    """Probabilities from outputs, over the last axis."""
    x = np.asarray(outputs, dtype=np.float64)
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    p: Floats = e / e.sum(axis=-1, keepdims=True)
    return p


def vote(predictions: ArrayLike, n_classes: int) -> NDArray[np.int64]:
    """The class with the most votes for each sample; of several, the first.

    Args:
        predictions: Predicted classes, shape (n_voters, n_samples).
        n_classes: How many classes there are.
    """
    votes = np.asarray(predictions)
    counts = np.stack([(votes == c).sum(axis=0) for c in range(n_classes)], axis=1)
    most: NDArray[np.int64] = counts.argmax(axis=1)
    return most


@dataclass(frozen=True, kw_only=True)
class ClassifierEvaluation:
    """What `evaluate_classifier` measures; accuracies are parts of 1."""

    task: str
    split: str  #: the samples that all accuracies are over
    n_samples: int
    classes: tuple[str, ...]
    weights: tuple[float, ...]  #: of the ensembles and of the tables
    accuracy: tuple[float, ...]  #: at each weight
    #: Of each class at each weight, shape (n_weights, n_classes); None for a class without samples.
    class_accuracy: tuple[tuple[float | None, ...], ...]
    log_likelihood: tuple[float, ...]  #: mean, at each weight
    random_weight: Score  #: over weights drawn from U(-2, 2)
    tuned_weight: float  #: the network's own, or the best of a sweep on the training samples
    tuned_accuracy: float
    vote_accuracy: float  #: one vote for each weight
    softmax_accuracy: float  #: the mean of the softmax outputs over the weights
    trained_accuracy: float | None  #: with individual weights, where the network has them

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)


def evaluate_classifier(
    network: Network,
    task: Classification,
    *,
    weights: Sequence[float] = WEIGHT_VALUES,
    draws: int = 100,
    seed: int = 0,
    threads: int | None = None,
) -> ClassifierEvaluation:
    """Scores a network as a classifier on the held-out samples of a task, or on its samples where none are held out.

    Args:
        network: A network that fits the task.
        task: The task; the tuned weight is chosen on its own samples, never on those that are held out.
        weights: The shared weights of the ensembles.
        draws: Random weights from U(-2, 2).
        seed: Names the draws.
        threads: Threads to use; all cores by default.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    _check_classifier(network, task)
    values = check_weights(weights)
    check_integer(draws, "draws", 1, 10**6)
    n_threads = check_threads(threads)
    samples = task.held_out or task
    tuned = network.shared_weight
    if tuned is None:
        tuned = best_shared_weight(network, task, threads=n_threads)

    def predictions(weight: float) -> NDArray[np.int64]:
        classes: NDArray[np.int64] = network(samples.x, weight, threads=n_threads).argmax(axis=1)
        return classes

    def accuracy(predicted: NDArray[np.int64]) -> float:
        return float((predicted == samples.y).mean())

    outputs = [network(samples.x, w, threads=n_threads) for w in values]
    predicted = np.array([o.argmax(axis=1) for o in outputs])
    probabilities = np.array([softmax(o) for o in outputs])
    likelihood = np.log(np.maximum(probabilities[:, np.arange(len(samples.y)), samples.y], 1e-300)).mean(axis=1)
    drawn = seeding.generator(seeding.check_seed(seed), Stream.EVALUATION_WEIGHTS).uniform(*WEIGHT_RANGE, draws)
    return ClassifierEvaluation(
        task=task.name,
        split=samples.split,
        n_samples=samples.n_samples,
        classes=task.outputs,
        weights=values,
        accuracy=tuple(accuracy(p) for p in predicted),
        class_accuracy=tuple(tuple(_by_class(p == samples.y, samples.y, len(task.outputs))) for p in predicted),
        log_likelihood=tuple(likelihood.tolist()),
        random_weight=Score.of([accuracy(predictions(w)) for w in drawn]),
        tuned_weight=tuned,
        tuned_accuracy=accuracy(predictions(tuned)),
        vote_accuracy=accuracy(vote(predicted, len(task.outputs))),
        softmax_accuracy=accuracy(probabilities.mean(axis=0).argmax(axis=1)),
        trained_accuracy=None
        if network.weights is None
        else accuracy(network(samples.x, weights=network.weights, threads=n_threads).argmax(axis=1)),
    )


def _check_classifier(network: Network, task: Classification) -> None:
    check_fits(network, task)
    check_instance(task, Classification, "task")


def best_shared_weight(
    network: Network,
    task: Classification,
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
    _check_classifier(network, task)
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


def _by_class(right: NDArray[np.bool_], y: NDArray[np.int32], n_classes: int) -> list[float | None]:
    """The part of each class's samples that are right; None for a class without samples."""
    n = np.bincount(y, minlength=n_classes)
    n_right = np.bincount(y, weights=right, minlength=n_classes)
    return [float(a / b) if b else None for a, b in zip(n_right, n, strict=True)]


@dataclass(frozen=True, kw_only=True)
class TrainedWeights:
    """Weights that one method found, with scores on the samples that decide between methods.

    Neither method is trained on those, though the gradient's epoch is chosen on them.
    """

    method: str
    network: Network
    log_likelihood: float  #: mean, on the samples for the choice
    accuracy: float  #: on the samples for the choice
    seconds: float

    @classmethod
    def of(cls, method: str, network: Network, choice: Classification, seconds: float) -> "TrainedWeights":
        """Scores a network with individual weights on the samples for the choice."""
        scores = _individual_scores(network, choice)
        return cls(method=method, network=network, log_likelihood=scores[0], accuracy=scores[1], seconds=seconds)


def _individual_scores(network: Network, task: Classification) -> tuple[float, float]:
    """Mean log-likelihood and accuracy with the network's individual weights."""
    outputs = network(task.x, weights=network.weights)
    chosen = softmax(outputs)[np.arange(task.n_samples), task.y]
    return float(np.log(np.maximum(chosen, 1e-300)).mean()), float((outputs.argmax(axis=1) == task.y).mean())


def split_for_choice(task: Classification, seed: int = 0, part: float = 0.1) -> tuple[Classification, Classification]:
    """Splits a task's own samples into those that weights are trained on and those that decide between weights.

    Held-out samples are not touched. The second part is that of the samples, at least one.

    Raises:
        WannError: The task is no classification, or an argument is out of range.
    """
    check_instance(task, Classification, "task")
    n = task.n_samples
    if not is_number(part) or not 0 < part < 1 or n < 2:
        raise WannError(f"part is {shown(part)} of {n} samples; it must be between 0 and 1, and of at least 2 samples")
    order = seeding.generator(seeding.check_seed(seed), Stream.SPLIT, 1).permutation(n)
    n_choice = min(max(round(part * n), 1), n - 1)
    return task.subset(np.sort(order[n_choice:])), task.subset(np.sort(order[:n_choice]))


def train_by_gradient(
    network: Network,
    task: Classification,
    *,
    start: float | None = None,
    epochs: int = 40,
    batch: int | None = None,
    learning_rate: float | None = None,
    method: Literal["natural", "adam"] | None = None,
    seed: int = 0,
    threads: int | None = 1,
    progress: Callable[[int, float, float], None] | None = None,
) -> Network:
    """Trains a weight for each connection by gradient on the log-likelihood of the classes (needs the extra ``torch``).

    A tenth of the task's samples is kept back: it decides which epoch's weights are kept. Held-out samples are not used.
    Ctrl-C after the first epoch ends the training with the best weights so far.

    Args:
        network: A network that fits the task.
        task: The task.
        start: The shared weight that training starts from; the network's tuned one, or 1, if not given.
        epochs: Times that all samples are gone through; the learning rate falls to 0 over them along a cosine.
        batch: Samples in a step; by default a twentieth of the samples, at least 64 and at most 1,000.
        learning_rate: At its highest; by default 0.05 for the natural gradient and 0.01 for Adam.
        method: The natural gradient, whose steps take account of how weights act together, or Adam. By default the former
            for up to 4,000 connections: it needs the square of their number in memory.
        seed: Names the order of the samples.
        threads: Threads to use; all cores if None.
        progress: Gets after each epoch its number, and the mean log-likelihood and the accuracy on the samples kept back.

    Returns:
        The network with the trained weights.

    Raises:
        MissingExtraError: PyTorch is not installed.
        WannError: The network does not fit the task, an argument is out of range, or the training diverged.
    """
    from wann.training.gradient import MAX_NATURAL, train

    _check_classifier(network, task)
    check_callable(progress, "progress")
    first = start if start is not None else network.shared_weight if network.shared_weight is not None else 1.0
    check_number(first, "start")
    if method not in (None, "natural", "adam"):
        raise WannError(f"method is {shown(method)}; it must be 'natural' or 'adam'")
    natural = network.n_connections <= MAX_NATURAL if method is None else method == "natural"
    rate = learning_rate if learning_rate is not None else 0.05 if natural else 0.01
    if not (is_number(rate) and 0 < rate < np.inf):
        raise WannError(f"learning_rate is {shown(rate)}; it must be positive and finite")
    if task.n_samples < 2:
        raise WannError("training needs at least two samples")
    fit, choice = split_for_choice(task, seed)
    size = min(1000, max(64, fit.n_samples // 20)) if batch is None else check_integer(batch, "batch", 1, 10**9)
    best = (-np.inf, 0, np.full(network.n_connections, first, dtype=np.float32))

    def watch(epoch: int, weights: NDArray[np.float32]) -> None:
        nonlocal best
        likelihood, right = _individual_scores(network.with_tuning(weights=weights), choice)
        if likelihood > best[0]:
            best = (likelihood, epoch, weights)
        if progress:
            progress(epoch, likelihood, right)

    try:
        train(
            network,
            fit.x,
            fit.y,
            start=best[2],
            epochs=check_integer(epochs, "epochs", 1, 10**6),
            batch=size,
            learning_rate=rate,
            natural=natural,
            seed=seeding.derive(seeding.check_seed(seed), Stream.TUNING),
            threads=check_threads(threads),
            watch=watch,
        )
    except KeyboardInterrupt:
        if not best[1]:
            raise
    settings = {"epochs": epochs, "kept_epoch": best[1], "batch": size, "learning_rate": rate, "start": float(first)}
    name = "natural gradient" if natural else "gradient (Adam)"
    return network.with_tuning(weights=best[2], tuning={"method": name, "task": task.name, **settings, "seed": seed})
