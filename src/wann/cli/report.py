"""``wann report``."""

from pathlib import Path
from typing import Any

import click

from wann.cli.options import Command, merged, task_options_option, threads_option


@click.command("report", cls=Command)
@click.argument("source", metavar="NETWORK")
@click.option("--out", metavar="FILE", default="report.html", show_default=True, help="The page.")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was searched on]")
@task_options_option
@click.option("--trials", type=int, default=32, show_default=True, help="Episodes at each shared weight of the profile.")
@click.option("--explain", is_flag=True, help="Show what matters, and the smallest network that does as well. Takes longer.")
@threads_option
def command(
    source: str,
    out: str,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    trials: int,
    explain: bool,
    threads: int | None,
) -> None:
    """Write a page about NETWORK: drag the weight and watch it act.

    NETWORK is the folder of a run, a network file, or zoo:NAME. The page of a run also shows its search and all champions.
    """
    from wann.cli.arguments import load_network, task_for
    from wann.show.report import write_report

    network = load_network(source)
    task = task_for(network, task_name, merged(task_options))
    shown = source if Path(source).is_dir() else network
    write_report(shown, out, task=task, episodes=trials, threads=threads, explain=explain)
    click.echo(out)
