"""What the connections of a network say about its nodes: how deep they are, in which order they can be evaluated, and which
are of no effect.
"""

import heapq
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from wann.networks.activations import NOT_ZERO_AT_ZERO, Activation
from wann.networks.network import Network


def depths(network: Network) -> NDArray[np.int64]:
    """The depth of each node, shape (n_nodes,): 0 for the bias and the inputs, else one more than the deepest source's.

    A node without sources has the depth 1. Recurrent connections do not count.
    """
    depth = np.zeros(network.n_nodes, dtype=np.int64)
    depth[1 + network.n_inputs :] = 1
    for source, target in network.connections[~network.recurrent]:  # sorted by target, so a source's depth is final
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


def outputs_first(network: Network) -> NDArray[np.int64]:
    """For each node its number where the outputs stand before the hidden nodes, shape (n_nodes,).

    Genomes and drafts number nodes so: a new hidden node then changes no other node's number.
    """
    n_fixed, n_hidden, n_outputs = 1 + network.n_inputs, network.n_hidden, network.n_outputs
    number = np.arange(network.n_nodes)
    number[n_fixed : n_fixed + n_hidden] += n_outputs
    number[n_fixed + n_hidden :] -= n_hidden
    return number


def evaluation_order(hidden: Iterable[int], connections: Iterable[tuple[int, int]]) -> list[int]:
    """Hidden nodes, each after its sources, the smallest number first; those on a cycle are left out.

    Args:
        hidden: The hidden nodes.
        connections: (source, target) of each connection.
    """
    waiting = dict.fromkeys(hidden, 0)
    targets: dict[int, list[int]] = {}
    for a, b in connections:
        if a in waiting and b in waiting:
            waiting[b] += 1
            targets.setdefault(a, []).append(b)
    ready = [node for node, n in waiting.items() if n == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        order.append(heapq.heappop(ready))
        for target in targets.get(order[-1], ()):
            waiting[target] -= 1
            if waiting[target] == 0:
                heapq.heappush(ready, target)
    return order
