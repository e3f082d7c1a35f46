"""``wann tasks``."""

import json

import click

from wann.cli.options import Command
from wann.tasks import available_tasks


@click.command("tasks", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def command(as_json: bool) -> None:
    """List the tasks that have a name, those of installed packages included.

    Besides these, TASK may be gymnasium:ENV_ID, envpool:ENV_ID, a table (.csv or .parquet), or a class of your own:
    FILE.py:CLASS or MODULE:CLASS.
    """
    entries = available_tasks()
    if as_json:
        click.echo(json.dumps([{"name": e.name, "summary": e.summary} for e in entries], indent=2))
        return
    width = max(len(e.name) for e in entries)
    for entry in entries:
        click.echo(f"{entry.name:{width}}  {entry.summary}")
