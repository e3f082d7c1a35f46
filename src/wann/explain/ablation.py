"""Networks without some of their connections, and names for what can be taken out."""

import numpy as np
from numpy.typing import NDArray

from wann.networks.graph import nodes_without_effect
from wann.networks.metadata import for_changed_topology
from wann.networks.network import Network

Mask = NDArray[np.bool_]


def outgoing(network: Network, node: int) -> Mask:
    """The connections that lead out of a node, shape (n_connections,). To take a node out is to take these out."""
    return network.connections[:, 0] == node  # type: ignore[no-any-return]


def without(network: Network, removed: Mask) -> Network:
    """The network without some connections; nodes stay, and individual weights of other connections do.

    Args:
        network: The network.
        removed: The connections to take out, shape (n_connections,).
    """
    kept = ~removed
    return Network(
        inputs=network.inputs,
        outputs=network.outputs,
        hidden=network.hidden,
        output_activations=network.output_activations,
        connections=network.connections[kept],
        recurrent=network.recurrent[kept],
        weights=None if network.weights is None else network.weights[kept],
        shared_weight=network.shared_weight,
    )


def tidied(network: Network, pattern: Network) -> Network:
    """The network without hidden nodes that no output depends on, and with what ``pattern``'s file says of its origin."""
    n_fixed = 1 + network.n_inputs
    hidden = dict(enumerate(network.hidden, start=n_fixed))
    dead = nodes_without_effect(hidden, map(tuple, network.connections.tolist()))
    alive = np.array([node not in dead for node in range(network.n_nodes)])
    kept = alive[network.connections].all(axis=1)
    number = np.cumsum(alive) - 1
    return Network(
        inputs=network.inputs,
        outputs=network.outputs,
        hidden=[activation for node, activation in hidden.items() if node not in dead],
        output_activations=network.output_activations,
        connections=number[network.connections[kept]],
        recurrent=network.recurrent[kept],
        weights=None if network.weights is None else network.weights[kept],
        shared_weight=network.shared_weight,
        metadata=for_changed_topology(pattern.metadata),
    )


def node_name(network: Network, node: int) -> str:
    """The name of a node for people: its own, or its number and its activation as in the pictures of a network."""
    n_fixed, first_output = 1 + network.n_inputs, network.n_nodes - network.n_outputs
    if node == 0:
        return "bias"
    if node < n_fixed:
        return network.inputs[node - 1]
    if node >= first_output:
        return network.outputs[node - first_output]
    return f"node {node} ({network.activations[node - n_fixed].label})"


def connection_name(network: Network, connection: int) -> str:
    """Where a connection leads from and to, for people."""
    source, target = network.connections[connection].tolist()
    back = " of the step before" if network.recurrent[connection] else ""
    return f"{node_name(network, source)}{back} → {node_name(network, target)}"
