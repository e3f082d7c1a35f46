"""``wann card``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.options import Command, json_option, merged, task_options_option, threads_option

if TYPE_CHECKING:
    from wann.networks.network import Network


@click.command("card", cls=Command)
@click.argument("source", metavar="NETWORK")
@click.option("--out", type=click.Path(path_type=Path), help="The folder for the card.  [default: NAME-card]")
@click.option("--overwrite", is_flag=True, help="Replace the card that is there.")
@click.option("--name", help="Of the model.  [default: that of the file, the run or the network of the zoo]")
@click.option("--license", "license_id", metavar="ID", help="Of the network, such as apache-2.0.  [default: none is named]")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was searched on]")
@task_options_option
@click.option("--trials", type=int, default=100, show_default=True, help="Fresh trials where the file tells no scores.")
@threads_option
@json_option
def command(
    source: str,
    out: Path | None,
    overwrite: bool,
    name: str | None,
    license_id: str | None,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    trials: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Write a card about NETWORK for a model hub.

    NETWORK is the folder of a run, a network file, or zoo:NAME.

    The folder then holds README.md, network.json and network.png. README.md has the front matter that hubs read
    (model-index), scores, the picture, and how to load the network. Scores are those of
    the file; where it tells none, the network is scored now.
    """
    from wann.cli.arguments import as_file_name, load_network, new_file
    from wann.show.card import CARD, has_scores, write_card

    network = load_network(source)
    name = name or as_file_name(Path(source.removeprefix("zoo:")).absolute().stem)
    folder = out or Path(f"{as_file_name(name)}-card")
    new_file(folder / CARD, overwrite)
    task = task_name or network.metadata.get("task")
    if task_name or task_options or not has_scores(network) or not isinstance(task, str):
        network, task = _scored(network, task_name, merged(task_options), trials, threads)
    files = write_card(network, folder, name=name, task=task, license_id=license_id)
    click.echo(json.dumps({"files": [str(file) for file in files]}) if as_json else "\n".join(map(str, files)))


def _scored(
    network: "Network", task_name: str | None, options: dict[str, Any], trials: int, threads: int | None
) -> "tuple[Network, str]":
    """The network with fresh scores, and the name of the task."""
    from wann.cli.arguments import named_task
    from wann.cli.progress import bars
    from wann.scoring.evaluation import evaluate

    task, name, _ = named_task(network, task_name, options)
    with bars() as report:
        evaluation = evaluate(network, task, episodes=trials, threads=threads, report=report)
    # Scores on another task would be told beside these.
    told = network.without_metadata("evaluation", "scores", "accuracy")
    return told.with_metadata(**evaluation.entries()), name
