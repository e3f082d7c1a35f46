"""``wann draw``."""

from pathlib import Path
from typing import Any

import click

from wann.cli.options import merged, task_options_option
from wann.errors import WannError

#: What can be drawn.
PICTURES = ("network", "curves", "history", "pareto", "profile", "classes")


@click.command("draw")
@click.argument("source", metavar="NETWORK")
@click.option("-o", "--output", help="The picture: .svg, .png or .pdf.  [default: PICTURE.svg]")
@click.option("--picture", type=click.Choice(PICTURES), default="network", show_default=True, help="What to draw.")
@click.option("--title", help="A line above the picture of a network.")
@click.option("--legend/--no-legend", default=True, show_default=True, help="Explain colours and line styles.")
@click.option("--only", metavar="OUTPUT", help="Draw only the part that serves this output, a class, say.")
@click.option(
    "--task",
    "task_name",
    metavar="TASK",
    help="The task of a profile or of classes.  [default: the one that the network was searched on]",
)
@task_options_option
def command(
    source: str,
    output: str | None,
    picture: str,
    title: str | None,
    legend: bool,
    only: str | None,
    task_name: str | None,
    task_options: tuple[tuple[str, Any], ...],
) -> None:
    """Draw NETWORK, which is a network file, the folder of a run, or zoo:NAME.

    Pictures: the network; for a run, the curves of the search, the history of its champions, and the Pareto front of reward
    and connections in its last generation; the reward by shared weight (profile); for classifiers, the accuracy of each
    class by shared weight.
    """
    from wann.cli.arguments import load_network
    from wann.show import pictures as draw

    path = output or f"{picture}.svg"
    if picture in ("curves", "history", "pareto"):
        folder = Path(source)
        if not folder.is_dir():
            raise WannError(f"{source} is not the folder of a run, which --picture {picture} needs")
        _draw_run(folder, picture, path)
    elif picture == "network":
        draw.draw_network(load_network(source), path, title=title, legend=legend, output=only)
    else:
        _draw_by_weight(source, picture, path, task_name, merged(task_options))
    click.echo(path)


def _draw_run(folder: Path, picture: str, path: str) -> None:
    from wann import runs
    from wann.show import pictures as draw
    from wann.show.pictures.champions import champions_of

    if picture == "curves":
        draw.draw_curves(runs.read_metrics(folder), path)
    elif picture == "history":
        draw.draw_history(champions_of(folder), path)
    else:
        _draw_pareto(folder, path)


def _draw_pareto(folder: Path, path: str) -> None:
    from wann.show import pictures as draw
    from wann.show.pictures.champions import champions_of, pareto_points

    points = pareto_points(folder, champions_of(folder))
    if points is None:
        raise WannError(f"{folder}: the champions have no scores")
    champions, population = (points.connections, points.rewards), points.population
    champion = (float(points.connections[-1]), float(points.rewards[-1]))
    if population is None:
        label = "champions of the search (the run keeps no population)"
        draw.draw_pareto(*champions, path, champion=champion, label=label)
        return
    label = f"{len(population.nodes):,} individuals of generation {population.generation:,}, on its episodes"
    individuals = population.connections, population.mean_reward
    draw.draw_pareto(*individuals, path, champion=champion, history=champions, label=label)


def _draw_by_weight(source: str, picture: str, path: str, task_name: str | None, options: dict[str, Any]) -> None:
    from wann.cli.arguments import load_network, task_for
    from wann.scoring.evaluation import weight_profile
    from wann.show import pictures as draw
    from wann.tasks.data.samples import Classification

    network = load_network(source)
    task = task_for(network, task_name, options)
    if picture == "profile":
        draw.draw_profile(weight_profile(network, task), path)
    elif isinstance(task, Classification):
        draw.draw_classes(draw.evaluate_by_weight(network, task), path)
    else:
        raise WannError(f"{task.name} has no classes")
