"""The one exception that bad input raises."""

#: Characters of a message at most; what a value from outside adds to that is cut out of the middle.
LONGEST_MESSAGE = 600


class WannError(ValueError):
    """Bad input, told in one line: the value, where it came from, and what is allowed.

    Names and values from files go into messages as they are: here line ends and what steers a terminal are written as
    escapes, and what is too long is cut.

    Args:
        message: The line.
        parameter: The argument that would mend it, by its name in Python. The command line tells which option that is.
    """

    def __init__(self, message: str = "", *, parameter: str | None = None) -> None:
        super().__init__(one_line(message))
        self.parameter = parameter


def one_line(text: str) -> str:
    """The text with line ends and what steers a terminal written as escapes, and cut in the middle where it is too long."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    if len(text) <= LONGEST_MESSAGE:
        return text
    # The end, which says what is allowed, is worth more than the rest of the value.
    end = LONGEST_MESSAGE // 3
    return f"{text[: LONGEST_MESSAGE - end - 3]}...{text[-end:]}"


class MissingExtraError(WannError, ImportError):
    """A feature needs a package that is not installed; the message says the command that installs it."""

    def __init__(self, feature: str, extra: str, *, parameter: str | None = None) -> None:
        super().__init__(f"{feature} needs the extra {extra!r}: pip install 'wann[{extra}]'", parameter=parameter)


class InvalidRewardError(WannError):
    """A task gave a reward that is NaN or infinite."""


class WorkersLostError(WannError):
    """Work that was given to workers cannot go on: there are none any more, or one batch is lost with each of them."""
