"""What one topology gives as a classifier (section 4.2 of the paper): at a random weight, at the tuned one, as an ensemble
of untrained weights, and with trained weights.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import seeding
from wann.checks import check_integer
from wann.config import WEIGHT_VALUES, check_weights
from wann.errors import WannError
from wann.evaluation import Score
from wann.network import Network
from wann.seeding import Stream
from wann.tasks.data import Classification
from wann.tasks.protocol import check_fits
from wann.threads import check_threads
from wann.tuning import WEIGHT_RANGE

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
    class_accuracy: tuple[tuple[float, ...], ...]  #: of each class at each weight, shape (n_weights, n_classes)
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
    check_fits(network, task)
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


def best_shared_weight(network: Network, task: Classification, *, points: int = 161, threads: int | None = None) -> float:
    """The shared weight in [-2, 2] with the best accuracy on the task's own samples; the likelier one where several tie."""
    check_fits(network, task)
    n_threads = check_threads(threads)
    sweep = np.linspace(*WEIGHT_RANGE, points, dtype=np.float32)
    likelihood = task.score([network], sweep, threads=n_threads)[0]
    best, best_key = 0.0, (-1.0, -np.inf)
    for weight, score in zip(sweep.tolist(), likelihood.tolist(), strict=True):
        right = float((network(task.x, weight, threads=n_threads).argmax(axis=1) == task.y).mean())
        if (right, score) > best_key:
            best, best_key = weight, (right, score)
    return best


def _by_class(right: NDArray[np.bool_], y: NDArray[np.int32], n_classes: int) -> list[float]:
    """The part of each class's samples that are right; NaN for a class without samples."""
    n = np.bincount(y, minlength=n_classes)
    with np.errstate(invalid="ignore"):
        parts: list[float] = (np.bincount(y, weights=right, minlength=n_classes) / n).tolist()
    return parts


def train_by_gradient(
    network: Network,
    task: Classification,
    *,
    start: float | None = None,
    epochs: int = 30,
    batch: int = 256,
    learning_rate: float = 0.003,
    seed: int = 0,
) -> Network:
    """Trains a weight for each connection on the task's samples, by Adam on the log-likelihood (needs the extra ``torch``).

    Args:
        network: A network that fits the task.
        task: The task; only its own samples are used.
        start: The shared weight that training starts from; the network's tuned one, or 1, if not given.
        epochs: Times that all samples are gone through; the learning rate falls to 0 over them along a cosine.
        batch: Samples in a step.
        learning_rate: Adam's, at the start.
        seed: Names the order of the samples.

    Returns:
        The network with the trained weights.

    Raises:
        MissingExtraError: PyTorch is not installed.
    """
    from wann.gradient import train

    check_fits(network, task)
    first = start if start is not None else network.shared_weight if network.shared_weight is not None else 1.0
    if not np.isfinite(first):
        raise WannError(f"start is {first}; it must be finite")
    weights = train(
        network,
        task.x,
        task.y,
        start=np.full(network.n_connections, first, dtype=np.float32),
        epochs=check_integer(epochs, "epochs", 1, 10**6),
        batch=check_integer(batch, "batch", 1, 10**9),
        learning_rate=learning_rate,
        seed=seeding.derive(seeding.check_seed(seed), Stream.TUNING),
    )
    settings = {"epochs": epochs, "batch": batch, "learning_rate": learning_rate, "start": float(first), "seed": seed}
    return network.with_tuning(weights=weights, tuning={"method": "gradient (Adam)", **settings})
