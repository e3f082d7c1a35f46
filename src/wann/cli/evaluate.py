"""``wann evaluate``."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.options import NumberList, json_option, merged, seed_option, task_options_option, threads_option
from wann.search.config import WEIGHT_VALUES

if TYPE_CHECKING:
    from wann.scoring.evaluation import Evaluation, Score, WeightProfile


@click.command("evaluate")
@click.argument("network_source", metavar="NETWORK")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was searched on]")
@task_options_option
@click.option("--episodes", type=int, default=100, show_default=True, help="Trials at each weight and under each condition.")
@click.option(
    "--episodes-per-trial", type=int, default=1, show_default=True, help="Episodes that a trial's reward is the mean of."
)
@click.option(
    "--weights",
    type=NumberList(),
    default=",".join(f"{w:g}" for w in WEIGHT_VALUES),
    show_default=True,
    help="Shared weights.",
)
@click.option("--profile", is_flag=True, help="Score the network over a whole range of shared weights, too.")
@click.option(
    "--range", "weight_range", type=float, nargs=2, default=(-2.0, 2.0), show_default=True, help="Range of the profile."
)
@click.option("--points", type=int, default=81, show_default=True, help="Weights in the profile.")
@click.option("--plot", type=click.Path(path_type=Path), help="Picture of the profile (.svg, .png or .pdf).")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="File for the table as CSV.")
@seed_option
@threads_option
@json_option
def command(
    network_source: str,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    episodes: int,
    episodes_per_trial: int,
    weights: tuple[float, ...],
    profile: bool,
    weight_range: tuple[float, float],
    points: int,
    plot: Path | None,
    csv_file: Path | None,
    seed: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Score NETWORK at shared weights and under the paper's four conditions.

    NETWORK is a network file, the folder of a run, or zoo:NAME. The episodes are fresh: nothing was chosen on them.

    A classifier is scored by its accuracy on held-out samples: at random weights (as many as --episodes), at the tuned one,
    as ensembles of --weights, with trained weights, and by class; --plot draws the accuracy of each class at each weight.
    """
    from wann.cli.arguments import csv_text, load_network, task_for
    from wann.cli.progress import bars
    from wann.files import write_text
    from wann.scoring.evaluation import evaluate, weight_profile
    from wann.tasks.data.samples import Classification

    network = load_network(network_source)
    task = task_for(network, task_name, merged(task_options))
    common: dict[str, Any] = {"seed": seed, "threads": threads}
    if isinstance(task, Classification):
        from wann.cli import classifier

        outputs: dict[str, Any] = {"plot": plot, "csv_file": csv_file, "as_json": as_json}
        classifier.report(network, task, network_source, draws=episodes, weights=weights, **outputs, **common)
        return
    trials: dict[str, Any] = {"weights": weights, "episodes_per_trial": episodes_per_trial}
    curve = None
    with bars() as report:
        evaluation = evaluate(network, task, episodes=episodes, **trials, report=report, **common)
    if profile or plot:
        low, high = weight_range
        with bars() as report:
            curve = weight_profile(
                network, task, low=low, high=high, points=points, episodes=episodes, report=report, **common
            )
    if plot and curve:
        from wann.show.pictures.scores import draw_profile

        draw_profile(curve, plot)
    if csv_file:
        write_text(csv_file, csv_text(_rows(evaluation, curve)))
    if as_json:
        data = {"network": network_source, **evaluation.to_dict()}
        click.echo(json.dumps(data | ({"profile": curve.to_dict()["profile"]} if curve else {}), indent=2))
    else:
        _print(evaluation, curve)


def _rows(evaluation: "Evaluation", curve: "WeightProfile | None") -> list[dict[str, Any]]:
    from wann.scoring.evaluation import CONDITIONS

    rows: list[dict[str, Any]] = []
    rows += [{"kind": "weight", "weight": w, **asdict(s)} for w, s in evaluation.weights.items()]
    for name, score in evaluation.conditions.items():
        if score is not None:
            weight = evaluation.shared_weight if name == "tuned_shared_weight" else ""
            rows.append({"kind": CONDITIONS[name], "weight": weight, **asdict(score)})
    if curve:
        pairs = zip(curve.weights, curve.scores, strict=True)
        rows += [{"kind": "profile", "weight": w, **asdict(s)} for w, s in pairs]
    return rows


def _print(evaluation: "Evaluation", curve: "WeightProfile | None") -> None:
    from wann.scoring.evaluation import CONDITIONS

    n = evaluation.random_shared_weight.n
    per_trial = evaluation.episodes_per_trial
    each = "an episode each" if per_trial == 1 else f"{per_trial} episodes each"
    click.echo(f"{evaluation.task}: mean ± standard deviation of {n} trials, {each}\n")
    for weight, score in evaluation.weights.items():
        _line(f"weight {weight:g}", score)
    click.echo(f"  {'mean of these weights':28}{evaluation.mean_reward:9.1f}\n")
    for name, condition in evaluation.conditions.items():
        label = CONDITIONS[name]
        if name == "tuned_shared_weight":
            label += f" ({evaluation.shared_weight:.3g})"
        if condition is None:
            click.echo(f"  {label:28}        – (wann tune finds them)")
        else:
            _line(label, condition)
    if curve:
        click.echo("\nweight profile")
        for weight, score in zip(curve.weights, curve.scores, strict=True):
            _line(f"weight {weight:.4g}", score)


def _line(label: str, score: "Score") -> None:
    click.echo(f"  {label:28}{score.mean:9.1f} ± {score.std:.1f}")
