"""What a person sees while work goes on: bars on a terminal; else a line now and then, and nothing of a search."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from wann.cli.messages import tell
from wann.progress import Report
from wann.runs.workers import idle_share
from wann.search.history import Generation
from wann.search.search import Search

#: Seconds from one line to the next where standard error is no terminal.
LINE_INTERVAL = 10.0
#: Columns of a terminal from which there is room for a bar beside the numbers.
WIDTH_FOR_BAR = 110


def shown(generations: Iterable[Generation], search: Search) -> Iterator[Generation]:
    """Passes generations on, and shows the newest a few times a second where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield from generations
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns: list[ProgressColumn] = [
        TextColumn("generation {task.fields[generation]}"),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
    ]
    if console.width >= WIDTH_FOR_BAR:
        columns.insert(1, BarColumn(bar_width=20))
    with Progress(*columns, console=console, refresh_per_second=5) as progress:
        bar = progress.add_task("search", total=1.0, generation="", state="")
        first_steps, start = search.environment_steps, time.monotonic()
        for record in generations:
            rate = (record.environment_steps - first_steps) / max(time.monotonic() - start, 1e-9)
            generation = f"{search.generation}/{search.total_generations}"
            state = _state(record, rate) + workers_text(search, time.monotonic() - start)
            progress.update(bar, completed=search.progress, generation=generation, state=state)
            yield record


def _state(record: Generation, steps_per_second: float) -> str:
    return (
        f"mean {record.champion_mean_reward:.1f} best {record.champion_best_reward:.1f} "
        f"{record.champion_connections} connections {_rate(steps_per_second)} steps/s"
    )


def workers_text(search: Search, seconds: float) -> str:
    """Of the workers, where a search has some: how many, and what part of so many seconds they had nothing to do."""
    usage = search.evaluator.usage()
    if usage is None:
        return ""
    idle = 100 * idle_share(usage.workers, usage.busy_seconds, seconds)
    again = f", {usage.repeated} of {usage.batches} batches sent again" if usage.repeated else ""
    return f" by {search.evaluator.name}, idle {idle:.0f} %{again}"


def _rate(x: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if x >= size:
            return f"{x / size:.1f}{unit}"
    return f"{x:.0f}"


@contextmanager
def bars() -> Iterator[Report]:
    """Something to report to: a bar for each thing that is under way, or now and then a line where there is no terminal."""
    with _bars() if sys.stderr.isatty() else _lines() as report:
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
    while not ended(LINE_INTERVAL):
        if newest.line is not None:
            tell(newest.line)


@contextmanager
def _bars() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:26}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=5, transient=True) as progress:
        bars: dict[str, Any] = {}

        def report(what: str, part: float) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=1.0)
            progress.update(bars[what], completed=part)

        yield report
