"""Training of a classifier's weights: by CMA-ES and by gradient, the better of the two chosen on samples kept back.

None of this touches held-out samples, which are for reports.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import seeding
from wann.arguments import check_callable, check_integer, check_mapping, check_number, check_threads, is_number, shown
from wann.errors import MissingExtraError, WannError
from wann.networks import metadata
from wann.networks.metadata import TuningRecord
from wann.networks.network import Network
from wann.seeding import Stream
from wann.tasks.protocol import HasClasses, Task, classes_of
from wann.training.shared_weight import best_shared_weight, check_classifier
from wann.training.weight_tuning import tune_by_cma

Floats = NDArray[np.float64]
#: How the weights of a classifier are trained.
METHODS = ("both", "cma", "gradient")
#: The arguments of `best_shared_weight` that say where it looks.
_SWEEP = {"low", "high", "points"}


def check_method(method: object) -> None:
    """Refuses what is none of `METHODS`.

    Raises:
        WannError: The message lists them.
    """
    if not isinstance(method, str) or method not in METHODS:
        raise WannError(f"method is {shown(method)}; it must be one of {', '.join(METHODS)}")


def softmax(outputs: ArrayLike) -> Floats:
    """Probabilities from outputs, over the last axis."""
    x = np.asarray(outputs, dtype=np.float64)
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    p: Floats = e / e.sum(axis=-1, keepdims=True)
    return p


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
    def of(cls, network: Network, choice: HasClasses, seconds: float) -> "TrainedWeights":
        """Scores a network with individual weights on the samples for the choice."""
        likelihood, accuracy = _individual_scores(network, choice)
        record = TuningRecord.of(network)
        method = record.method if record and record.method else "another method"
        return cls(method=method, network=network, log_likelihood=likelihood, accuracy=accuracy, seconds=seconds)


def _individual_scores(network: Network, task: HasClasses) -> tuple[float, float]:
    """Mean log-likelihood and accuracy with the network's individual weights."""
    outputs = network(task.x, weights=network.weights)
    chosen = softmax(outputs)[np.arange(task.n_samples), task.y]
    return float(np.log(np.maximum(chosen, 1e-300)).mean()), float((outputs.argmax(axis=1) == task.y).mean())


def split_for_choice(task: HasClasses, seed: int = 0, part: float = 0.1) -> tuple[HasClasses, HasClasses]:
    """Splits a task's own samples into those that weights are trained on and those that decide between weights.

    Held-out samples are not touched. The second part is that of the samples, at least one.

    Raises:
        WannError: The task is no classification, or an argument is out of range.
    """
    if classes_of(task) is None:
        raise WannError(f"task is {shown(task)}; it must have classes, as a wann.tasks.Classification has")
    n = task.n_samples
    if not is_number(part) or not 0 < part < 1 or n < 2:
        raise WannError(f"part is {shown(part)} of {n} samples; it must be between 0 and 1, and of at least 2 samples")
    order = seeding.generator(seeding.check_seed(seed), Stream.SPLIT, 1).permutation(n)
    n_choice = min(max(round(part * n), 1), n - 1)
    return task.subset(np.sort(order[n_choice:])), task.subset(np.sort(order[:n_choice]))


@dataclass(frozen=True, kw_only=True)
class ClassifierTraining:
    """Individual weights by each method that was carried out, and what they began from."""

    start: Network  #: with the tuned shared weight, which training began from
    trained: tuple[TrainedWeights, ...]  #: one for each method that was carried out
    left_out: tuple[str, ...]  #: why a method was not carried out, a line each
    stopped: bool  #: whether Ctrl-C stopped the training by CMA-ES

    @property
    def best(self) -> TrainedWeights | None:
        """The weights that are likeliest on the samples kept back."""
        return max(self.trained, key=lambda trained: trained.log_likelihood, default=None)

    @property
    def network(self) -> Network:
        """The network with the best weights, or with the shared weight only where none were trained."""
        return self.best.network if self.best else self.start


def train_classifier(
    network: Network,
    task: Task,
    *,
    method: str = "both",
    trains: bool = True,
    epochs: int | None = None,
    sweep: Mapping[str, Any] | None = None,
    by_cma: Callable[[Network, Task], tuple[Network, bool]] | None = None,
    progress: Callable[[int, float, float], None] | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> ClassifierTraining:
    """Tunes a classifier's shared weight and then trains a weight for each connection, by CMA-ES and by gradient.

    Both begin from the tuned shared weight and see nine tenths of the task's samples. The other tenth decides which weights
    are kept. The gradient needs the extra ``torch``; where that is missing and CMA-ES was carried out, it is left out.

    Args:
        network: A network that fits the task.
        task: A task whose labels are classes.
        method: ``"cma"``, ``"gradient"`` or ``"both"``.
        trains: Whether weights are trained at all, or the shared weight is tuned only.
        epochs: Times that training by gradient goes through the samples; 40 if not given.
        sweep: Arguments of `best_shared_weight`: low, high, points.
        by_cma: Tunes a network on a task by CMA-ES, and says whether Ctrl-C stopped it; `tune_by_cma` if not given.
        progress: Gets after each epoch its number, and the mean log-likelihood and the accuracy on the samples kept back.
        seed: Names the run.
        threads: Threads to use; all cores by default.

    Raises:
        MissingExtraError: ``method`` is ``"gradient"``, and PyTorch is not installed.
        WannError: The network does not fit the task, the task has no classes, or an argument is out of range.
    """
    labelled = check_classifier(network, task)
    check_method(method)
    if not isinstance(trains, bool):
        raise WannError(f"trains is {shown(trains)}; it must be true or false")
    if epochs is not None:
        check_integer(epochs, "epochs", 1, 10**6)
    check_callable(by_cma, "by_cma")
    check_callable(progress, "progress")
    swept = {} if sweep is None else check_mapping(sweep, "sweep")
    for name in swept.keys() - _SWEEP:
        raise WannError(f"sweep has no {shown(name)}; there are {', '.join(sorted(_SWEEP))}")
    common: dict[str, Any] = {"seed": seed, "threads": threads}
    best = best_shared_weight(network, labelled, threads=threads, **swept)
    start = metadata.retuned(network, shared_weight=best)
    fit, choice = split_for_choice(labelled, seed) if trains else (labelled, labelled)
    found: list[TrainedWeights] = []
    left_out: list[str] = []
    stopped = False
    if method != "gradient" and trains:
        begin = time.monotonic()
        made, stopped = by_cma(start, fit) if by_cma else tune_by_cma(start, fit, **common)
        found.append(TrainedWeights.of(made, choice, time.monotonic() - begin))
    if method != "cma" and trains and not stopped:
        begin = time.monotonic()
        options: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
        try:
            made = train_by_gradient(start, labelled, progress=progress, **options, **common)
        except MissingExtraError as error:
            if method == "gradient":
                raise
            left_out.append(str(error))
        except KeyboardInterrupt:
            if not found:
                raise
            left_out.append("training by gradient: stopped before its first epoch was over")
        else:
            found.append(TrainedWeights.of(made, choice, time.monotonic() - begin))
    return ClassifierTraining(start=start, trained=tuple(found), left_out=tuple(left_out), stopped=stopped)


def train_by_gradient(
    network: Network,
    task: HasClasses,
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

    check_classifier(network, task)
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
    record = TuningRecord(
        method="natural gradient" if natural else "gradient (Adam)",
        task=task.name,
        seed=seed,
        epochs=epochs,
        kept_epoch=best[1],
        batch=size,
        learning_rate=rate,
        start=float(first),
    )
    return metadata.retuned(network, record, weights=best[2])
