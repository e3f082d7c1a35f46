"""``wann resume``."""

from pathlib import Path

import click

from wann.cli.options import json_option, threads_option
from wann.cli.runner import carry_out


@click.command("resume")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@threads_option
@json_option
def command(folder: Path, threads: int | None, as_json: bool) -> None:
    """Go on with the search in the folder RUN, from its last checkpoint to its end.

    It ends in the same champion and the same metrics as a run that was never stopped.
    """
    from wann.runs import Run

    with Run.resume(folder, threads=threads) as run:
        for warning in run.warnings:
            click.echo(f"wann: {warning}", err=True)
        carry_out(run, as_json)
