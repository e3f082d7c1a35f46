"""``wann resume``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.options import Command, json_option, merged, task_options_option, workers_options
from wann.errors import WannError

if TYPE_CHECKING:
    from wann.execution import Evaluator


@click.command("resume", cls=Command)
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option("--task", "task_name", metavar="TASK", help="The task that PATH names. To name it is to allow its import.")
@task_options_option
@workers_options
@json_option
def command(
    path: Path,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    threads: int | None,
    evaluator: "Evaluator",
    as_json: bool,
) -> None:
    """Go on with what was stopped: a search, a tuning or a refinement.

    PATH is the folder of a run, or the file that wann tune or wann refine was to write. It goes on with the settings that it
    was started with, and ends in the same files as if it had never been stopped. A file that was altered since is refused.

    PATH may come from somebody else. So a task that imports a module or a file, and options of a task that is not ours, must
    be named again with --task and --task-option. The error says what to type.
    """
    from wann.runs.unfinished import unfinished_target

    target = unfinished_target(path)
    if target is not None:
        _go_on_with_file(target, task_name, merged(task_options), threads, evaluator, as_json)
    elif path.is_file():
        raise WannError(f"{path}: nothing was stopped there; to go on with a search, name the folder of its run")
    else:
        _go_on_with_run(path, task_name, merged(task_options), threads, evaluator, as_json)


def _go_on_with_run(
    folder: Path, task_name: str | None, options: dict[str, Any], threads: int | None, evaluator: "Evaluator", as_json: bool
) -> None:
    from wann.cli.arguments import check_same_task
    from wann.cli.messages import tell
    from wann.cli.runner import carry_out
    from wann.runs import Run, RunSettings
    from wann.tasks import make_task

    settings = RunSettings.load(folder)
    name = check_same_task(folder, "a run", (settings.task, settings.task_options), task_name, options)
    with Run.resume(folder, task=make_task(name, **settings.task_options), threads=threads, evaluator=evaluator) as run:
        for warning in run.warnings:
            tell(warning)
        carry_out(run, as_json)


def _go_on_with_file(
    target: Path, task_name: str | None, options: dict[str, Any], threads: int | None, evaluator: "Evaluator", as_json: bool
) -> None:
    from wann.cli import refine, tune
    from wann.cli.arguments import check_same_task
    from wann.runs.unfinished import Unfinished
    from wann.tasks import for_network

    work = Unfinished.load(target)
    what, carry_out = {"tune": ("a tuning", tune.carry_out), "refine": ("a refinement", refine.carry_out)}[work.kind]
    name = check_same_task(target, what, (work.task, work.task_options), task_name, options)
    task = for_network.task_for(work.network, name, work.task_options)
    carry_out(work, task, target, begun=True, threads=threads, evaluator=evaluator, as_json=as_json)
