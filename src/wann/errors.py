"""The one exception that bad input raises."""


class WannError(ValueError):
    """Bad input, told in one line: the value, where it came from, and what is allowed."""


class MissingExtraError(WannError, ImportError):
    """A feature needs a package that is not installed; the message says the command that installs it."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra {extra!r}: pip install 'wann[{extra}]'")


class InvalidRewardError(WannError):
    """A task gave a reward that is NaN or infinite."""
