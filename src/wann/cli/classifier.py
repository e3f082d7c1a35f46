"""What ``wann evaluate`` says about a classifier."""

import json
from pathlib import Path
from typing import Any

import click

from wann.classification import ClassifierEvaluation, evaluate_classifier
from wann.network import Network
from wann.tasks.data import Classification


def report(
    network: Network,
    task: Classification,
    source: str,
    *,
    draws: int,
    weights: tuple[float, ...],
    seed: int,
    threads: int | None,
    plot: Path | None,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    """Scores a classifier on held-out samples, and prints, draws and writes what came out."""
    from wann.cli.arguments import csv_text
    from wann.files import write_text

    found = evaluate_classifier(network, task, weights=weights, draws=draws, seed=seed, threads=threads)
    if plot:
        from wann.draw.classes import draw_classes

        draw_classes(found, plot)
    if csv_file:
        write_text(csv_file, csv_text(_rows(found)))
    if as_json:
        click.echo(json.dumps({"network": source, **found.to_dict()}, indent=2))
    else:
        _print(found)


def _rows(found: ClassifierEvaluation) -> list[dict[str, Any]]:
    """A row for each class and weight, and one for all classes at each weight."""
    rows = []
    for weight, accuracy, classes in zip(found.weights, found.accuracy, found.class_accuracy, strict=True):
        rows.append({"weight": weight, "class": "all", "accuracy": accuracy})
        rows += [{"weight": weight, "class": c, "accuracy": a} for c, a in zip(found.classes, classes, strict=True)]
    return rows


def _print(found: ClassifierEvaluation) -> None:
    click.echo(f"{found.task}: accuracy on {found.n_samples} samples ({found.split})\n")
    random = found.random_weight
    lines = [
        ("random shared weight", f"{100 * random.mean:6.1f} % ± {100 * random.std:.1f}   ({random.n} draws from U(-2, 2))"),
        ("tuned shared weight", f"{100 * found.tuned_accuracy:6.1f} %          (at {found.tuned_weight:.3g})"),
        ("ensemble, one vote a weight", f"{100 * found.vote_accuracy:6.1f} %"),
        ("ensemble, mean of softmax", f"{100 * found.softmax_accuracy:6.1f} %"),
        (
            "trained weights",
            "     –            (wann tune finds them)"
            if found.trained_accuracy is None
            else f"{100 * found.trained_accuracy:6.1f} %",
        ),
    ]
    for label, text in lines:
        click.echo(f"  {label:30}{text}")
    width = max(8, *(len(c) for c in found.classes))
    click.echo("\naccuracy of each class in % at each weight")
    click.echo(f"  {'class':{width}}" + "".join(f"{w:>8g}" for w in found.weights))
    for c, name in enumerate(found.classes):
        click.echo(f"  {name:{width}}" + "".join(f"{100 * row[c]:8.1f}" for row in found.class_accuracy))
    click.echo(f"  {'all':{width}}" + "".join(f"{100 * a:8.1f}" for a in found.accuracy))
