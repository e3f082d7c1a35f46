"""The picture of a network."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wann.errors import WannError
from wann.networks.activations import Activation
from wann.networks.network import Network
from wann.show.pictures import style
from wann.show.pictures.image import image_shape, part_for
from wann.show.pictures.layout import MAX_ROUTED_CONNECTIONS, Layout, bezier, lay_out
from wann.zoo.named import network_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

_LAYER_WIDTH = 0.95  # inches between layers where there is room
_SLOT_HEIGHT = 0.46
_MAX_WIDTH, _MAX_HEIGHT = 9.0, 8.0
_NODE_RADIUS = 0.13
_LETTER = 0.068  # inches, the mean width of a letter
_LINE_HEIGHT = 0.125
#: Names beside nodes that stand close are so much smaller at most.
_SMALLEST_NAME = 0.5
#: Of recurrent connections: inches of an arrow's head, and how little they step back.
_HEAD, _ARC_ALPHA = 0.07, 0.85
_LEGEND_ROW, _LEGEND_COLUMN = 0.2, 1.15


def draw_network(
    network: Network | str,
    path: str | FilePath | None = None,
    *,
    title: str | None = None,
    legend: bool = True,
    output: str | None = None,
    losses: Sequence[float] | None = None,
) -> "Figure":
    """Draws a network: layers from left to right, inputs and outputs by name, hidden nodes by activation.

    Recurrent connections are dotted arcs above the others. Unused inputs are grey. Where the network has individual weights,
    an edge's width tells the size, its colour and dashes the sign. Inputs that are the pixels of an image (names such as
    ``"pixel 3,14"``) stand as that image does.

    Args:
        network: The network, or its name: a file, the folder of a run, or ``zoo:NAME``.
        path: Where to write the picture; the ending tells the format: ``.svg``, ``.png`` or ``.pdf``.
        title: A line above the picture.
        legend: Whether to explain colours and line styles.
        output: Draw only the part of the network that serves this output, a class, say.
        losses: What is lost without each connection, as `wann.explain.Importance` has it. An edge's width and colour then
            tell the loss, and nothing is told of individual weights.

    Returns:
        The figure, which can be shown or saved again.

    Raises:
        WannError: The ending of ``path`` is none of the three, there is no such output, or losses are of another network.
    """
    network = network_named(network)
    if path is not None:
        style.check_suffix(path)
    if losses is not None and (output is not None or len(losses) != network.n_connections):
        raise WannError(f"losses are {len(losses)} numbers; they go with a whole network of as many connections")
    if output is not None:
        network = part_for(network, output)
    image = image_shape(network.inputs)
    with style.styled():
        layout = lay_out(network, compact_inputs=image is not None)
        figure = _Picture(network, layout, title, legend, image, losses).draw()
    if path is not None:
        style.save(figure, path)
    return figure


class _Picture:
    """One drawing in the making; all lengths in inches, with the origin at the upper left."""

    def __init__(
        self,
        network: Network,
        layout: Layout,
        title: str | None,
        legend: bool,
        image: tuple[int, int] | None,
        losses: Sequence[float] | None,
    ) -> None:
        self.network = network
        self.losses = losses
        self.layout = layout
        self.title = title
        self.slot = min(_SLOT_HEIGHT, _MAX_HEIGHT / max(layout.height, 1))
        self.layer = min(_LAYER_WIDTH, _MAX_WIDTH / max(layout.width, 1))
        self.radius = min(_NODE_RADIUS, 0.42 * self.slot, 0.3 * self.layer)
        left = max(len(_cut(name)) for name in (*network.inputs, "bias"))
        right = max(len(_cut(name)) for name in network.outputs)
        self.image = image
        self.cell = min(0.2, 2.4 / max(image)) if image else 0.0
        self.left = 0.45 + image[1] * self.cell if image else min(2.5, 0.35 + self.radius + _LETTER * left)
        right_margin = min(2.5, 0.35 + self.radius + _LETTER * right)
        self.top = 0.3 + (0.22 if title else 0.0)
        self.entries = _legend_entries(network, losses is not None) if legend else []
        self.width = max(self.left + layout.width * self.layer + right_margin, 3.2)
        self.columns = max(1, int((self.width - 0.3) / _LEGEND_COLUMN))
        self.places = _legend_places(self.entries, self.columns)
        rows = 1 + self.places[-1] // self.columns if self.places else 0
        drawn = layout.height * self.slot
        if image:
            drawn = max(drawn, image[0] * self.cell + 0.3)
        self.base = self.top + (drawn - layout.height * self.slot) / 2
        self.legend_top = self.top + drawn + 0.38
        self.height = self.legend_top + rows * _LEGEND_ROW + (0.12 if rows else -0.08)
        self.xy = np.column_stack([self.left + layout.x * self.layer, self.base + layout.y * self.slot])
        if image:
            self._place_pixels(image, self.top + drawn / 2)

    def _place_pixels(self, image: tuple[int, int], middle: float) -> None:
        """Pixels stand as in the image, with the bias below it."""
        rows, columns = image
        row, column = np.divmod(np.arange(rows * columns), columns)
        top = middle - (rows * self.cell + 0.3) / 2
        self.xy[1 : 1 + rows * columns, 0] = 0.2 + (column + 0.5) * self.cell
        self.xy[1 : 1 + rows * columns, 1] = top + (row + 0.5) * self.cell
        self.xy[0] = (0.2 + columns * self.cell - self.radius, top + rows * self.cell + 0.12 + self.radius)

    def draw(self) -> "Figure":
        figure = style.new_figure(self.width, self.height, layout="none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, self.width)
        axes.set_ylim(self.height, 0)
        self._draw_edges(axes)
        self._draw_nodes(axes)
        self._draw_names(axes)
        self._draw_legend(axes)
        if self.title:
            self._text(axes, 0.15, 0.2, self.title, ha="left", fontweight="bold")
        return figure

    def _text(self, axes: "Axes", x: float, y: float, text: str, **options: Any) -> None:
        # A name may hold a dollar sign, which must not be read as mathematics.
        axes.text(x, y, text, parse_math=False, va="center", **options)

    def _draw_edges(self, axes: "Axes") -> None:
        from matplotlib.collections import PathCollection

        n = self.network.n_connections
        if not n:
            return
        alpha = float(np.clip(9 / np.sqrt(n), 0.3, 0.75))
        width = float(np.clip(12 / np.sqrt(n), 0.4, 1.1))
        routes = [
            self._inches(route, source)
            for route, source in zip(self.layout.routes, self.network.connections[:, 0], strict=True)
        ]
        recurrent, weights = self.network.recurrent, self.network.weights
        paths = [_arc(route) if back else _curve(route) for route, back in zip(routes, recurrent, strict=True)]
        if self.losses is not None:
            self._draw_losses(axes, paths, width)
            return
        if weights is None:
            widths = np.full(n, width)
        else:
            widths = width * (0.5 + 2.2 * np.abs(weights) / max(float(np.abs(weights).max()), 1e-30))
        # Connections that share their way would mix to a colour that means nothing.
        opaque = n <= MAX_ROUTED_CONNECTIONS
        for kind, (colour, dashes) in _edge_looks(self.network).items():
            chosen = np.flatnonzero(_edges_of(self.network, kind))
            visible = max(alpha, _ARC_ALPHA) if kind.recurrent else alpha
            axes.add_collection(
                PathCollection(
                    [paths[i] for i in chosen],
                    facecolors="none",
                    edgecolors=style.paled(colour, visible) if opaque else colour,
                    linewidths=widths[chosen],
                    linestyles=[dashes],
                    alpha=None if opaque else visible,
                    zorder=1,
                )
            )
            if kind.recurrent:
                self._draw_heads(axes, [routes[i] for i in chosen], colour)

    def _draw_heads(self, axes: "Axes", arcs: list[NDArray[np.float64]], colour: str) -> None:
        """Where an arc meets its target, an arrow's head: it leads against the reading direction."""
        from matplotlib.collections import PolyCollection

        heads = []
        for arc in arcs:
            points = bezier(arc, 257)
            outside = np.flatnonzero(np.hypot(*(points - points[-1]).T) > self.radius)
            tip = points[outside[-1]] if len(outside) else points[-1]
            along = points[-1] - tip
            along = along / max(float(np.hypot(*along)), 1e-9) * _HEAD
            across = np.array([-along[1], along[0]]) * 0.5
            heads.append(np.array([tip, tip - along + across, tip - along - across]))
        axes.add_collection(PolyCollection(heads, facecolors=colour, edgecolors="none", alpha=_ARC_ALPHA, zorder=1.5))

    def _draw_losses(self, axes: "Axes", paths: "list[Path]", width: float) -> None:
        """Edges by what is lost without them; the most important lie on top."""
        from matplotlib.collections import PathCollection

        part = np.clip(loss_parts(np.asarray(self.losses)), 0, 1)
        order = np.argsort(part, kind="stable")
        colours = [style.ORANGE if part[i] >= LEAST_PART else style.UNUSED for i in order]
        axes.add_collection(
            PathCollection(
                [paths[i] for i in order],
                facecolors="none",
                edgecolors=colours,
                linewidths=width * (0.5 + 3.5 * part[order]),
                alpha=0.75,
                zorder=1,
            )
        )

    def _inches(self, route: NDArray[np.float64], source: int) -> NDArray[np.float64]:
        points = np.column_stack([self.left + route[:, 0] * self.layer, self.base + route[:, 1] * self.slot])
        points[0] = self.xy[source]
        return points

    def _draw_nodes(self, axes: "Axes") -> None:
        from matplotlib.collections import EllipseCollection, LineCollection

        network = self.network
        n_fixed = 1 + network.n_inputs
        used = _used(network)
        colours = ["white"] * n_fixed + [style.ACTIVATION_COLOURS[a] for a in network.activations]
        edges = [style.INK if u else style.UNUSED for u in used]
        round_nodes = np.ones(network.n_nodes, dtype=bool)
        if self.image:
            round_nodes[1:n_fixed] = False
            self._draw_pixels(axes, used)
        size = np.full(int(round_nodes.sum()), 2 * self.radius)
        axes.add_collection(
            EllipseCollection(
                size,
                size,
                np.zeros(len(size)),
                units="xy",
                offsets=self.xy[round_nodes],
                offset_transform=axes.transData,
                facecolors=[c for c, r in zip(colours, round_nodes, strict=True) if r],
                edgecolors=[c for c, r in zip(edges, round_nodes, strict=True) if r],
                linewidths=min(0.8, 6 * self.radius),
                zorder=2,
            )
        )
        if self.radius < 0.05:
            return
        curves = [
            self.xy[n_fixed + i] + style.glyph(a) * np.array([0.6, -0.42]) * self.radius
            for i, a in enumerate(network.activations)
        ]
        axes.add_collection(LineCollection(curves, colors=style.INK, linewidths=9 * self.radius, zorder=3))

    def _draw_pixels(self, axes: "Axes", used: NDArray[np.bool_]) -> None:
        """Squares; the more connections a pixel has, the darker."""
        from matplotlib.collections import PolyCollection

        n = self.network.n_inputs
        counts = np.bincount(self.network.connections[:, 0], minlength=self.network.n_nodes)[1 : n + 1]
        shade = 1 - 0.75 * counts / max(int(counts.max()), 1)
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * self.cell * 0.46
        axes.add_collection(
            PolyCollection(
                list(self.xy[1 : n + 1, None, :] + corners),
                facecolors=np.column_stack([shade, shade, shade]),
                edgecolors=[style.INK if u else style.RULE for u in used[1 : n + 1]],
                linewidths=0.4,
                zorder=2,
            )
        )

    def _draw_names(self, axes: "Axes") -> None:
        network = self.network
        n_fixed, first_output = 1 + network.n_inputs, network.n_nodes - network.n_outputs
        used = _used(network)
        named = ("bias",) if self.image else ("bias", *network.inputs)
        self._draw_column(axes, range(len(named)), named, used, "right")
        # An output that feeds another one has connections where its name would stand.
        feeding = set(network.connections[~network.recurrent, 0].tolist())
        outputs = dict(zip(range(first_output, network.n_nodes), network.outputs, strict=True))
        last = {node: name for node, name in outputs.items() if node not in feeding}
        self._draw_column(axes, list(last), list(last.values()), used, "left")
        for node in outputs.keys() - last.keys():
            x, y = self.xy[node]
            self._text(axes, x, y - self.radius - 0.075, _cut(outputs[node]), ha="center", color=style.INK)
        if self.slot < 0.4 or self.layer < 0.45:
            return
        for i, a in enumerate(network.activations):
            x, y = self.xy[n_fixed + i]
            self._text(axes, x, y + self.radius + 0.075, style.SHORT_NAMES[a], ha="center", color=style.QUIET)

    def _draw_column(
        self, axes: "Axes", nodes: Sequence[int], names: Sequence[str], used: NDArray[np.bool_], alignment: str
    ) -> None:
        """Names beside the inputs or outputs, smaller where they are many; those that would still lie on the one above are
        left out.
        """
        space = (self.radius + 0.07) * (-1 if alignment == "right" else 1)
        named = sorted(zip(nodes, names, strict=True), key=lambda pair: (self.xy[pair[0]][0], self.xy[pair[0]][1]))
        places = self.xy[[node for node, _ in named]]
        gaps = np.diff(places[:, 1])[np.diff(places[:, 0]) == 0]
        size = float(np.clip(gaps.min(initial=np.inf) / _LINE_HEIGHT, _SMALLEST_NAME, 1.0))
        above = (np.nan, np.nan)
        for node, name in named:
            x, y = self.xy[node]
            if x == above[0] and y - above[1] < 0.999 * size * _LINE_HEIGHT:
                continue
            above = (x, y)
            colour = style.INK if used[node] else style.UNUSED
            self._text(axes, x + space, y, _cut(name), ha=alignment, color=colour, fontsize=size * style.FONT_SIZE)

    def _draw_legend(self, axes: "Axes") -> None:
        from matplotlib.collections import LineCollection
        from matplotlib.patches import Circle

        for (kind, text), place in zip(self.entries, self.places, strict=True):
            x = 0.3 + place % self.columns * _LEGEND_COLUMN
            y = self.legend_top + place // self.columns * _LEGEND_ROW
            if kind is None:
                self._text(axes, x - 0.1, y, text, ha="left")
                continue
            if isinstance(kind, Activation):
                colour = style.ACTIVATION_COLOURS[kind]
                axes.add_patch(Circle((x, y), 0.075, facecolor=colour, edgecolor=style.INK, linewidth=0.6))
                curve = np.array([x, y]) + style.glyph(kind) * np.array([0.045, -0.032])
                axes.add_collection(LineCollection([curve], colors=style.INK, linewidths=0.8))
            else:
                colour, dashes = kind
                axes.plot([x - 0.1, x + 0.1], [y, y], color=colour, linestyle=dashes, linewidth=1.6)
            self._text(axes, x + 0.15, y, text, ha="left")


def _used(network: Network) -> NDArray[np.bool_]:
    """Whether each node has a connection; hidden nodes and outputs always count as used."""
    used = np.ones(network.n_nodes, dtype=bool)
    used[: 1 + network.n_inputs] = False
    used[network.connections[:, 0]] = True
    return used


#: A connection counts as one that matters from this part of the largest loss on.
LEAST_PART = 0.05


def loss_parts(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Losses as parts of the largest."""
    return losses / max(float(losses.max(initial=0.0)), 1e-12)


def _legend_entries(network: Network, has_losses: bool) -> list[tuple[Any, str]]:
    counts = Counter(network.activations)
    entries: list[tuple[Any, str]] = [(a, f"{a.label} ({counts[a]})") for a in Activation if counts[a]]
    if has_losses:
        return [*entries, ((style.ORANGE, "-"), "matters"), ((style.UNUSED, "-"), "hardly")]
    looks = _edge_looks(network)
    entries += [(looks[kind], str(kind)) for kind in looks if str(kind) and _edges_of(network, kind).any()]
    return entries if network.weights is None else [*entries, (None, "the wider, the larger the tuned weight")]


def _legend_places(entries: Sequence[tuple[Any, str]], columns: int) -> list[int]:
    """Places in the legend, counted row by row. What is said of connections stands in one row, where it fits in one."""
    n_nodes = sum(isinstance(kind, Activation) for kind, _ in entries)
    alone = sum(kind is None for kind, _ in entries)
    n_edges, left = len(entries) - n_nodes - alone, -n_nodes % columns
    first = n_nodes + left if left < n_edges <= columns else n_nodes
    after = first + n_edges
    # A line of text, the last, takes three places.
    if after % columns > max(columns - 3, 0):
        after += -after % columns
    return [*range(n_nodes), *range(first, first + n_edges), *range(after, after + alone)]


@dataclass(frozen=True)
class _EdgeKind:
    """A kind of connection that has a look of its own; the sign is None where there are no individual weights."""

    recurrent: bool
    sign: int | None = None

    def __str__(self) -> str:
        if not self.recurrent:
            return {1: "positive", -1: "negative", None: ""}[self.sign]
        return {1: "recurrent, +", -1: "recurrent, −", None: "recurrent"}[self.sign]


def _edge_looks(network: Network) -> dict[_EdgeKind, tuple[str, Any]]:
    """Colour and dashes of each kind of connection that the network may have."""
    looks: dict[_EdgeKind, tuple[str, Any]] = {
        _EdgeKind(False): (style.QUIET, "-"),
        _EdgeKind(True): (style.PURPLE, (0, (1.2, 1.2))),
    }
    if network.weights is not None:
        looks = {
            _EdgeKind(False, 1): (style.POSITIVE, "-"),
            _EdgeKind(False, -1): (style.NEGATIVE, (0, (4, 1.5))),
            _EdgeKind(True, 1): (style.POSITIVE, (0, (1.2, 1.2))),
            _EdgeKind(True, -1): (style.NEGATIVE, (0, (4, 1.2, 1.2, 1.2))),
        }
    return {kind: look for kind, look in looks.items() if network.is_recurrent or not kind.recurrent}


def _edges_of(network: Network, kind: _EdgeKind) -> NDArray[np.bool_]:
    """Which of the connections are of a kind."""
    chosen: NDArray[np.bool_] = network.recurrent == kind.recurrent
    if kind.sign is not None and network.weights is not None:
        chosen &= (network.weights >= 0) == (kind.sign > 0)
    return chosen


def _cut(name: str, length: int = 32) -> str:
    """The name on one line and not too long."""
    line = " ".join(name.split()) or "(blank)"
    return line if len(line) <= length else line[: length - 1] + "…"


def _curve(points: NDArray[np.float64]) -> "Path":
    """A smooth curve through the points: horizontal at both ends, on the way along the line between its neighbours."""
    from matplotlib.path import Path

    slopes = _slopes(points)
    step = np.diff(points[:, 0])[:, None] / np.array([2.4 if len(points) == 2 else 3.0])
    after = points[:-1] + step * np.column_stack([np.ones(len(step)), slopes[:-1]])
    before = points[1:] - step * np.column_stack([np.ones(len(step)), slopes[1:]])
    vertices = np.empty((3 * len(points) - 2, 2))
    vertices[0::3], vertices[1::3], vertices[2::3] = points, after, before
    codes: Sequence[Any] = [Path.MOVETO] + [Path.CURVE4] * (len(vertices) - 1)
    return Path(vertices, codes)


def _arc(points: NDArray[np.float64]) -> "Path":
    """A cubic Bézier curve of four points."""
    from matplotlib.path import Path

    return Path(points, [Path.MOVETO, *[Path.CURVE4] * 3])


def _slopes(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slopes in the points that keep a curve from swinging past them (Fritsch and Carlson 1980, harmonic means)."""
    chord = np.diff(points[:, 1]) / np.diff(points[:, 0])
    slopes = np.zeros(len(points))
    a, b = chord[:-1], chord[1:]
    rising = a * b > 0
    slopes[1:-1][rising] = 2 * a[rising] * b[rising] / (a + b)[rising]
    return slopes
