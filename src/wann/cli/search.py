"""``wann search``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.arguments import as_file_name, load_network
from wann.cli.options import (
    Command,
    given_settings,
    json_option,
    merged,
    search_settings,
    seed_option,
    task_options_option,
    workers_options,
)
from wann.cli.runner import carry_out
from wann.search.config import PRESET_NAMES

if TYPE_CHECKING:
    from wann.execution import Evaluator


@click.command("search", cls=Command)
@click.argument("task_name", metavar="TASK")
@click.option(
    "--preset",
    type=click.Choice(PRESET_NAMES),
    default="default",
    show_default=True,
    help="Settings to start from. wann presets TASK shows them.",
)
@seed_option
@workers_options
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run.  [default: runs/TASK-seedSEED]")
@click.option("--overwrite", is_flag=True, help="Replace the run that the folder holds.")
@click.option("--target", help="Of a table: the column to predict.")
@click.option("--ignore", multiple=True, help="Of a table: a column to leave out. May be repeated.")
@task_options_option
@click.option(
    "--start",
    "start",
    multiple=True,
    metavar="NETWORK",
    help="Start from this network, not from random ones: a network file, the folder of a run, or zoo:NAME. May be repeated.",
)
@click.option("--show-settings", is_flag=True, help="Print the settings that the search would have, and end.")
@json_option
@search_settings
def command(
    task_name: str,
    preset: str,
    seed: int,
    threads: int | None,
    evaluator: "Evaluator",
    out: Path | None,
    overwrite: bool,
    target: str | None,
    ignore: tuple[str, ...],
    task_options: tuple[tuple[str, Any], ...],
    start: tuple[str, ...],
    show_settings: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Search for a weight agnostic network on TASK, score it and draw it.

    TASK is a name (wann tasks lists them), gymnasium:ENV_ID, a table (.csv or .parquet) with --target, or a class of your
    own: pendulum.py:Pendulum or my_module:Pendulum.

    The last options below are the settings of the search. Where one is not given, the preset's value for the task is taken,
    and where the preset has none, the value after "else". --show-settings prints what comes out.
    """
    from wann import seeding
    from wann.cli import presets
    from wann.runs import Run, RunSettings
    from wann.search import config
    from wann.tasks import make_task
    from wann.tasks.for_network import remember_named

    chosen = merged(task_options)
    if target is not None:
        chosen["target"] = target
    if ignore:
        chosen["ignore"] = list(ignore)
    task = make_task(task_name, **chosen)
    settings = config.preset(task, preset, **given_settings(options))
    if show_settings:
        presets.show_settings({preset: settings}, as_json)
        return
    run_settings = RunSettings(
        task=task_name,
        task_options=chosen,
        preset=preset,
        seed=seeding.check_seed(seed),
        config=settings,
        start=tuple(load_network(source) for source in start),
    )
    remember_named(run_settings.task, run_settings.task_options)
    folder = out or Path("runs") / f"{as_file_name(task_name)}-seed{seed}"
    with Run.create(folder, run_settings, task=task, threads=threads, evaluator=evaluator, overwrite=overwrite) as run:
        carry_out(run, as_json)
