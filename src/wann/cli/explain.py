"""``wann explain``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.options import Command, Weight, json_option, merged, seed_option, task_options_option, workers_options

if TYPE_CHECKING:
    from wann.execution import Evaluator
    from wann.explain import Explanation

#: Pictures in the folder of --out.
PICTURES = ("importance.svg", "network.svg", "profile.svg")


@click.command("explain", cls=Command)
@click.argument("source", metavar="NETWORK")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was searched on]")
@task_options_option
@click.option(
    "--weight",
    type=Weight("shared", "all", "individual"),
    metavar="W",
    help="A shared weight; shared or individual for the tuned ones; or all for the mean over those of the search, at most "
    "eight.  [default: shared]",
)
@click.option(
    "--episodes",
    type=int,
    help="Episodes with each weight; of labelled data, parts of the samples.  [default: 64; where it makes pictures 16, "
    "outside the core 8, of labelled data 16]",
)
@click.option(
    "--pruned", type=click.Path(path_type=Path), help="Find the smallest network that does as well, and write it here."
)
@click.option(
    "--loss",
    type=float,
    help="Loss of reward that the network of --pruned may have.  [default: the noise, the standard error of the whole "
    "network's score]",
)
@click.option("--out", type=click.Path(path_type=Path), help=f"Folder for pictures: {', '.join(PICTURES)}.")
@click.option("--overwrite", is_flag=True, help="Replace the file of --pruned.")
@seed_option
@workers_options
@json_option
def command(
    source: str,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    weight: float | str | None,
    episodes: int | None,
    pruned: Path | None,
    loss: float | None,
    out: Path | None,
    overwrite: bool,
    seed: int,
    threads: int | None,
    evaluator: "Evaluator",
    as_json: bool,
) -> None:
    """Look inside NETWORK.

    NETWORK is a network file, the folder of a run, or zoo:NAME.

    Told are: how much reward is lost where an input, a hidden node or a connection is taken out; which inputs each output
    depends on; what the shared weight does, and which nodes saturate; and the formula. With --pruned also the smallest
    network that does as well.
    """
    from wann.cli.arguments import load_network, new_file, task_for
    from wann.cli.progress import bars
    from wann.explain import explain

    network = load_network(source)
    task = task_for(network, task_name, merged(task_options))
    if pruned:
        new_file(pruned, overwrite)
    common: dict[str, Any] = {"seed": seed, "threads": threads, "evaluator": evaluator}
    with bars() as report:
        found = explain(
            network, task, weight=weight, episodes=episodes, pruned=pruned is not None, loss=loss, report=report, **common
        )
    if pruned and found.pruned:
        found.pruned.network.save(pruned)
    files = ([str(pruned)] if pruned else []) + ([str(path) for path in _draw(found, out)] if out else [])
    if as_json:
        click.echo(json.dumps({"network": source, **found.to_dict(), "files": files}, indent=2))
        return
    click.echo(str(found))
    if files:
        click.echo("\nfiles:\n" + "\n".join(f"  {file}" for file in files))


def _draw(found: "Explanation", folder: Path) -> list[Path]:
    from wann.show.pictures import draw_importance, draw_network, draw_profile

    folder.mkdir(parents=True, exist_ok=True)
    importance, network, profile = (folder / name for name in PICTURES)
    draw_importance(found.importance, importance)
    losses = [loss.mean for loss in found.importance.connections]
    draw_network(found.importance.network, network, losses=losses)
    draw_profile(found.regimes.profile, profile)
    return [importance, network, profile]
