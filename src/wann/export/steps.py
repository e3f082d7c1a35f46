"""A network as the steps that compute it, for writers of source code."""

from collections.abc import Iterator
from dataclasses import dataclass

from wann.networks.activations import Activation
from wann.networks.graph import depths
from wann.networks.network import Network


@dataclass(frozen=True)
class Step:
    """One node: what it computes, and from what."""

    node: int
    activation: Activation
    sources: tuple[tuple[int, int], ...]  #: (source, number of the connection)
    layer: int  #: the depth of the node
    output: int | None  #: which output the node is; None for a hidden node


def steps(network: Network) -> list[Step]:
    """The nodes that outputs depend on, layer by layer: each after its sources."""
    first, first_output = 1 + network.n_inputs, network.n_nodes - network.n_outputs
    into: list[list[tuple[int, int]]] = [[] for _ in network.activations]
    for i, (source, target) in enumerate(network.connections.tolist()):
        into[target - first].append((source, i))
    needed = set(range(first_output, network.n_nodes))
    for node in range(network.n_nodes - 1, first - 1, -1):
        if node in needed:
            needed.update(source for source, _ in into[node - first])
    depth = depths(network).tolist()
    order = sorted((node for node in needed if node >= first), key=lambda node: (depth[node], node))
    return [
        Step(
            node,
            network.activations[node - first],
            tuple(into[node - first]),
            depth[node],
            node - first_output if node >= first_output else None,
        )
        for node in order
    ]


def by_layer(found: list[Step]) -> Iterator[tuple[int, list[Step]]]:
    """The steps of each layer."""
    for layer in sorted({step.layer for step in found}):
        yield layer, [step for step in found if step.layer == layer]
