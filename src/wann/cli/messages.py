"""Lines on standard error: what went wrong, and how to go on."""

import click

from wann.errors import WannError, one_line

#: What to type, by the argument of the package that would mend an error (`WannError.parameter`).
_TO_TYPE = {
    "budget": "--budget EPISODES, or leave NETWORK away",
    "ignore": "--ignore COLUMN of wann search; elsewhere --task-option ignore=COLUMN",
    "neat": "or go on without NEAT: --no-neat",
    "observation_scaling": "--task-option observation_scaling=false",
    "out": "--out out.mp4",
    "overwrite": "--out PATH for another place, --overwrite to replace it",
    "pruned": "--pruned FILE",
    "policy": "leave --policy away, or name another task with --task",
    "start": "wann search TASK --start RUN",
    "target": "--target COLUMN of wann search; elsewhere --task-option target=COLUMN",
    "task": "--task TASK; wann tasks lists them",
    "task_options": "--task-option NAME=VALUE",
    "weight": "--weight W",
}


class StoppedError(Exception):
    """A command was stopped by a signal, such as Ctrl-C; the text is all that it has to say, such as how to go on."""


def tell(message: str) -> None:
    """Prints one line on standard error. What steers a terminal, as names of files may, is written as escapes."""
    click.echo(f"wann: {one_line(message)}", err=True)


def told(error: WannError) -> str:
    """The error's line, and what to type to mend it where the command line has an option for that."""
    cause: BaseException | None = error
    while cause is not None:
        # An error that names a file, say, is raised of another one, which knows the argument.
        if isinstance(cause, WannError) and cause.parameter in _TO_TYPE:
            return f"{error} ({_TO_TYPE[cause.parameter]})"
        cause = cause.__cause__ or cause.__context__
    return str(error)
