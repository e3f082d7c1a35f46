"""What the connections of a network say about its nodes: how deep they are, and which are of no effect."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from wann.networks.activations import NOT_ZERO_AT_ZERO, Activation
from wann.networks.network import Network


def depths(network: Network) -> NDArray[np.int64]:
    """The depth of each node, shape (n_nodes,): 0 for the bias and the inputs, else one more than the deepest source's.

    A node without sources has the depth 1.
    """
    depth = np.zeros(network.n_nodes, dtype=np.int64)
    depth[1 + network.n_inputs :] = 1
    for source, target in network.connections:  # sorted by target, so a source's depth is final
        depth[target] = max(depth[target], depth[source] + 1)
    return depth


def nodes_without_effect(hidden: Mapping[int, Activation], connections: Iterable[tuple[int, int]]) -> set[int]:
    """Hidden nodes that no output depends on: they lead nowhere, or nothing leads to them and they therefore give 0.

    Args:
        hidden: The hidden nodes and what they compute.
        connections: (source, target) of each connection.
    """
    left, dead = list(connections), set[int]()
    while True:
        sources, targets = {a for a, _ in left}, {b for _, b in left}
        more = {
            node
            for node, activation in hidden.items()
            if node not in dead and (node not in sources or (node not in targets and activation not in NOT_ZERO_AT_ZERO))
        }
        if not more:
            return dead
        dead |= more
        left = [(a, b) for a, b in left if a not in more and b not in more]
