"""``wann report``."""

from pathlib import Path
from typing import Any

import click

from wann.cli.options import merged, task_options_option, threads_option


@click.command("report")
@click.argument("source", metavar="NETWORK")
@click.option("-o", "--output", default="report.html", show_default=True, help="The page.")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was searched on]")
@task_options_option
@click.option("--episodes", type=int, default=32, show_default=True, help="Episodes at each point of the weight profile.")
@threads_option
def command(
    source: str,
    output: str,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    episodes: int,
    threads: int | None,
) -> None:
    """Write a page about NETWORK: drag the weight and watch it act.

    NETWORK is the folder of a run, a network file, or zoo:NAME. The page of a run also shows its search and all champions.
    """
    from wann.cli.arguments import load_network, task_for
    from wann.show.report import write_report

    network = load_network(source)
    task = task_for(network, task_name, merged(task_options))
    write_report(source if Path(source).is_dir() else network, output, task=task, episodes=episodes, threads=threads)
    click.echo(output)
