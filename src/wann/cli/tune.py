"""``wann tune``."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.messages import StoppedError
from wann.cli.options import Command, NumberList, json_option, merged, seed_option, task_options_option, workers_options
from wann.errors import WannError, WorkersLostError

if TYPE_CHECKING:
    from wann.execution import Evaluator
    from wann.networks.network import Network
    from wann.runs.unfinished import Unfinished
    from wann.tasks import Task
    from wann.training.shared_weight import SharedWeight
    from wann.training.weight_tuning import TuningGeneration, WeightTuning

#: Seconds between checkpoints.
CHECKPOINT_INTERVAL = 5.0


@click.command("tune", cls=Command)
@click.argument("network_source", metavar="NETWORK")
@click.option("--out", type=click.Path(path_type=Path), help="File for the tuned network.  [default: NETWORK-tuned.json]")
@click.option("--overwrite", is_flag=True, help="Replace that file.")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was searched on]")
@task_options_option
@click.option("--generations", type=int, help="Generations of CMA-ES. 0 tunes the shared weight only.  [default: 1000]")
@click.option("--population", type=int, help="Candidates in a generation.  [default: 32]")
@click.option(
    "--episodes",
    type=int,
    help="Episodes of each candidate in a generation.  [default: 16; of labelled data 1 or 2 batches]",
)
@click.option(
    "--sigma",
    type=float,
    help="First step of CMA-ES, as a fraction of the shared weight's size, or of 1 where that is smaller.  "
    "[default: 0.2; for dense networks 0.5]",
)
@click.option(
    "--scales",
    type=NumberList(),
    help="Factors such as 0.5,1,2. All weights are multiplied by each of them, and the mean reward over these is improved. "
    "wann quantize needs such weights.  [default: 1]",
)
@click.option(
    "--step-cost",
    type=float,
    help="Reward that a step of an episode costs where candidates are ranked, so that haste pays. No score has it in it.  "
    "[default: 0]",
)
@click.option("--own-weights", is_flag=True, help="Start from the network's own tuned weights, not from a shared one.")
@click.option(
    "--range",
    "weight_range",
    type=float,
    nargs=2,
    metavar="LOW HIGH",
    default=(-2.0, 2.0),
    show_default=True,
    help="Where the shared weight is looked for.",
)
@click.option("--points", type=int, help="Shared weights that are tried first.  [default: 41; for classifiers 161]")
@click.option(
    "--method",
    type=click.Choice(["both", "cma", "gradient"]),
    default="both",
    show_default=True,
    help="How a classifier's weights are trained. The gradient needs the extra 'torch'. Other networks: CMA-ES only.",
)
@click.option("--epochs", type=int, help="Times that training by gradient goes through the samples.  [default: 40]")
@seed_option
@workers_options
@json_option
def command(
    network_source: str,
    out: Path | None,
    overwrite: bool,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    own_weights: bool,
    weight_range: tuple[float, float],
    scales: tuple[float, ...] | None,
    method: str,
    epochs: int | None,
    seed: int,
    threads: int | None,
    evaluator: "Evaluator",
    as_json: bool,
    **numbers: int | float | None,
) -> None:
    """Tune NETWORK's shared weight, and then a weight for each connection by CMA-ES.

    NETWORK is a network file, the folder of a run, or zoo:NAME. With --task it may also be dense, a network without hidden
    nodes, or dense:5,5, one with layers of 5 and 5 tanh nodes. Those start with all weights at 0.

    The result is a network file that runs with the tuned weights. After Ctrl-C it holds the best weights so far, and
    wann resume goes on.

    A classifier's weights are trained by CMA-ES and by gradient, on nine tenths of the training samples. Both results are
    reported. The file gets the weights that do better on the other tenth.
    """
    from wann import seeding
    from wann.cli.arguments import as_file_name, beside, dense_network, is_dense, load_network, named_task, new_file
    from wann.runs.unfinished import Unfinished
    from wann.tasks import make_task

    options = merged(task_options)
    dense = is_dense(network_source)
    if dense and task_name is None:
        raise WannError(f"{network_source} is a network for a task; name the task", parameter="task")
    if dense and task_name is not None:
        task, name = make_task(task_name, **options), task_name
        network = dense_network(network_source, task, task_name, options)
        default = Path(f"{as_file_name(network_source.replace(':', '-'))}-{as_file_name(task.name)}-tuned.json")
    else:
        network, default = load_network(network_source), beside(network_source, "tuned")
        task, name, options = named_task(network, task_name, options)
    given = {**numbers, "scales": list(scales) if scales is not None else None, "epochs": epochs}
    settings: dict[str, Any] = {setting: value for setting, value in given.items() if value is not None}
    settings |= {"low": weight_range[0], "high": weight_range[1], "method": method, "from_zero": dense}
    if own_weights:
        if network.weights is None:
            raise WannError("the network has no tuned weights to start from", parameter="own_weights")
        settings["from_own"] = True
    _check_fits_task(settings, task)
    work = Unfinished(
        kind="tune", network=network, task=name, task_options=options, seed=seeding.check_seed(seed), settings=settings
    )
    carry_out(
        work, task, new_file(out or default, overwrite), begun=False, threads=threads, evaluator=evaluator, as_json=as_json
    )


def _check_fits_task(settings: dict[str, Any], task: "Task") -> None:
    """Refuses options that are for other tasks than this one."""
    from wann.tasks.protocol import classes_of

    if classes_of(task):
        if "scales" in settings:
            raise WannError(f"--scales is for control tasks; the weights of {task.name} are trained at their own scale")
        if "step_cost" in settings:
            raise WannError(f"--step-cost is for control tasks; the samples of {task.name} are no steps")
    elif settings["method"] != "both" or "epochs" in settings:
        raise WannError(f"--method and --epochs are for classifiers; the weights of {task.name} are tuned by CMA-ES")


def carry_out(
    work: "Unfinished",
    task: "Task",
    target: Path,
    *,
    begun: bool,
    threads: int | None,
    evaluator: "Evaluator",
    as_json: bool,
) -> None:
    """Tunes, and reports.

    Args:
        work: What was asked for.
        task: The task, as the network sees it.
        target: The file of the tuned network.
        begun: Whether this goes on with what was stopped.
        threads: Threads to use here; all cores if None.
        evaluator: Where networks run.
        as_json: Report as JSON.

    Raises:
        StoppedError: A signal stopped it.
    """
    from wann.cli import classifier
    from wann.runs.unfinished import under_way
    from wann.tasks.protocol import classes_of

    job = Job.of(work, target, threads, evaluator)
    try:
        with under_way(work, target, begun=begun):
            if classes_of(task):
                classifier.tune(work.network, task, job, as_json=as_json)
            else:
                _tune(work.network, task, job, as_json)
    except KeyboardInterrupt:
        raise StoppedError(f"stopped; go on with: {job.resume_command}") from None
    except WorkersLostError as error:
        raise WorkersLostError(f"{error}; go on with: {job.resume_command}") from None


def _tune(network: "Network", task: "Task", job: "Job", as_json: bool) -> None:
    """Tunes a network that is no classifier, and reports."""
    from wann.cli.progress import bars
    from wann.networks import metadata
    from wann.training.shared_weight import tune_shared_weight

    start, shared = time.monotonic(), None
    knows_its_weight = job.from_own and network.shared_weight is not None
    if not job.checkpoint.exists() and not knows_its_weight:
        with bars() as report:
            shared = tune_shared_weight(network, task, report=report, evaluator=job.evaluator, **job.sweep, **job.common)
        network = metadata.retuned(network, shared_weight=shared.weight)
    result, interrupted = job.by_cma(network, task, spent=shared) if job.total else (network, False)
    result.save(job.target)
    if interrupted:
        raise StoppedError(job.how_to_go_on)
    _report(result, task, job, time.monotonic() - start, as_json)


@dataclass(kw_only=True)
class Job:
    """A tuning as the command line carries it out."""

    target: Path
    checkpoint: Path
    total: int  #: generations
    sweep: dict[str, Any]
    settings: dict[str, Any]  #: of CMA-ES
    method: str
    epochs: int | None
    common: dict[str, Any]
    evaluator: "Evaluator"
    resume_command: str
    from_own: bool  #: whether it starts from the network's own weights
    generation: int = 0  #: where CMA-ES stands

    @classmethod
    def of(cls, work: "Unfinished", target: Path, threads: int | None, evaluator: "Evaluator") -> "Job":
        """What was asked for, with the defaults of the command line.

        Raises:
            WannError: The number of generations is out of range.
        """
        from wann.arguments import check_integer
        from wann.cli.arguments import resume_command
        from wann.runs.unfinished import checkpoint_file
        from wann.training.weight_tuning import DEFAULT_GENERATIONS

        asked = work.settings
        names = ("population", "episodes", "sigma", "scales", "step_cost")
        settings: dict[str, Any] = {name: asked[name] for name in names if name in asked}
        if asked.get("from_zero"):
            settings = {"start": [0.0] * work.network.n_connections, "sigma": 0.5, **settings}
        if asked.get("from_own") and work.network.weights is not None:
            settings["start"] = work.network.weights.tolist()
        return cls(
            target=target,
            checkpoint=checkpoint_file(target),
            total=check_integer(asked.get("generations", DEFAULT_GENERATIONS), "generations", 0, 10**7),
            sweep={name: asked[name] for name in ("low", "high", "points") if name in asked},
            settings=settings,
            method=asked.get("method", "both"),
            epochs=asked.get("epochs"),
            common={"seed": work.seed, "threads": threads},
            evaluator=evaluator,
            resume_command=resume_command(target, work.task, work.task_options),
            from_own=bool(asked.get("from_own")),
        )

    def by_cma(self, network: "Network", task: "Task", *, spent: "SharedWeight | None" = None) -> "tuple[Network, bool]":
        """The network with the weights that CMA-ES finds, and whether Ctrl-C stopped it. It goes on from a checkpoint."""
        from wann.training.weight_tuning import WeightTuning

        if self.checkpoint.exists():
            tuning = WeightTuning.load(self.checkpoint, network, task, evaluator=self.evaluator, **self.common)
        else:
            tuning = WeightTuning(network, task, spent=spent, evaluator=self.evaluator, **self.settings, **self.common)
        interrupted = _run(tuning, self.total, self.checkpoint)
        self.generation = tuning.generation
        return tuning.network, interrupted

    @property
    def how_to_go_on(self) -> str:
        """What is said of a tuning that was stopped."""
        return (
            f"stopped at generation {self.generation} of {self.total}, the best so far is in {self.target}; "
            f"go on with: {self.resume_command}"
        )


def _run(tuning: "WeightTuning", total: int, checkpoint: Path) -> bool:
    """Runs up to generation `total`; true if Ctrl-C stopped it."""
    due = time.monotonic() + CHECKPOINT_INTERVAL
    try:
        for _ in _shown(tuning.run(max(total - tuning.generation, 0)), total):
            if time.monotonic() >= due:
                tuning.save(checkpoint)
                due = time.monotonic() + CHECKPOINT_INTERVAL
    except KeyboardInterrupt:
        tuning.save(checkpoint)
        return True
    except WorkersLostError:
        tuning.save(checkpoint)
        raise
    return False


def _shown(records: "Iterable[TuningGeneration]", total: int) -> "Iterator[TuningGeneration]":
    """Passes records on, and shows the newest: in a bar, or now and then in a line where there is no terminal."""
    if not sys.stderr.isatty():
        from wann.cli.progress import bars

        with bars() as report:
            for record in records:
                report(f"weights, with {record.tuned_reward:.1f} so far", (record.generation + 1) / total)
                yield record
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("generation {task.completed:.0f}/{task.total:.0f}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=5) as progress:
        bar = progress.add_task("tune", total=total, state="")
        for record in records:
            state = f"tuned {record.tuned_reward:.1f}, this generation {record.mean_reward:.1f}, step {record.sigma:.3f}"
            progress.update(bar, completed=record.generation + 1, state=state)
            yield record


def _report(network: "Network", task: "Task", job: Job, seconds: float, as_json: bool) -> None:
    from wann.cli.progress import bars
    from wann.networks.metadata import TuningRecord
    from wann.scoring.evaluation import evaluate_rewards

    with bars() as report:
        scores = evaluate_rewards(network, task, report=report, evaluator=job.evaluator, **job.common)
    shared, tuned = scores.tuned_shared_weight, scores.tuned_weights
    if as_json:
        record = TuningRecord.of(network) if network.weights is not None else None
        data = {
            "file": str(job.target),
            "seconds": round(seconds, 3),
            "tuning": record.to_dict() if record else None,
        }
        click.echo(json.dumps(data | {"evaluation": scores.to_dict()}, indent=2))
        return
    click.echo(f"tuned in {seconds:.1f} s; reward on {shared.n} fresh episodes, mean ± standard deviation")
    click.echo(f"  shared weight {scores.shared_weight:<8.4g} {shared.mean:8.1f} ± {shared.std:.1f}")
    if tuned is not None:
        click.echo(f"  individual weights     {tuned.mean:8.1f} ± {tuned.std:.1f}")
    click.echo(f"saved in {job.target}")
