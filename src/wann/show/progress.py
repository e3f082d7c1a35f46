"""Bars that tell how far work has come: on a terminal, and in a notebook. Elsewhere, as in a pipe, there are none."""

import html
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from wann.arguments import check_integer, shown
from wann.errors import WannError
from wann.progress import Report
from wann.runs import Run
from wann.runs.workers import workers_text
from wann.search.history import Generation
from wann.search.search import Search

#: Columns of a terminal from which there is room for a bar beside the numbers.
WIDTH_FOR_BAR = 110
#: Seconds between two looks of a bar in a notebook, at least.
_INTERVAL = 0.2


def follow(work: Search | Run, generations: int | None = None) -> Iterator[Generation]:
    """Runs a search, or a run with its folder, with a bar on standard error or in the notebook.

    Args:
        work: What to run.
        generations: How many more; up to the configured number if not given. A run goes to its end.

    Returns:
        The record of each generation, as `wann.Search.run` gives it.

    Raises:
        WannError: ``work`` is neither, or the number is not an integer from 0 to 10⁹ or given for a run.
    """
    if isinstance(work, Run):
        if generations is not None:
            raise WannError(f"generations is {shown(generations)}; a run goes to its end: leave it out")
        return watched(work.generations(), work.search)
    if not isinstance(work, Search):
        raise WannError(f"work is {shown(work)}; it must be a wann.Search or a wann.runs.Run")
    if generations is not None:
        check_integer(generations, "generations", 0, 10**9)
    return watched(work.run(generations), work, generations)


def watched(records: Iterable[Generation], search: Search, generations: int | None = None) -> Iterator[Generation]:
    """Passes records on, and shows the newest a few times a second where somebody sees it."""
    if in_notebook():
        yield from _in_notebook(records, search, generations)
    elif sys.stderr.isatty():
        yield from _in_terminal(records, search, generations)
    else:
        yield from records


def bars() -> Any:
    """A context that gives what ``report=`` takes, as of `wann.evaluate`: a bar for each thing that is under way.

    The bars go when the work is done. Elsewhere than on a terminal and in a notebook it is silent.
    """
    if in_notebook():
        return _notebook_bars()
    return terminal_bars() if sys.stderr.isatty() else nullcontext(_silent)


def in_notebook() -> bool:
    """Whether this is a cell of a notebook, which IPython's kernel runs."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _silent(what: str, part: float) -> None:
    """Says nothing."""


class _Part:
    """How much of what was asked for is done, and how fast it goes."""

    def __init__(self, search: Search, generations: int | None) -> None:
        self._search, self._generations = search, generations
        self._first, self._first_steps, self._start = search.generation, search.environment_steps, time.monotonic()

    @property
    def done(self) -> float:
        """From 0 to 1."""
        if not self._generations:
            return self._search.progress
        return (self._search.generation - self._first) / self._generations

    @property
    def generation(self) -> str:
        total = self._search.total_generations if self._generations is None else self._first + self._generations
        return f"{self._search.generation}/{total}"

    def state(self, record: Generation) -> str:
        """The champion, environment steps a second, and the workers where there are some."""
        seconds = time.monotonic() - self._start
        rate = (record.environment_steps - self._first_steps) / max(seconds, 1e-9)
        return (
            f"mean {record.champion_mean_reward:.1f} best {record.champion_best_reward:.1f} "
            f"{record.champion_connections} connections {_rate(rate)} steps/s{workers_text(self._search, seconds)}"
        )


def _in_terminal(records: Iterable[Generation], search: Search, generations: int | None) -> Iterator[Generation]:
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
        part = _Part(search, generations)
        for record in records:
            progress.update(bar, completed=part.done, generation=part.generation, state=part.state(record))
            yield record


def _in_notebook(records: Iterable[Generation], search: Search, generations: int | None) -> Iterator[Generation]:
    part, bars = _Part(search, generations), _NotebookBars()
    for record in records:
        bars.tell("search", part.done, f"generation {part.generation} {part.state(record)}")
        yield record
    bars.finish()


@contextmanager
def _notebook_bars() -> Iterator[Report]:
    bars = _NotebookBars()
    try:
        yield bars.tell
    finally:
        bars.clear()


class _NotebookBars:
    """Bars in the output of one cell."""

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}
        self._handle: Any = None
        self._due = 0.0

    def tell(self, what: str, part: float, text: str | None = None) -> None:
        """Takes what is under way, the part of it that is done, and more to say than its name."""
        said = html.escape(what if text is None else text)
        self._lines[what] = f'<div><progress value="{part:.4f}" max="1"></progress> {100 * part:.0f} % {said}</div>'
        if time.monotonic() >= self._due:
            self.show()

    def finish(self) -> None:
        """Shows what was told last, where anything was."""
        if self._lines:
            self.show()

    def clear(self) -> None:
        """Takes away what was shown."""
        self._lines = {}
        if self._handle is not None:
            self.show()

    def show(self) -> None:
        """Shows what was told last."""
        from IPython.display import HTML, display

        self._due = time.monotonic() + _INTERVAL
        content = HTML("".join(self._lines.values()))
        if self._handle is None:
            self._handle = display(content, display_id=True)
        else:
            self._handle.update(content)


def _rate(x: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if x >= size:
            return f"{x / size:.1f}{unit}"
    return f"{x:.0f}"


@contextmanager
def terminal_bars() -> Iterator[Report]:
    """Bars on standard error, which go when the work is done."""
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
