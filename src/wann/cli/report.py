"""``wann report``."""

from typing import Any

import click

from wann.cli.options import merged, task_options_option, threads_option


@click.command("report")
@click.argument("run", type=click.Path())
@click.option("-o", "--output", default="report.html", show_default=True, help="The page.")
@click.option("--task", "task_name", help="What the network acts in.  [default: what the run or the file tells]")
@task_options_option
@click.option("--episodes", type=int, default=32, show_default=True, help="Episodes at each point of the weight profile.")
@threads_option
def command(
    run: str,
    output: str,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    episodes: int,
    threads: int | None,
) -> None:
    """Write a page about RUN, a run folder or a network file: drag the weight and watch the network act."""
    from wann.draw.report import write_report
    from wann.tasks import make_task

    task = make_task(task_name, **merged(task_options)) if task_name else None
    write_report(run, output, task=task, episodes=episodes, threads=threads)
    click.echo(output)
