"""What one topology gives as a classifier (section 4.2 of the paper): at a random weight, at the tuned one, as an ensemble
of untrained weights, and with trained weights.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import seeding
from wann.arguments import check_integer, check_threads
from wann.networks.metadata import AccuracyRecord
from wann.networks.network import Network
from wann.scoring.score import Score, scoring_weights
from wann.search.config import WEIGHT_RANGE, check_weights
from wann.seeding import Stream
from wann.tasks.protocol import Task
from wann.training.classifier import softmax
from wann.training.shared_weight import best_shared_weight, check_classifier


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

    def entries(self) -> dict[str, Any]:
        """What to put into the metadata of the network that was scored."""
        return {AccuracyRecord.KEY: self.to_dict()}

    def __repr__(self) -> str:
        right = f"accuracy {self.tuned_accuracy:.3f} at the tuned weight, {self.softmax_accuracy:.3f} as an ensemble"
        return f"ClassifierEvaluation({self.task!r}, {right}, {self.n_samples} samples)"

    def __str__(self) -> str:
        random = self.random_weight
        trained = "–" if self.trained_accuracy is None else f"{100 * self.trained_accuracy:.1f} %"
        rows = [
            (
                "random shared weight",
                f"{100 * random.mean:.1f} %",
                f" ± {100 * random.std:.1f}   ({random.n} draws from U(-2, 2))",
            ),
            ("tuned shared weight", f"{100 * self.tuned_accuracy:.1f} %", f"          (at {self.tuned_weight:.3g})"),
            ("ensemble, one vote a weight", f"{100 * self.vote_accuracy:.1f} %", ""),
            ("ensemble, mean of softmax", f"{100 * self.softmax_accuracy:.1f} %", ""),
            ("trained weights", trained, ""),
        ]
        lines = [f"{self.task}: accuracy on {self.n_samples} samples ({self.split})", ""]
        lines += [f"  {label:30}{part:>8}{more}" for label, part, more in rows]
        return "\n".join([*lines, "", *self._by_class()])

    def _by_class(self) -> list[str]:
        """A table of the accuracy of each class at each weight."""
        width = max(8, *(len(name) for name in self.classes))
        lines = ["accuracy of each class in % at each weight"]
        lines.append(f"  {'class':{width}}" + "".join(f"{w:>8g}" for w in self.weights))
        for c, name in enumerate(self.classes):
            parts = [row[c] for row in self.class_accuracy]
            lines.append(f"  {name:{width}}" + "".join("–".rjust(8) if a is None else f"{100 * a:8.1f}" for a in parts))
        return [*lines, f"  {'all':{width}}" + "".join(f"{100 * a:8.1f}" for a in self.accuracy)]


def evaluate_classifier(
    network: Network,
    task: Task,
    *,
    weights: Sequence[float] | None = None,
    draws: int = 100,
    seed: int = 0,
    threads: int | None = None,
) -> ClassifierEvaluation:
    """Scores a network as a classifier on the held-out samples of a task, or on its samples where none are held out.

    Args:
        network: A network that fits the task.
        task: A task whose labels are classes; the tuned weight is chosen on its own samples, never on those that are held
            out.
        weights: The shared weights of the ensembles; by default those that the task's networks are searched with.
        draws: Random weights from U(-2, 2).
        seed: Names the draws.
        threads: Threads to use; all cores by default.

    Raises:
        WannError: The network does not fit the task, the task has no classes, or an argument is out of range.
    """
    labelled = check_classifier(network, task)
    values = scoring_weights(task) if weights is None else check_weights(weights)
    check_integer(draws, "draws", 1, 10**6)
    n_threads = check_threads(threads)
    samples = labelled.held_out or labelled
    tuned = network.shared_weight
    if tuned is None:
        tuned = best_shared_weight(network, labelled, threads=n_threads)

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


def _by_class(right: NDArray[np.bool_], y: NDArray[np.int32], n_classes: int) -> list[float | None]:
    """The part of each class's samples that are right; None for a class without samples."""
    n = np.bincount(y, minlength=n_classes)
    n_right = np.bincount(y, weights=right, minlength=n_classes)
    return [float(a / b) if b else None for a, b in zip(n_right, n, strict=True)]
