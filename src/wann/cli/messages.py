"""Lines on standard error: what went wrong, and how to go on."""

import click

from wann.errors import one_line


class StoppedError(Exception):
    """A command was stopped by Ctrl-C or SIGTERM; the text is all that it has to say, such as how to go on."""


def tell(message: str) -> None:
    """Prints one line on standard error. What steers a terminal, as names of files may, is written as escapes."""
    click.echo(f"wann: {one_line(message)}", err=True)
