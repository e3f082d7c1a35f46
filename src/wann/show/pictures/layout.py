"""Where the nodes and connections of a network stand in a picture: layers from left to right, with few crossings.

The method is that of Sugiyama, Tagawa and Toda (1981): layers by longest path; connections that skip layers pass them in
slots of their own; slots are ordered by barycentres and by swaps of neighbours; last, heights are moved towards those of the
neighbours as far as the order and the distances allow (a least-squares problem that isotonic regression solves exactly).
A layer of many nodes takes several columns, so that it stays readable: from top to bottom its nodes go from one column to
the next. Recurrent connections have no say in all that; they are arcs above the rest.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wann.networks.graph import depths
from wann.networks.network import Network

#: With more connections there are no slots for connections that skip layers.
MAX_ROUTED_CONNECTIONS = 600
#: With more slots than this, connections from one node share theirs.
MAX_OWN_SLOTS = 110
#: A layer of more hidden nodes takes several columns.
MAX_IN_A_COLUMN = 32
_PASSING_HEIGHT = 0.45
_COMPACT_HEIGHT = 8.0
_ORDERING_SWEEPS = 16
_HEIGHT_SWEEPS = 24
#: How strongly the pieces of a long connection are kept straight, against 1 for a short connection.
_STRAIGHTNESS = 4.0
#: Of a recurrent connection's arc: how far its handles stand beside and above its ends, and how much higher for each layer.
_ARC_WIDTH, _ARC_HEIGHT, _ARC_RISE = 0.3, 1.1, 0.25


@dataclass(frozen=True)
class Layout:
    """Positions; a column is 1 wide, a node's slot 1 high, and heights grow downwards from 0."""

    layers: NDArray[np.int64]  #: of each node, shape (n_nodes,)
    x: NDArray[np.float64]  #: of each node, its column
    y: NDArray[np.float64]  #: of each node
    #: Of each connection, the points (n, 2) that it passes, ends included; of a recurrent one the four points of a cubic
    #: Bézier curve.
    routes: list[NDArray[np.float64]]

    @property
    def width(self) -> float:
        """From the inputs to the outputs."""
        return float(self.x.max())

    @property
    def height(self) -> float:
        """From the highest to the lowest node or passing connection."""
        return max(float(self.y.max()), max((float(r[:, 1].max()) for r in self.routes), default=0.0))


def lay_out(network: Network, *, compact_inputs: bool = False) -> Layout:
    """Finds positions for the nodes and routes for the connections of a network.

    Inputs and outputs keep their order, so that pictures of networks of one task can be compared. With ``compact_inputs``,
    all inputs together are no higher than a few nodes: the picture shows them in another way, as pixels of an image, say.
    """
    forward = network.connections[~network.recurrent]
    layers = _layers(network, forward)
    graph = _SlottedGraph(network, forward, layers, _COMPACT_HEIGHT / max(network.n_inputs, 1) if compact_inputs else 1.0)
    graph.order()
    y = graph.heights()
    if compact_inputs:
        fixed = 1 + network.n_inputs
        y[:fixed] = y[fixed:].mean()
    x = graph.columns()
    points = np.column_stack([x, y])
    arcs = [_arc(points[source], points[target]) for source, target in network.connections[network.recurrent]]
    top = min([float(y.min()), *(float(bezier(arc)[:, 1].min()) for arc in arcs)])
    passing, leading_back = iter(graph.route(path, points) for path in graph.paths), iter(arcs)
    routes = [next(leading_back if recurrent else passing) - (0, top) for recurrent in network.recurrent]
    return Layout(layers=layers, x=x[: network.n_nodes], y=y[: network.n_nodes] - top, routes=routes)


def bezier(arc: NDArray[np.float64], n: int = 33) -> NDArray[np.float64]:
    """Points (n, 2) on the cubic Bézier curve of four points."""
    t = np.linspace(0, 1, n)[:, None]
    a, b, c, d = arc
    curve: NDArray[np.float64] = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d
    return curve


def _arc(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """From above a node to above another, or round to the same."""
    rise = _ARC_HEIGHT + _ARC_RISE * abs(float(end[0] - start[0]))
    handle = np.array([_ARC_WIDTH, -rise])
    return np.array([start, start + handle, end + handle * (-1, 1), end])


def _layers(network: Network, forward: NDArray[np.int64]) -> NDArray[np.int64]:
    """A layer for each node: one more than the latest of its sources; inputs in the first, outputs in the last (in the
    last ones, where an output feeds another).

    A node that has more targets than sources stands as near to its targets as it can, which shortens connections.
    """
    n_fixed, n_outputs = 1 + network.n_inputs, network.n_outputs
    first_output = network.n_nodes - n_outputs
    layers = depths(network)
    inner = layers[n_fixed:first_output]
    last = max(int(layers[first_output:].max()), int(inner.max(initial=0)) + 1)
    layers[first_output:] = last
    for source, target in forward[forward[:, 0] >= first_output]:
        layers[target] = max(layers[target], layers[source] + 1)
    limit = np.full(network.n_nodes, last, dtype=np.int64)
    sources_of = np.bincount(forward[:, 1], minlength=network.n_nodes)
    targets_of = np.bincount(forward[:, 0], minlength=network.n_nodes)
    targets: list[list[int]] = [[] for _ in range(network.n_nodes)]
    for source, target in forward.tolist():
        targets[source].append(target)
    for node in range(first_output - 1, n_fixed - 1, -1):
        if not targets[node]:
            continue
        limit[node] = min(layers[t] for t in targets[node]) - 1
        if targets_of[node] > sources_of[node] or sources_of[node] == 0:
            layers[node] = limit[node]
    return layers


def _paths(
    forward: NDArray[np.int64], layers: NDArray[np.int64], routed: bool, unrouted: int
) -> tuple[list[list[int]], NDArray[np.int64]]:
    """For each connection the slots from its source to its target, and the layer of each slot; nodes are the first slots.

    Connections from the first ``unrouted`` nodes get no slots on their way.
    """
    layer = layers.tolist()
    pairs = forward.tolist()
    if not routed:
        return pairs, layers
    skipped = layers[forward[:, 1]] - layers[forward[:, 0]] - 1
    skipped[forward[:, 0] < unrouted] = 0
    shared = int(skipped.sum()) > MAX_OWN_SLOTS
    slot_of: dict[tuple[int, ...], int] = {}
    paths = []
    for source, target in pairs:
        path = [source]
        for passed in range(layer[source] + 1, layer[target] if source >= unrouted else 0):
            key = (source, passed) if shared else (source, passed, target)
            if key not in slot_of:
                slot_of[key] = len(layer)
                layer.append(passed)
            path.append(slot_of[key])
        paths.append([*path, target])
    return paths, np.array(layer, dtype=np.int64)


class _SlottedGraph:
    """Nodes, and passing slots for connections that skip layers; slots of a layer are ordered from top to bottom."""

    def __init__(self, network: Network, forward: NDArray[np.int64], layers: NDArray[np.int64], input_height: float) -> None:
        self.input_height = input_height
        self.n_fixed = 1 + network.n_inputs
        unrouted = self.n_fixed if input_height < 1 else 0
        self.n_nodes = network.n_nodes
        self.fixed = np.zeros(network.n_nodes, dtype=bool)
        self.fixed[: 1 + network.n_inputs] = True
        self.fixed[network.n_nodes - network.n_outputs :] = True
        self.routed = network.n_connections <= MAX_ROUTED_CONNECTIONS
        self.paths, self.layer = _paths(forward, layers, self.routed, unrouted)
        self.n_layers = int(self.layer.max()) + 1
        self.left: list[list[int]] = [[] for _ in self.layer]
        self.right: list[list[int]] = [[] for _ in self.layer]
        self.pull: dict[tuple[int, int], float] = {}
        for path in self.paths:
            weight = _STRAIGHTNESS if len(path) > 2 else 1.0
            for a, b in pairwise(path):
                if (a, b) in self.pull:
                    continue
                self.right[a].append(b)
                self.left[b].append(a)
                self.pull[a, b] = self.pull[b, a] = weight
        self.slots = [np.flatnonzero(self.layer == i).tolist() for i in range(self.n_layers)]
        hidden = np.bincount(layers[~self.fixed], minlength=self.n_layers)
        #: Columns of each layer.
        self.widths = np.maximum(1, -(-hidden // MAX_IN_A_COLUMN))
        self.place = np.zeros(len(self.layer))
        for slots in self.slots:
            self._renumber(slots)

    def _renumber(self, slots: list[int]) -> None:
        """Places are from 0 to 1 in each layer, so that layers of different sizes compare."""
        self.place[slots] = (np.arange(len(slots)) + 0.5) / max(len(slots), 1)

    def order(self) -> None:
        """Orders the slots of each layer; the best order of all sweeps stays."""
        best, best_crossings = [list(s) for s in self.slots], self._crossings()
        for sweep in range(_ORDERING_SWEEPS):
            forwards = sweep % 2 == 0
            for i in range(self.n_layers) if forwards else range(self.n_layers - 1, -1, -1):
                self._order_layer(i, self.left if forwards else self.right)
            if not self.routed:
                best = [list(s) for s in self.slots]
                continue
            self._swap_neighbours()
            crossings = self._crossings()
            if crossings < best_crossings:
                best, best_crossings = [list(s) for s in self.slots], crossings
        self.slots = best

    def _order_layer(self, i: int, neighbours: list[list[int]]) -> None:
        """Sorts one layer by the mean place of each slot's neighbours; the named nodes keep their order."""
        slots = self.slots[i]
        mean = {s: self.place[neighbours[s]].mean() if neighbours[s] else self.place[s] for s in slots}
        named = [s for s in slots if s < self.n_nodes and self.fixed[s]]
        free = sorted((s for s in slots if not (s < self.n_nodes and self.fixed[s])), key=lambda s: mean[s])
        if named and free:
            slots = sorted(slots, key=lambda s: mean[s])
            ordered = iter(named)
            slots = [next(ordered) if s < self.n_nodes and self.fixed[s] else s for s in slots]
        else:
            slots = named or free
        self.slots[i] = slots
        self._renumber(slots)

    def _swap_neighbours(self) -> None:
        for slots in self.slots:
            for _ in range(4):
                if not self._swap_once(slots):
                    break
            self._renumber(slots)

    def _swap_once(self, slots: list[int]) -> bool:
        """Swaps neighbouring slots where that removes crossings."""
        swapped = False
        for k in range(len(slots) - 1):
            a, b = slots[k], slots[k + 1]
            if a < self.n_nodes and b < self.n_nodes and self.fixed[a] and self.fixed[b]:
                continue
            if self._pair_crossings(b, a) < self._pair_crossings(a, b):
                slots[k], slots[k + 1] = b, a
                swapped = True
        return swapped

    def _pair_crossings(self, upper: int, lower: int) -> int:
        """Crossings between the connections of two slots of one layer, if the first stands above the second."""
        return sum(
            int((self.place[near[upper]][:, None] > self.place[near[lower]][None, :]).sum())
            for near in (self.left, self.right)
            if near[upper] and near[lower]
        )

    def _crossings(self) -> int:
        if not self.routed:
            return 0
        total = 0
        for slots in self.slots[:-1]:
            ends = np.array([self.place[b] for a in slots for b in self.right[a]])
            starts = np.array([self.place[a] for a in slots for _ in self.right[a]])
            total += int(((starts[:, None] < starts[None, :]) & (ends[:, None] > ends[None, :])).sum())
        return total

    def columns(self) -> NDArray[np.float64]:
        """The column of each slot; passing connections stand in the first of their layer."""
        first = np.cumsum(self.widths) - self.widths
        x = first[self.layer].astype(float)
        for slots, width in zip(self.slots, self.widths, strict=True):
            nodes = [s for s in slots if s < self.n_nodes and not self.fixed[s]]
            x[nodes] += np.arange(len(nodes)) % width
        return x

    def route(self, path: list[int], points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The points of a connection: its slots, and where it leaves a layer of several columns that it passes."""
        route = []
        for slot in path:
            route.append(points[slot])
            if slot >= self.n_nodes and self.widths[self.layer[slot]] > 1:
                route.append(points[slot] + (self.widths[self.layer[slot]] - 1, 0))
        return np.array(route)

    def heights(self) -> NDArray[np.float64]:
        """Heights of all slots, in order and at their distances, near those of their neighbours."""
        y = np.zeros(len(self.layer))
        size = np.where(np.arange(len(self.layer)) < self.n_nodes, 1.0 / self.widths[self.layer], _PASSING_HEIGHT)
        size[1 : self.n_fixed] = self.input_height
        tallest = max(float(size[s].sum()) for s in self.slots)
        offsets = []
        for slots in self.slots:
            sizes = size[slots]
            offsets.append(np.cumsum(sizes) - sizes / 2)
            y[slots] = offsets[-1] + (tallest - sizes.sum()) / 2
        for sweep in range(_HEIGHT_SWEEPS):
            forwards = sweep % 2 == 0
            near = (self.left, self.right, None)[sweep % 3]
            for i in range(self.n_layers) if forwards else range(self.n_layers - 1, -1, -1):
                slots = self.slots[i]
                wanted = np.array([self._wanted(y, s, near) for s in slots])
                y[slots] = isotonic(wanted - offsets[i]) + offsets[i]
        return y

    def _wanted(self, y: NDArray[np.float64], slot: int, near: list[list[int]] | None) -> float:
        neighbours = self.left[slot] + self.right[slot] if near is None else near[slot]
        if not neighbours:
            return float(y[slot])
        pull = [self.pull[slot, n] for n in neighbours]
        return float(np.average(y[neighbours], weights=pull))


def isotonic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The non-decreasing sequence nearest to ``values`` in least squares (pool adjacent violators)."""
    means: list[float] = []
    counts: list[int] = []
    for value in values.tolist():
        mean, count = value, 1
        while means and means[-1] > mean:
            last, n = means.pop(), counts.pop()
            mean, count = (mean * count + last * n) / (count + n), count + n
        means.append(mean)
        counts.append(count)
    return np.repeat(means, counts)
