"""``wann draw``."""

from pathlib import Path
from typing import Any

import click

from wann.cli.options import Command
from wann.errors import WannError

#: What can be drawn.
PICTURES = ("network", "curves", "history", "pareto")
#: Pictures of scores, which ``wann evaluate`` draws.
_SCORES = ("profile", "classes")


class _Picture(click.Choice[str]):
    """One of the pictures; of those that are drawn elsewhere it tells where."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The picture's name."""
        if value in _SCORES:
            self.fail(f"{value!r} is a picture of scores: wann evaluate NETWORK --plot FILE", param, ctx)
        return super().convert(value, param, ctx)


@click.command("draw", cls=Command)
@click.argument("source", metavar="NETWORK")
@click.option("--out", metavar="FILE", help="The picture: .svg, .png or .pdf.  [default: PICTURE.svg]")
@click.option("--picture", type=_Picture(PICTURES), default="network", show_default=True, help="What to draw.")
@click.option("--title", help="A line above the picture of a network.")
@click.option("--legend/--no-legend", default=True, show_default=True, help="Explain colours and line styles.")
@click.option(
    "--only", metavar="OUTPUT", help="Draw only the part of the network that leads to this output, such as a class."
)
def command(source: str, out: str | None, picture: str, title: str | None, legend: bool, only: str | None) -> None:
    """Draw NETWORK, which is a network file, the folder of a run, or zoo:NAME.

    Pictures: network is the topology. The others need the folder of a run. curves shows the scores over the generations,
    history the champions one after the other, pareto the reward and the number of connections in the last generation.

    wann evaluate --plot draws scores: the reward by shared weight, or the accuracy of each class by shared weight.
    """
    from wann.cli.arguments import load_network
    from wann.show import pictures as draw

    path = out or f"{picture}.svg"
    if picture == "network":
        draw.draw_network(load_network(source), path, title=title, legend=legend, output=only)
    elif Path(source).is_dir():
        _draw_run(Path(source), picture, path)
    else:
        raise WannError(f"{source} is not the folder of a run, which --picture {picture} needs")
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
