"""What ``wann evaluate`` says about a classifier."""

import json
from pathlib import Path
from typing import Any

import click

from wann.classification import ClassifierEvaluation, evaluate_classifier
from wann.config import SearchConfig
from wann.errors import MissingExtraError
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


def compare(
    task: Classification,
    network: Network | None,
    config: SearchConfig,
    folder: Path,
    *,
    draws: int,
    seed: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Compares a WANN (one that is searched for, where none is given) with trained classifiers, on held-out samples."""
    from wann.baselines import classifiers
    from wann.files import write_text
    from wann.search import Search

    if network is None:
        search = Search(task, config, seed=seed, threads=threads)
        for _ in search.run():
            pass
        network = search.champion
    found = evaluate_classifier(network, task, draws=draws, seed=seed, threads=threads)
    baselines, left_out = [], []
    wanted = [classifiers.logistic_regression]
    if classifiers.is_square_image(task):
        wanted.append(classifiers.convolutional_network)
    for make in wanted:
        try:
            baselines.append(make(task, seed=seed))
        except MissingExtraError as error:
            left_out.append(str(error))
    data = {
        "task": task.name,
        "seed": seed,
        "wann": {"connections": network.n_connections, **found.to_dict()},
        "baselines": [b.to_dict() for b in baselines],
        "left_out": left_out,
    }
    write_text(folder / "comparison.json", json.dumps(data, indent=2) + "\n")
    network.save(folder / "wann.json")
    if as_json:
        click.echo(json.dumps(data, indent=2))
        return
    click.echo(f"{task.name}: accuracy on {found.n_samples} samples ({found.split})\n")
    random = found.random_weight
    rows = [
        (f"WANN, {network.n_connections} connections", ""),
        ("  random shared weight", f"{100 * random.mean:6.1f} % ± {100 * random.std:.1f}"),
        ("  tuned shared weight", f"{100 * found.tuned_accuracy:6.1f} %"),
        ("  ensemble of six weights", f"{100 * found.softmax_accuracy:6.1f} %"),
    ]
    if found.trained_accuracy is not None:
        rows.append(("  trained weights", f"{100 * found.trained_accuracy:6.1f} %"))
    rows += [(f"{b.name}, {b.parameters:,} parameters", f"{100 * b.accuracy:6.1f} %") for b in baselines]
    for label, text in rows:
        click.echo(f"{label:44}{text}".rstrip())
    for line in left_out:
        click.echo(f"left out: {line}")
    click.echo(f"\n{folder / 'comparison.json'}")
