"""Pictures of a search."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wann.errors import WannError
from wann.show.pictures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: More generations are drawn through this many points: the mean, and for the best the largest, of each group.
_MAX_POINTS = 600

#: Field, label, colour, line style and width.
_REWARDS = (
    ("best_mean_reward", "best of the generation", style.BLUE, "-", 0.9),
    ("median_mean_reward", "median", style.ORANGE, "--", 1.2),
    ("mean_mean_reward", "mean", style.PURPLE, ":", 1.4),
    ("champion_mean_reward", "champion, confirmed", style.INK, "-", 1.8),
)
_SIZES = (
    ("champion_connections", "connections of the champion", style.INK, "-", 1.8),
    ("champion_nodes", "nodes of the champion", style.GREEN, "-.", 1.4),
    ("median_connections", "connections, median", style.ORANGE, "--", 1.2),
)
_Lines = Sequence[tuple[str, str, str, str, float]]


def draw_curves(metrics: Sequence[Mapping[str, Any]], path: str | Path | None = None) -> "Figure":
    """Draws reward and size by generation.

    Args:
        metrics: One mapping for each generation with the fields of `wann.search.Generation`, as in ``metrics.jsonl``.
        path: Where to write the picture; ``.svg``, ``.png`` or ``.pdf``.

    Raises:
        WannError: There are no generations, a field is missing, or the ending of ``path`` is none of the three.
    """
    if path is not None:
        style.check_suffix(path)
    if not metrics:
        raise WannError("metrics: there is no generation to draw")
    with style.styled():
        figure = style.new_figure(7.0, 2.7)
        rewards, sizes = figure.subplots(1, 2)
        _plot(rewards, metrics, _REWARDS, "mean reward over the weight values")
        _plot(sizes, metrics, _SIZES, "size")
        sizes.set_ylim(bottom=0)
    if path is not None:
        style.save(figure, path)
    return figure


def _plot(axes: "Axes", metrics: Sequence[Mapping[str, Any]], lines: _Lines, title: str) -> None:
    x = _column(metrics, "generation")
    for field, label, colour, dashes, width in lines:
        axes.plot(*_thinned(x, _column(metrics, field)), label=label, color=colour, linestyle=dashes, linewidth=width)
    axes.set_xlabel("generation")
    axes.set_title(title)
    axes.legend(loc="best", handlelength=2.2, labelspacing=0.25)


def _column(metrics: Sequence[Mapping[str, Any]], field: str) -> NDArray[np.float64]:
    try:
        return np.array([float(m[field]) for m in metrics])
    except KeyError:
        raise WannError(f"metrics: the field {field!r} is missing") from None


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means of groups of neighbours where there are too many points to see."""
    if len(x) <= _MAX_POINTS:
        return x, y
    starts = np.linspace(0, len(x), _MAX_POINTS + 1).astype(int)[:-1]
    counts = np.diff([*starts, len(x)])
    return np.add.reduceat(x, starts) / counts, np.add.reduceat(y, starts) / counts
