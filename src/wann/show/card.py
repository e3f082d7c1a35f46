"""A card for a model hub: Markdown with front matter in the form ``model-index``, beside the network and its picture."""

import itertools
import json
from pathlib import Path
from typing import Any

from wann._version import __version__
from wann.arguments import check_text, counted
from wann.files import write_text
from wann.networks.metadata import (
    AccuracyRecord,
    EvaluationRecord,
    Origin,
    QuantizationRecord,
    ScoresRecord,
    SearchRecord,
    TrainingRecord,
    TuningRecord,
)
from wann.networks.network import Network
from wann.networks.table import error_text, r2_text
from wann.scoring.evaluation import CONDITIONS
from wann.show.pictures.network import draw_network

#: What is in the folder of a card.
CARD, NETWORK, PICTURE = "README.md", "network.json", "network.png"
_PAPER = "https://arxiv.org/abs/1906.04358"

#: By the first kind of metric, what hubs call the task, and the heads of the table's columns.
_TASKS = {"accuracy": "tabular-classification", "r2": "tabular-regression", "rmse": "tabular-regression"}
_HEADS = {"accuracy": "accuracy", "r2": "R² | RMSE", "rmse": "RMSE", "mean_reward": "reward: mean ± standard deviation"}

#: Label, kind of metric, mean, and standard deviation, where there is one.
Metric = tuple[str, str, float, float | None]


def has_scores(network: Network) -> bool:
    """Whether the network's file tells scores that a card can show."""
    return bool(metrics_of(network))


def write_card(network: Network, folder: str | Path, *, name: str, task: str, license_id: str | None = None) -> list[Path]:
    """Writes a folder that is ready for a model hub: a card, the network, and its picture.

    Args:
        network: The network; its metadata hold the scores (`Evaluation.entries`).
        folder: Where to write.
        name: Of the model.
        task: What the network does, by the task's name.
        license_id: Of the network, such as ``"apache-2.0"``; none is named by default.

    Returns:
        The files.

    Raises:
        WannError: A name is empty, or the metadata are of a later version.
    """
    check_text(name, "name")
    if license_id is not None:
        check_text(license_id, "license_id")
    files = [Path(folder) / file for file in (CARD, NETWORK, PICTURE)]
    files[0].parent.mkdir(parents=True, exist_ok=True)
    network.save(files[1])
    draw_network(network, files[2])
    write_text(files[0], card(network, name=name, task=task, license_id=license_id))
    return files


def card(network: Network, *, name: str, task: str, license_id: str | None = None) -> str:
    """The text of the card; see `write_card`."""
    found = metrics_of(network)
    body = [
        f"# {_plain(name)}",
        _about(network, task),
        f"![The network]({PICTURE})",
        "## Scores",
        _table(found) if found else "The network's file tells no scores.",
        "## How to load it",
        _loading(network),
        "## Where it comes from",
        _provenance(network),
        "## Licence",
        license_id or "None is named.",
    ]
    return f"---\n{_front_matter(found, name, task, license_id)}---\n\n" + "\n\n".join(body) + "\n"


def metrics_of(network: Network) -> list[Metric]:
    """The scores in the network's metadata, by the names of the conditions: accuracies where labels are classes, R² and the
    root of the mean squared error where they are numbers, else rewards.
    """
    accuracy = AccuracyRecord.of(network)
    if accuracy is not None:
        rows: list[tuple[str, float | None, float | None]] = [
            ("random shared weight", accuracy.random_weight.mean, accuracy.random_weight.std),
            ("tuned shared weight", accuracy.tuned_accuracy, None),
            ("ensemble of untrained weights", accuracy.softmax_accuracy, None),
            ("trained weights", accuracy.trained_accuracy, None),
        ]
        return [(label, "accuracy", mean, std) for label, mean, std in rows if mean is not None]
    scores = EvaluationRecord.of(network) or ScoresRecord.of(network)
    if scores is None:
        return []
    if scores.fits:
        fits = [(CONDITIONS[name], kind, getattr(fit, kind)) for name, fit in scores.fits.items() for kind in ("r2", "rmse")]
        return [(label, kind, value, None) for label, kind, value in fits if value is not None]
    found = [(label, getattr(scores, condition)) for condition, label in CONDITIONS.items()]
    return [(label, "mean_reward", score.mean, score.std) for label, score in found if score is not None]


def _front_matter(metrics: list[Metric], name: str, task: str, license_id: str | None) -> str:
    """YAML; its texts are JSON's, which YAML reads as they are."""
    kind = _TASKS.get(metrics[0][1] if metrics else "", "reinforcement-learning")
    lines = [f"license: {_quoted(license_id)}"] if license_id else []
    tags = ["weight-agnostic-neural-network", "neuroevolution", "wann", kind]
    lines += ["library_name: wann", "tags:", *(f"- {tag}" for tag in tags)]
    if not metrics:
        return "\n".join(lines) + "\n"
    lines += ["model-index:", f"- name: {_quoted(name)}", "  results:"]
    for label, metric, mean, _ in metrics:
        lines += [
            "  - task:",
            f"      type: {kind}",
            f"      name: {_quoted(task)}",
            "    dataset:",
            f"      type: {_quoted(task)}",
            f"      name: {_quoted(task)}",
            "    metrics:",
            f"    - type: {metric}",
            f"      value: {float(mean)!r}",
            f"      name: {_quoted(f'{metric} ({label})')}",
            "      verified: false",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str | None) -> str:
    return json.dumps(text)


def _plain(text: str) -> str:
    """Text of anybody's for Markdown: one line, and nothing that it would read as a mark."""
    line = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|!" else c for c in line)


def _about(network: Network, task: str) -> str:
    sizes = ", ".join(
        counted(n, what)
        for n, what in (
            (network.n_inputs, "input"),
            (network.n_hidden, "hidden node"),
            (network.n_outputs, "output"),
            (network.n_connections, "connection"),
        )
    )
    return (
        f"A weight agnostic neural network ([Gaier and Ha 2019]({_PAPER})) for the task {_plain(task)}: {sizes}. Its "
        "topology does the task with one weight that all connections share."
    )


def _table(metrics: list[Metric]) -> str:
    kind = metrics[0][1]
    lines = [f"| weights | {_HEADS[kind]} |", "| --- | --- |" + " --- |" * (kind == "r2")]
    for label, rows in itertools.groupby(metrics, key=lambda metric: metric[0]):
        lines.append(f"| {label} | {' | '.join(_cell(*row[1:]) for row in rows)} |")
    where = "episodes" if kind == "mean_reward" else "held-out samples"
    return "\n".join(lines) + f"\n\nMeasured on {where} that neither the search nor the tuning has seen."


def _cell(kind: str, mean: float, std: float | None) -> str:
    if kind == "r2":
        return r2_text(mean)
    if kind == "rmse":
        return error_text(mean)
    scale, places, unit = (100, 1, " %") if kind == "accuracy" else (1, 3 if abs(mean) < 10 else 1, "")
    spread = "" if std is None else f" ± {scale * std:.{places}f}"
    return f"{scale * mean:.{places}f}{spread}{unit}"


def _loading(network: Network) -> str:
    weights = [
        f"outputs = network(inputs, weight={network.shared_weight!r})  # the shared weight that was tuned"
        if network.shared_weight is not None
        else "outputs = network(inputs, weight=1.0)  # any shared weight"
    ]
    if network.weights is not None:
        weights.append("outputs = network(inputs)  # with its individual weights")
    return "\n".join(
        [
            "```python",
            "import wann",
            "",
            f'network = wann.Network.load("{NETWORK}")',
            f"inputs = [0.0] * {network.n_inputs}",
            *weights,
            "```",
            "",
            f"`wann play {NETWORK}` shows it at work, `wann explain {NETWORK}` tells what it does, and "
            f"`wann export {NETWORK} --to onnx` takes it elsewhere.",
        ]
    )


def _provenance(network: Network) -> str:
    origin = Origin.of(network)
    version = origin.wann_version or __version__
    lines = [f"- wann {_plain(version)}"]
    records: tuple[tuple[str, Any], ...] = (
        ("search", SearchRecord.of(network)),
        ("training", TrainingRecord.of(network)),
        ("quantization", QuantizationRecord.of(network)),
        ("tuning of the individual weights", TuningRecord.of(network)),
    )
    for label, record in records:
        if record is not None:
            lines.append(f"- {label}: {_facts(record.to_dict())}")
    if origin.seed is not None:
        lines.append(f"- seed {origin.seed}")
    return "\n".join(lines)


def _facts(values: dict[str, Any]) -> str:
    """The plain facts of a record; what has parts of its own is in the network's file."""
    told = {k: v for k, v in values.items() if isinstance(v, str | int | float)}
    return "; ".join(
        f"{name.replace('_', ' ')} {f'{v:,}' if isinstance(v, int) else _plain(str(v))}" for name, v in told.items()
    )
