"""``wann tasks``."""

import json

import click

from wann.tasks import available_tasks


@click.command("tasks")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the tasks."""
    entries = available_tasks()
    if as_json:
        click.echo(json.dumps([{"name": e.name, "summary": e.summary} for e in entries], indent=2))
        return
    width = max(len(e.name) for e in entries)
    for entry in entries:
        click.echo(f"{entry.name:{width}}  {entry.summary}")
