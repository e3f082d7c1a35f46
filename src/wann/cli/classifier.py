"""What ``wann evaluate``, ``wann tune`` and ``wann compare`` do with a classifier."""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.messages import StoppedError
from wann.networks.metadata import TuningRecord
from wann.networks.network import Network
from wann.scoring.classification import ClassifierEvaluation
from wann.scoring.classifier_comparison import ClassifierComparison
from wann.tasks.protocol import Task, classes_of
from wann.training.classifier import train_classifier

if TYPE_CHECKING:
    from wann.cli.tune import Job
    from wann.training.classifier import ClassifierTraining


def report(found: ClassifierEvaluation, source: str, *, plot: Path | None, csv_file: Path | None, as_json: bool) -> None:
    """Prints, draws and writes what a classifier's evaluation gave."""
    from wann.cli.arguments import csv_text
    from wann.files import write_text

    if plot:
        from wann.show.pictures.classes import draw_classes

        draw_classes(found, plot)
    if csv_file:
        write_text(csv_file, csv_text(_rows(found)))
    click.echo(json.dumps({"network": source, **found.to_dict()}, indent=2) if as_json else str(found))


def _rows(found: ClassifierEvaluation) -> list[dict[str, Any]]:
    """A row for each class and weight, and one for all classes at each weight."""
    rows = []
    for weight, accuracy, classes in zip(found.weights, found.accuracy, found.class_accuracy, strict=True):
        rows.append({"weight": weight, "class": "all", "accuracy": accuracy})
        rows += [{"weight": weight, "class": c, "accuracy": a} for c, a in zip(found.classes, classes, strict=True)]
    return rows


def tune(network: Network, task: Task, job: "Job", *, as_json: bool) -> None:
    """Trains a classifier's weights by CMA-ES and by gradient from the same start, reports both and keeps the better.

    Raises:
        StoppedError: A signal stopped CMA-ES.
    """
    start = time.monotonic()
    training = train_classifier(
        network,
        task,
        method=job.method,
        trains=job.total > 0,
        epochs=job.epochs,
        sweep=job.sweep,
        by_cma=job.by_cma,
        progress=_show_epoch,
        **job.common,
    )
    training.network.save(job.target)
    if training.stopped:
        raise StoppedError(job.how_to_go_on)
    _report_training(training, task, job, time.monotonic() - start, as_json)


def _show_epoch(epoch: int, log_likelihood: float, accuracy: float) -> None:
    if sys.stderr.isatty():
        click.echo(
            f"\repoch {epoch}: {100 * accuracy:.1f} % on samples kept back ({log_likelihood:.4f}) ", err=True, nl=False
        )


def _report_training(training: "ClassifierTraining", task: Task, job: "Job", seconds: float, as_json: bool) -> None:
    network, left_out = training.network, training.left_out
    labelled = classes_of(task)
    assert labelled is not None  # as training has checked
    samples: Any = labelled.held_out or labelled

    def accuracy(**weights: Any) -> float:
        return float((network(samples.x, **weights).argmax(axis=1) == samples.y).mean())

    shared = accuracy(weight=network.shared_weight)
    rows: list[dict[str, Any]] = [
        {
            "method": trained.method,
            "accuracy": accuracy(weights=trained.network.weights),
            "accuracy_on_samples_for_the_choice": trained.accuracy,
            "log_likelihood_on_samples_for_the_choice": trained.log_likelihood,
            "seconds": round(trained.seconds, 3),
            "kept": trained is training.best,
            "settings": _settings(trained.network),
        }
        for trained in training.trained
    ]
    if as_json:
        data = {
            "file": str(job.target),
            "seconds": round(seconds, 3),
            "task": task.name,
            "split": samples.split,
            "n_samples": samples.n_samples,
            "shared_weight": network.shared_weight,
            "shared_weight_accuracy": shared,
            "trained": rows,
            "left_out": list(left_out),
        }
        click.echo(json.dumps(data, indent=2))
        return
    click.echo(f"{task.name}: tuned in {seconds:.1f} s; accuracy on {samples.n_samples} samples ({samples.split})")
    click.echo(f"  {f'shared weight {network.shared_weight:.4g}':36}{100 * shared:6.2f} %")
    for row in rows:
        kept = ", kept" if row["kept"] and len(rows) > 1 else ""
        label = f"weights by {row['method']}"
        click.echo(f"  {label:36}{100 * row['accuracy']:6.2f} %   ({row['seconds']:.1f} s{kept})")
    for line in left_out:
        click.echo(f"left out: {line}")
    click.echo(f"saved in {job.target}")


def _settings(network: Network) -> dict[str, Any] | None:
    record = TuningRecord.of(network)
    return record.to_dict() if record else None


def report_comparison(comparison: ClassifierComparison, folder: Path, *, as_json: bool) -> None:
    """Prints and saves what a comparison with trained classifiers gave."""
    from wann.files import write_text

    text = json.dumps(comparison.to_dict(), indent=2)
    write_text(folder / "comparison.json", text + "\n")
    comparison.network.save(folder / "wann.json")
    click.echo(text if as_json else f"{comparison}\n\n{folder / 'comparison.json'}")
