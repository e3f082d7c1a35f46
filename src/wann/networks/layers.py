"""A network in layers: nodes whose sources all stand in former layers, so that a layer is one product with a matrix."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wann.networks.activations import Activation
from wann.networks.graph import depths
from wann.networks.network import Network

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Layer:
    """Nodes that are computed together, those with the same activation side by side.

    Values of nodes stand in rows: first the bias, the inputs and the memory, then one layer after the other.
    """

    nodes: Integers  #: their numbers in the network, shape (n_nodes,)
    needed: Integers  #: rows of the values that they take, shape (n_needed,)
    connections: Integers  #: numbers of the connections that lead into them, shape (n_connections_in,)
    row: Integers  #: the node of each of these, counted within the layer, shape (n_connections_in,)
    column: Integers  #: where the source of each stands in ``needed``, shape (n_connections_in,)
    sizes: tuple[int, ...]  #: how many nodes have each activation
    activations: tuple[Activation, ...]  #: these activations


@dataclass(frozen=True, eq=False, kw_only=True)
class Layers:
    """A whole network in layers."""

    row: Integers  #: the row in which each node's value stands, shape (n_nodes,)
    layers: tuple[Layer, ...]


def in_layers(network: Network) -> Layers:
    """The network's hidden nodes and outputs by their depth."""
    n_fixed = 1 + network.n_inputs
    depth = depths(network)
    activations = np.array([0] * n_fixed + [int(a) for a in network.activations])
    order = np.lexsort((activations, depth))
    order = np.concatenate([np.arange(n_fixed), order[depth[order] > 0]])
    row = np.argsort(order)
    row[n_fixed:] += network.n_memory
    # The core numbers the memory behind all nodes.
    sources = network.core.source.astype(np.int64)
    taken = np.where(network.recurrent, n_fixed + sources - network.n_nodes, row[network.connections[:, 0]])
    levels = range(1, int(depth.max(initial=0)) + 1)
    layers = tuple(_layer(network, order[depth[order] == level], taken, row, activations) for level in levels)
    return Layers(row=row, layers=layers)


def _layer(network: Network, nodes: Integers, taken: Integers, row: Integers, activations: Integers) -> Layer:
    """A layer; ``taken`` is the row of each connection's source."""
    into = np.flatnonzero(np.isin(network.connections[:, 1], nodes))
    needed, column = np.unique(taken[into], return_inverse=True)
    kinds, sizes = np.unique(activations[nodes], return_counts=True)
    return Layer(
        nodes=nodes,
        needed=needed,
        connections=into,
        row=row[network.connections[into, 1]] - row[nodes[0]],
        column=column,
        sizes=tuple(sizes.tolist()),
        activations=tuple(Activation(int(kind)) for kind in kinds),
    )
