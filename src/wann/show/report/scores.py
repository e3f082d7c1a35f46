"""How good a network is, as the page tells it: by weight, and under the paper's four conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.networks.metadata import AccuracyRecord, EvaluationRecord, FitRecord, ScoreRecord
from wann.networks.network import Network
from wann.networks.table import error_text, r2_text
from wann.scoring.classification import evaluate_classifier
from wann.scoring.evaluation import CONDITIONS, evaluate, weight_profile
from wann.tasks import Task
from wann.tasks.protocol import HasSamples, classes_of, samples_of, targets_of
from wann.training.shared_weight import tune_shared_weight

_DRAWS = (
    "Random weights are drawn from U(−2, 2): one for every connection (random weights), or one for all (random shared "
    "weight)."
)
#: Episodes at each weight of the sweep for the best shared weight, where the file tells none: a quarter of the usual ones.
_TUNING_EPISODES = 8


def reward_profile(network: Network, task: Task, points: int, episodes: int, threads: int) -> dict[str, Any]:
    """Mean and standard deviation of the reward at each weight, over the same fresh episodes or all held-out samples."""
    held_out = _held_out(task)
    note = f"over {episodes} fresh episodes" if held_out is None else f"over {held_out.n_samples} held-out samples"
    # All held-out samples make one episode.
    found = weight_profile(network, task, points=points, episodes=1 if held_out else episodes, threads=threads)
    return {
        "weights": rounded(found.weights, 4),
        "mean": rounded([score.mean for score in found.scores], 3),
        "std": rounded([score.std for score in found.scores], 3),
        "note": note,
    }


def accuracy_profile(accuracy: Mapping[str, Any]) -> dict[str, Any]:
    """The accuracy at each weight in per cent, with its standard deviation over the classes."""
    which = "held-out " if accuracy["heldOut"] else ""
    return {
        "weights": accuracy["weights"],
        "mean": rounded(100 * np.array(accuracy["all"]), 2),
        "std": rounded(100 * np.nanstd(np.array(accuracy["byClass"], dtype=float), axis=0), 2),
        "note": f"over {accuracy['samples']} {which}samples; the spread is over the classes",
    }


def scores(network: Network, task: Task, episodes: int, threads: int) -> dict[str, Any]:
    """The scores that the file tells, or fresh ones: a table's columns and rows, and what they are."""
    if classes_of(task) is not None:
        return _accuracies(network, task, threads)
    evaluation = _told_scores(network, fits=targets_of(task) is not None)
    if evaluation is None:
        if network.shared_weight is None:
            tuned = tune_shared_weight(network, task, episodes=_TUNING_EPISODES, threads=threads)
            network = network.with_tuning(shared_weight=tuned.weight)
        fresh = evaluate(network, task, episodes=episodes, threads=threads)
        evaluation = EvaluationRecord.read(fresh.to_dict(), "scores")
    fits = evaluation.fits or {}
    rows = [_row(f"weight {number(s.weight)}", s, s if fits else None) for s in evaluation.weights or ()]
    for name, label in CONDITIONS.items():
        score = getattr(evaluation, name)
        if score:
            weight = evaluation.shared_weight if name == "tuned_shared_weight" else None
            rows.append(_row(_at(label, weight), score, fits.get(name)))
    what = f"Scores on {_samples(evaluation)}" if fits else "Reward on fresh episodes"
    return {
        "columns": ["R²", "RMSE", "reward"] if fits else ["mean", "standard deviation", "trials"],
        "rows": rows,
        "note": f"{what}{_unseen(evaluation.split)}. {_DRAWS}",
    }


def _row(label: str, score: ScoreRecord, fit: FitRecord | None) -> dict[str, Any]:
    if fit is not None:
        return {"label": label, "cells": [r2_text(fit.r2).replace("-", "−"), error_text(fit.rmse), score.mean]}
    return {"label": label, "cells": [score.mean, score.std, f"{score.n:,}"]}


def _accuracies(network: Network, task: Task, threads: int) -> dict[str, Any]:
    """Those that the file tells, or fresh ones."""
    accuracy = _told_accuracies(network)
    if accuracy is None:
        accuracy = AccuracyRecord.read(evaluate_classifier(network, task, threads=threads).to_dict(), "scores")
    at_weights = zip(accuracy.weights or (), accuracy.accuracy or (), strict=False)
    parts: dict[str, float | None] = {
        **{f"weight {number(weight)}": part for weight, part in at_weights},
        "random shared weight": accuracy.random_weight.mean,
        _at("tuned shared weight", accuracy.tuned_weight): accuracy.tuned_accuracy,
        "ensemble, one vote a weight": accuracy.vote_accuracy,
        "ensemble, mean of softmax": accuracy.softmax_accuracy,
        "trained weights": accuracy.trained_accuracy,
    }
    return {
        "columns": ["accuracy"],
        "rows": [{"label": label, "cells": [f"{100 * part:.1f} %"]} for label, part in parts.items() if part is not None],
        "note": f"Accuracy on {_samples(accuracy)}{_unseen(accuracy.split)}. Random shared weights are drawn from U(−2, 2).",
    }


def _samples(record: EvaluationRecord | AccuracyRecord) -> str:
    """Which samples scores are over."""
    count = "" if record.n_samples is None else f"{record.n_samples:,} "
    return f"{count}{(record.split or 'held out').replace(' ', '-')} samples"


def _unseen(split: str | None) -> str:
    """What can be said of all that scores are over, but for the samples of the search."""
    return "" if split == "training" else ", which neither the search nor the tuning has seen"


def _at(label: str, weight: float | None) -> str:
    return label if weight is None else f"{label} ({number(weight)})"


def _told_scores(network: Network, *, fits: bool) -> EvaluationRecord | None:
    """The scores in the file; None where there are none, or where the network has been tuned since."""
    found = EvaluationRecord.of(network)
    if found is None or found.weights is None or (fits and not found.fits):
        return None
    return None if _tuned_since(network, found.shared_weight, bool(found.tuned_weights)) else found


def _told_accuracies(network: Network) -> AccuracyRecord | None:
    """The same of a classifier."""
    found = AccuracyRecord.of(network)
    if found is None or _tuned_since(network, found.tuned_weight, found.trained_accuracy is not None):
        return None
    return found


def _tuned_since(network: Network, weight: float | None, trained: bool) -> bool:
    """Whether the network has tuned weights that scores were not measured with: a shared one, or individual ones."""
    tuned_since = network.weights is not None and not trained
    return tuned_since or (network.shared_weight is not None and weight != network.shared_weight)


def _held_out(task: Task) -> HasSamples | None:
    samples = samples_of(task)
    return None if samples is None else samples.held_out


def number(value: float) -> str:
    """A number for reading, with a true minus sign."""
    return f"{value:g}".replace("-", "−")


def rounded(values: Sequence[float] | NDArray[np.floating], digits: int) -> list[float]:
    """Numbers as JSON holds them, with so many decimals."""
    return np.round(np.asarray(values, dtype=float), digits).tolist()  # type: ignore[no-any-return]
