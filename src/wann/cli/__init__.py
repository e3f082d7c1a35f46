"""The command line: one module a command, each a thin face on the package.

Commands are imported when they are called, so that ``wann --help`` is quick.
"""

import importlib
import sys

import click

from wann.errors import WannError

#: Name, module (its function ``command`` is the click command) and help line of every command, in the order of ``--help``.
COMMANDS: dict[str, tuple[str, str]] = {
    "search": ("wann.cli.search", "Search for a weight agnostic network."),
    "resume": ("wann.cli.resume", "Go on with a search that was stopped."),
    "evaluate": ("wann.cli.evaluate", "Score a network."),
    "draw": ("wann.cli.draw", "Draw a network."),
    "report": ("wann.cli.report", "Write a page about a run: drag the weight and watch the network act."),
    "tune": ("wann.cli.tune", "Tune a network's shared weight and a weight for each connection."),
    "quantize": ("wann.cli.quantize", "Make tuned weights part of the topology."),
    "refine": ("wann.cli.refine", "Improve a network change by change."),
    "compare": ("wann.cli.compare", "Compare a WANN with a fixed topology and NEAT."),
    "zoo": ("wann.cli.zoo", "List the champions that ship with the package."),
    "tasks": ("wann.cli.tasks", "List the tasks."),
    "play": ("wann.cli.play", "Watch a network act."),
    "bench": ("wann.cli.bench", "Measure the speed on this machine."),
}


class _LazyGroup(click.Group):
    """Imports a command's module only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from wann import __version__

        click.echo(f"wann {__version__}")
        ctx.exit()


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="The version.")
def group() -> None:
    """Search for weight agnostic neural networks: topologies that work with one untrained weight."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line. Bad input ends with one line and status 2, an interruption with status 130."""
    try:
        status = group.main(arguments, prog_name="wann", standalone_mode=False)
    except click.ClickException as error:
        _fail(error.format_message(), 2)
    except WannError as error:
        _fail(str(error), 2)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", 130)
    except FileNotFoundError as error:
        _fail(f"{error.filename}: no such file", 2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}", 1)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str, status: int) -> None:
    click.echo(f"wann: {message}", err=True)
    sys.exit(status)
