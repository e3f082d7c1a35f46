"""A network as it is printed: what it is made of, where it comes from, and its scores, a line for each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields

from wann.arguments import counted, listed
from wann.errors import WannError
from wann.networks.metadata import (
    AccuracyRecord,
    EvaluationRecord,
    FitRecord,
    Origin,
    ScoreRecord,
    ScoresRecord,
    SearchScore,
)
from wann.networks.network import Network


def table(network: Network) -> str:
    """The network's sizes, its parts, and what its metadata say of it."""
    return "\n".join([sizes(network), *_rows(_parts(network)), *_told(network)])


def sizes(network: Network) -> str:
    """How large it is, in a line."""
    return f"{counted(network.n_hidden, 'hidden node')}, {counted(network.n_connections, 'connection')}"


def score_lines(network: Network) -> list[str]:
    """The scores that its metadata hold, a line for each: accuracies, how well targets are predicted, or rewards.

    Raises:
        WannError: The metadata hold something else there.
    """
    accuracy = AccuracyRecord.of(network)
    if accuracy is not None:
        return _accuracy_lines(accuracy)
    scores = ScoresRecord.of(network) or EvaluationRecord.of(network)
    if scores is not None:
        return _fit_lines(scores.fits) if scores.fits else _reward_lines(scores)
    found = SearchScore.of(network)
    return [] if found is None else [_score("mean reward in its search", f"{found.mean_reward:8.4g}")]


def _reward_lines(scores: EvaluationRecord) -> list[str]:
    named = {field.name: getattr(scores, field.name) for field in fields(scores)}
    conditions = {name.replace("_", " "): score for name, score in named.items() if isinstance(score, ScoreRecord)}
    return [_score(label, f"{score.mean:8.1f} ± {score.std:.1f}") for label, score in conditions.items()]


def _fit_lines(fits: Mapping[str, FitRecord]) -> list[str]:
    cells = {name.replace("_", " "): f"R² {r2_text(fit.r2)}, RMSE {error_text(fit.rmse)}" for name, fit in fits.items()}
    return [_score(label, f"  {text}") for label, text in cells.items()]


def r2_text(r2: float | None) -> str:
    """R², for people."""
    return "–" if r2 is None else f"{r2:.3f}"


def error_text(error: float | None) -> str:
    """A root of the mean squared error with four digits, for people."""
    return "–" if error is None else f"{error:#.4g}".rstrip(".")


def _accuracy_lines(accuracy: AccuracyRecord) -> list[str]:
    random = accuracy.random_weight
    lines = [_score("random shared weight", f"{100 * random.mean:8.1f} % ± {100 * random.std:.1f}")]
    parts = {
        "tuned shared weight": accuracy.tuned_accuracy,
        "ensemble": accuracy.softmax_accuracy,
        "trained": accuracy.trained_accuracy,
    }
    return lines + [_score(label, f"{100 * part:8.1f} %") for label, part in parts.items() if part is not None]


def _score(label: str, cells: str) -> str:
    return f"  {label:26}{cells}"


def _rows(rows: Sequence[tuple[str, str]]) -> list[str]:
    return [f"  {label:10}{text}" for label, text in rows]


def _parts(network: Network) -> list[tuple[str, str]]:
    outputs = sorted({activation.label for activation in network.output_activations})
    rows = [("inputs", listed(network.inputs)), ("outputs", f"{listed(network.outputs)}; {', '.join(outputs)}")]
    if network.hidden:
        kinds = Counter(activation.label for activation in network.hidden)
        rows.append(("hidden", ", ".join(f"{n} {label}" for label, n in kinds.most_common())))
    tuned = [] if network.shared_weight is None else [f"shared {network.shared_weight:.4g}"]
    if network.weights is not None:
        tuned.append("individual")
    return [*rows, ("weights", f"tuned: {', '.join(tuned)}" if tuned else "none tuned: call it with one")]


def _told(network: Network) -> list[str]:
    """What the metadata say; one line where they cannot be read."""
    try:
        return [*_rows(_origin(network)), *score_lines(network)]
    except WannError as error:
        return _rows([("metadata", str(error))])


def _origin(network: Network) -> list[tuple[str, str]]:
    """Where it comes from, as far as that is known."""
    origin = Origin.of(network)
    told: dict[str, object] = {"seed": origin.seed, "generation": origin.generation}
    found = [f"{name} {value}" for name, value in told.items() if value is not None]
    return [("task", origin.task), *([("search", ", ".join(found))] if found else [])] if origin.task else []
