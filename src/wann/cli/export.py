"""``wann export``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.options import Command, Weight, json_option, merged, task_options_option

if TYPE_CHECKING:
    from wann.networks.network import Network
    from wann.tasks.policy_parts import PolicyParts

#: What a network can be exported to; `wann.export.TARGETS` has them too, and takes longer to import.
TARGETS = ("onnx", "torch", "c", "python", "formula", "dot", "graphml")


@click.command("export", cls=Command)
@click.argument("source", metavar="NETWORK")
@click.option("--to", "target", type=click.Choice(TARGETS), required=True, help="What to export to.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The file. A formula may be .tex (LaTeX) or .py (SymPy), too.  [default: NAME.onnx, .py, .c, .txt, .dot, .graphml]",
)
@click.option("--overwrite", is_flag=True, help="Replace that file.")
@click.option(
    "--weight",
    type=Weight("shared", "individual"),
    metavar="W",
    help="A shared weight; or shared or individual for the tuned ones.  [default: the individual weights, else the shared "
    "one; in a formula the symbol w]",
)
@click.option("--policy", is_flag=True, help="Put into the file what stands before and after the network, too.")
@click.option("--task", "task_name", metavar="TASK", help="The task of the policy.  [default: the network's own]")
@task_options_option
@json_option
def command(
    source: str,
    target: str,
    out: Path | None,
    overwrite: bool,
    weight: float | str | None,
    policy: bool,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    as_json: bool,
) -> None:
    """Write NETWORK for use elsewhere.

    NETWORK is a network file, the folder of a run, or zoo:NAME.

    onnx is for runtimes, torch a module to train on, c a function for a controller, python a file to read and to run,
    formula what the network computes, dot and graphml the graph.

    A policy scales observations before the network. After it comes what makes an action: scaling and clipping, or the choice
    of the largest output.
    """
    from wann.cli.arguments import as_file_name, load_network, new_file
    from wann.errors import WannError
    from wann.export import TARGETS as TARGETS_OF
    from wann.export import write

    network = load_network(source)
    if not policy and (task_name or task_options):
        raise WannError("--task and --task-option are for a --policy")
    parts = _parts(network, task_name, merged(task_options)) if policy else None
    name = as_file_name(Path(source.removeprefix("zoo:")).absolute().stem)
    path = new_file(out or Path(name + TARGETS_OF[target].ending), overwrite)
    write(network, path, target, weight=weight, policy=parts)  # type: ignore[arg-type]
    if as_json:
        click.echo(json.dumps({"file": str(path), "to": target, "policy": policy, "bytes": path.stat().st_size}))
        return
    click.echo(path)


def _parts(network: "Network", task_name: str | None, options: dict[str, Any]) -> "PolicyParts":
    from wann.cli.arguments import task_for
    from wann.tasks.policy_parts import policy_parts, told_by_file

    if task_name is None and told_by_file(network):
        return policy_parts(network)
    return policy_parts(network, task_for(network, task_name, options))
