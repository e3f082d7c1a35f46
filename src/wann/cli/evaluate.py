"""``wann evaluate``."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.options import Command, NumberList, json_option, merged, seed_option, task_options_option, workers_options

if TYPE_CHECKING:
    from wann.execution import Evaluator
    from wann.scoring.evaluation import Evaluation, WeightProfile


@click.command("evaluate", cls=Command)
@click.argument("network_source", metavar="NETWORK")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was searched on]")
@task_options_option
@click.option(
    "--trials", type=int, default=100, show_default=True, help="Fresh trials at each weight and in each condition."
)
@click.option(
    "--episodes-per-trial", type=int, default=1, show_default=True, help="Episodes of a trial. Its reward is their mean."
)
@click.option(
    "--weights",
    type=NumberList(),
    help="Shared weights to score the network at, such as -1,0.5,2.  [default: those that the task is searched with]",
)
@click.option("--profile", is_flag=True, help="Print the reward over a whole range of shared weights, too.")
@click.option(
    "--range",
    "weight_range",
    type=float,
    nargs=2,
    metavar="LOW HIGH",
    default=(-2.0, 2.0),
    show_default=True,
    help="Range of the profile.",
)
@click.option("--points", type=int, default=81, show_default=True, help="Shared weights in the profile.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    help="Picture (.svg, .png or .pdf): the profile, or of a classifier the accuracy of each class at each weight.",
)
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="File for the scores as CSV.")
@seed_option
@workers_options
@json_option
def command(
    network_source: str,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    trials: int,
    episodes_per_trial: int,
    weights: tuple[float, ...] | None,
    profile: bool,
    weight_range: tuple[float, float],
    points: int,
    plot: Path | None,
    csv_file: Path | None,
    seed: int,
    threads: int | None,
    evaluator: "Evaluator",
    as_json: bool,
) -> None:
    """Score NETWORK at shared weights and under the paper's four conditions.

    NETWORK is a network file, the folder of a run, or zoo:NAME. The episodes are fresh: nothing was chosen on them.

    A classifier is scored by its accuracy on held-out samples: at random weights, as many as --trials; at the tuned one; as
    ensembles of --weights; with trained weights; and by class. Where the labels are numbers, R² and the root of the mean
    squared error are given.
    """
    from wann.arguments import check_integer
    from wann.cli.arguments import csv_text, load_network, task_for
    from wann.cli.progress import bars
    from wann.files import write_text
    from wann.scoring.classification import ClassifierEvaluation
    from wann.scoring.evaluation import evaluate, weight_profile

    network = load_network(network_source)
    task = task_for(network, task_name, merged(task_options))
    common: dict[str, Any] = {"episodes": check_integer(trials, "trials", 1, 10**7), "seed": seed}
    common |= {"threads": threads, "evaluator": evaluator}
    curve = None
    with bars() as report:
        evaluation = evaluate(network, task, weights=weights, episodes_per_trial=episodes_per_trial, report=report, **common)
    if isinstance(evaluation, ClassifierEvaluation):
        from wann.cli import classifier

        classifier.report(evaluation, network_source, plot=plot, csv_file=csv_file, as_json=as_json)
        _name(plot, csv_file, as_json=as_json)
        return
    if profile or plot:
        low, high = weight_range
        with bars() as report:
            curve = weight_profile(network, task, low=low, high=high, points=points, report=report, **common)
    if plot and curve:
        from wann.show.pictures.scores import draw_profile

        draw_profile(curve, plot)
    if csv_file:
        write_text(csv_file, csv_text(_rows(evaluation, curve)))
    if as_json:
        data = {"network": network_source, **evaluation.to_dict()}
        click.echo(json.dumps(data | ({"profile": curve.to_dict()["profile"]} if curve else {}), indent=2))
    else:
        click.echo(str(evaluation))
        if profile:
            click.echo(f"\n{curve}")
    _name(plot, csv_file, as_json=as_json)


def _name(*files: Path | None, as_json: bool) -> None:
    """Names the files that were written, whose folders may be new."""
    for file in filter(None, files):
        click.echo(file, err=as_json)


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
