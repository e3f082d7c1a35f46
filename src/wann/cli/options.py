"""Options and helpers that several commands share."""

import dataclasses
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wann.errors import WannError
from wann.networks.activations import Activation
from wann.search.config import SearchConfig

if TYPE_CHECKING:
    from click import ParamType

    from wann.execution import Evaluator
else:

    class ParamType(click.ParamType):
        """Tells a checker what it gives; before click 8.4 the class itself could not."""

        def __class_getitem__(cls, _given: Any) -> type:
            return cls


Decorated = TypeVar("Decorated", bound=Callable[..., Any])

seed_option = click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of the random numbers. The same seed gives the same result."
)
threads_option = click.option("--threads", type=int, help="Threads to use.  [default: one for each core]")
_workers_options = (
    click.option(
        "--threads", type=int, help="Threads to use.  [default: one for each core; with --workers, one in each worker]"
    ),
    click.option(
        "--workers",
        metavar="WHERE",
        help="Run networks elsewhere: ray, ray:4, ray://HOST:PORT, dask://HOST:PORT, mpi, processes or processes:4. The "
        "results are the same.",
    ),
    click.option(
        "--batch-seconds",
        type=float,
        help="With --workers: what takes longer is sent to another worker.  [default: no limit]",
    ),
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")

#: Options that a command had once, and what they are now.
_RENAMED = {
    "compare": {"--network": "an argument: wann compare TASK NETWORK"},
    "draw": {"-o": "--out", "--output": "--out", "--task": "an option of wann evaluate, which draws scores with --plot"},
    "evaluate": {"--episodes": "--trials"},
    "play": {"--weight": "--weights", "--video": "--out"},
    "report": {"-o": "--out", "--output": "--out", "--episodes": "--trials"},
    "tune": {"--resume": "a command: wann resume PATH"},
}


def workers_options(command: Decorated) -> Decorated:
    """Adds the options that say where networks run; the command gets ``threads`` and an ``evaluator``."""

    @functools.wraps(command)
    def with_evaluator(
        *args: Any, threads: int | None, workers: str | None, batch_seconds: float | None, **options: Any
    ) -> None:
        with _evaluator(threads, workers, batch_seconds) as evaluator:
            command(*args, threads=threads, evaluator=evaluator, **options)

    for option in reversed(_workers_options):
        with_evaluator = option(with_evaluator)
    return with_evaluator  # type: ignore[return-value]


def _evaluator(threads: int | None, workers: str | None, batch_seconds: float | None) -> "Evaluator":
    from wann.execution import Threads, workers_at

    if workers is not None:
        return workers_at(workers, threads=1 if threads is None else threads, batch_seconds=batch_seconds)
    if batch_seconds is not None:
        raise WannError("--batch-seconds is for --workers")
    return Threads(threads)


class Command(click.Command):
    """A command that tells what has become of an option that it had once."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with the new name of an option in the error that its old name gets."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            now = _RENAMED.get(self.name or "", {}).get(error.option_name)
            if now is None:
                raise
            raise click.UsageError(f"{error.option_name} is now {now}") from None


class NumberList(ParamType[tuple[float, ...]]):
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


class Weight(ParamType[float | str]):
    """A number, or one of some words."""

    name = "weight"

    def __init__(self, *words: str) -> None:
        self._words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """The number or the word."""
        if value in self._words:
            return str(value)
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor {' nor '.join(self._words)}", param, ctx)


class NameList(ParamType[tuple[str, ...]]):
    """Comma-separated names."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The names in the text."""
        return value if isinstance(value, tuple) else tuple(part.strip() for part in str(value).split(","))


def search_settings(command: Decorated) -> Decorated:
    """Adds an option for every setting of a search; those that are not given are left to the preset."""
    for setting in reversed(dataclasses.fields(SearchConfig)):
        name = setting.name.replace("_", "-")
        is_switch = isinstance(setting.default, bool)
        option = click.option(
            f"--{name}/--no-{name}" if is_switch else f"--{name}",
            type=_type_of(setting),
            default=None,
            help=_help_of(setting),
        )
        command = option(command)
    return command


def given_settings(options: dict[str, Any]) -> dict[str, Any]:
    """Of all options, the settings of a search that were given."""
    return {f.name: options[f.name] for f in dataclasses.fields(SearchConfig) if options.get(f.name) is not None}


def setting_text(value: Any) -> str:
    """The value of a setting as the command line reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(map(setting_text, value)) or "none"
    return value.label if isinstance(value, Activation) else f"{value:g}" if isinstance(value, float) else str(value)


def _help_of(setting: "dataclasses.Field[Any]") -> str:
    about = setting.metadata["help"]
    low, high = setting.metadata["low"], setting.metadata["high"]
    limits = f", from {low:g} to {high:g}" if isinstance(setting.default, float) and high is not None else ""
    return f"{about[0].upper()}{about[1:]}{limits}.  [default: the preset's, else {setting_text(setting.default)}]"


def _type_of(setting: "dataclasses.Field[Any]") -> "click.ParamType[Any]":
    if setting.name == "activations":
        return NameList()
    if isinstance(setting.default, tuple):
        return NumberList()
    if isinstance(setting.default, bool):
        return click.BOOL
    return click.INT if isinstance(setting.default, int) else click.FLOAT


class KeyValue(ParamType[tuple[str, Any]]):
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
    "--task-option",
    "task_options",
    type=KeyValue(),
    multiple=True,
    help="An option of the task, as name=value. May be repeated.",
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
