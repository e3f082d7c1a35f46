"""What matters in a network: the reward that is lost where an input, a hidden node or a connection is taken out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.explain.ablation import connection_name, node_name, outgoing, without
from wann.explain.trials import REPORTED, Mean, Trials
from wann.networks.network import Network


@dataclass(frozen=True, kw_only=True, eq=False)
class Importance:
    """Losses of reward, paired on the same trials. A loss below 0 is a gain."""

    network: Network
    n: int  #: trials
    reward: Mean  #: of the whole network
    nodes: tuple[Mean, ...]  #: loss without the bias, each input and each hidden node, in the order of their numbers
    connections: tuple[Mean, ...]  #: loss without each connection

    @property
    def inputs(self) -> tuple[Mean, ...]:
        """Those of the inputs."""
        return self.nodes[1 : 1 + self.network.n_inputs]

    @property
    def hidden(self) -> tuple[Mean, ...]:
        """Those of the hidden nodes."""
        return self.nodes[1 + self.network.n_inputs :]

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it; what is not used is not in it, because its loss is 0."""
        used = set(self.network.connections[:, 0].tolist())
        n_fixed = 1 + self.network.n_inputs

        def row(node: int) -> dict[str, Any]:
            return {"node": node, "name": node_name(self.network, node), **self.nodes[node].to_dict()}

        return {
            "trials": self.n,
            "reward": self.reward.to_dict(),
            "inputs": [row(node) for node in range(n_fixed) if node in used],
            "hidden": [row(node) for node in range(n_fixed, len(self.nodes))],
            "connections": [
                {"from": int(a), "to": int(b), "name": connection_name(self.network, i), **self.connections[i].to_dict()}
                for i, (a, b) in enumerate(self.network.connections)
            ],
        }


def removals(network: Network) -> tuple[list[int], list[NDArray[np.bool_]]]:
    """Everything that can be taken out.

    Returns:
        The bias, inputs and hidden nodes that have connections; and the connections that go with each of these, followed by
        each connection alone.
    """
    nodes = [node for node in range(network.n_nodes - network.n_outputs) if outgoing(network, node).any()]
    return nodes, [outgoing(network, node) for node in nodes] + list(np.eye(network.n_connections, dtype=bool))


def importance(network: Network, trials: Trials) -> Importance:
    """Takes everything out in turn; see `wann.explain.explain`."""
    nodes, masks = removals(network)
    ablated = [without(network, mask) for mask in masks]
    rewards = trials.rewards([network, *ablated], REPORTED, what="what matters")
    losses = [Mean.of(rewards[0] - row) for row in rewards[1:]]
    by_node = dict(zip(nodes, losses[: len(nodes)], strict=True))
    return Importance(
        network=network,
        n=rewards.shape[1],
        reward=Mean.of(rewards[0]),
        nodes=tuple(by_node.get(node, Mean(0.0, 0.0)) for node in range(network.n_nodes - network.n_outputs)),
        connections=tuple(losses[len(nodes) :]),
    )
