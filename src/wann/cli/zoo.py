"""``wann zoo``."""

import json
from typing import Any

import click

from wann.cli.options import json_option


@click.command("zoo")
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the champions that ship with the package, or show the provenance of one.

    A network of the zoo is named zoo:NAME wherever a network file is.
    """
    from wann import zoo

    if name is not None:
        click.echo(json.dumps(zoo.load(name).metadata, indent=2))
        return
    entries = [_entry(n) for n in zoo.names()]
    if as_json:
        click.echo(json.dumps(entries, indent=2))
        return
    for entry in entries:
        click.echo(f"zoo:{entry['name']}  {entry['hidden_nodes']} hidden nodes, {entry['connections']} connections")
        accuracy = entry.get("accuracy")
        if accuracy:
            _print_accuracy(accuracy)
            continue
        for condition, score in entry["scores"].items():
            click.echo(f"  {condition.replace('_', ' '):24}{score['mean']:8.1f} ± {score['std']:.1f}")


def _print_accuracy(accuracy: dict[str, Any]) -> None:
    random = accuracy["random_weight"]
    click.echo(f"  {'random shared weight':24}{100 * random['mean']:8.1f} % ± {100 * random['std']:.1f}")
    for key, label in (
        ("tuned_accuracy", "tuned shared weight"),
        ("softmax_accuracy", "ensemble"),
        ("trained_accuracy", "trained"),
    ):
        if accuracy[key] is not None:
            click.echo(f"  {label:24}{100 * accuracy[key]:8.1f} %")


def _entry(name: str) -> dict[str, Any]:
    from wann import zoo
    from wann.scoring.evaluation import CONDITIONS

    network = zoo.load(name)
    scores = network.metadata.get("scores", {})
    return {
        "name": name,
        "task": network.metadata.get("task"),
        "hidden_nodes": network.n_hidden,
        "connections": network.n_connections,
        "scores": {c: scores[c] for c in CONDITIONS if scores.get(c)},
        **({"accuracy": network.metadata["accuracy"]} if "accuracy" in network.metadata else {}),
    }
