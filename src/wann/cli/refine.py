"""``wann refine``."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.options import Command, NumberList, json_option, merged, seed_option, task_options_option, workers_options
from wann.errors import WorkersLostError
from wann.search.config import WEIGHT_VALUES

if TYPE_CHECKING:
    from wann.execution import Evaluator
    from wann.runs.unfinished import Unfinished
    from wann.search.refinement import Refinement, RefinementRound
    from wann.tasks import Task


@click.command("refine", cls=Command)
@click.argument("network_source", metavar="NETWORK")
@click.option("--out", type=click.Path(path_type=Path), help="File for the network.  [default: NETWORK-refined.json]")
@click.option("--overwrite", is_flag=True, help="Replace that file.")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was searched on]")
@task_options_option
@click.option("--rounds", type=int, default=10, show_default=True, help="Rounds.")
@click.option(
    "--weights",
    type=NumberList(),
    default=",".join(f"{w:g}" for w in WEIGHT_VALUES),
    show_default=True,
    help="Shared weights. The mean reward over them is improved.",
)
@click.option("--neighbours", type=int, default=1500, show_default=True, help="Changed networks that are tried in a round.")
@seed_option
@workers_options
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
    evaluator: "Evaluator",
    as_json: bool,
) -> None:
    """Improve NETWORK, a network file, the folder of a run, or zoo:NAME, change by change.

    In each round, networks that differ from it by one change are compared with it on the same episodes. The changes of the
    best ones are then tried together. The file is written after every round. After Ctrl-C, wann resume goes on.
    """
    from wann import seeding
    from wann.cli.arguments import beside, load_network, named_task, new_file
    from wann.runs.unfinished import Unfinished

    network = load_network(network_source)
    task, name, options = named_task(network, task_name, merged(task_options))
    work = Unfinished(
        kind="refine",
        network=network,
        task=name,
        task_options=options,
        seed=seeding.check_seed(seed),
        settings={"rounds": rounds, "weights": list(weights), "n_neighbours": neighbours},
    )
    target = new_file(out or beside(network_source, "refined"), overwrite)
    carry_out(work, task, target, begun=False, threads=threads, evaluator=evaluator, as_json=as_json)


def carry_out(
    work: "Unfinished",
    task: "Task",
    target: Path,
    *,
    begun: bool,
    threads: int | None,
    evaluator: "Evaluator",
    as_json: bool,
) -> None:
    """Refines, and reports.

    Args:
        work: What was asked for. The rounds in it are those that are left.
        task: The task, as the network sees it.
        target: The file of the refined network.
        begun: Whether this goes on with what was stopped.
        threads: Threads to use here; all cores if None.
        evaluator: Where networks run.
        as_json: Report as JSON.

    Raises:
        StoppedError: A signal stopped it.
    """
    from wann.cli.arguments import resume_command
    from wann.cli.messages import StoppedError
    from wann.runs.unfinished import forget, under_way

    records: list[RefinementRound] = []
    try:
        with under_way(work, target, begun=begun):
            _refine(
                work, task, target, records, least=0 if begun else 1, threads=threads, evaluator=evaluator, as_json=as_json
            )
    except KeyboardInterrupt:
        go_on = resume_command(target, work.task, work.task_options)
        done, rounds = len(records), work.settings["rounds"]
        if done == rounds:
            forget(target)
            raise StoppedError(f"stopped after the last round; the network is in {target}") from None
        raise StoppedError(f"stopped after {done} of {rounds} rounds; go on with: {go_on}") from None
    except WorkersLostError as error:
        go_on = resume_command(target, work.task, work.task_options)
        raise WorkersLostError(f"{error}; go on with: {go_on}") from None
    if as_json:
        click.echo(json.dumps({"file": str(target), "rounds": [dataclasses.asdict(r) for r in records]}, indent=2))
    else:
        click.echo(f"saved in {target}")


def _refine(
    work: "Unfinished",
    task: "Task",
    target: Path,
    records: "list[RefinementRound]",
    *,
    least: int,
    threads: int | None,
    evaluator: "Evaluator",
    as_json: bool,
) -> None:
    """Carries the rounds out, at least so many, and saves the network and what is left to do after each."""
    from wann.arguments import check_integer
    from wann.cli.progress import bars
    from wann.interrupts import held
    from wann.search.refinement import Refinement

    settings = dict(work.settings)
    # None are left where the last one was saved, and the work killed before it could say so.
    rounds = check_integer(settings.pop("rounds", None), "rounds", least, 10**6)
    refinement = Refinement(work.network, task, seed=work.seed, threads=threads, evaluator=evaluator, **settings)
    with bars() as report:
        for record in refinement.run(rounds, report):
            with held():
                _save(work, refinement, rounds - len(records) - 1, target)
                records.append(record)
            if not as_json:
                click.echo(_line(record))


def _save(work: "Unfinished", refinement: "Refinement", left: int, target: Path) -> None:
    network = refinement.network
    network.save(target)
    work.after(network, rounds=left).save(target)


def _line(record: "RefinementRound") -> str:
    return (
        f"round {record.round}: {record.mean_reward:.1f} + {record.gain:.1f}, {record.changes} changes, "
        f"{record.n_connections} connections, {record.seconds:.0f} s"
    )
