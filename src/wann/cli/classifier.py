"""What ``wann evaluate``, ``wann tune`` and ``wann compare`` do with a classifier."""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.messages import StoppedError
from wann.errors import MissingExtraError
from wann.networks.network import Network
from wann.scoring.classification import (
    ClassifierEvaluation,
    TrainedWeights,
    best_shared_weight,
    evaluate_classifier,
    split_for_choice,
    train_by_gradient,
)
from wann.search.config import SearchConfig
from wann.tasks.data.samples import Classification

if TYPE_CHECKING:
    from wann.cli.tune import Job


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
        from wann.show.pictures.classes import draw_classes

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
        click.echo(f"  {name:{width}}" + "".join(_percent(row[c]) for row in found.class_accuracy))
    click.echo(f"  {'all':{width}}" + "".join(f"{100 * a:8.1f}" for a in found.accuracy))


def _percent(part: float | None) -> str:
    return f"{'–':>8}" if part is None else f"{100 * part:8.1f}"


def tune(
    network: Network,
    task: Classification,
    job: "Job",
    *,
    sweep: dict[str, Any],
    method: str,
    epochs: int | None,
    as_json: bool,
) -> None:
    """Trains a classifier's weights by CMA-ES and by gradient from the same start, reports both and keeps the better."""
    start = time.monotonic()
    network = network.with_tuning(shared_weight=best_shared_weight(network, task, threads=job.common["threads"], **sweep))
    fit, choice = split_for_choice(task, job.common["seed"])
    found, left_out, tuning, interrupted = [], [], None, False
    if method != "gradient" and job.total:
        begin = time.monotonic()
        tuning, interrupted = job.cma_es(network, fit)
        name = tuning.network.metadata["tuning"]["method"]
        found.append(TrainedWeights.of(name, tuning.network, choice, time.monotonic() - begin))
    if method != "cma" and job.total and not interrupted:
        begin = time.monotonic()
        options: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
        try:
            trained = train_by_gradient(network, task, progress=_show_epoch, **options, **job.common)
        except MissingExtraError as error:
            if method == "gradient":
                raise
            left_out.append(str(error))
        except KeyboardInterrupt:
            if not found:
                raise
            left_out.append("training by gradient: stopped before its first epoch was over")
        else:
            name = trained.metadata["tuning"]["method"]
            found.append(TrainedWeights.of(name, trained, choice, time.monotonic() - begin))
    best = max(found, key=lambda trained: trained.log_likelihood, default=None)
    result = best.network if best else network
    result.save(job.target)
    if tuning and interrupted:
        raise StoppedError(job.how_to_go_on(tuning))
    _report_training(result, task, job, found, best, left_out, time.monotonic() - start, as_json)
    job.finish()


def _show_epoch(epoch: int, log_likelihood: float, accuracy: float) -> None:
    if sys.stderr.isatty():
        click.echo(
            f"\repoch {epoch}: {100 * accuracy:.1f} % on samples kept back ({log_likelihood:.4f}) ", err=True, nl=False
        )


def _report_training(
    network: Network,
    task: Classification,
    job: "Job",
    found: list[TrainedWeights],
    best: TrainedWeights | None,
    left_out: list[str],
    seconds: float,
    as_json: bool,
) -> None:
    samples = task.held_out or task

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
            "kept": trained is best,
            "settings": trained.network.metadata.get("tuning"),
        }
        for trained in found
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
            "left_out": left_out,
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
    from wann.files import write_text
    from wann.scoring.baselines import classifiers
    from wann.search.search import Search

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
    rows += [
        (f"{b.name}, {b.parameters:,} parameters", f"{100 * b.accuracy:6.1f} %   ({b.seconds:.0f} s)") for b in baselines
    ]
    for label, text in rows:
        click.echo(f"{label:44}{text}".rstrip())
    for line in left_out:
        click.echo(f"left out: {line}")
    click.echo(f"\n{folder / 'comparison.json'}")
