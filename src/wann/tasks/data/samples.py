"""Tasks on labelled data: classification and regression (section 4.2 of the paper).

A lane is a weight and a batch; the reward is the mean score of the batch's samples.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import _core
from wann.arguments import as_numbers, check_integer, check_names, check_text, check_threads, is_number, shown
from wann.errors import WannError
from wann.networks.activations import ALL_ACTIVATIONS, Activation
from wann.networks.network import Network, as_batch
from wann.tasks.data import datasets
from wann.tasks.data.labels import as_labels
from wann.tasks.data.presets import CLASSIFICATION, IMAGES, MNIST, REGRESSION
from wann.tasks.described import Described
from wann.tasks.protocol import Rollouts, Task, check_networks, samples_of

#: Samples in a batch, as in the paper.
BATCH = 1000


class DataTask(Described):
    """What classification and regression have in common; use `Classification` or `Regression`.

    The networks' outputs are linear, and hidden nodes have no step activation: its flat parts tell nothing about how far a
    sample is from being right.
    """

    output_activation: Activation = Activation.LINEAR
    hidden_activations: tuple[Activation, ...] = tuple(a for a in ALL_ACTIVATIONS if a is not Activation.STEP)
    presets: Mapping[str, Mapping[str, Any]] = CLASSIFICATION
    hidden_layers = (5, 5)

    def __init__(
        self, x: NDArray[np.float32], inputs: tuple[str, ...], outputs: tuple[str, ...], batch: int | None, name: str
    ) -> None:
        self.name = check_text(name, "name")
        self.inputs = inputs
        self.outputs = outputs
        self.x = _aligned(x)
        self.batch = _check_batch(batch)
        self.split = "training"
        self.held_out: Self | None = None
        self.preparation: dict[str, Any] = {}  #: what inputs went through before, for the network's metadata
        self._every_row = np.arange(len(x), dtype=np.uint32)

    @property
    def n_samples(self) -> int:
        """How many samples there are."""
        return len(self.x)

    @property
    def has_batches(self) -> bool:
        """Whether a batch is a part of the samples, so that two batches differ."""
        return self.batch is not None and self.batch < self.n_samples

    def batch_rows(self, seed: int) -> NDArray[np.uint32]:
        """The samples of the batch with this seed: drawn without replacement; all, where there are not more than that."""
        if not self.has_batches:
            return self._every_row
        rng = np.random.Generator(np.random.Philox(key=int(seed)))
        return rng.choice(self.n_samples, self.batch, replace=False).astype(np.uint32)

    def rollout(
        self,
        networks: Sequence[Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        """Scores every network in every lane; see `wann.tasks.Task.rollout`.

        A lane's reward is the mean score of the samples of its batch, and its steps are their number.
        """
        self._refuse_recurrent(networks)
        rewards = np.empty((len(networks), len(seeds)))
        batch = as_batch(networks)
        size = self.n_samples if self.batch is None else min(self.batch, self.n_samples)
        groups = _lanes_by_batch(seeds, one_batch=size == self.n_samples)
        for seed, lanes in groups:
            rows = self.batch_rows(seed)
            if weights.ndim == 1:
                values, place = np.unique(weights[lanes], return_inverse=True)
                scores = _core.score_shared(batch, self.x, *self._labels(), rows, values, threads)
                rewards[:, lanes] = scores[:, place]
            else:
                mine = np.ascontiguousarray(weights[lanes])
                for i, network in enumerate(networks):
                    rewards[i, lanes] = _core.score_individual(network.core, self.x, *self._labels(), rows, mine, threads)
        steps = np.full(rewards.shape, size, dtype=np.int64)
        return Rollouts(rewards=rewards, steps=steps, computed_steps=int(steps.sum()))

    def score(self, networks: Sequence[Network], weights: ArrayLike, *, threads: int = 1) -> NDArray[np.float64]:
        """Mean scores over all samples at shared weights, shape (n_networks, n_weights).

        Raises:
            WannError: A network does not fit or is recurrent, or a weight is not finite in float32.
        """
        self._refuse_recurrent(networks)
        values = np.ascontiguousarray(as_numbers(weights, "weights")).reshape(-1)
        if not values.size or not np.isfinite(values).all():
            raise WannError(f"weights: at least one is needed, and all must be finite in float32, got {shown(weights)}")
        threads = check_threads(threads)
        if not len(networks):
            return np.zeros((0, len(values)))
        return _core.score_shared(as_batch(networks), self.x, *self._labels(), self._every_row, values, threads)

    def _refuse_recurrent(self, networks: Sequence[Network]) -> None:
        """Refuses what does not fit, and networks for which a sample would be a step after others."""
        check_networks(networks, self)
        if as_batch(networks).n_memory:
            raise WannError(f"a network is recurrent, but the samples of {self.name} are no steps of an episode")

    def _labels(self) -> tuple[NDArray[np.int32] | None, NDArray[np.float32] | None]:
        """Classes and targets as the core takes them; one of the two is None."""
        raise NotImplementedError

    def _hold_out(self, task: Self) -> None:
        task.split, task.batch = "held out", None
        self.held_out = task


class Classification(DataTask):
    """A task on labelled samples: the reward is the mean log-likelihood of the classes under the softmax of the outputs.

    Args:
        X: Samples, shape (n_samples, n_inputs): an array or a DataFrame.
        y: The class of each, shape (n_samples,): text, truth values, or numbers; whole numbers of any size stay exact.
        held_out: Samples and labels to report on, which a search never sees.
        batch: Samples in a batch; None for all of them in every batch.
        inputs: Names of the columns; by default those of a DataFrame, else x0, x1 and so on.
        name: For files and reports.

    Raises:
        WannError: A value is missing, infinite or no number, labels are mixed, shapes do not fit, there is only one class,
            or an argument has the wrong type.
    """

    def __init__(
        self,
        X: ArrayLike,  # noqa: N803
        y: ArrayLike,
        *,
        held_out: tuple[ArrayLike, ArrayLike] | None = None,
        batch: int | None = BATCH,
        inputs: Sequence[str] | None = None,
        name: str = "classification",
    ) -> None:
        x = _samples(X, "X")
        labels = as_labels(y, len(x), "y")
        self.classes, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes) < 2:
            raise WannError(f"y holds one class only ({shown(self.classes[0])}); at least two are needed")
        super().__init__(x, _input_names(inputs, X, x.shape[1]), tuple(map(str, self.classes)), batch, name)
        self.y = numbers.astype(np.int32).reshape(-1)
        if held_out is not None:
            self._hold_out(self._same_classes(*_pair(held_out)))

    def _same_classes(self, X: ArrayLike, y: ArrayLike) -> "Classification":  # noqa: N803
        """A task on other samples of the same classes."""
        x = _samples(X, "the held-out X", self.inputs)
        labels = as_labels(y, len(x), "the held-out y")
        if _kind_of_text(labels) != _kind_of_text(self.classes):
            raise WannError(f"the held-out y holds the class {shown(labels[0])}, which y does not have")
        place = np.minimum(np.searchsorted(self.classes, labels), len(self.classes) - 1)
        for label in labels[self.classes[place] != labels][:1]:
            raise WannError(f"the held-out y holds the class {shown(label)}, which y does not have")
        task = object.__new__(type(self))
        DataTask.__init__(task, x, self.inputs, self.outputs, None, self.name)
        task.classes, task.y = self.classes, place.astype(np.int32)
        return task

    def subset(self, rows: NDArray[np.int64]) -> "Classification":
        """A task on some of the samples, of the same classes, whether they occur or not, and without held-out samples."""
        task = object.__new__(type(self))
        DataTask.__init__(task, self.x[rows], self.inputs, self.outputs, self.batch, self.name)
        task.classes, task.y, task.split = self.classes, self.y[rows], self.split
        return task

    def _labels(self) -> tuple[NDArray[np.int32] | None, NDArray[np.float32] | None]:
        return self.y, None


class Images(Classification):
    """Small images, on which two activations are enough: the search's settings differ in them."""

    presets = IMAGES


class Mnist(Classification):
    """MNIST, whose search has settings of its own."""

    presets = MNIST


class Regression(DataTask):
    """A task on samples with targets: the reward is minus the mean squared error.

    Args:
        X: Samples, shape (n_samples, n_inputs): an array or a DataFrame.
        y: Targets, shape (n_samples,) or (n_samples, n_outputs). Targets near 0 with a standard deviation near 1 are the
            easiest for networks whose weights are all the same.
        held_out: Samples and targets to report on, which a search never sees.
        batch: Samples in a batch; None for all of them in every batch.
        inputs: Names of the columns; by default those of a DataFrame, else x0, x1 and so on.
        outputs: Names of the targets; by default those of a DataFrame or a Series, else y, or y0, y1 and so on.
        name: For files and reports.

    Raises:
        WannError: A value is missing, infinite or no number, shapes do not fit, or an argument has the wrong type.
    """

    presets = REGRESSION

    def __init__(
        self,
        X: ArrayLike,  # noqa: N803
        y: ArrayLike,
        *,
        held_out: tuple[ArrayLike, ArrayLike] | None = None,
        batch: int | None = BATCH,
        inputs: Sequence[str] | None = None,
        outputs: Sequence[str] | None = None,
        name: str = "regression",
    ) -> None:
        x = _samples(X, "X")
        targets = _targets(y, len(x), "y")
        default = _target_names(y, targets.shape[1])
        names = default if outputs is None else check_names(outputs, "outputs", distinct=True)
        super().__init__(x, _input_names(inputs, X, x.shape[1]), names, batch, name)
        if len(self.outputs) != targets.shape[1]:
            raise WannError(f"{len(self.outputs)} names of outputs for {targets.shape[1]} targets")
        self.y = targets
        if held_out is not None:
            x_held_out, y_held_out = _pair(held_out)
            x_held_out = _samples(x_held_out, "the held-out X", self.inputs)
            self._hold_out(
                type(self)(
                    x_held_out,
                    _targets(y_held_out, len(x_held_out), "the held-out y", len(self.outputs)),
                    batch=None,
                    inputs=self.inputs,
                    outputs=self.outputs,
                    name=name,
                )
            )

    @property
    def target_scale(self) -> float:
        """What a difference of 1 between targets is in their own units; 1 where nobody has standardised them."""
        return float(self.preparation.get("target_scale", 1.0))

    def subset(self, rows: NDArray[np.int64]) -> "Regression":
        """A task on some of the samples, without held-out samples."""
        task = object.__new__(type(self))
        DataTask.__init__(task, self.x[rows], self.inputs, self.outputs, self.batch, self.name)
        task.y, task.split, task.preparation = self.y[rows], self.split, self.preparation
        return task

    def _labels(self) -> tuple[NDArray[np.int32] | None, NDArray[np.float32] | None]:
        return None, self.y


def for_reports(task: Task) -> Task:
    """What a score is to be reported on: a task's held-out samples, where it has some, else the task itself."""
    samples = samples_of(task)
    return task if samples is None or samples.held_out is None else samples.held_out


def from_data_set(data: datasets.DataSet, kind: type[Classification], *, batch: int | None) -> Classification:
    """The task of a named data set."""
    return kind(
        data.x_train,
        np.array(data.classes)[data.y_train],
        held_out=(data.x_test, np.array(data.classes)[data.y_test]),
        inputs=data.inputs,
        name=data.name,
        batch=batch,
    )


def _lanes_by_batch(seeds: NDArray[np.uint64], *, one_batch: bool) -> list[tuple[int, NDArray[np.int64]]]:
    """The lanes that share a batch, with its seed."""
    if one_batch:
        return [(0, np.arange(len(seeds)))]
    values, place = np.unique(seeds, return_inverse=True)
    order = np.argsort(place, kind="stable")
    ends = np.cumsum(np.bincount(place, minlength=len(values)))[:-1]
    return list(zip(values.tolist(), np.split(order, ends), strict=True))


def _check_batch(batch: int | None) -> int | None:
    if batch is not None and not isinstance(batch, int | np.integer):
        raise WannError(f"batch is {shown(batch)}; it must be None or an integer from 1 to 1000000000")
    return None if batch is None else check_integer(batch, "batch", 1, 10**9)


def _kind_of_text(labels: NDArray[Any]) -> str:
    """U for text, S for bytes, and nothing for numbers: labels that cannot be compared with those of another kind."""
    return labels.dtype.kind if labels.dtype.kind in "US" else ""


def _pair(held_out: object) -> tuple[Any, Any]:
    """Samples and labels."""
    if not isinstance(held_out, tuple | list) or len(held_out) != 2:
        raise WannError(f"held_out is {shown(held_out)}; it must be None or a pair (X, y)")
    return held_out[0], held_out[1]


def _samples(x: ArrayLike, where: str, inputs: tuple[str, ...] | None = None) -> NDArray[np.float32]:
    """Samples as an array; ``inputs`` are the names that the columns must have, where they have any."""
    columns = _column_names(x)
    try:
        samples: NDArray[np.float32] = np.ascontiguousarray(as_numbers(x, where))
    except WannError:
        _refuse_text(x, columns, where)
        raise WannError(f"{where}: expected an array of numbers, shape (n_samples, n_inputs), got {shown(x)}") from None
    if samples.ndim != 2 or 0 in samples.shape:
        raise WannError(f"{where} has shape {samples.shape}; expected (n_samples, n_inputs), both at least 1")
    if inputs is not None and samples.shape[1] != len(inputs):
        raise WannError(f"{where} has {samples.shape[1]} columns; expected {len(inputs)}")
    if inputs is not None and columns not in (None, inputs) and set(columns or ()) == set(inputs):
        raise WannError(f"{where} has the columns of X in another order: {shown(list(columns or ()))}")
    _refuse_non_finite(samples, where, columns)
    return samples


def _column_names(x: object) -> tuple[str, ...] | None:
    """The names of a DataFrame's columns, if all are text and differ; None for everything else."""
    columns = getattr(x, "columns", None)
    if not isinstance(columns, Iterable) or isinstance(x, type):
        return None
    names = list(columns)
    usable = all(isinstance(name, str) and name for name in names) and len(set(names)) == len(names)
    return tuple(map(str, names)) if usable else None


def _refuse_text(x: Any, columns: tuple[str, ...] | None, where: str) -> None:
    """Names the first column that holds text or other things than numbers, where the samples have columns."""
    values = np.asarray(x, dtype=object) if hasattr(x, "__array__") or isinstance(x, list | tuple) else np.empty(0)
    if values.ndim != 2:
        return
    no_number = [[not isinstance(v, bool | np.bool_ | None) and not is_number(v) for v in row] for row in values]
    for row, column in np.argwhere(no_number)[:1]:
        name, value = columns[column] if columns else column, values[row, column]
        what = "text" if isinstance(value, str) else "other things than numbers"
        raise WannError(
            f"{where}: column {name} holds {what} ({shown(value)} in row {row}); expected an array of numbers: encode "
            "it, or leave it out"
        )


def _aligned(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples where the first begins with a cache line, so that vectors of them do not lie across two."""
    line = 64
    memory = np.empty(x.nbytes + line, dtype=np.uint8)
    begin = -memory.ctypes.data % line
    aligned = memory[begin : begin + x.nbytes].view(np.float32).reshape(x.shape)
    aligned[...] = x
    return aligned


def _targets(y: ArrayLike, n_samples: int, where: str, n_outputs: int | None = None) -> NDArray[np.float32]:
    targets: NDArray[np.float32] = np.ascontiguousarray(as_numbers(y, where))
    if targets.ndim == 1:
        targets = targets[:, None]
    if targets.ndim != 2 or len(targets) != n_samples or targets.shape[1] == 0:
        raise WannError(f"{where} has shape {targets.shape}; expected ({n_samples},) or ({n_samples}, n_outputs)")
    if n_outputs is not None and targets.shape[1] != n_outputs:
        raise WannError(f"{where} has {targets.shape[1]} targets for each sample; expected {n_outputs}")
    _refuse_non_finite(targets, where)
    return targets


def _refuse_non_finite(values: NDArray[Any], where: str, columns: tuple[str, ...] | None = None) -> None:
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        name = columns[column] if columns else column
        raise WannError(f"{where}: row {row}, column {name} is {values[row, column]}; every value must be finite in float32")


def _target_names(y: object, n: int) -> tuple[str, ...]:
    """Names of a DataFrame's columns or of a Series, or y, or y0, y1 and so on."""
    name = getattr(y, "name", None)
    if n == 1 and isinstance(name, str) and name:
        return (name,)
    return _column_names(y) or (("y",) if n == 1 else tuple(f"y{i}" for i in range(n)))


def _input_names(inputs: Sequence[str] | None, x: object, n: int) -> tuple[str, ...]:
    """Names that were given, those of the samples' columns, or x0, x1 and so on."""
    if inputs is None:
        return _column_names(x) or tuple(f"x{i}" for i in range(n))
    names = check_names(inputs, "inputs", distinct=True)
    if len(names) != n:
        raise WannError(f"{len(names)} names of inputs for {n} columns")
    return names
