"""``wann zoo``."""

import json
from typing import Any

import click

from wann.cli.options import Command, json_option


@click.command("zoo", cls=Command)
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the networks that ship with the package. With NAME, print all that is known of where that one comes from.

    Wherever a command takes a network file, it takes zoo:NAME, too.
    """
    from wann import zoo
    from wann.networks.table import score_lines, sizes

    if name is not None:
        click.echo(json.dumps(zoo.load(name).metadata, indent=2))
        return
    if as_json:
        click.echo(json.dumps([_entry(n) for n in zoo.names()], indent=2))
        return
    for entry in zoo.names():
        network = zoo.load(entry)
        click.echo("\n".join([f"zoo:{entry}  {sizes(network)}", *score_lines(network)]))


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
