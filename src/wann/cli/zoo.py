"""``wann zoo``."""

import json
from typing import TYPE_CHECKING, Any

import click

from wann.cli.options import Command, json_option

if TYPE_CHECKING:
    from wann.networks.metadata import AccuracyRecord


@click.command("zoo", cls=Command)
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the networks that ship with the package. With NAME, print all that is known of where that one comes from.

    Wherever a command takes a network file, it takes zoo:NAME, too.
    """
    from wann import zoo
    from wann.arguments import counted
    from wann.networks.metadata import AccuracyRecord

    if name is not None:
        click.echo(json.dumps(zoo.load(name).metadata, indent=2))
        return
    entries = [_entry(n) for n in zoo.names()]
    if as_json:
        click.echo(json.dumps(entries, indent=2))
        return
    for entry in entries:
        size = f"{counted(entry['hidden_nodes'], 'hidden node')}, {counted(entry['connections'], 'connection')}"
        click.echo(f"zoo:{entry['name']}  {size}")
        accuracy = AccuracyRecord.of(zoo.load(entry["name"]))
        if accuracy:
            _print_accuracy(accuracy)
            continue
        for condition, score in entry["scores"].items():
            click.echo(f"  {condition.replace('_', ' '):24}{score['mean']:8.1f} ± {score['std']:.1f}")


def _print_accuracy(accuracy: "AccuracyRecord") -> None:
    random = accuracy.random_weight
    click.echo(f"  {'random shared weight':24}{100 * random.mean:8.1f} % ± {100 * random.std:.1f}")
    for part, label in (
        (accuracy.tuned_accuracy, "tuned shared weight"),
        (accuracy.softmax_accuracy, "ensemble"),
        (accuracy.trained_accuracy, "trained"),
    ):
        if part is not None:
            click.echo(f"  {label:24}{100 * part:8.1f} %")


def _entry(name: str) -> dict[str, Any]:
    from wann import zoo
    from wann.networks.metadata import AccuracyRecord, Origin, ScoresRecord
    from wann.scoring.evaluation import CONDITIONS

    network = zoo.load(name)
    scores, accuracy = ScoresRecord.of(network), AccuracyRecord.of(network)
    told = {condition: getattr(scores, condition) for condition in CONDITIONS}
    return {
        "name": name,
        "task": Origin.of(network).task,
        "hidden_nodes": network.n_hidden,
        "connections": network.n_connections,
        "scores": {condition: score.to_dict() for condition, score in told.items() if score},
        **({"accuracy": accuracy.to_dict()} if accuracy else {}),
    }
