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
from wann.cli.options import NumberList, json_option, merged, seed_option, task_options_option, threads_option
from wann.errors import WannError

if TYPE_CHECKING:
    from wann.networks.network import Network
    from wann.tasks import Task
    from wann.training.tuning import SharedWeight, TuningGeneration, WeightTuning

#: Seconds between checkpoints.
CHECKPOINT_INTERVAL = 5.0


@click.command("tune")
@click.argument("network_source", metavar="NETWORK")
@click.option("--out", type=click.Path(path_type=Path), help="File for the tuned network.  [default: NETWORK-tuned.json]")
@click.option("--overwrite", is_flag=True, help="Replace that file.")
@click.option("--resume", is_flag=True, help="Go on with a tuning that was stopped.")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was searched on]")
@task_options_option
@click.option("--generations", type=int, help="Generations of CMA-ES; 0 tunes the shared weight only.  [default: 1000]")
@click.option("--population", type=int, help="Candidates in a generation.  [default: 32]")
@click.option(
    "--episodes",
    type=int,
    help="Episodes that every candidate meets in a generation.  [default: 16; of labelled data 1 or 2 batches]",
)
@click.option(
    "--sigma",
    type=float,
    help="First step, as a part of the shared weight's magnitude.  [default: 0.2; for dense networks 0.5]",
)
@click.option(
    "--scales",
    type=NumberList(),
    help="Multiples of the individual weights; what counts is the mean reward over them. See wann quantize.  [default: 1]",
)
@click.option(
    "--range",
    "weight_range",
    type=float,
    nargs=2,
    default=(-2.0, 2.0),
    show_default=True,
    help="Sweep of the shared weight.",
)
@click.option("--points", type=int, help="Weights in the sweep.  [default: 41; for classifiers 161]")
@click.option(
    "--method",
    type=click.Choice(["both", "cma", "gradient"]),
    default="both",
    show_default=True,
    help="How a classifier's weights are trained; the gradient needs the extra 'torch'. Other networks: by CMA-ES.",
)
@click.option("--epochs", type=int, help="Times that training by gradient goes through the samples.  [default: 40]")
@seed_option
@threads_option
@json_option
def command(
    network_source: str,
    out: Path | None,
    overwrite: bool,
    resume: bool,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    generations: int | None,
    population: int | None,
    episodes: int | None,
    sigma: float | None,
    scales: tuple[float, ...] | None,
    weight_range: tuple[float, float],
    points: int | None,
    method: str,
    epochs: int | None,
    seed: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Tune NETWORK's shared weight, and then a weight for each connection by CMA-ES.

    NETWORK is a network file, the folder of a run, or zoo:NAME; or, with --task, dense, a network without hidden nodes,
    or dense:5,5, one with layers of that many tanh nodes, both tuned from weights of 0. The result is a network file that
    runs with the tuned weights. Ctrl-C keeps the best so far, and of CMA-ES a checkpoint that --resume goes on from.

    A classifier's weights are trained by CMA-ES and by gradient, each from the tuned shared weight, on nine tenths of the
    training samples. Both are reported; the file gets the weights that do better on the other tenth.
    """
    import numpy as np

    from wann.arguments import check_integer
    from wann.cli import classifier
    from wann.cli.arguments import as_file_name, beside, dense_network, is_dense, load_network, new_file, task_for
    from wann.cli.progress import bars
    from wann.tasks import make_task
    from wann.tasks.data.samples import Classification
    from wann.training.tuning import DEFAULT_GENERATIONS, tune_shared_weight

    start = time.monotonic()
    options = merged(task_options)
    dense = task_name is not None and is_dense(network_source)
    if task_name is not None and dense:
        task = make_task(task_name, **options)
        network = dense_network(network_source, task)
        default = Path(f"{as_file_name(network_source.replace(':', '-'))}-{as_file_name(task.name)}-tuned.json")
    else:
        network, default = load_network(network_source), beside(network_source, "tuned")
        task = task_for(network, task_name, options)
    target = new_file(out or default, overwrite or resume)
    total = DEFAULT_GENERATIONS if generations is None else check_integer(generations, "generations", 0, 10**7)
    common: dict[str, Any] = {"seed": seed, "threads": threads}
    sweep: dict[str, Any] = {"low": weight_range[0], "high": weight_range[1]}
    if points is not None:
        sweep["points"] = points
    given = {"population": population, "episodes": episodes, "sigma": sigma}
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if dense:
        settings = {"start": np.zeros(network.n_connections), "sigma": 0.5, **settings}
    job = Job(target=target, total=total, resume=resume, settings=settings, common=common)
    if isinstance(task, Classification):
        if scales is not None:
            raise WannError(f"--scales is for control tasks; the weights of {task.name} are trained at their own scale")
        classifier.tune(network, task, job, sweep=sweep, method=method, epochs=epochs, as_json=as_json)
        return
    if scales is not None:
        settings["scales"] = scales
    if method != "both" or epochs is not None:
        raise WannError(f"--method and --epochs are for classifiers; the weights of {task.name} are tuned by CMA-ES")
    with bars() as report:
        shared = None if resume else tune_shared_weight(network, task, report=report, **sweep, **common)
    if shared:
        network = network.with_tuning(shared_weight=shared.weight)
    tuning, interrupted = job.cma_es(network, task, spent=shared)
    result = tuning.network if total else network
    result.save(target)
    if interrupted:
        raise StoppedError(job.how_to_go_on(tuning))
    _report(result, task, target, time.monotonic() - start, seed, threads, as_json)
    job.finish()


@dataclass(frozen=True, kw_only=True)
class Job:
    """A tuning by CMA-ES as the command line asks for it."""

    target: Path
    total: int  #: generations
    resume: bool
    settings: dict[str, Any]
    common: dict[str, Any]

    def cma_es(
        self, network: "Network", task: "Task", *, spent: "SharedWeight | None" = None
    ) -> "tuple[WeightTuning, bool]":
        """Tunes the weights; with true if Ctrl-C stopped it."""
        from wann.training.tuning import WeightTuning

        checkpoint = _checkpoint(self.target)
        if not self.resume:
            tuning = WeightTuning(network, task, spent=spent, **self.settings, **self.common)
        elif checkpoint.exists():
            tuning = WeightTuning.load(checkpoint, network, task, **self.common)
            self._check_same(tuning)
        else:
            raise WannError(f"there is nothing to go on from: no {checkpoint}")
        return tuning, _carry_out(tuning, self.total, self.target) if self.total else False

    def _check_same(self, tuning: "WeightTuning") -> None:
        """A tuning goes on with the settings that it began with.

        Raises:
            WannError: Another setting was asked for.
        """
        for name, known in tuning.settings.items():
            if name in self.settings and self.settings[name] != known:
                raise WannError(
                    f"--{name} is {self.settings[name]}; the tuning that --resume goes on with began with {known}, "
                    "and keeps to it"
                )

    def how_to_go_on(self, tuning: "WeightTuning") -> str:
        """What is said of a tuning that was stopped."""
        return (
            f"stopped at generation {tuning.generation} of {self.total}, the best so far is in {self.target}; "
            "go on with the same command and --resume"
        )

    def finish(self) -> None:
        """Takes the checkpoint away: there is nothing to go on with."""
        _checkpoint(self.target).unlink(missing_ok=True)


def _checkpoint(target: Path) -> Path:
    return target.with_name(target.name + ".checkpoint.npz")


def _carry_out(tuning: "WeightTuning", total: int, target: Path) -> bool:
    """Runs up to generation `total`; true if Ctrl-C stopped it."""
    checkpoint = _checkpoint(target)
    due = time.monotonic() + CHECKPOINT_INTERVAL
    try:
        for _ in _shown(tuning.run(max(total - tuning.generation, 0)), total):
            if time.monotonic() >= due:
                tuning.save(checkpoint)
                due = time.monotonic() + CHECKPOINT_INTERVAL
    except KeyboardInterrupt:
        tuning.save(checkpoint)
        return True
    return False


def _shown(records: "Iterable[TuningGeneration]", total: int) -> "Iterator[TuningGeneration]":
    """Passes records on, and shows the newest where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield from records
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


def _report(
    network: "Network", task: "Task", target: Path, seconds: float, seed: int, threads: int | None, as_json: bool
) -> None:
    from wann.cli.progress import bars
    from wann.scoring.evaluation import evaluate

    with bars() as report:
        scores = evaluate(network, task, seed=seed, threads=threads, report=report)
    shared, tuned = scores.tuned_shared_weight, scores.tuned_weights
    if as_json:
        data = {"file": str(target), "seconds": round(seconds, 3), "tuning": network.metadata.get("tuning")}
        click.echo(json.dumps(data | {"evaluation": scores.to_dict()}, indent=2))
        return
    click.echo(f"tuned in {seconds:.1f} s; reward on {shared.n} fresh episodes, mean ± standard deviation")
    click.echo(f"  shared weight {scores.shared_weight:<8.4g} {shared.mean:8.1f} ± {shared.std:.1f}")
    if tuned is not None:
        click.echo(f"  individual weights     {tuned.mean:8.1f} ± {tuned.std:.1f}")
    click.echo(f"saved in {target}")
