"""What a network file says about itself: where the network comes from, how it was made, and how good it is.

`Network.metadata` is a plain dictionary, which may hold anything. This module owns the entries that the package writes: it
alone knows their names and types (docs/network-format.md lists them), and it alone decides which of them stay true when a
network changes. A file may come from somebody else: an entry of another type is refused in one line, where it is read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from wann.arguments import check_integer, check_list, check_mapping, check_number, shown
from wann.errors import WannError
from wann.networks.network import Network

#: The version of the entries; a file without `VERSION_KEY` has version 1.
VERSION = 1
VERSION_KEY = "metadata_version"

#: True of one topology only: what found it, and what the file was called in the zoo.
_OF_TOPOLOGY = ("generation", "change", "search_score")
#: True of one topology with one set of tuned weights only.
_OF_WEIGHTS = ("tuning", "evaluation", "scores", "accuracy", "name", "date")

_WHERE = "the network's metadata"
_MOST = 2**63
_LARGEST = float(np.finfo(np.float64).max)

Check = Callable[[Any, str], Any]


def for_changed_topology(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that stay true of a network that was made from another one by changing its topology.

    Its origin, its earlier history and what it sees stay, and so do entries that are not the package's. Scores, what is
    said of tuned weights, and the place in the search go.
    """
    return {name: value for name, value in metadata.items() if name not in (*_OF_TOPOLOGY, *_OF_WEIGHTS)}


def for_changed_weights(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that stay true of a network whose tuned weights, shared or individual, were changed.

    The score of its search stays: it is that of the topology at the weights of the search.
    """
    return {name: value for name, value in metadata.items() if name not in _OF_WEIGHTS}


def _count(value: object, where: str) -> int:
    return check_integer(value, where, 0, _MOST)


def _number(value: object, where: str) -> float:
    return check_number(value, where, -_LARGEST, _LARGEST)


def _numbers(value: object, where: str) -> tuple[float, ...]:
    return tuple(_number(entry, f"{where}: an entry") for entry in check_list(value, where, "numbers"))


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise WannError(f"{where} is {shown(value)}; it must be text")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    return tuple(_text(entry, f"{where}: an entry") for entry in check_list(value, where, "texts"))


def _mapping(value: object, where: str) -> dict[str, Any]:
    return check_mapping(value, where)


def _by(check: Check) -> dict[str, Check]:
    """A field that is checked by a function."""
    return {"check": check}


def _maybe(check: Check) -> dict[str, Check]:
    """The same of a field that may be None."""
    return {"check": lambda value, where: None if value is None else check(value, where)}


@dataclass(frozen=True, kw_only=True)
class Record:
    """A part of the metadata; see the classes that are made of it. A field is None where the file does not tell it."""

    KEY: ClassVar[str] = ""  #: under which the metadata hold it

    @classmethod
    def of(cls, network: Network) -> Self | None:
        """What the network's metadata say; None where they do not say it.

        Raises:
            WannError: They hold something else there, or are of a later version.
        """
        return cls.within(network.metadata)

    @classmethod
    def within(cls, metadata: Mapping[str, Any]) -> Self | None:
        """The same of metadata that are at hand."""
        _check_version(metadata)
        value = metadata.get(cls.KEY)
        return None if value is None else cls.read(value, f"{_WHERE}: {cls.KEY}")

    @classmethod
    def read(cls, value: object, where: str) -> Self:
        """The record from what JSON held; entries that are not its fields are passed over.

        Raises:
            WannError: It is no dictionary, or a field has the wrong type.
        """
        data = check_mapping(value, where)
        return cls(**{f.name: f.metadata["check"](data.get(f.name), f"{where}: {f.name}") for f in fields(cls)})

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them, without those that are None."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: _plain(value) for name, value in values.items() if value is not None}

    def entries(self) -> dict[str, Any]:
        """What to put into a network's metadata: ``network.with_metadata(**record.entries())``."""
        return {self.KEY: self.to_dict()}


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value


def _check_version(metadata: Mapping[str, Any]) -> None:
    version = check_integer(metadata.get(VERSION_KEY, 1), f"{_WHERE}: {VERSION_KEY}", 1, _MOST)
    if version > VERSION:
        raise WannError(f"{_WHERE} are of version {version}; this package reads version {VERSION}, so a newer one is needed")


@dataclass(frozen=True, kw_only=True)
class Origin(Record):
    """Where a network comes from. Its fields stand in the metadata side by side, not under a key of their own."""

    task: str | None = field(default=None, metadata=_maybe(_text))  #: that it was searched on, as `wann.make_task` takes it
    task_options: dict[str, Any] | None = field(default=None, metadata=_maybe(_mapping))  #: of that task
    seed: int | None = field(default=None, metadata=_maybe(_count))  #: of the search
    preset: str | None = field(default=None, metadata=_maybe(_text))  #: whose settings the search had
    wann_version: str | None = field(default=None, metadata=_maybe(_text))
    generation: int | None = field(default=None, metadata=_maybe(_count))  #: that found it
    change: dict[str, Any] | None = field(default=None, metadata=_maybe(_mapping))  #: the last one on the way to it
    name: str | None = field(default=None, metadata=_maybe(_text))  #: in the zoo
    date: str | None = field(default=None, metadata=_maybe(_text))  #: of the entry in the zoo, such as 2026-11-24

    @classmethod
    def of(cls, network: Network) -> Self:
        """What the network's metadata say of its origin; all is None where they say nothing.

        Raises:
            WannError: They hold something else there, or are of a later version.
        """
        return cls.within(network.metadata)

    @classmethod
    def within(cls, metadata: Mapping[str, Any]) -> Self:
        """The same of metadata that are at hand."""
        _check_version(metadata)
        return cls.read(metadata, _WHERE)

    def entries(self) -> dict[str, Any]:
        """What to put into a network's metadata, with the version of the entries."""
        return {VERSION_KEY: VERSION, **self.to_dict()}


def saved_task(network: Network) -> tuple[str, dict[str, Any]] | None:
    """The name and the options of the task that the network was searched on; None where its file names none.

    Nothing else of its origin is looked at, so that a network runs whatever else its file says.

    Raises:
        WannError: The options are no dictionary.
    """
    name, options = saved_task_name(network), network.metadata.get("task_options")
    if name is None:
        return None
    return name, check_mapping(options or {}, "task_options in the network's file")


def saved_task_name(network: Network) -> str | None:
    """The name of the task that the network was searched on; None where its file names none."""
    name = network.metadata.get("task")
    return name if isinstance(name, str) else None


@dataclass(frozen=True, kw_only=True)
class SearchScore(Record):
    """How good a champion was in its search, on fresh episodes that it was not chosen on."""

    KEY = "search_score"

    mean_reward: float = field(metadata=_by(_number))  #: over the weights
    best_reward: float | None = field(default=None, metadata=_maybe(_number))  #: at the best of them
    weights: tuple[float, ...] | None = field(default=None, metadata=_maybe(_numbers))  #: of the search
    rewards: tuple[float, ...] | None = field(default=None, metadata=_maybe(_numbers))  #: at each weight
    episodes: int | None = field(default=None, metadata=_maybe(_count))  #: with each weight
    split: str | None = field(default=None, metadata=_maybe(_text))  #: of labelled data, which samples they were


@dataclass(frozen=True, kw_only=True)
class SearchRecord(Record):
    """The search that found a network, and what it took."""

    KEY = "search"

    preset: str | None = field(default=None, metadata=_maybe(_text))
    seed: int | None = field(default=None, metadata=_maybe(_count))
    config: dict[str, Any] | None = field(default=None, metadata=_maybe(_mapping))  #: as `SearchConfig.to_dict` gives it
    champion_generation: int | None = field(default=None, metadata=_maybe(_count))  #: that found it
    started_from: tuple[str, ...] | None = field(
        default=None, metadata=_maybe(_texts)
    )  #: a line for each network that the search began with
    generations: int | None = field(default=None, metadata=_maybe(_count))
    episodes: int | None = field(default=None, metadata=_maybe(_count))
    environment_steps: int | None = field(default=None, metadata=_maybe(_count))


@dataclass(frozen=True, kw_only=True)
class TrainingRecord(Record):
    """The training whose weights became the topology, where no search found it."""

    KEY = "training"

    method: str | None = field(default=None, metadata=_maybe(_text))
    episodes: int | None = field(default=None, metadata=_maybe(_count))
    environment_steps: int | None = field(default=None, metadata=_maybe(_count))
    counted: str | None = field(default=None, metadata=_maybe(_text))  #: how the two numbers were come by


@dataclass(frozen=True, kw_only=True)
class TuningRecord(Record):
    """How the individual weights were found; what a method does not have is None."""

    KEY = "tuning"

    method: str | None = field(default=None, metadata=_maybe(_text))
    task: str | None = field(default=None, metadata=_maybe(_text))
    seed: int | None = field(default=None, metadata=_maybe(_count))
    generations: int | None = field(default=None, metadata=_maybe(_count))  #: of CMA-ES
    population: int | None = field(default=None, metadata=_maybe(_count))
    episodes: int | None = field(default=None, metadata=_maybe(_count))
    environment_steps: int | None = field(default=None, metadata=_maybe(_count))
    scales: tuple[float, ...] | None = field(
        default=None, metadata=_maybe(_numbers)
    )  #: multiples of the weights; the mean over them counted
    step: float | None = field(default=None, metadata=_maybe(_number))  #: that weights were rounded to multiples of
    epochs: int | None = field(default=None, metadata=_maybe(_count))  #: of training by gradient
    kept_epoch: int | None = field(default=None, metadata=_maybe(_count))  #: whose weights these are
    batch: int | None = field(default=None, metadata=_maybe(_count))
    learning_rate: float | None = field(default=None, metadata=_maybe(_number))
    start: float | None = field(default=None, metadata=_maybe(_number))  #: the shared weight that training began with


@dataclass(frozen=True, kw_only=True)
class RefinementRecord(Record):
    """How a network was refined, change by change."""

    KEY = "refinement"

    task: str | None = field(default=None, metadata=_maybe(_text))
    seed: int | None = field(default=None, metadata=_maybe(_count))
    weights: tuple[float, ...] | None = field(
        default=None, metadata=_maybe(_numbers)
    )  #: over which the mean reward was improved
    n_neighbours: int | None = field(default=None, metadata=_maybe(_count))
    rounds: int = field(metadata=_by(_count))
    changes: int = field(metadata=_by(_count))  #: that were made
    environment_steps: int = field(metadata=_by(_count))


def _tuning(value: object, where: str) -> TuningRecord:
    return TuningRecord.read(value, where)


@dataclass(frozen=True, kw_only=True)
class QuantizationRecord(Record):
    """How trained weights became the topology."""

    KEY = "quantization"

    step: float = field(metadata=_by(_number))  #: the weight that became one path
    paths: int | None = field(default=None, metadata=_maybe(_count))
    weights: int | None = field(default=None, metadata=_maybe(_count))  #: that are not 0
    tuning: TuningRecord | None = field(default=None, metadata=_maybe(_tuning))  #: of the weights, as they were quantized


@dataclass(frozen=True, kw_only=True)
class ScoreRecord(Record):
    """Mean and standard deviation of some trials."""

    mean: float = field(metadata=_by(_number))
    std: float = field(metadata=_by(_number))
    n: int = field(metadata=_by(_count))  #: trials


#: What networks are scored under, in the paper's order.
_CONDITIONS = ("random_weights", "random_shared_weight", "tuned_shared_weight", "tuned_weights")


@dataclass(frozen=True, kw_only=True)
class FitRecord(Record):
    """How well targets are predicted, where a task has some."""

    r2: float | None = field(default=None, metadata=_maybe(_number))
    rmse: float | None = field(default=None, metadata=_maybe(_number))


@dataclass(frozen=True, kw_only=True)
class WeightScoreRecord(ScoreRecord, FitRecord):
    """The same at a shared weight."""

    weight: float = field(metadata=_by(_number))


def _fits(value: object, where: str) -> dict[str, FitRecord]:
    fits = check_mapping(value, where)
    return {name: FitRecord.read(fits[name], f"{where}: {name}") for name in _CONDITIONS if name in fits}


def _score(value: object, where: str) -> ScoreRecord:
    return ScoreRecord.read(value, where)


def _weight_scores(value: object, where: str) -> tuple[WeightScoreRecord, ...]:
    return tuple(WeightScoreRecord.read(entry, f"{where}: an entry") for entry in check_list(value, where, "scores"))


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord(Record):
    """Scores on fresh episodes, as `wann.scoring.Evaluation.to_dict` gives them."""

    KEY = "evaluation"

    task: str | None = field(default=None, metadata=_maybe(_text))
    seed: int | None = field(default=None, metadata=_maybe(_count))
    episodes_per_trial: int | None = field(default=None, metadata=_maybe(_count))
    weights: tuple[WeightScoreRecord, ...] | None = field(default=None, metadata=_maybe(_weight_scores))
    mean_reward: float | None = field(default=None, metadata=_maybe(_number))
    best_reward: float | None = field(default=None, metadata=_maybe(_number))
    random_weights: ScoreRecord | None = field(default=None, metadata=_maybe(_score))
    random_shared_weight: ScoreRecord | None = field(default=None, metadata=_maybe(_score))
    tuned_shared_weight: ScoreRecord | None = field(default=None, metadata=_maybe(_score))
    tuned_weights: ScoreRecord | None = field(default=None, metadata=_maybe(_score))
    shared_weight: float | None = field(default=None, metadata=_maybe(_number))  #: that was tuned
    environment_steps: int | None = field(default=None, metadata=_maybe(_count))
    split: str | None = field(default=None, metadata=_maybe(_text))  #: of labelled data: which samples were counted
    n_samples: int | None = field(default=None, metadata=_maybe(_count))
    #: Under each condition, where targets are predicted.
    fits: dict[str, FitRecord] | None = field(default=None, metadata=_maybe(_fits))


@dataclass(frozen=True, kw_only=True)
class ScoresRecord(EvaluationRecord):
    """The same of a network of the zoo or of a comparison, whose weights were tuned before."""

    KEY = "scores"


def _table(value: object, where: str) -> tuple[tuple[float | None, ...], ...]:
    rows = [check_list(row, f"{where}: an entry", "numbers") for row in check_list(value, where, "rows")]
    return tuple(tuple(None if x is None else _number(x, f"{where}: an entry") for x in row) for row in rows)


@dataclass(frozen=True, kw_only=True)
class AccuracyRecord(Record):
    """What a classifier gets right, as parts of 1, as `wann.scoring.ClassifierEvaluation.to_dict` gives it."""

    KEY = "accuracy"

    task: str | None = field(default=None, metadata=_maybe(_text))
    split: str | None = field(default=None, metadata=_maybe(_text))  #: which samples were counted
    n_samples: int | None = field(default=None, metadata=_maybe(_count))
    classes: tuple[str, ...] | None = field(default=None, metadata=_maybe(_texts))
    weights: tuple[float, ...] | None = field(default=None, metadata=_maybe(_numbers))  #: of the ensemble and of the tables
    accuracy: tuple[float, ...] | None = field(default=None, metadata=_maybe(_numbers))  #: at each weight
    class_accuracy: tuple[tuple[float | None, ...], ...] | None = field(
        default=None, metadata=_maybe(_table)
    )  #: at each weight, of each class
    log_likelihood: tuple[float, ...] | None = field(default=None, metadata=_maybe(_numbers))  #: mean, at each weight
    random_weight: ScoreRecord = field(metadata=_by(_score))
    tuned_weight: float | None = field(default=None, metadata=_maybe(_number))
    tuned_accuracy: float = field(metadata=_by(_number))
    vote_accuracy: float | None = field(default=None, metadata=_maybe(_number))
    softmax_accuracy: float = field(metadata=_by(_number))  #: of the ensemble
    trained_accuracy: float | None = field(default=None, metadata=_maybe(_number))


@dataclass(frozen=True, kw_only=True)
class PreparationRecord(Record):
    """What the columns of a table went through before a network saw them: (value - mean) / scale."""

    KEY = "preparation"

    inputs: tuple[str, ...] | None = field(default=None, metadata=_maybe(_texts))
    mean: tuple[float, ...] | None = field(default=None, metadata=_maybe(_numbers))
    scale: tuple[float, ...] | None = field(default=None, metadata=_maybe(_numbers))
    target_mean: float | None = field(default=None, metadata=_maybe(_number))
    target_scale: float | None = field(default=None, metadata=_maybe(_number))


@dataclass(frozen=True, kw_only=True)
class ScalingRecord(Record):
    """What a network sees: (observation - shift) / scale, one number of each for every input."""

    KEY = "observation_scaling"

    shift: tuple[float, ...] = field(metadata=_by(_numbers))
    scale: tuple[float, ...] = field(metadata=_by(_numbers))


def retuned(
    network: Network, *records: Record, weights: ArrayLike | None = None, shared_weight: float | None = None
) -> Network:
    """The same topology with other tuned weights; what its metadata said of the former ones is gone.

    Args:
        network: The topology.
        records: What to say of the new weights.
        weights: Individual weights, shape (n_connections,); the network's own if not given.
        shared_weight: The tuned shared weight; the network's own if not given.
    """
    kept = for_changed_weights(network.metadata)
    added = {name: value for record in records for name, value in record.entries().items()}
    if weights is None and TuningRecord.KEY in network.metadata:
        kept[TuningRecord.KEY] = network.metadata[TuningRecord.KEY]  # of individual weights, which stay
    stale = [name for name in network.metadata if name not in kept]
    return network.without_metadata(*stale).with_tuning(weights=weights, shared_weight=shared_weight, **added)


def annotated(network: Network, *records: Record) -> Network:
    """The same network with these records among its metadata."""
    return network.with_metadata(**{name: value for record in records for name, value in record.entries().items()})
