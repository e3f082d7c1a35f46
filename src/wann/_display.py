"""Objects show themselves in notebooks.

Jupyter, VS Code, Colab and marimo ask an object for ``_repr_html_`` or ``_repr_svg_``. What these give is made by
`wann.show`, which stands above the rooms of most classes. So the root, above all, gives the classes their methods; each
imports `wann.show` when a notebook calls it, and none needs IPython.
"""

import importlib
from typing import Any

#: By module, the classes that show themselves as HTML.
_AS_HTML = {
    "wann.search.search": ("Search",),
    "wann.search.champion": ("Champion",),
    "wann.scoring.evaluation": ("Evaluation", "WeightProfile"),
    "wann.scoring.classification": ("ClassifierEvaluation",),
    "wann.scoring.comparison": ("Comparison",),
    "wann.scoring.classifier_comparison": ("ClassifierComparison",),
    "wann.tasks.described": ("Described",),
}


def install() -> None:
    """Gives the classes the methods that notebooks ask for."""
    # They are imported here: a method that held them among its globals would keep them alive at the end of the process.
    from wann.networks.network import Network

    for module, names in _AS_HTML.items():
        for name in names:
            setattr(getattr(importlib.import_module(module), name), "_repr_html_", _as_html)  # noqa: B010
    setattr(Network, "_repr_svg_", _as_svg)  # noqa: B010


def _as_html(self: Any) -> str:
    """The object as a notebook shows it."""
    html: str = importlib.import_module("wann.show.notebook").as_html(self)
    return html


def _as_svg(self: Any) -> str:
    """The network's drawing."""
    svg: str = importlib.import_module("wann.show.notebook").as_svg(self)
    return svg
