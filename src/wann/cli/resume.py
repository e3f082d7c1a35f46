"""``wann resume``."""

from pathlib import Path
from typing import Any

import click

from wann.cli.messages import tell
from wann.cli.options import json_option, merged, task_options_option, threads_option
from wann.cli.runner import carry_out


@click.command("resume")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--task", "task_name", metavar="TASK", help="The task of the run: allows the module that it imports.")
@task_options_option
@threads_option
@json_option
def command(
    folder: Path, task_name: str | None, task_options: tuple[tuple[str, Any], ...], threads: int | None, as_json: bool
) -> None:
    """Go on with the search in the folder RUN, from its last checkpoint to its end.

    It ends in the same champion and the same metrics as a run that was never stopped. The settings are those that it was
    started with: a checkpoint of others than config.json holds is refused.

    A run on gymnasium:MODULE:ENV, or with options of a Gymnasium environment, goes on where --task and --task-option name
    both again: RUN may come from somebody else.
    """
    from wann.cli.arguments import task_of_run
    from wann.runs import Run, RunSettings

    settings = RunSettings.load(folder)
    task = task_of_run(folder, settings.task, settings.task_options, task_name, merged(task_options))
    with Run.resume(folder, task=task, threads=threads) as run:
        for warning in run.warnings:
            tell(warning)
        carry_out(run, as_json)
