"""What objects look like in a notebook: HTML and SVG, whole in themselves. IPython need not be installed.

The root of the package gives its classes the methods that notebooks ask for (`wann._methods`); they end here.
"""

import base64
import functools
import html
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wann.arguments import check_integer, check_path
from wann.explain import Explanation
from wann.files import write_bytes
from wann.networks.network import Network
from wann.scoring.comparison import Comparison
from wann.scoring.evaluation import WeightProfile
from wann.search.champion import Champion
from wann.search.search import Search
from wann.show.pictures import draw_curves, draw_importance, draw_network, draw_profile, style
from wann.tasks.for_network import task_for
from wann.tasks.protocol import Task
from wann.zoo.named import network_named

#: Pixels from the top of a report to its end, in a notebook.
HEIGHT = 800
#: Columns stand below each other, whatever the page says of ``pre``, and long lines are scrolled.
_TABLE = "font-family: monospace; font-size: 0.9em; line-height: 1.3; white-space: pre; overflow-x: auto"
#: Around what is bold in a cell of a table.
_BOLD = "**"


@functools.singledispatch
def as_html(thing: Any) -> str:
    """An object as a notebook shows it: the table that it prints, and a picture where there is one."""
    return f'<pre style="{_TABLE}">{html.escape(str(thing))}</pre>'


@as_html.register
def _search(search: Search) -> str:
    curves = style.svg(draw_curves(search.history.records())) if search.history else ""
    return as_html(str(search)) + curves


@as_html.register
def _champion(champion: Champion) -> str:
    return as_html(str(champion)) + as_svg(champion.network)


@as_html.register
def _explanation(explanation: Explanation) -> str:
    return as_html(str(explanation)) + style.svg(draw_importance(explanation.importance))


@as_html.register
def _comparison(comparison: Comparison) -> str:
    header, *rows = comparison.cells(bold=_BOLD)
    lines = [_row("th", header), *(_row("td", row) for row in rows)]
    return f"<table><caption>{html.escape(comparison.task)}</caption>{''.join(lines)}</table>"


def _row(tag: str, cells: Sequence[str]) -> str:
    def cell(text: str) -> str:
        bare = html.escape(text.strip(_BOLD))
        return f"<{tag}>{f'<b>{bare}</b>' if text.startswith(_BOLD) else bare}</{tag}>"

    return f"<tr>{''.join(map(cell, cells))}</tr>"


def as_svg(thing: Network | WeightProfile) -> str:
    """A network's drawing, or the curve of a weight profile."""
    return style.svg(draw_network(thing) if isinstance(thing, Network) else draw_profile(thing))


class Inline:
    """Something to be looked at in a notebook, and to be written to a file.

    Args:
        content: The bytes of a file.
        element: The HTML that shows it.
    """

    def __init__(self, content: bytes, element: str) -> None:
        self._content = content
        self._element = element

    def save(self, path: str | Path) -> None:
        """Writes the file."""
        write_bytes(check_path(path), self._content)

    def _repr_html_(self) -> str:
        return self._element

    def __repr__(self) -> str:
        return f"Inline({len(self._content):,} bytes)"


def report_inline(
    source: str | Path | Network,
    *,
    task: Task | None = None,
    episodes: int = 32,
    threads: int | None = None,
    height: int = HEIGHT,
) -> Inline:
    """The report page of a run or a network, as the last line of a cell shows it.

    Args:
        source: A run folder, a network file, a network, or ``zoo:NAME``.
        task: What the network acts in, as `wann.show.write_report` takes it.
        episodes: Fresh episodes at each point of the champion's weight profile.
        threads: Threads to use; all cores by default.
        height: Of the page in the notebook, in pixels.

    Raises:
        WannError: The source is neither a run nor a network, or its task is not known.
    """
    from wann.show.report import page_of

    check_integer(height, "height", 100, 10_000)
    page = page_of(source, task=task, episodes=episodes, threads=threads)
    # Apart from the notebook: the page's script reaches nothing outside of its frame.
    frame = f'sandbox="allow-scripts" width="100%" height="{height}" style="border: 0"'
    return Inline(page.encode("utf-8"), f'<iframe {frame} srcdoc="{html.escape(page, quote=True)}"></iframe>')


def play_inline(
    network: Network | str,
    task: Task | None = None,
    *,
    weights: Sequence[float | None] = (None,),
    seed: int = 0,
    max_steps: int = 2000,
) -> Inline:
    """An episode with each weight, side by side, as the last line of a cell shows it.

    Args:
        network: A network, or its name: a file, the folder of a run, or ``zoo:NAME``.
        task: What it acts in; what it was searched on, as its metadata tell, if it is not given.
        weights: Shared weights; None stands for the network's own tuned ones.
        seed: Of the episode.
        max_steps: Steps to show at most.

    Raises:
        WannError: The network does not fit, or the task makes no pictures.
        MissingExtraError: The extra ``video`` is not installed.
    """
    from wann.show.play import play

    network = network_named(network)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "play.mp4"
        play(network, task_for(network) if task is None else task, path, weights=weights, seed=seed, max_steps=max_steps)
        content = path.read_bytes()
    source = f"data:video/mp4;base64,{base64.b64encode(content).decode('ascii')}"
    return Inline(content, f'<video controls autoplay loop muted style="max-width: 100%" src="{source}"></video>')
