"""``wann draw``."""

import click

from wann.network import Network


@click.command("draw")
@click.argument("network", type=click.Path())
@click.option("-o", "--output", default="network.svg", show_default=True, help="The picture: .svg, .png or .pdf.")
@click.option("--title", help="A line above the picture.")
@click.option("--legend/--no-legend", default=True, show_default=True, help="Explain colours and line styles.")
@click.option("--only", metavar="OUTPUT", help="Draw only the part that serves this output, a class, say.")
def command(network: str, output: str, title: str | None, legend: bool, only: str | None) -> None:
    """Draw NETWORK, a network file."""
    from wann.draw import draw_network

    draw_network(Network.load(network), output, title=title, legend=legend, output=only)
    click.echo(output)
