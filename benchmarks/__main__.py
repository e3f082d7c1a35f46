"""python -m benchmarks: measures the speed on this machine."""

import dataclasses
import json
from typing import Any

import click

import benchmarks
from wann.arguments import check_threads
from wann.cli.options import json_option, merged, task_options_option, threads_option
from wann.errors import WannError


@click.command()
@click.option("--only", multiple=True, metavar="GROUP", help="Measure only this group of rows. Can be given again.")
@click.option("--task", "task_name", metavar="TASK", help="Measure only this task's episodes: gymnasium:Pendulum-v1, say.")
@task_options_option
@threads_option
@json_option
def command(
    only: tuple[str, ...],
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    threads: int | None,
    as_json: bool,
) -> None:
    """Measure the speed on this machine."""
    try:
        if task_name is None:
            rows = benchmarks.measure(only, check_threads(threads))
        else:
            from benchmarks.environments import measure_task

            rows = measure_task(task_name, merged(task_options), check_threads(threads))
        _print(rows, as_json)
    except WannError as error:
        raise click.ClickException(str(error)) from None


def _print(rows: Any, as_json: bool) -> None:
    machine = benchmarks.machine()
    if as_json:
        click.echo(json.dumps({"machine": machine, "rows": [dataclasses.asdict(row) for row in rows]}, indent=2))
        return
    click.echo(f"{machine['processor']}, {machine['cores']} cores, core built for {machine['instruction_set']}")
    for row in rows:
        target = f"   (target {row.target})" if row.target else ""
        number = f"{row.value:,.0f}" if row.value >= 1000 else f"{row.value:.4g}"
        click.echo(f"{row.what:78} {number:>10} {row.unit}{target}")


if __name__ == "__main__":
    command(prog_name="python -m benchmarks")
