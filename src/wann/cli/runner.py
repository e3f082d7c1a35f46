"""What ``wann search`` and ``wann resume`` do with a run: carry it out, score the champion, draw it, and say where it is."""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import click

from wann.cli.arguments import resume_command
from wann.cli.messages import StoppedError
from wann.cli.progress import bars, shown
from wann.errors import WannError, WorkersLostError
from wann.networks.metadata import Origin
from wann.networks.table import sizes
from wann.progress import Report
from wann.runs import Run, read_metrics
from wann.runs.workers import workers_text
from wann.scoring.classification import ClassifierEvaluation
from wann.scoring.evaluation import Evaluation, evaluate
from wann.tasks.failures import EpisodeError
from wann.tasks.protocol import samples_of

#: Episodes at each weight for the score that is printed at the end.
EPISODES = 100
#: In the folder of a run, the network whose episode failed.
FAILED_NETWORK = "failed-network.json"


def carry_out(run: Run, as_json: bool) -> None:
    """Runs a search to its end and reports.

    Raises:
        StoppedError: A signal stopped it; the search is saved.
        WorkersLostError: There are no workers any more; the search is saved.
        WannError: An episode has failed for good, or the folder was deleted.
    """
    with _saving_failed_network(run):
        try:
            _carry_out(run, as_json)
        except WorkersLostError as error:
            raise WorkersLostError(f"{error}; go on with: {_go_on(run)}") from None
        except KeyboardInterrupt:
            raise StoppedError(f"stopped at generation {run.search.generation}; go on with: {_go_on(run)}") from None


@contextlib.contextmanager
def _saving_failed_network(run: Run) -> Iterator[None]:
    """Keeps the network of an episode that failed for good, so that it can be run again."""
    try:
        yield
    except EpisodeError as error:
        origin = Origin(task=run.settings.task, task_options=run.settings.task_options)
        network = error.network.with_metadata(**origin.entries())
        run.write_network(FAILED_NETWORK, network)
        path = run.folder / FAILED_NETWORK
        raise WannError(f"{error}; the network is saved as {path}; go on with: {_go_on(run)}") from error


def _go_on(run: Run) -> str:
    return resume_command(run.folder, run.settings.task, run.settings.task_options)


def _carry_out(run: Run, as_json: bool) -> None:
    start = time.monotonic()
    # Closing the generator writes the checkpoint, whatever ended the loop.
    with contextlib.closing(run.generations()) as generations:
        for _ in shown(generations, run.search):
            pass
    seconds = time.monotonic() - start
    by = workers_text(run.search, seconds)
    with bars() as report:
        evaluation = evaluate(
            run.search.champion,
            run.search.task,
            episodes=EPISODES,
            weights=run.settings.config.weights,
            seed=run.settings.seed,
            threads=run.search.threads,
            evaluator=run.search.evaluator,
            report=report,
        )
    run.finish(**evaluation.entries())
    with bars() as report:
        files = _draw(run, report)
    if as_json:
        click.echo(json.dumps(_summary(run, evaluation, seconds, files), indent=2))
    else:
        _print_summary(run, evaluation, seconds, by, files)


def _draw(run: Run, report: Report) -> list[str]:
    """Pictures of the champion and of the search, and the report; the names of the files."""
    from wann.show import pictures as draw
    from wann.show.report import write_report

    metrics = read_metrics(run.folder)
    names = []
    report("pictures", 0.0)
    for ending in ("svg", "png"):
        run.check_folder()  # which a picture would make again
        draw.draw_network(run.search.champion, run.folder / f"network.{ending}")
        draw.draw_curves(metrics, run.folder / f"curves.{ending}")
        names += [f"network.{ending}", f"curves.{ending}"]
    report("pictures", 1.0)
    report("report.html", 0.0)
    run.check_folder()
    write_report(run.folder, run.folder / "report.html", task=run.search.task, threads=run.search.threads)
    return ["report.html", *sorted(names)]


def _summary(run: Run, evaluation: Evaluation | ClassifierEvaluation, seconds: float, pictures: list[str]) -> dict[str, Any]:
    champion = run.search.champion
    return {
        "folder": str(run.folder),
        "task": run.settings.task,
        "seed": run.settings.seed,
        "generations": run.search.generation,
        "seconds": round(seconds, 3),
        "environment_steps": run.search.environment_steps,
        "connections": champion.n_connections,
        "hidden_nodes": champion.n_hidden,
        "evaluation": evaluation.to_dict(),
        "files": ["champion.json", *pictures],
    }


def _counted(n: int) -> str:
    return f"{n / 1e6:,.0f} million" if n >= 10**7 else f"{n:,}"


def _print_summary(
    run: Run, evaluation: Evaluation | ClassifierEvaluation, seconds: float, by: str, pictures: list[str]
) -> None:
    champion, record = run.search.champion, run.search.champion_record
    steps = run.search.environment_steps
    click.echo(f"champion of generation {record.generation} of {run.search.generation}: {sizes(champion)}")
    what = "samples" if samples_of(run.search.task) else "steps"
    click.echo(f"searched {_counted(steps)} {what} in {seconds:.1f} s{by}")
    click.echo(f"\n{evaluation}")
    click.echo(f"\nfiles in {run.folder}:")
    for name in ["champion.json", "metrics.jsonl", *pictures]:
        click.echo(f"  {run.folder / name}")
