"""Objects show themselves in notebooks.

Jupyter, VS Code, Colab and marimo ask an object for ``_repr_html_`` or ``_repr_svg_``. What these give is made by
`wann.show`, which stands above the rooms of most classes. So the root, above all, gives the classes their methods; each
imports `wann.show` when a notebook calls it, and none needs IPython.
"""

import importlib
from typing import Any

#: By module, the classes that show themselves as HTML, and those that are a drawing.
_AS_HTML = {
    "wann.search.search": ("Search",),
    "wann.search.champion": ("Champion",),
    "wann.scoring.evaluation": ("Evaluation",),
    "wann.scoring.classification": ("ClassifierEvaluation",),
    "wann.scoring.comparison": ("Comparison",),
    "wann.scoring.classifier_comparison": ("ClassifierComparison",),
    "wann.explain.explanation": ("Explanation",),
    "wann.tasks.described": ("Described",),
}
_AS_SVG = {"wann.networks.network": ("Network",), "wann.scoring.evaluation": ("WeightProfile",)}


def install() -> None:
    """Gives the classes the methods that notebooks ask for."""
    # Classes are looked up here: a method that held them among its globals would keep them alive at the end of the process.
    for name, method, classes in (("_repr_html_", _as_html, _AS_HTML), ("_repr_svg_", _as_svg, _AS_SVG)):
        for module, of_module in classes.items():
            for kind in of_module:
                setattr(getattr(importlib.import_module(module), kind), name, method)


def _as_html(self: Any) -> str:
    """The object as a notebook shows it."""
    html: str = importlib.import_module("wann.show.notebook").as_html(self)
    return html


def _as_svg(self: Any) -> str:
    """The drawing of a network, or of a weight profile."""
    svg: str = importlib.import_module("wann.show.notebook").as_svg(self)
    return svg
