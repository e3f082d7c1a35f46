"""A weight agnostic network as a module of PyTorch. This file needs PyTorch alone.

Every connection has the same weight, or each a weight of its own. A node computes activation(sum of weight * source). Nodes
are numbered: 0 is the bias, which is 1; then come the inputs, the hidden nodes and the outputs. They are computed in layers:
a layer is every node whose sources all stand in former layers.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


def _periodic(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """sin(πx) or cos(πx). Whole turns are taken away first, which is exact."""
    return lambda x: function(math.pi * (x - 2 * torch.round(x / 2)))


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "step": lambda x: (x > 0).to(x.dtype),
    "sine": _periodic(torch.sin),
    "gaussian": lambda x: torch.exp(-x * x / 2),
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "inverse": torch.neg,
    "absolute": torch.abs,
    "relu": torch.relu,
    "cosine": _periodic(torch.cos),
}


class _Layer(nn.Module):
    """Nodes with one activation whose sources all stand in former layers."""

    needed: Tensor
    connections: Tensor
    row: Tensor
    column: Tensor

    def __init__(self, into: list[list[tuple[int, int]]], activation: str) -> None:
        """``into`` has for each node the connections that lead to it: their number, and where the source's value stands."""
        super().__init__()
        self.n_nodes = len(into)
        self.activation = activation
        # A node that nothing leads to takes the bias by a connection that is not there.
        needed = sorted({source for node in into for _, source in node}) or [0]
        place = {source: i for i, source in enumerate(needed)}
        flat = [(c, place[source], row) for row, node in enumerate(into) for c, source in node]
        for name, values in (
            ("needed", needed),
            ("connections", [c for c, _, _ in flat]),
            ("column", [column for _, column, _ in flat]),
            ("row", [row for _, _, row in flat]),
        ):
            self.register_buffer(name, torch.tensor(values, dtype=torch.long), persistent=False)

    def forward(self, values: Tensor, weights: Tensor) -> Tensor:
        """The values of its nodes, shape (n_samples, n_nodes)."""
        own = weights.expand(len(self.connections)) if weights.ndim == 0 else weights[self.connections]
        matrix = values.new_zeros(len(self.needed), self.n_nodes).index_put((self.column, self.row), own)
        return ACTIVATIONS[self.activation](values[:, self.needed] @ matrix)


class WannNetwork(nn.Module):
    """A feed-forward network whose weight or weights are its only parameters.

    Args:
        inputs: Names of the inputs.
        outputs: Names of the outputs.
        hidden: The activation of each hidden node.
        output_activations: The activation of each output.
        connections: (from, to) of each connection, as numbers of nodes; ``to`` is the larger one.
        weight: The shared weight: the parameter ``weight``, shape ().
        weights: Individual weights instead, in the order of ``connections``: the parameter ``weights``.
    """

    def __init__(
        self,
        *,
        inputs: Sequence[str],
        outputs: Sequence[str],
        hidden: Sequence[str],
        output_activations: Sequence[str],
        connections: Sequence[tuple[int, int]],
        weight: float | None = None,
        weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.inputs, self.outputs, self.hidden = tuple(inputs), tuple(outputs), tuple(hidden)
        self.output_activations = tuple(output_activations)
        self.connections = tuple(connections)
        self.weight = None if weight is None else nn.Parameter(torch.tensor(float(weight)))
        self.weights = None if weights is None else nn.Parameter(torch.tensor(list(weights), dtype=torch.float32))
        self.layers = nn.ModuleList()
        self.columns = self._add_layers()

    def _add_layers(self) -> list[int]:
        """Makes the layers; gives the column in which each output's value stands."""
        first = 1 + len(self.inputs)
        activations = self.hidden + self.output_activations
        into: list[list[tuple[int, int]]] = [[] for _ in activations]
        for i, (source, target) in enumerate(self.connections):
            into[target - first].append((i, source))
        depth = [0] * first
        for connections in into:
            depth.append(1 + max((depth[source] for _, source in connections), default=0))
        groups: dict[tuple[int, str], list[int]] = {}
        for k, activation in enumerate(activations):
            groups.setdefault((depth[first + k], activation), []).append(k)
        column = {node: node for node in range(first)}
        for (_, activation), nodes in sorted(groups.items()):
            sources = [[(i, column[source]) for i, source in into[k]] for k in nodes]
            self.layers.append(_Layer(sources, activation))
            for k in nodes:
                column[first + k] = len(column)
        return [column[first + len(self.hidden) + i] for i in range(len(self.outputs))]

    def forward(self, x: Tensor) -> Tensor:
        """Outputs, shape (..., n_outputs), for inputs of shape (..., n_inputs)."""
        samples = x.reshape(-1, len(self.inputs)) if self.inputs else x.reshape(math.prod(x.shape[:-1]), 0)
        values = torch.cat([samples.new_ones(len(samples), 1), samples], dim=1)
        weights = self.weight if self.weights is None else self.weights
        for layer in self.layers:
            values = torch.cat([values, layer(values, weights)], dim=1)
        return values[:, self.columns].reshape(*x.shape[:-1], len(self.outputs))


class WannPolicy(nn.Module):
    """What stands before a network, the network, and what stands after it.

    Args:
        network: The network.
        shift: Taken from observations, one number for each input; nothing by default.
        factor: What they are then multiplied by.
        bounded: (reach, center, low, high), each with one number for each output: an action is output * reach + center
            within [low, high].
        whole: Whether such an action is rounded.
        largest: (sizes, starts) of groups of outputs: a number of an action is the place of a group's largest output.
        switches: Whether a number of an action is 1 where the output is above 0, else 0.
    """

    shift: Tensor
    factor: Tensor
    bounded: Tensor

    def __init__(
        self,
        network: WannNetwork,
        *,
        shift: Sequence[float] = (),
        factor: Sequence[float] = (),
        bounded: Sequence[Sequence[float]] = (),
        whole: bool = False,
        largest: tuple[Sequence[int], Sequence[int]] | None = None,
        switches: bool = False,
    ) -> None:
        super().__init__()
        self.network = network
        self.whole, self.largest, self.switches = whole, largest, switches
        for name, values in (("shift", shift), ("factor", factor), ("bounded", bounded)):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32), persistent=False)

    def forward(self, observation: Tensor) -> Tensor:
        """Actions, shape (..., n_numbers), for observations of shape (..., n_inputs)."""
        x = (observation - self.shift) * self.factor if len(self.shift) else observation
        y = self.network(x)
        if len(self.bounded):
            reach, center, low, high = self.bounded
            y = (y * reach + center).minimum(high).maximum(low)
            y = torch.round(y) if self.whole else y
        if self.largest is not None:
            groups = zip(y.split(list(self.largest[0]), dim=-1), self.largest[1], strict=True)
            y = torch.stack([group.argmax(dim=-1) + start for group, start in groups], dim=-1)
        return (y > 0).long() if self.switches else y
