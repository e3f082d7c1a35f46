"""``wann draw``."""

from pathlib import Path

import click

from wann.errors import WannError
from wann.network import Network

#: What can be drawn.
PICTURES = ("network", "curves", "history", "pareto", "profile", "classes")


@click.command("draw")
@click.argument("source", metavar="NETWORK", type=click.Path(path_type=Path))
@click.option("-o", "--output", help="The picture: .svg, .png or .pdf.  [default: PICTURE.svg]")
@click.option("--picture", type=click.Choice(PICTURES), default="network", show_default=True, help="What to draw.")
@click.option("--title", help="A line above the picture of a network.")
@click.option("--legend/--no-legend", default=True, show_default=True, help="Explain colours and line styles.")
@click.option("--only", metavar="OUTPUT", help="Draw only the part that serves this output, a class, say.")
def command(source: Path, output: str | None, picture: str, title: str | None, legend: bool, only: str | None) -> None:
    """Draw NETWORK, a network file or the folder of a run.

    Pictures: the network; for a run, the curves of the search, the history of its champions, and the Pareto front of reward
    and connections in its last generation; the reward by shared weight (profile); for classifiers, the accuracy of each
    class by shared weight.
    """
    from wann import draw, runs

    path = output or f"{picture}.svg"
    if picture in ("curves", "history", "pareto"):
        if not source.is_dir():
            raise WannError(f"{source} is not the folder of a run, which --picture {picture} needs")
        _draw_run(source, picture, path)
    else:
        network = Network.load(source / runs.CHAMPION if source.is_dir() else source)
        if picture == "network":
            draw.draw_network(network, path, title=title, legend=legend, output=only)
        else:
            _draw_by_weight(network, source, picture, path)
    click.echo(path)


def _draw_run(folder: Path, picture: str, path: str) -> None:
    from wann import draw, runs

    if picture == "curves":
        draw.draw_curves(runs.read_metrics(folder), path)
        return
    champions = [Network.load(p) for p in sorted((folder / runs.HISTORY).glob("*.json"))]
    if not champions:
        raise WannError(f"{folder} has no champion yet: run at least one generation")
    if picture == "history":
        draw.draw_history(champions, path)
        return
    _draw_pareto(folder, champions, path)


def _draw_pareto(folder: Path, champions: list[Network], path: str) -> None:
    from wann import draw, runs

    size = [c.n_connections for c in champions]
    reward = [c.metadata["search_score"]["mean_reward"] for c in champions]
    champion = (size[-1], reward[-1])
    population = runs.read_population(folder)
    if population is None:
        label = "champions of the search (the run keeps no population)"
        draw.draw_pareto(size, reward, path, champion=champion, label=label)
        return
    label = f"{len(population.nodes):,} individuals of generation {population.generation:,}, on its episodes"
    draw.draw_pareto(
        population.connections, population.mean_reward, path, champion=champion, history=(size, reward), label=label
    )


def _draw_by_weight(network: Network, source: Path, picture: str, path: str) -> None:
    from wann import draw
    from wann.draw.report.data import task_of
    from wann.draw.report.samples import class_accuracy
    from wann.evaluation import weight_profile
    from wann.tasks.data import Classification

    task = task_of(network, source)
    if picture == "profile":
        draw.draw_profile(weight_profile(network, task), path)
    elif isinstance(task, Classification):
        accuracy = class_accuracy(task, network)
        draw.draw_class_accuracy(accuracy["weights"], accuracy["byClass"], task.outputs, path)
    else:
        raise WannError(f"{task.name} has no classes")
