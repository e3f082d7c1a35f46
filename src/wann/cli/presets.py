"""``wann presets``."""

import dataclasses
import json
from typing import Any

import click

from wann.cli.options import Command, json_option, merged, setting_text, task_options_option
from wann.search.config import PRESET_NAMES, SearchConfig

_ABOUT = {
    "default": "what has worked best here; --preset is not needed for it",
    "paper": "the algorithm and the hyperparameters of the paper, exactly",
}


@click.command("presets", cls=Command)
@click.argument("task_name", metavar="[TASK]", required=False)
@task_options_option
@json_option
def command(task_name: str | None, task_options: tuple[tuple[str, Any], ...], as_json: bool) -> None:
    """Show the settings of a search on TASK, one column for each preset. Without TASK, list the presets.

    wann search TASK --show-settings shows those of one preset, with the options that are given beside it.
    """
    from wann.search.config import preset
    from wann.tasks import make_task

    if task_name is None:
        shown = [{"name": name, "summary": _ABOUT[name]} for name in PRESET_NAMES]
        click.echo(json.dumps(shown, indent=2) if as_json else "\n".join(f"{e['name']:8}  {e['summary']}" for e in shown))
        return
    task = make_task(task_name, **merged(task_options))
    configs = {name: preset(task, name) for name in PRESET_NAMES}
    show_settings(configs, as_json)


def show_settings(configs: dict[str, SearchConfig], as_json: bool) -> None:
    """Prints the settings of searches, one column for each."""
    if as_json:
        click.echo(json.dumps({name: config.to_dict() for name, config in configs.items()}, indent=2))
        return
    names = [field.name for field in dataclasses.fields(SearchConfig)]
    rows = [("", *configs), *((n, *(setting_text(getattr(config, n)) for config in configs.values())) for n in names)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
