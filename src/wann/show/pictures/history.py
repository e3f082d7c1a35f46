"""Pictures of what a search came through and what it ended with: the history of champions, and the Pareto front."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.errors import WannError
from wann.networks.metadata import Origin, SearchScore
from wann.networks.network import Network
from wann.show.pictures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Marker and colour of what the last change before a champion was.
_OPERATORS = {
    "insert node": ("D", style.BLUE),
    "add connection": ("o", style.ORANGE),
    "add recurrent connection": ("v", style.ORANGE),
    "enable connection": ("s", style.GREEN),
    "change activation": ("^", style.PURPLE),
    "mirror": ("P", style.INK),
    "none": ("x", style.QUIET),
}


def draw_history(champions: Sequence[Network], path: str | Path | None = None) -> "Figure":
    """Draws the champions of a search by generation, and what the last change of each was.

    Args:
        champions: The networks of a run's history, oldest first, whose metadata hold generation, score and change.
        path: Where to write the picture; ``.svg``, ``.png`` or ``.pdf``.

    Raises:
        WannError: A network's metadata do not tell its place in a search, or the ending of ``path`` is none of the three.
    """
    if path is not None:
        style.check_suffix(path)
    generation, reward, operator = zip(*(_place_in_history(c) for c in champions), strict=True)
    size = [c.n_connections for c in champions]
    with style.styled():
        figure = style.new_figure(7.0, 3.4)
        axes = figure.subplots(2, 1, sharex=True)
        for ax, values, title in ((axes[0], reward, "mean reward of the champion"), (axes[1], size, "connections")):
            ax.step(generation, values, where="post", color=style.UNUSED, linewidth=1, zorder=1)
            for name, (marker, colour) in _OPERATORS.items():
                chosen = [i for i, o in enumerate(operator) if o == name]
                if chosen:
                    xs, ys = [generation[i] for i in chosen], [values[i] for i in chosen]
                    ax.scatter(xs, ys, marker=marker, color=colour, s=22, linewidth=1.2, label=name, zorder=2)
            ax.set_title(title)
        axes[1].set_xlabel("generation")
        axes[1].set_ylim(bottom=0)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), handletextpad=0.1)
    if path is not None:
        style.save(figure, path)
    return figure


def _place_in_history(champion: Network) -> tuple[int, float, str]:
    origin, score = Origin.of(champion), SearchScore.of(champion)
    operator = origin.change.get("operator") if origin.change else None
    if origin.generation is None or score is None or not isinstance(operator, str):
        raise WannError(f"{champion!r} is no champion of a run: its metadata hold no generation, score and change")
    return origin.generation, score.mean_reward, operator


def draw_pareto(
    connections: ArrayLike,
    rewards: ArrayLike,
    path: str | Path | None = None,
    *,
    champion: tuple[float, float] | None = None,
    history: tuple[ArrayLike, ArrayLike] | None = None,
    label: str = "networks",
) -> "Figure":
    """Draws networks by size and reward, with the front of those that none beats in both.

    Args:
        connections: Of each network, shape (n,).
        rewards: The mean reward of each, shape (n,).
        path: Where to write the picture; ``.svg``, ``.png`` or ``.pdf``.
        champion: Connections and confirmed mean reward of the champion, to be marked.
        history: The same of all champions of the search, for a front of their own: their rewards are confirmed on fresh
            episodes, those of a generation's networks are not.
        label: What the networks are, for the legend.

    Raises:
        WannError: The shapes do not fit, or the ending of ``path`` is none of the three.
    """
    if path is not None:
        style.check_suffix(path)
    points = _check_points(connections, rewards)
    with style.styled():
        figure = style.new_figure(4.5, 3.4)
        axes = figure.subplots()
        axes.scatter(*points, s=9, color=style.UNUSED, linewidth=0, alpha=0.7, label=label)
        _draw_front(axes, points, "their Pareto front", style.BLUE, "-", "o")
        if history is not None:
            _draw_front(axes, _check_points(*history), "front of the search's champions", style.PURPLE, "--", "D")
        if champion is not None:
            mark: Any = {"marker": "*", "color": style.ORANGE, "edgecolor": style.INK, "linewidth": 0.8}
            axes.scatter(*champion, s=110, zorder=5, label="champion, confirmed on fresh episodes", **mark)
        axes.set_xlabel("connections")
        axes.set_title("mean reward over the weight values")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=1)
    if path is not None:
        style.save(figure, path)
    return figure


_Points = tuple[NDArray[np.float64], NDArray[np.float64]]


def _check_points(connections: ArrayLike, rewards: ArrayLike) -> _Points:
    x, y = np.asarray(connections, dtype=float), np.asarray(rewards, dtype=float)
    if x.ndim != 1 or x.shape != y.shape or not len(x):
        raise WannError(f"connections have shape {x.shape} and rewards {y.shape}; expected one of each for every network")
    return x, y


def _draw_front(axes: "Axes", points: _Points, label: str, colour: str, dashes: str, marker: str) -> None:
    """A staircase: the best reward of up to so many connections."""
    front = pareto_front(*points)
    x, y = (values[front] for values in points)
    look: Any = {"drawstyle": "steps-post", "linestyle": dashes, "marker": marker, "markersize": 3, "linewidth": 1.1}
    axes.plot(x, y, color=colour, label=label, zorder=3, **look)


def pareto_front(connections: NDArray[np.float64], rewards: NDArray[np.float64]) -> NDArray[np.int64]:
    """The networks that no other beats in one and matches in the other, from the smallest to the largest."""
    order = np.lexsort((-rewards, connections))
    best = np.maximum.accumulate(np.concatenate([[-np.inf], rewards[order][:-1]]))
    return order[rewards[order] > best]
