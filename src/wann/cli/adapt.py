"""``wann adapt``."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann.cli.options import Command, json_option, merged, seed_option, task_options_option, workers_options

if TYPE_CHECKING:
    from wann.execution import Evaluator
    from wann.scoring import Score
    from wann.training import Adaptation


@click.command("adapt", cls=Command)
@click.argument("network_source", metavar="NETWORK")
@click.option("--episodes", type=int, default=3, show_default=True, help="Episodes on the new task.")
@click.option("--task", "task_name", metavar="TASK", help="The new task.  [default: the one that it was searched on]")
@task_options_option
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
@click.option("--trials", type=int, default=100, show_default=True, help="Fresh episodes to score the weight on.")
@click.option("--out", type=click.Path(path_type=Path), help="File for the network with the new weight.  [default: none]")
@click.option("--overwrite", is_flag=True, help="Replace that file.")
@seed_option
@workers_options
@json_option
def command(
    network_source: str,
    episodes: int,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
    weight_range: tuple[float, float],
    trials: int,
    out: Path | None,
    overwrite: bool,
    seed: int,
    threads: int | None,
    evaluator: "Evaluator",
    as_json: bool,
) -> None:
    """Find NETWORK's shared weight for dynamics that it was not searched on, in a few episodes there.

    NETWORK is a network file, the folder of a run, or zoo:NAME. Its own task is the one it was searched on; what is new is
    said by --task-option, such as pole_length=1.2, or by --task. The weight profile on its own task is what is known
    before; then each episode tries the weight that promises most. In the end the weight is scored on fresh episodes, beside
    the one that was best before.
    """
    from wann.cli.arguments import load_network, new_file, task_for
    from wann.scoring import evaluate_rewards
    from wann.training import adapt

    network = load_network(network_source)
    task, former = task_for(network, task_name, merged(task_options)), task_for(network, None, {})
    target = None if out is None else new_file(out, overwrite)
    common: dict[str, Any] = {"seed": seed, "evaluator": evaluator}
    low, high = weight_range
    found = adapt(network, task, episodes=episodes, former=former, low=low, high=high, **common)
    weights = sorted({found.former_weight, found.weight})
    scores = evaluate_rewards(found.network, task, episodes=trials, weights=weights, **common).weights
    if target is not None:
        found.network.save(target)
    if as_json:
        click.echo(json.dumps(_data(found, scores, target), indent=2))
        return
    for i, attempt in enumerate(found.attempts):
        click.echo(f"episode {i + 1}: weight {attempt.weight:<8.4g} reward {attempt.reward:8.1f}")
    click.echo(f"reward on {trials} fresh episodes, mean ± standard deviation")
    for what, weight in (("best weight before", found.former_weight), ("weight found", found.weight)):
        click.echo(f"  {what:18} {weight:<8.4g} {scores[weight].mean:8.1f} ± {scores[weight].std:.1f}")
    if target is not None:
        click.echo(f"saved in {target}")


def _data(found: "Adaptation", scores: "dict[float, Score]", target: Path | None) -> dict[str, Any]:
    return {
        "file": None if target is None else str(target),
        "weight": found.weight,
        "former_weight": found.former_weight,
        "expected_reward": found.expected_reward,
        "attempts": [asdict(attempt) for attempt in found.attempts],
        "environment_steps": found.environment_steps,
        "score": asdict(scores[found.weight]),
        "former_score": asdict(scores[found.former_weight]),
    }
