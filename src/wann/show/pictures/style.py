"""One style for all pictures: colours, letters, short names, and how a figure is made and saved.

Colours are safe for the colour-blind and come apart in grey; nothing is told by colour alone. Figures are made without
pyplot, so that drawing neither needs a display nor leaves a trace in the user's session.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wann.errors import WannError
from wann.networks.activations import NUMPY, Activation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONT_SIZE = 8
INK = "#1b1f24"
QUIET = "#59636e"  #: text that steps back; 6:1 on white
UNUSED = "#9aa4ae"
RULE = "#d5dae0"
BLUE, ORANGE, GREEN, PURPLE = "#0b6bb8", "#c4570b", "#1c7a55", "#8a4fa3"
POSITIVE, NEGATIVE = BLUE, ORANGE
SUFFIXES = (".svg", ".png", ".pdf")

#: Fill colours of nodes: by hue for the eye, by lightness for grey.
ACTIVATION_COLOURS = {
    Activation.LINEAR: "#dfe3e8",
    Activation.STEP: "#b39b86",
    Activation.SINE: "#56b4e9",
    Activation.GAUSSIAN: "#f2d64b",
    Activation.TANH: "#f0a35e",
    Activation.SIGMOID: "#e58fb8",
    Activation.INVERSE: "#a7b0bb",
    Activation.ABSOLUTE: "#4fc3a1",
    Activation.RELU: "#b6dc7d",
    Activation.COSINE: "#9aa5ee",
}

#: Names that fit under a node.
SHORT_NAMES = {
    Activation.LINEAR: "linear",
    Activation.STEP: "step",
    Activation.SINE: "sin",
    Activation.GAUSSIAN: "gauss",
    Activation.TANH: "tanh",
    Activation.SIGMOID: "sigm",
    Activation.INVERSE: "inv",
    Activation.ABSOLUTE: "abs",
    Activation.RELU: "relu",
    Activation.COSINE: "cos",
}

_RC: Any = {
    "font.size": FONT_SIZE,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "axes.titlesize": FONT_SIZE,
    "axes.labelsize": FONT_SIZE,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "xtick.labelsize": FONT_SIZE,
    "ytick.labelsize": FONT_SIZE,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.fontsize": FONT_SIZE,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "text.color": INK,
    "svg.hashsalt": "wann",
    "pdf.fonttype": 42,
    "path.simplify": False,
}


#: How far to the left and right of 0 a curve is drawn, where it is not from -1 to 1.
_REACH = {Activation.GAUSSIAN: 3.0, Activation.TANH: 3.0, Activation.SIGMOID: 6.0}


def glyph(activation: Activation) -> NDArray[np.float64]:
    """The activation's curve as points in the square from (-1, -1) to (1, 1), shape (n, 2)."""
    u = np.linspace(-1, 1, 33)
    y = NUMPY[activation](u * _REACH.get(activation, 1.0))
    if activation == Activation.STEP:
        return np.array([[-1, -1], [0, -1], [0, 1], [1, 1]], dtype=float)
    low, high = y.min(), y.max()
    return np.column_stack([u, 2 * (y - low) / (high - low) - 1])


def paled(colour: str, strength: float) -> tuple[float, float, float]:
    """The colour as it looks on white at an opacity."""
    from matplotlib.colors import to_rgb

    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(colour))
    return red, green, blue


def new_figure(width: float, height: float, layout: Any = "constrained") -> "Figure":
    """An empty figure, in inches, that no global state knows."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from wann.show.pictures.figure import Picture

    with styled():
        figure = Picture(figsize=(width, height), dpi=150, facecolor="white", layout=layout)
        FigureCanvasAgg(figure)
    return figure


def styled() -> Any:
    """A context in which what is drawn has the house's style."""
    import matplotlib

    return matplotlib.rc_context(_RC)


def check_suffix(path: str | Path) -> Path:
    """The path, if its ending names a format that pictures are written in.

    Raises:
        WannError: It does not.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise WannError(f"{path}: the name must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    return Path(path)


def save(figure: "Figure", path: str | Path) -> None:
    """Writes a figure, whole or not at all; the same figure gives the same bytes."""
    from wann.files import write_bytes

    path = check_suffix(path)
    write_bytes(path, _encoded(figure, path.suffix[1:].lower()))


def svg(figure: "Figure") -> str:
    """The figure as an element of a page; it is never wider than the page."""
    text = _encoded(figure, "svg").decode("utf-8")
    return '<svg style="max-width: 100%; height: auto"' + text[text.index("<svg") + len("<svg") :]


def _encoded(figure: "Figure", ending: str) -> bytes:
    import io

    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(ending, {})
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format=ending, metadata=metadata)
    return buffer.getvalue()
