"""Signals that ask a program to stop: Ctrl-C (SIGINT), what batch systems send, and the end of the terminal."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: Windows knows the first two alone.
SIGNALS = tuple(signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
#: What is added to a signal's number in the status of a program that it has ended.
STATUS = 128


class Terminated(KeyboardInterrupt):
    """The program was asked to stop by SIGTERM or SIGHUP, as the text says. What saves on Ctrl-C saves on this."""


@contextmanager
def raised_once() -> Iterator[list[int]]:
    """Has the first signal that asks to stop raise `KeyboardInterrupt`, or `Terminated`; later ones change nothing.

    So a second Ctrl-C does not break what answers the first. After a signal the program is expected to end: the signals are
    then ignored for good. A signal that was ignored before stays ignored, as for programs that run in the background.

    Yields:
        A list that holds the number of the signal once there was one.
    """
    taken: list[int] = []

    def take(number: int, _frame: FrameType | None) -> None:
        if taken:
            return
        taken.append(number)
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated(signal.Signals(number).name)

    before = _handlers()
    try:
        for number in before:
            signal.signal(number, take)
        yield taken
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if taken else handler)


def leave_to_parent() -> None:
    """Ignores what a terminal sends to all processes in it: the one that started this one answers, and ends it."""
    for number in SIGNALS:
        if number != signal.SIGTERM:
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def held() -> Iterator[None]:
    """Has signals that ask to stop wait until what is inside is done."""
    caught: list[int] = []
    before = _handlers()
    try:
        for number in before:
            signal.signal(number, lambda number, _frame: caught.append(number))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if caught:
        signal.raise_signal(caught[0])


def _handlers() -> dict[signal.Signals, Callable[[int, FrameType | None], Any] | int]:
    """What answers each signal now, of those whose answer can be changed and put back."""
    if threading.current_thread() is not threading.main_thread():
        return {}  # Python gets its signals in the main thread alone
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    return {number: handler for number, handler in handlers.items() if handler not in (None, signal.SIG_IGN)}
