"""Options and helpers that several commands share."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import click

from wann.config import SearchConfig
from wann.errors import WannError

Command = TypeVar("Command", bound=Callable[..., Any])

seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Names the random numbers.")
threads_option = click.option("--threads", type=int, help="Threads to use.  [default: all cores]")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class NumberList(click.ParamType[tuple[float, ...]]):
    """Comma-separated numbers."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """The numbers in the text; none in an empty one."""
        if isinstance(value, tuple):
            return value
        if not value:
            return ()
        try:
            return tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of numbers such as -1,0.5,2", param, ctx)


class NameList(click.ParamType[tuple[str, ...]]):
    """Comma-separated names."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The names in the text."""
        return value if isinstance(value, tuple) else tuple(part.strip() for part in str(value).split(","))


def search_settings(command: Command) -> Command:
    """Adds an option for every setting of a search; those that are not given are left to the preset."""
    for setting in reversed(dataclasses.fields(SearchConfig)):
        name = setting.name.replace("_", "-")
        option = click.option(
            f"--{name}",
            type=_type_of(setting),
            default=None,
            help=f"{setting.metadata['help'].capitalize()}.",
        )
        command = option(command)
    return command


def given_settings(options: dict[str, Any]) -> dict[str, Any]:
    """Of all options, the settings of a search that were given."""
    return {f.name: options[f.name] for f in dataclasses.fields(SearchConfig) if options.get(f.name) is not None}


def _type_of(setting: "dataclasses.Field[Any]") -> "click.ParamType[Any]":
    if setting.name == "activations":
        return NameList()
    if isinstance(setting.default, tuple):
        return NumberList()
    return click.INT if isinstance(setting.default, int) else click.FLOAT


class KeyValue(click.ParamType[tuple[str, Any]]):
    """``name=value``; the value is read as JSON where it is that, else as text."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """The pair."""
        import json

        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not name or not equals:
            self.fail(f"{value!r} is not of the form name=value", param, ctx)
        try:
            return name, json.loads(text)
        except json.JSONDecodeError:
            return name, text


task_options_option = click.option(
    "--task-option", "task_options", type=KeyValue(), multiple=True, help="An option of the task, as name=value; repeatable."
)


def merged(pairs: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """The pairs as a dictionary.

    Raises:
        WannError: A name stands twice.
    """
    options: dict[str, Any] = {}
    for name, value in pairs:
        if name in options:
            raise WannError(f"--task-option {name} is given twice")
        options[name] = value
    return options
