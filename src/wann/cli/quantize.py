"""``wann quantize``."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.options import Command, NumberList, json_option, merged, seed_option, task_options_option, workers_options
from wann.training.quantization import QUANTIZED_WEIGHTS

if TYPE_CHECKING:
    from wann.execution import Evaluator


@click.command("quantize", cls=Command)
@click.argument("network_source", metavar="NETWORK")
@click.option("--out", type=click.Path(path_type=Path), help="File for the topology.  [default: NETWORK-quantized.json]")
@click.option("--overwrite", is_flag=True, help="Replace that file.")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was tuned on]")
@task_options_option
@click.option("--connections", type=int, default=300, show_default=True, help="Connections of the topology at most.")
@click.option(
    "--weights",
    type=NumberList(),
    default=",".join(f"{w:g}" for w in QUANTIZED_WEIGHTS),
    show_default=True,
    help="Shared weights at which steps are compared. The topology acts alike at w and -w.",
)
@click.option("--steps", type=int, default=48, show_default=True, help="Sizes of the step that are tried.")
@click.option(
    "--roundings",
    type=int,
    default=16,
    show_default=True,
    help="Ways to round that are tried for each step: one to the nearest, the others random.",
)
@click.option(
    "--episodes",
    type=int,
    default=4,
    show_default=True,
    help="Episodes at each shared weight in the first comparison. Each later one has four times as many.",
)
@click.option(
    "--generations",
    type=int,
    default=0,
    show_default=True,
    help="Generations of CMA-ES that train the weights further after a step is chosen. 0: none.",
)
@seed_option
@workers_options
@json_option
def command(
    network_source: str,
    out: Path | None,
    overwrite: bool,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    connections: int,
    weights: tuple[float, ...],
    steps: int,
    roundings: int,
    episodes: int,
    generations: int,
    seed: int,
    threads: int | None,
    evaluator: "Evaluator",
    as_json: bool,
) -> None:
    """Make the individual weights of NETWORK part of its topology, so that one shared weight runs it.

    A weight that is k steps large becomes k parallel paths. The size of the step, and how weights are rounded to it, are
    chosen by reward. NETWORK is a file from wann tune. For a topology that works at several shared weights, tune with
    several --scales.
    """
    from wann.cli.arguments import beside, load_network, new_file, task_for
    from wann.cli.progress import bars
    from wann.training.quantization import quantize, step_of

    network = load_network(network_source)
    task = task_for(network, task_name, merged(task_options))
    target = new_file(out or beside(network_source, "quantized"), overwrite)
    with bars() as report:
        made, tried = quantize(
            network,
            task,
            max_connections=connections,
            weights=weights,
            steps=steps,
            roundings=roundings,
            episodes=episodes,
            generations=generations,
            seed=seed,
            threads=threads,
            evaluator=evaluator,
            report=report,
        )
    made.save(target)
    step = step_of(made)
    if as_json:
        records = [dataclasses.asdict(q) for q in tried]
        click.echo(json.dumps({"file": str(target), "step": step, "tried": records}, indent=2))
        return
    click.echo("step       connections   mean reward   round")
    for q in tried:
        mark = "  chosen" if q.step == step else ""
        click.echo(f"{q.step:<10.4g} {q.n_connections:>11} {q.mean_reward:>13.1f} {q.round + 1:>7}{mark}")
    click.echo(f"saved in {target}")
