"""``wann compare``."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.messages import StoppedError
from wann.cli.options import (
    Command,
    NumberList,
    given_settings,
    json_option,
    merged,
    search_settings,
    seed_option,
    task_options_option,
    workers_options,
)
from wann.search.config import PRESET_NAMES

if TYPE_CHECKING:
    from wann.execution import Evaluator
    from wann.scoring.comparison import Comparison
    from wann.scoring.stages import Stages

#: In the folder of a comparison, the networks that are found while others are not.
UNFINISHED = "unfinished.json"


@click.command("compare", cls=Command)
@click.argument("task_name", metavar="TASK")
@click.argument("network_source", metavar="[NETWORK]", required=False)
@click.option("--budget", type=int, help="Episodes that the search for NETWORK took. Needed where its file does not tell.")
@click.option(
    "--preset",
    type=click.Choice(PRESET_NAMES),
    default="default",
    show_default=True,
    help="Settings of the search. wann presets TASK shows them.",
)
@click.option("--tuning-generations", type=int, help="Generations of CMA-ES for the WANN's weights.  [default: 1000]")
@click.option(
    "--hidden-layers",
    type=NumberList(),
    help="Nodes in each hidden layer of the fixed topology, such as 5,5.  [default: depends on the task]",
)
@click.option(
    "--neat/--no-neat", default=True, show_default=True, help="Compare with NEAT, too. That needs the extra 'neat'."
)
@click.option("--trials", type=int, default=100, show_default=True, help="Trials in each condition.")
@click.option(
    "--episodes-per-trial", type=int, default=1, show_default=True, help="Episodes of a trial. Its reward is their mean."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the results.  [default: runs/compare-TASK-seedSEED]"
)
@click.option("--overwrite", is_flag=True, help="Replace the results in that folder.")
@seed_option
@workers_options
@task_options_option
@json_option
@search_settings
def command(
    task_name: str,
    network_source: str | None,
    budget: int | None,
    preset: str,
    tuning_generations: int | None,
    hidden_layers: tuple[float, ...] | None,
    neat: bool,
    trials: int,
    episodes_per_trial: int,
    out: Path | None,
    overwrite: bool,
    seed: int,
    threads: int | None,
    evaluator: "Evaluator",
    task_options: tuple[tuple[str, Any], ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Compare a WANN with a fixed topology and with NEAT on TASK: the paper's table.

    The WANN is searched for, or it is NETWORK: a network file, the folder of a run, or zoo:NAME. All get the same budget.

    A classifier is compared with logistic regression (the extra sklearn) and, on square images, with a convolutional network
    of two layers (the extra torch). These need no budget.

    The table is printed, and saved as JSON, CSV, Markdown and a picture beside the networks. After Ctrl-C the same command
    goes on with the first network that was not found yet. The last options below are the settings of the search, as for wann
    search.
    """
    from wann.cli.arguments import as_file_name, load_network, new_file
    from wann.cli.progress import bars
    from wann.networks.file import to_json
    from wann.scoring.classifier_comparison import ClassifierComparison
    from wann.scoring.comparison import compare
    from wann.search import config
    from wann.tasks import make_task

    task = make_task(task_name, **merged(task_options))
    folder = out or Path("runs") / f"compare-{as_file_name(task_name)}-seed{seed}"
    new_file(folder / "comparison.json", overwrite)
    network = load_network(network_source) if network_source else None
    settings = config.preset(task, preset, **given_settings(options))
    layers = [int(x) if x == int(x) else x for x in hidden_layers] if hidden_layers else None
    asked = {
        "task": task_name,
        "task_options": merged(task_options),
        "network": to_json(network) if network else None,
        "settings": settings.to_dict() if network is None else None,
        "budget": budget,
        "tuning_generations": tuning_generations,
        "hidden_layers": layers,
        "neat": neat,
        "seed": seed,
    }
    with bars() as report, _going_on(folder, asked, overwrite) as stages:
        comparison = compare(
            task,
            network=network,
            config=settings,
            budget=budget,
            tuning_generations=tuning_generations,
            hidden_layers=layers,  # type: ignore[arg-type]
            neat=neat,
            trials=trials,
            episodes_per_trial=episodes_per_trial,
            seed=seed,
            threads=threads,
            evaluator=evaluator,
            stages=stages,
            report=report,
        )
    if isinstance(comparison, ClassifierComparison):
        from wann.cli import classifier

        classifier.report_comparison(comparison, folder, as_json=as_json)
        return
    files = _save(comparison, folder)
    if as_json:
        click.echo(json.dumps(comparison.to_dict(), indent=2))
        return
    _print(comparison)
    click.echo("\n" + "\n".join(str(path) for path in files))


@contextmanager
def _going_on(folder: Path, asked: dict[str, Any], overwrite: bool) -> "Iterator[Stages]":
    """Keeps networks as they are found, and says how to go on where a signal stops the work.

    Raises:
        StoppedError: A signal stopped it.
    """
    from wann.scoring.stages import Stages

    path = folder / UNFINISHED
    if overwrite:
        path.unlink(missing_ok=True)
    stages = Stages(path, asked)
    try:
        yield stages
    except KeyboardInterrupt:
        found = f"found so far: {', '.join(stages.names)}" if stages.names else "nothing was found yet"
        raise StoppedError(f"stopped; {found}; go on with the same command") from None


def _save(comparison: "Comparison", folder: Path) -> list[Path]:
    from wann.cli.arguments import csv_text
    from wann.files import write_text
    from wann.show.pictures.scores import draw_conditions

    written = [folder / f"comparison.{ending}" for ending in ("json", "csv", "md", "svg")]
    write_text(written[0], json.dumps(comparison.to_dict(), indent=2) + "\n")
    write_text(written[1], csv_text(comparison.records()))
    write_text(written[2], comparison.to_markdown())
    n = comparison.rows[0].evaluation.random_weights.n
    rows = [(row.name, row.evaluation.conditions) for row in comparison.rows]
    draw_conditions(rows, f"reward on {comparison.task}: mean and standard deviation of {n} trials", written[3])
    for row in comparison.rows:
        path = folder / f"{row.name.lower().replace(' ', '-')}.json"
        row.scored.save(path)
        written.append(path)
    return written


def _print(comparison: "Comparison") -> None:
    from rich.console import Console
    from rich.table import Table

    from wann.scoring.evaluation import CONDITIONS

    first = comparison.rows[0].evaluation
    n, per_trial = first.random_weights.n, first.episodes_per_trial
    each = "an episode each" if per_trial == 1 else f"{per_trial} episodes each"
    table = Table(title=f"{comparison.task}: mean ± standard deviation of {n} trials, {each}")
    table.add_column("")
    for label in (*CONDITIONS.values(), "connections", "episodes", "steps", "seconds"):
        table.add_column(label, justify="right")
    for row in comparison.rows:
        cells = []
        for name in CONDITIONS:
            score = row.evaluation.conditions[name]
            best = comparison.best(name) == row.name
            cells.append("–" if score is None else f"[bold]{score}[/bold]" if best else str(score))
        steps = row.spent.environment_steps
        spent = (f"{row.spent.episodes:,}", "unknown" if steps is None else f"{steps / 1e6:,.0f}M", f"{row.seconds:.0f}")
        table.add_row(row.name, *cells, str(row.network.n_connections), *spent)
    # Where the output is no terminal, nothing limits the width of a table.
    Console(width=None if sys.stdout.isatty() else 160).print(table)
