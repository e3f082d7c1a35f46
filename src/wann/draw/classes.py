"""A picture of a classifier: the accuracy of each class at each shared weight."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wann.classification import ClassifierEvaluation
from wann.draw import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_classes(evaluation: ClassifierEvaluation, path: str | Path | None = None) -> "Figure":
    """Draws the accuracy of each class at each weight: a table with shaded cells; a class's best is bold.

    Args:
        evaluation: What `wann.classification.evaluate_classifier` gave.
        path: Where to write the picture; ``.svg``, ``.png`` or ``.pdf``.

    Raises:
        WannError: The ending of ``path`` is none of the three.
    """
    if path is not None:
        style.check_suffix(path)
    accuracy = np.array(evaluation.class_accuracy).T  # (n_classes, n_weights)
    n_classes, n_weights = accuracy.shape
    with style.styled():
        figure = style.new_figure(1.6 + 0.55 * n_weights, 1.1 + 0.24 * n_classes)
        axes = figure.subplots()
        image = axes.imshow(accuracy, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for c in range(n_classes):
            for w in range(n_weights):
                best = accuracy[c, w] == np.nanmax(accuracy[c])
                axes.text(
                    w,
                    c,
                    f"{100 * accuracy[c, w]:.0f}",
                    ha="center",
                    va="center",
                    color="white" if accuracy[c, w] > 0.6 else style.INK,
                    fontweight="bold" if best else "normal",
                )
        axes.set_xticks(range(n_weights), [f"{w:g}" for w in evaluation.weights])
        axes.set_yticks(range(n_classes), evaluation.classes)
        axes.set_xlabel("shared weight")
        axes.set_ylabel("class")
        axes.set_title(f"{evaluation.task}: accuracy of each class in %, {evaluation.split} samples")
        axes.grid(visible=False)
        figure.colorbar(image, ax=axes, label="accuracy")
    if path is not None:
        style.save(figure, path)
    return figure
