"""``wann bench``."""

import dataclasses
import json
from typing import Any

import click

from wann.cli.options import json_option, merged, task_options_option, threads_option


@click.command("bench")
@click.option("--only", multiple=True, metavar="GROUP", help="Measure only this group of rows; repeatable.")
@click.option(
    "--task", "task_name", metavar="TASK", help="Measure only this task's episodes, such as gymnasium:Pendulum-v1."
)
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
    from wann import bench
    from wann.arguments import check_threads

    if task_name is None:
        rows = bench.measure(only, check_threads(threads))
    else:
        from wann.bench.environments import measure_task

        rows = measure_task(task_name, merged(task_options), check_threads(threads))
    if as_json:
        data = {"machine": bench.machine(), "rows": [dataclasses.asdict(row) for row in rows]}
        click.echo(json.dumps(data, indent=2))
        return
    described = bench.machine()
    click.echo(f"{described['processor']}, {described['cores']} cores, core built for {described['instruction_set']}")
    for row in rows:
        target = f"   (target {row.target})" if row.target else ""
        number = f"{row.value:,.0f}" if row.value >= 1000 else f"{row.value:.4g}"
        click.echo(f"{row.what:78} {number:>10} {row.unit}{target}")
