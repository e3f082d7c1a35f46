"""A network as the steps that compute it, for writers of source code."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from wann.networks.activations import UNBOUNDED, Activation
from wann.networks.graph import depths
from wann.networks.network import Network


@dataclass(frozen=True)
class Step:
    """One node: what it computes, and from what."""

    node: int
    activation: Activation
    sources: tuple[tuple[int, int], ...]  #: (source, number of the connection); see `remembered`
    layer: int  #: the depth of the node
    output: int | None  #: which output the node is; None for a hidden node


def steps(network: Network) -> list[Step]:
    """The nodes that outputs depend on, now or later, layer by layer: each after its sources."""
    first, first_output = 1 + network.n_inputs, network.n_nodes - network.n_outputs
    into: list[list[tuple[int, int]]] = [[] for _ in network.activations]
    for i, (source, target) in enumerate(zip(network.core.source.tolist(), network.connections[:, 1], strict=True)):
        into[target - first].append((source, i))
    needed, found = set[int](), list(range(first_output, network.n_nodes))
    while found:
        node = found.pop()
        if node >= first and node not in needed:
            needed.add(node)
            found += network.connections[[i for _, i in into[node - first]], 0].tolist()
    depth = depths(network).tolist()
    order = sorted(needed, key=lambda node: (depth[node], node))
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


def remembered(network: Network, found: list[Step]) -> dict[int, int]:
    """The sources beyond all nodes, and the node that each is a step before."""
    sources = {source for step in found for source, _ in step.sources if source >= network.n_nodes}
    return {source: int(network.core.memory[source - network.n_nodes]) for source in sorted(sources)}


class Stepped:
    """A base of writers: the steps of their network, and what it remembers."""

    network: Network

    @cached_property
    def _steps(self) -> list[Step]:
        return steps(self.network)

    @cached_property
    def _remembered(self) -> dict[int, int]:
        return remembered(self.network, self._steps)


def must_be_limited(network: Network, node: int) -> bool:
    """Whether the limit of what is remembered matters to a node: inputs have none, and many activations stay within it."""
    return node > network.n_inputs and network.activations[node - 1 - network.n_inputs] in UNBOUNDED


def by_layer(found: list[Step]) -> Iterator[tuple[int, list[Step]]]:
    """The steps of each layer."""
    for layer in sorted({step.layer for step in found}):
        yield layer, [step for step in found if step.layer == layer]
