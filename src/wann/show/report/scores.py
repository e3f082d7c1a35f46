"""How good a network is, as the page tells it: by weight, and under the paper's four conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.networks.metadata import EvaluationRecord, ScoreRecord
from wann.networks.network import Network
from wann.scoring.evaluation import CONDITIONS, evaluate_rewards, weight_profile
from wann.tasks import Task
from wann.tasks.protocol import HasSamples, classes_of, samples_of
from wann.training.shared_weight import tune_shared_weight

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
    """The accuracy at each weight, with its standard deviation over the classes."""
    which = "held-out " if accuracy["heldOut"] else ""
    return {
        "weights": accuracy["weights"],
        "mean": accuracy["all"],
        "std": rounded(np.nanstd(np.array(accuracy["byClass"], dtype=float), axis=0), 4),
        "note": f"over {accuracy['samples']} {which}samples; the spread is over the classes",
    }


def scores(network: Network, task: Task, episodes: int, threads: int) -> dict[str, Any]:
    """The scores that the file tells, or fresh ones."""
    evaluation = _told_scores(network)
    if evaluation is None:
        if network.shared_weight is None:
            tuned = tune_shared_weight(network, task, episodes=_TUNING_EPISODES, threads=threads)
            network = network.with_tuning(shared_weight=tuned.weight)
        fresh = evaluate_rewards(network, task, episodes=episodes, threads=threads)
        evaluation = EvaluationRecord.read(fresh.to_dict(), "scores")
    rows = [{"label": f"weight {number(s.weight)}", **_score(s)} for s in evaluation.weights or ()]
    for name, label in CONDITIONS.items():
        score = getattr(evaluation, name)
        if score:
            weight = evaluation.shared_weight if name == "tuned_shared_weight" else None
            extra = "" if weight is None else f" ({number(weight)})"
            rows.append({"label": label + extra, **_score(score)})
    where = "fresh episodes" if _held_out(task) is None else "held-out samples"
    what = "Reward" if classes_of(task) is None else "Reward (mean log-likelihood)"
    note = (
        f"{what} on {where}, which neither the search nor the tuning has seen. Random weights are drawn from U(−2, 2): one "
        "for every connection (random weights), or one for all (random shared weight)."
    )
    return {"rows": rows, "note": note}


def _told_scores(network: Network) -> EvaluationRecord | None:
    """The scores in the file; None where there are none, or where the network has been tuned since."""
    found = EvaluationRecord.of(network)
    if found is None or found.weights is None:
        return None
    tuned_since = network.weights is not None and not found.tuned_weights
    tuned_since |= network.shared_weight is not None and found.shared_weight != network.shared_weight
    return None if tuned_since else found


def _score(score: ScoreRecord) -> dict[str, float]:
    return {"mean": score.mean, "std": score.std, "n": score.n}


def _held_out(task: Task) -> HasSamples | None:
    samples = samples_of(task)
    return None if samples is None else samples.held_out


def number(value: float) -> str:
    """A number for reading, with a true minus sign."""
    return f"{value:g}".replace("-", "−")


def rounded(values: Sequence[float] | NDArray[np.floating], digits: int) -> list[float]:
    """Numbers as JSON holds them, with so many decimals."""
    return np.round(np.asarray(values, dtype=float), digits).tolist()  # type: ignore[no-any-return]
