"""``wann play``."""

import contextlib
from typing import Any

import click

from wann.cli.options import Command, NumberList, merged, seed_option, task_options_option


@click.command("play", cls=Command)
@click.argument("network_source", metavar="NETWORK")
@click.option("--task", "task_name", metavar="TASK", help="The task.  [default: the one that the network was searched on]")
@task_options_option
@click.option(
    "--weights",
    type=NumberList(),
    help="Shared weights. Several are shown side by side, such as -1,0.5,2.  [default: the tuned weights, else 1]",
)
@click.option(
    "--out", metavar="FILE", default="window", show_default=True, help="A video, .mp4 or .gif; or 'window' for a window."
)
@click.option("--max-steps", type=click.IntRange(min=1), default=2000, show_default=True, help="Steps to show at most.")
@click.option(
    "--fps", type=click.FloatRange(min=1, max=240), help="Pictures in a second.  [default: those of the environment]"
)
@seed_option
def command(
    network_source: str,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    weights: tuple[float, ...] | None,
    out: str,
    max_steps: int,
    fps: float | None,
    seed: int,
) -> None:
    """Watch NETWORK act.

    NETWORK is a network file, the folder of a run, or zoo:NAME.
    """
    from wann.cli.arguments import load_network, task_for
    from wann.cli.progress import bars
    from wann.seeding import check_seed
    from wann.show.play import WINDOW, play

    network = load_network(network_source)
    task = task_for(network, task_name, merged(task_options))
    tuned = network.weights is not None or network.shared_weight is not None
    chosen: tuple[float | None, ...] = weights or ((None,) if tuned else (1.0,))
    # A window shows how far it is.
    with bars() if out != WINDOW else contextlib.nullcontext() as report:
        shown: dict[str, Any] = {"seed": check_seed(seed), "max_steps": max_steps, "fps": fps, "report": report}
        rewards = play(network, task, out, weights=chosen, **shown)
    for weight, reward in zip(chosen, rewards, strict=True):
        click.echo(f"{'tuned' if weight is None else f'weight {weight:g}'}: reward {reward:.1f}")
    if out != WINDOW:
        click.echo(out)
