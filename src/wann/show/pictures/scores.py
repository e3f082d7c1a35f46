"""Pictures of scores: the weight profile of a network, and networks side by side under the paper's four conditions."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wann.arguments import check_instance, counted
from wann.scoring.evaluation import CONDITIONS, WeightProfile
from wann.scoring.score import Score
from wann.show.pictures import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE)
_HATCHES = ("", "///", "...", "xx")


def draw_profile(profile: WeightProfile, path: str | Path | None = None) -> "Figure":
    """Draws the mean reward and its standard deviation by shared weight.

    Args:
        profile: What `wann.scoring.weight_profile` gave.
        path: Where to write the picture; ``.svg``, ``.png`` or ``.pdf``.

    Raises:
        WannError: The ending of ``path`` is none of the three, or ``profile`` is none.
    """
    check_instance(profile, WeightProfile, "profile", "wann.scoring.weight_profile(network, task)")
    if path is not None:
        style.check_suffix(path)
    mean = np.array([s.mean for s in profile.scores])
    std = np.array([s.std for s in profile.scores])
    with style.styled():
        figure = style.new_figure(4.5, 2.7)
        axes = figure.subplots()
        axes.fill_between(profile.weights, mean - std, mean + std, color=style.BLUE, alpha=0.2, linewidth=0)
        axes.plot(profile.weights, mean, color=style.BLUE)
        episodes = counted(profile.scores[0].n, "episode")
        axes.set_title(f"{profile.task}\nreward: mean and standard deviation of {episodes}", parse_math=False)
        axes.set_xlabel("shared weight")
        axes.set_xlim(profile.weights[0], profile.weights[-1])
    if path is not None:
        style.save(figure, path)
    return figure


def draw_conditions(
    rows: Sequence[tuple[str, dict[str, Score | None]]], title: str, path: str | Path | None = None
) -> "Figure":
    """Draws the scores of several networks under the four conditions, as bars with the standard deviation.

    Args:
        rows: A name and the scores by condition (as `wann.scoring.Evaluation.conditions`) for each network, at most four.
        title: What stands above.
        path: Where to write the picture; ``.svg``, ``.png`` or ``.pdf``.

    Raises:
        WannError: The ending of ``path`` is none of the three.
    """
    if path is not None:
        style.check_suffix(path)
    with style.styled():
        figure = style.new_figure(6.0, 2.7)
        axes = figure.subplots()
        width = 0.8 / len(rows)
        for i, (name, scores) in enumerate(rows):
            known = [(k, s) for k, c in enumerate(CONDITIONS) if (s := scores.get(c)) is not None]
            axes.bar(
                [k + (i - (len(rows) - 1) / 2) * width for k, _ in known],
                [s.mean for _, s in known],
                width,
                yerr=[s.std for _, s in known],
                label=name,
                color=_COLOURS[i],
                hatch=_HATCHES[i],
                edgecolor="white",
                error_kw={"ecolor": style.INK, "elinewidth": 0.8, "capsize": 2},
            )
        axes.axhline(0, color=style.QUIET, linewidth=0.7)
        axes.set_xticks(range(len(CONDITIONS)), list(CONDITIONS.values()))
        axes.grid(visible=False, axis="x")
        axes.set_title(title)
        axes.legend()
    if path is not None:
        style.save(figure, path)
    return figure
