"""What a person sees while work goes on: bars on a terminal; else a line now and then, and nothing of a search."""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat

from wann.cli.messages import tell
from wann.progress import Report
from wann.search.history import Generation
from wann.search.search import Search

#: Seconds from one line to the next where standard error is no terminal: in the first minute, and in work that takes hours.
LINE_INTERVAL, LONG_INTERVAL = 10.0, 60.0
_SHORT_WORK = 6  #: lines after which work is long


def shown(generations: Iterable[Generation], search: Search) -> Iterator[Generation]:
    """Passes generations on, and shows the newest a few times a second where standard error is a terminal."""
    if not sys.stderr.isatty():
        return iter(generations)
    from wann.show.progress import watched

    return watched(generations, search)


@contextmanager
def bars() -> Iterator[Report]:
    """Something to report to: a bar for each thing that is under way, or now and then a line where there is no terminal."""
    if sys.stderr.isatty():
        from wann.show.progress import terminal_bars

        with terminal_bars() as report:
            yield report
    else:
        with _lines() as report:
            yield report


@contextmanager
def _lines() -> Iterator[Report]:
    """Tells in a line every few seconds what is under way. Short work is silent."""
    newest = Newest()
    ended = threading.Event()
    # One call into an environment may take minutes, so a thread tells that it still goes on.
    thread = threading.Thread(target=speak, args=(newest, ended.wait), daemon=True)
    thread.start()
    try:
        yield newest.report
    finally:
        ended.set()
        thread.join()


class Newest:
    """What was reported last."""

    line: str | None = None

    def report(self, what: str, part: float) -> None:
        """Takes what is under way, and the part of it that is done."""
        self.line = f"{what}: {100 * part:.0f} % done"


def speak(newest: Newest, ended: Callable[[float], bool]) -> None:
    """Tells what was reported last, again and again.

    Args:
        newest: What was reported last.
        ended: Waits so many seconds, or until all is done; whether it is.
    """
    intervals = chain(repeat(LINE_INTERVAL, _SHORT_WORK), repeat(LONG_INTERVAL))
    while not ended(next(intervals)):
        if newest.line is not None:
            tell(newest.line)
