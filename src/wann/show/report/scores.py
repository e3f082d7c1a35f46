"""How good a network is, as the page tells it: by weight, and under the paper's four conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.networks.metadata import EvaluationRecord
from wann.networks.network import Network
from wann.scoring.classification import evaluate_classifier
from wann.scoring.evaluation import CONDITIONS, RegressionEvaluation, evaluate_rewards, weight_profile
from wann.tasks import Task
from wann.tasks.protocol import HasSamples, classes_of, samples_of, targets_of
from wann.training.shared_weight import tune_shared_weight

#: Episodes at each weight of the sweep for the best shared weight, where the file tells none: a quarter of the usual ones.
_TUNING_EPISODES = 8
_RANDOM = "Random weights are from U(−2, 2): one for each connection, or one for all (random shared weight)."


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
    """The accuracy at each weight, with its standard deviation over the classes."""
    which = "held-out " if accuracy["heldOut"] else ""
    return {
        "weights": accuracy["weights"],
        "mean": accuracy["all"],
        "std": rounded(np.nanstd(np.array(accuracy["byClass"], dtype=float), axis=0), 4),
        "note": f"over {accuracy['samples']} {which}samples; the spread is over the classes",
    }


def scores(network: Network, task: Task, episodes: int, threads: int) -> dict[str, Any]:
    """The scores that the file tells, or fresh ones: rewards, of a classifier its accuracy."""
    if classes_of(task) is not None:
        return _accuracies(network, task, threads)
    if targets_of(task) is not None:
        return _fits(network, task, episodes, threads)
    evaluation = _told_scores(network)
    if evaluation is None:
        if network.shared_weight is None:
            tuned = tune_shared_weight(network, task, episodes=_TUNING_EPISODES, threads=threads)
            network = network.with_tuning(shared_weight=tuned.weight)
        fresh = evaluate_rewards(network, task, episodes=episodes, threads=threads)
        evaluation = EvaluationRecord.read(fresh.to_dict(), "scores")
    rows = [_row(f"weight {number(s.weight)}", s.mean, s.std, s.n) for s in evaluation.weights or ()]
    for name, label in CONDITIONS.items():
        score = getattr(evaluation, name)
        if score:
            rows.append(_row(_told_at(name, label, evaluation.shared_weight), score.mean, score.std, score.n))
    note = f"Reward on fresh episodes, which neither the search nor the tuning has seen. {_RANDOM}"
    return {"columns": ["mean", "standard deviation", "trials"], "rows": rows, "note": note}


def _row(label: str, *cells: float | str) -> dict[str, Any]:
    return {"label": label, "cells": list(cells)}


def _told_at(name: str, label: str, weight: float | None) -> str:
    return f"{label} ({number(weight)})" if name == "tuned_shared_weight" and weight is not None else label


def _fits(network: Network, task: Task, episodes: int, threads: int) -> dict[str, Any]:
    """How well targets are predicted at each weight and under each condition."""
    found = evaluate_rewards(network, task, episodes=episodes, threads=threads)
    assert isinstance(found, RegressionEvaluation)
    rows = [_fit_row(found, f"weight {number(w)}", score.mean) for w, score in found.weights.items()]
    for name, score in found.conditions.items():
        if score:
            rows.append(_fit_row(found, _told_at(name, CONDITIONS[name], found.shared_weight), score.mean))
    unit = "" if found.target_scale == 1 else " RMSE is in the target's units."
    note = f"On {_which_samples(task, found.n_samples)}.{unit} {_RANDOM}"
    return {"columns": ["R²", "RMSE", "reward"], "rows": rows, "note": note}


def _fit_row(found: RegressionEvaluation, label: str, reward: float) -> dict[str, Any]:
    fit = found.fit(reward)
    return _row(label, "–" if fit.r2 is None else f"{fit.r2:.3f}".replace("-", "−"), fit.rmse, reward)


def _accuracies(network: Network, task: Task, threads: int) -> dict[str, Any]:
    """What a classifier gets right under the paper's conditions for classification."""
    found = evaluate_classifier(network, task, threads=threads)
    random = found.random_weight
    parts: dict[str, float | None] = {f"weight {number(w)}": a for w, a in zip(found.weights, found.accuracy, strict=True)}
    parts |= {
        f"random shared weight (mean of {random.n})": random.mean,
        f"tuned shared weight ({number(round(found.tuned_weight, 3))})": found.tuned_accuracy,
        "ensemble of these weights, one vote each": found.vote_accuracy,
        "ensemble of these weights, mean of softmax": found.softmax_accuracy,
        "tuned weights": found.trained_accuracy,
    }
    rows = [_row(name, f"{100 * part:.1f} %") for name, part in parts.items() if part is not None]
    note = f"On {_which_samples(task, found.n_samples)}. Random weights are drawn from U(−2, 2)."
    return {"columns": ["accuracy"], "rows": rows, "note": note}


def _which_samples(task: Task, n: int) -> str:
    return (
        f"{n} samples"
        if _held_out(task) is None
        else f"{n} held-out samples, which neither the search nor the tuning has seen"
    )


def _told_scores(network: Network) -> EvaluationRecord | None:
    """The scores in the file; None where there are none, or where the network has been tuned since."""
    found = EvaluationRecord.of(network)
    if found is None or found.weights is None:
        return None
    tuned_since = network.weights is not None and not found.tuned_weights
    tuned_since |= network.shared_weight is not None and found.shared_weight != network.shared_weight
    return None if tuned_since else found


def _held_out(task: Task) -> HasSamples | None:
    samples = samples_of(task)
    return None if samples is None else samples.held_out


def number(value: float) -> str:
    """A number for reading, with a true minus sign."""
    return f"{value:g}".replace("-", "−")


def rounded(values: Sequence[float] | NDArray[np.floating], digits: int) -> list[float]:
    """Numbers as JSON holds them, with so many decimals."""
    return np.round(np.asarray(values, dtype=float), digits).tolist()  # type: ignore[no-any-return]
