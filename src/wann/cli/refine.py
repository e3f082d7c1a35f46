"""``wann refine``."""

import dataclasses
import json
import shlex
from pathlib import Path
from typing import Any

import click

from wann.cli.options import NumberList, json_option, merged, seed_option, task_options_option, threads_option
from wann.search.config import WEIGHT_VALUES


@click.command("refine")
@click.argument("network_source", metavar="NETWORK")
@click.option("--out", type=click.Path(path_type=Path), help="File for the network.  [default: NETWORK-refined.json]")
@click.option("--overwrite", is_flag=True, help="Replace that file.")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was searched on]")
@task_options_option
@click.option("--rounds", type=int, default=10, show_default=True, help="How often neighbours race.")
@click.option(
    "--weights",
    type=NumberList(),
    default=",".join(f"{w:g}" for w in WEIGHT_VALUES),
    show_default=True,
    help="Shared weights whose mean reward is improved.",
)
@click.option("--neighbours", type=int, default=1500, show_default=True, help="Networks that race in a round.")
@seed_option
@threads_option
@json_option
def command(
    network_source: str,
    out: Path | None,
    overwrite: bool,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    rounds: int,
    weights: tuple[float, ...],
    neighbours: int,
    seed: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Improve NETWORK, a network file, the folder of a run, or zoo:NAME, change by change.

    In each round, networks that differ from it by one change race against it on the same episodes, and the changes of the
    best ones are tried together. The file is written after every round; after Ctrl-C, a line says how to go on with it.
    """
    from wann.arguments import check_integer
    from wann.cli.arguments import beside, load_network, new_file, task_for
    from wann.cli.messages import StoppedError
    from wann.cli.progress import bars
    from wann.interrupts import held
    from wann.search.refinement import Refinement

    network = load_network(network_source)
    task = task_for(network, task_name, merged(task_options))
    target = new_file(out or beside(network_source, "refined"), overwrite)
    check_integer(rounds, "rounds", 1, 10**6)
    refinement = Refinement(network, task, weights=weights, n_neighbours=neighbours, seed=seed, threads=threads)
    records = []
    try:
        with bars() as report:
            for record in refinement.run(rounds, report):
                with held():
                    refinement.network.save(target)
                    records.append(record)
                if not as_json:
                    click.echo(
                        f"round {record.round}: {record.mean_reward:.1f} + {record.gain:.1f}, {record.changes} changes, "
                        f"{record.n_connections} connections, {record.seconds:.0f} s"
                    )
    except KeyboardInterrupt:
        raise StoppedError(_how_to_go_on(target, len(records), rounds)) from None
    if as_json:
        click.echo(json.dumps({"file": str(target), "rounds": [dataclasses.asdict(r) for r in records]}, indent=2))
    else:
        click.echo(f"saved in {target}")


def _how_to_go_on(target: Path, done: int, rounds: int) -> str:
    if not done:
        return "stopped before the first round was over, so there is nothing to go on with"
    if done == rounds:
        return f"stopped after the last round; the network is in {target}"
    file = shlex.quote(str(target))
    return (
        f"stopped after {done} of {rounds} rounds; go on with the same options and: "
        f"wann refine {file} --out {file} --overwrite --rounds {rounds - done}"
    )
