"""Tasks on labelled data: classification and regression (section 4.2 of the paper).

A lane is a weight and a batch; the reward is the mean score of the batch's samples.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import _core, datasets
from wann.activations import ALL_ACTIVATIONS, Activation
from wann.errors import WannError
from wann.network import Network, as_batch
from wann.tasks.protocol import Rollouts, Task

#: Samples in a batch, as in the paper.
BATCH = 1000


class DataTask:
    """What classification and regression have in common; use `Classification` or `Regression`.

    The networks' outputs are linear, and hidden nodes have no step activation: its flat parts tell nothing about how far a
    sample is from being right.
    """

    output_activation: Activation = Activation.LINEAR
    hidden_activations: tuple[Activation, ...] = tuple(a for a in ALL_ACTIVATIONS if a is not Activation.STEP)

    def __init__(
        self, x: NDArray[np.float32], inputs: tuple[str, ...], outputs: tuple[str, ...], batch: int | None, name: str
    ) -> None:
        self.name = name
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
        """Mean scores over all samples at shared weights, shape (n_networks, n_weights)."""
        values = np.ascontiguousarray(weights, dtype=np.float32).reshape(-1)
        return _core.score_shared(as_batch(networks), self.x, *self._labels(), self._every_row, values, threads)

    def _labels(self) -> tuple[NDArray[np.int32] | None, NDArray[np.float32] | None]:
        """Classes and targets as the core takes them; one of the two is None."""
        raise NotImplementedError

    def _hold_out(self, task: Self) -> None:
        task.split, task.batch = "held out", None
        self.held_out = task


class Classification(DataTask):
    """A task on labelled samples: the reward is the mean log-likelihood of the classes under the softmax of the outputs.

    Args:
        X: Samples, shape (n_samples, n_inputs).
        y: The class of each, shape (n_samples,); any labels that NumPy can sort.
        held_out: Samples and labels to report on, which a search never sees.
        batch: Samples in a batch; None for all of them in every batch.
        inputs: Names of the columns.
        name: For files and reports.

    Raises:
        WannError: A value is missing or infinite, shapes do not fit, or there is only one class.
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
        labels = _one_label_each(y, len(x), "y")
        self.classes, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes) < 2:
            raise WannError(f"y holds one class only ({self.classes[0]!s}); at least two are needed")
        super().__init__(x, _input_names(inputs, x.shape[1]), tuple(map(str, self.classes)), batch, name)
        self.y = numbers.astype(np.int32).reshape(-1)
        if held_out is not None:
            self._hold_out(self._same_classes(*held_out))

    def _same_classes(self, X: ArrayLike, y: ArrayLike) -> "Classification":  # noqa: N803
        """A task on other samples of the same classes."""
        x = _samples(X, "the held-out X", self.x.shape[1])
        labels = _one_label_each(y, len(x), "the held-out y")
        place = np.minimum(np.searchsorted(self.classes, labels), len(self.classes) - 1)
        for label in labels[self.classes[place] != labels][:1]:
            raise WannError(f"the held-out y holds the class {label!s}, which y does not have")
        task = object.__new__(type(self))
        DataTask.__init__(task, x, self.inputs, self.outputs, None, self.name)
        task.classes, task.y = self.classes, place.astype(np.int32)
        return task

    def subset(self, rows: NDArray[np.int64]) -> "Classification":
        """A task on some of the samples, of the same classes, whether they occur or not, and without held-out samples."""
        task = object.__new__(type(self))
        DataTask.__init__(task, self.x[rows], self.inputs, self.outputs, self.batch, self.name)
        task.classes, task.y = self.classes, self.y[rows]
        return task

    def _labels(self) -> tuple[NDArray[np.int32] | None, NDArray[np.float32] | None]:
        return self.y, None


class Regression(DataTask):
    """A task on samples with targets: the reward is minus the mean squared error.

    Args:
        X: Samples, shape (n_samples, n_inputs).
        y: Targets, shape (n_samples,) or (n_samples, n_outputs). Targets near 0 with a standard deviation near 1 are the
            easiest for networks whose weights are all the same.
        held_out: Samples and targets to report on, which a search never sees.
        batch: Samples in a batch; None for all of them in every batch.
        inputs: Names of the columns.
        outputs: Names of the targets.
        name: For files and reports.

    Raises:
        WannError: A value is missing or infinite, or shapes do not fit.
    """

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
        default = ("y",) if targets.shape[1] == 1 else tuple(f"y{i}" for i in range(targets.shape[1]))
        super().__init__(
            x, _input_names(inputs, x.shape[1]), tuple(outputs) if outputs is not None else default, batch, name
        )
        if len(self.outputs) != targets.shape[1]:
            raise WannError(f"{len(self.outputs)} names of outputs for {targets.shape[1]} targets")
        self.y = targets
        if held_out is not None:
            x_held_out = _samples(held_out[0], "the held-out X", x.shape[1])
            self._hold_out(
                type(self)(
                    x_held_out,
                    _targets(held_out[1], len(x_held_out), "the held-out y"),
                    batch=None,
                    inputs=self.inputs,
                    outputs=self.outputs,
                    name=name,
                )
            )

    def _labels(self) -> tuple[NDArray[np.int32] | None, NDArray[np.float32] | None]:
        return None, self.y


def for_reports(task: Task) -> Task:
    """What a score is to be reported on: a task's held-out samples, where it has some, else the task itself."""
    held_out = task.held_out if isinstance(task, DataTask) else None
    return task if held_out is None else held_out


def from_data_set(data: datasets.DataSet, **options: Any) -> Classification:
    """The task of a named data set; `options` are those of `Classification`."""
    return Classification(
        data.x_train,
        np.array(data.classes)[data.y_train],
        held_out=(data.x_test, np.array(data.classes)[data.y_test]),
        inputs=data.inputs,
        name=data.name,
        **options,
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
    if batch is None:
        return None
    if isinstance(batch, bool) or not isinstance(batch, int | np.integer) or not 1 <= batch <= 10**9:
        raise WannError(f"batch is {batch!r}; it must be None or an integer from 1 to 1000000000")
    return int(batch)


def _samples(x: ArrayLike, where: str, n_inputs: int | None = None) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):
            samples = np.ascontiguousarray(x, dtype=np.float32)
    except (TypeError, ValueError):
        raise WannError(f"{where}: expected an array of numbers, shape (n_samples, n_inputs)") from None
    if samples.ndim != 2 or 0 in samples.shape:
        raise WannError(f"{where} has shape {samples.shape}; expected (n_samples, n_inputs), both at least 1")
    if n_inputs is not None and samples.shape[1] != n_inputs:
        raise WannError(f"{where} has {samples.shape[1]} columns; expected {n_inputs}")
    _refuse_non_finite(samples, where)
    return samples


def _aligned(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples where the first begins with a cache line, so that vectors of them do not lie across two."""
    line = 64
    memory = np.empty(x.nbytes + line, dtype=np.uint8)
    begin = -memory.ctypes.data % line
    aligned = memory[begin : begin + x.nbytes].view(np.float32).reshape(x.shape)
    aligned[...] = x
    return aligned


def _targets(y: ArrayLike, n_samples: int, where: str) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):
            targets = np.ascontiguousarray(y, dtype=np.float32)
    except (TypeError, ValueError):
        raise WannError(f"{where}: expected numbers") from None
    if targets.ndim == 1:
        targets = targets[:, None]
    if targets.ndim != 2 or len(targets) != n_samples or targets.shape[1] == 0:
        raise WannError(f"{where} has shape {targets.shape}; expected ({n_samples},) or ({n_samples}, n_outputs)")
    _refuse_non_finite(targets, where)
    return targets


def _one_label_each(y: ArrayLike, n_samples: int, where: str) -> NDArray[Any]:
    labels = np.asarray(y)
    if labels.shape != (n_samples,):
        raise WannError(f"{where} has shape {labels.shape}; expected ({n_samples},), one class for each sample")
    if labels.dtype.kind == "f":
        _refuse_non_finite(labels[:, None], where)
    return labels


def _refuse_non_finite(values: NDArray[Any], where: str) -> None:
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise WannError(f"{where}: row {row}, column {column} is {values[row, column]}; every value must be finite")


def _input_names(inputs: Sequence[str] | None, n: int) -> tuple[str, ...]:
    names = tuple(f"x{i}" for i in range(n)) if inputs is None else tuple(inputs)
    if len(names) != n:
        raise WannError(f"{len(names)} names of inputs for {n} columns")
    return names
