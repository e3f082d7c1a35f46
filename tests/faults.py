"""Processes that are killed while they change files."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_CHANGES = {"os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class KilledError(BaseException):
    """Where a process would have ended; nothing catches it, and nothing that is done on its way out has an effect."""


class Fault:
    """The change of the file system at which a process is killed."""

    def __init__(self, step: int, by_signal: bool) -> None:
        self.step, self.by_signal = step, by_signal
        self.steps = 0  #: changes so far

    @property
    def struck(self) -> bool:
        """Whether the process has come so far."""
        return self.steps >= self.step

    def count(self) -> None:
        self.steps += 1
        if self.struck and self.by_signal:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.struck:
            raise KilledError


_armed: list[Fault] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _armed and (event in _CHANGES or (event == "open" and arguments[2] & _WRITING)):
        _armed[-1].count()


# Python tells of every change that it makes, whichever function asks for it.
sys.addaudithook(_watch)


@contextmanager
def killed_at(step: int, *, by_signal: bool = False) -> Iterator[Fault]:
    """Ends what is inside right before one of its changes of the file system: that one is not made, nor any later one.

    Args:
        step: Which change, from 1. Where there are fewer, all of them are made.
        by_signal: Ends the whole process, by SIGKILL.
    """
    fault = Fault(step, by_signal)
    _armed.append(fault)
    try:
        yield fault
    except KilledError:
        pass
    finally:
        _armed.remove(fault)
