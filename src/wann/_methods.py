"""Methods of classes that are made in rooms above theirs.

Jupyter, VS Code, Colab and marimo ask an object for ``_repr_html_`` or ``_repr_svg_``. What these give is made by
`wann.show`, which stands above the rooms of most classes; so do pictures and files of a network for elsewhere. So the root,
above all, gives the classes their methods. Each imports what makes it when it is called, and none needs IPython.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from wann.export.weights import Weight
    from wann.networks.network import Network
    from wann.show.notebook import Inline
    from wann.tasks.policy_parts import PolicyParts
    from wann.tasks.protocol import Task

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
    """Gives the classes their methods."""
    # Classes are looked up here: a method that held them among its globals would keep them alive at the end of the process.
    for name, method, classes in (("_repr_html_", _as_html, _AS_HTML), ("_repr_svg_", _as_svg, _AS_SVG)):
        for module, of_module in classes.items():
            for kind in of_module:
                setattr(getattr(importlib.import_module(module), kind), name, method)
    network = importlib.import_module("wann.networks.network").Network
    for made in (draw, export, play, report):
        setattr(network, made.__name__, made)
    network.from_torch = staticmethod(from_torch)


def _as_html(self: Any) -> str:
    """The object as a notebook shows it."""
    html: str = importlib.import_module("wann.show.notebook").as_html(self)
    return html


def _as_svg(self: Any) -> str:
    """The drawing of a network, or of a weight profile."""
    svg: str = importlib.import_module("wann.show.notebook").as_svg(self)
    return svg


def draw(self: "Network", path: "str | Path | None" = None, **options: Any) -> Any:
    """The network's drawing, and its file where a path is given: `wann.show.draw_network`, which takes the same options."""
    from wann.show import draw_network

    return draw_network(self, path, **options)


def export(
    self: "Network",
    path: "str | Path",
    to: str,
    *,
    weight: "Weight" = None,
    policy: "PolicyParts | None" = None,
) -> None:
    """Writes the network for elsewhere, such as ``network.export("walker.onnx", "onnx")``: `wann.export.write`."""
    from wann.export import write

    write(self, path, to, weight=weight, policy=policy)


def play(self: "Network", task: "Task | None" = None, **options: Any) -> "Inline":
    """A video of the network at work, as a cell of a notebook shows it: `wann.show.play_inline`, with its options."""
    from wann.show import play_inline

    return play_inline(self, task, **options)


def report(self: "Network", **options: Any) -> "Inline":
    """The network's report page, as a cell of a notebook shows it: `wann.show.report_inline`, with its options."""
    from wann.show import report_inline

    return report_inline(self, **options)


def from_torch(module: Any, network: "Network | None" = None) -> "Network":
    """The network of a module that `wann.export.to_torch` made, with the module's weights: `wann.export.from_torch`."""
    from wann.export import from_torch

    return from_torch(module, network)
