"""What matters in a network, as bars."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wann.arguments import check_instance
from wann.explain.ablation import connection_name, node_name
from wann.explain.importance import Importance
from wann.explain.trials import Mean
from wann.show.pictures import style
from wann.show.pictures.image import image_shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Bars in a panel, and letters of a name, at most.
_BARS, _LETTERS = 16, 34


def draw_importance(importance: Importance, path: str | Path | None = None) -> "Figure":
    """Draws the largest losses of reward: without an input, a hidden node, a connection. Whiskers are standard errors.

    Inputs that are the pixels of an image (names such as ``"pixel 3,14"``) stand as that image does: the darker, the more is
    lost.

    Args:
        importance: What `wann.explain.explain` found.
        path: Where to write the picture; ``.svg``, ``.png`` or ``.pdf``.

    Raises:
        WannError: The ending of ``path`` is none of the three, or ``importance`` is none.
    """
    check_instance(importance, Importance, "importance", "wann.explain.explain(network, task).importance")
    if path is not None:
        style.check_suffix(path)
    network = importance.network
    n_fixed = 1 + network.n_inputs
    panels = {
        "inputs": [(node_name(network, node), importance.nodes[node]) for node in range(n_fixed)],
        "hidden nodes": [(node_name(network, n), importance.nodes[n]) for n in range(n_fixed, len(importance.nodes))],
        "connections": [(connection_name(network, i), loss) for i, loss in enumerate(importance.connections)],
    }
    kept = {title: sorted(rows, key=lambda row: -row[1].mean)[:_BARS] for title, rows in panels.items() if rows}
    with style.styled():
        most = max(len(rows) for rows in kept.values())
        figure = style.new_figure(3.4 * len(kept), 0.7 + 0.19 * most)
        shape = image_shape(network.inputs)
        for axes, (title, rows) in zip(np.atleast_1d(figure.subplots(1, len(kept))), kept.items(), strict=True):
            if title == "inputs" and shape:
                _pixels(axes, importance, shape)
            else:
                _bars(axes, rows)
            axes.set_title(f"without {title}")
    if path is not None:
        style.save(figure, path)
    return figure


def _pixels(axes: "Axes", importance: Importance, shape: tuple[int, int]) -> None:
    losses = np.array([loss.mean for loss in importance.inputs]).reshape(shape)
    shown = axes.imshow(losses, cmap="Blues", vmin=0, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.figure.colorbar(shown, ax=axes, location="bottom", shrink=0.85, label="loss of reward")


def _bars(axes: "Axes", rows: list[tuple[str, Mean]]) -> None:
    losses, errors = [loss.mean for _, loss in rows], [loss.error for _, loss in rows]
    places = range(len(rows))
    axes.barh(places, losses, xerr=errors, color=style.BLUE, height=0.7, error_kw={"ecolor": style.INK, "elinewidth": 0.8})
    names = [name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…" for name, _ in rows]
    axes.set_yticks(places, names, parse_math=False)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("loss of reward")
