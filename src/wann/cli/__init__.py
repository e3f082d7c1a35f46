"""The command line: one module a command, each a thin face on the package.

Commands are imported when they are called, so that ``wann --help`` is quick.
"""

import importlib
import signal
import sys
from typing import Any

import click

from wann.arguments import did_you_mean
from wann.cli.messages import StoppedError, tell, told
from wann.errors import WannError, WorkersLostError
from wann.interrupts import STATUS, Terminated, raised_once

#: The status of a command that Ctrl-C has stopped.
INTERRUPTED = STATUS + signal.SIGINT

#: Name, module (its function ``command`` is the click command) and help line of every command, in the order of ``--help``.
COMMANDS: dict[str, tuple[str, str]] = {
    "search": ("wann.cli.search", "Search for a weight agnostic network."),
    "resume": ("wann.cli.resume", "Go on with a search, a tuning or a refinement that was stopped."),
    "evaluate": ("wann.cli.evaluate", "Score a network."),
    "draw": ("wann.cli.draw", "Draw a network, or the course of a search."),
    "report": ("wann.cli.report", "Write a page about a run: drag the weight and watch the network act."),
    "explain": ("wann.cli.explain", "Look inside a network: what matters, what could go, what the weight does."),
    "card": ("wann.cli.card", "Write a card for a model hub, with the network and its picture."),
    "export": ("wann.cli.export", "Write a network for use elsewhere: ONNX, PyTorch, C, Python, a formula, a graph."),
    "tune": ("wann.cli.tune", "Tune a network's shared weight and a weight for each connection."),
    "adapt": ("wann.cli.adapt", "Find the shared weight for changed dynamics in a few episodes."),
    "quantize": ("wann.cli.quantize", "Make tuned weights part of the topology."),
    "refine": ("wann.cli.refine", "Improve a network change by change."),
    "compare": ("wann.cli.compare", "Compare a WANN with a fixed topology and NEAT."),
    "zoo": ("wann.cli.zoo", "List the champions that ship with the package."),
    "tasks": ("wann.cli.tasks", "List the tasks."),
    "presets": ("wann.cli.presets", "Show the settings that each preset has for a task."),
    "play": ("wann.cli.play", "Watch a network act."),
}


#: Commands that there were once, and what to do instead.
GONE = {"bench": "the benchmarks are in the repository: make bench"}


class _LazyGroup(click.Group):
    """Imports a command's module only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in GONE:
            raise click.UsageError(f"wann {name} is gone: {GONE[name]}")
        if name not in COMMANDS and not name.startswith("-"):
            near = did_you_mean(name, COMMANDS) or ";"
            raise click.UsageError(f"No such command {name!r}{near} there are {', '.join(COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            # Here, because click would begin a line of its own for it.
            raise StoppedError(f"stopped by {error}" if isinstance(error, Terminated) else "interrupted") from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from wann._version import __version__

        click.echo(f"wann {__version__}")
        ctx.exit()


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="The version.")
def group() -> None:
    """Search for weight agnostic neural networks: topologies that work with one untrained weight."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line, and ends the process.

    Bad input ends with one line and status 2, other failures with one line and status 1. Ctrl-C, SIGTERM and SIGHUP are
    answered once: what can be saved is saved, and the status is 130, 143 or 129.
    """
    with raised_once() as signals:
        try:
            status = _status(arguments)
        except KeyboardInterrupt:  # while it was ending anyway
            status = INTERRUPTED
    # A command that could not save ends with its error, not as one that was stopped.
    if signals and status in (0, INTERRUPTED):
        status = STATUS + signals[0]
    sys.exit(status)


def _status(arguments: list[str] | None) -> int:
    """Runs the command line, and gives the status that the process is to end with."""
    try:
        status = group.main(arguments, prog_name="wann", standalone_mode=False)
    except SystemExit as end:
        status = end.code
    except click.ClickException as error:
        # It may list what there is on lines of their own.
        return _failed(" ".join(error.format_message().split()), 2)
    except WorkersLostError as error:
        return _failed(str(error), 1)
    except WannError as error:
        return _failed(told(error), 2)
    except StoppedError as error:
        return _failed(str(error), INTERRUPTED)
    except click.Abort:
        return _failed("interrupted", INTERRUPTED)
    except FileNotFoundError as error:
        return _failed(f"{error.filename}: no such file", 2)
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except OSError as error:
        return _failed(f"{error.filename or 'the system'}: {error.strerror or error}", 1)
    return status if isinstance(status, int) else 0


def _failed(message: str, status: int) -> int:
    tell(message)
    return status
