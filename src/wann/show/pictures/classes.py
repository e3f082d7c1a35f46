"""How a classifier's accuracy depends on the shared weight, class by class; and a picture of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wann.networks.network import Network
from wann.scoring.classification import ClassifierEvaluation, evaluate_classifier
from wann.search.config import WEIGHT_RANGE
from wann.show.pictures import style
from wann.tasks.protocol import HasClasses

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: With more weights than this the cells hold no numbers, and few weights are named.
_MAX_NUMBERED, _NAMED = 12, 5
_MAX_LETTERS = 16


def evaluate_by_weight(
    network: Network, task: HasClasses, *, points: int = 33, most: int | None = None, threads: int | None = None
) -> ClassifierEvaluation:
    """Scores a classifier at shared weights that are spread evenly over [-2, 2].

    Args:
        network: A network that fits the task.
        task: The task; its held-out samples are counted, where it has some.
        points: Weights, the two ends included.
        most: Samples to count at most, the same ones each time; all by default.
        threads: Threads to use; all cores by default.

    Returns:
        What `wann.scoring.evaluate_classifier` gives with one random weight. There is no sweep for the tuned weight:
        a network without one counts as tuned to 1.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    samples = task.held_out or task
    if most is not None and samples.n_samples > most:
        samples = samples.subset(np.random.default_rng(1).permutation(samples.n_samples)[:most])
    if network.shared_weight is None:
        network = network.with_tuning(shared_weight=1.0)
    weights = np.linspace(*WEIGHT_RANGE, points).tolist()
    return evaluate_classifier(network, samples, weights=weights, draws=1, threads=threads)


def class_table(evaluation: ClassifierEvaluation) -> NDArray[np.float64]:
    """The accuracy of each class at each weight, shape (n_classes, n_weights); NaN for a class without samples."""
    return np.array(evaluation.class_accuracy, dtype=float).T


def draw_classes(evaluation: ClassifierEvaluation, path: str | Path | None = None) -> "Figure":
    """Draws the accuracy of each class at each weight as a table of shaded cells.

    With up to 12 weights the cells hold numbers, and a class's best is bold. A class without samples gets an empty row that
    says so.

    Args:
        evaluation: What `wann.scoring.evaluate_classifier` or `evaluate_by_weight` gave.
        path: Where to write the picture; ``.svg``, ``.png`` or ``.pdf``.

    Raises:
        WannError: The ending of ``path`` is none of the three.
    """
    if path is not None:
        style.check_suffix(path)
    accuracy = class_table(evaluation)
    n_classes, n_weights = accuracy.shape
    numbered = n_weights <= _MAX_NUMBERED
    with style.styled():
        figure = style.new_figure(1.6 + 0.55 * n_weights if numbered else 5.0, 1.1 + 0.24 * n_classes)
        axes = figure.subplots()
        image = axes.imshow(accuracy, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        _write_cells(axes, accuracy, numbered)
        named = np.arange(n_weights) if numbered else np.linspace(0, n_weights - 1, _NAMED).round().astype(int)
        axes.set_xticks(named, [f"{evaluation.weights[i]:g}" for i in named])
        axes.set_yticks(range(n_classes), [c[:_MAX_LETTERS] for c in evaluation.classes], parse_math=False)
        axes.set_xlabel("shared weight")
        axes.set_ylabel("class")
        what = "accuracy of each class in %" if numbered else "accuracy of each class"
        axes.set_title(f"{evaluation.task}: {what}, {evaluation.n_samples:,} {evaluation.split} samples", parse_math=False)
        axes.grid(visible=False)
        figure.colorbar(image, ax=axes, label="accuracy")
    if path is not None:
        style.save(figure, path)
    return figure


def _write_cells(axes: "Axes", accuracy: NDArray[np.float64], numbered: bool) -> None:
    for c, row in enumerate(accuracy):
        if np.isnan(row).all():
            axes.text((len(row) - 1) / 2, c, "no samples", ha="center", va="center", color=style.QUIET)
            continue
        for w, value in enumerate(row if numbered else ()):
            colour = "white" if value > 0.6 else style.INK
            weight = "bold" if value == row.max() else "normal"
            axes.text(w, c, f"{100 * value:.0f}", ha="center", va="center", color=colour, fontweight=weight)
