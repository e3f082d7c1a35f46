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


#: A hidden node's or an output's value is remembered within this limit, so that no loop grows beyond all numbers.
MOST_REMEMBERED = 100.0


class WannNetwork(nn.Module):
    """A network whose weight or weights are its only parameters.

    A recurrent network takes a step of an episode: ``outputs, memory = module(x, memory)``, the memory None at first.

    Args:
        inputs: Names of the inputs.
        outputs: Names of the outputs.
        hidden: The activation of each hidden node.
        output_activations: The activation of each output.
        connections: (from, to) of each connection, as numbers of nodes; ``to`` is the larger one, unless it is recurrent.
        recurrent: Which connections, by their places, carry the value of the step before.
        weight: The shared weight: the parameter ``weight``, shape ().
        weights: Individual weights instead, in the order of ``connections``: the parameter ``weights``.
    """

    most: Tensor

    def __init__(
        self,
        *,
        inputs: Sequence[str],
        outputs: Sequence[str],
        hidden: Sequence[str],
        output_activations: Sequence[str],
        connections: Sequence[tuple[int, int]],
        recurrent: Sequence[int] = (),
        weight: float | None = None,
        weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.inputs, self.outputs, self.hidden = tuple(inputs), tuple(outputs), tuple(hidden)
        self.output_activations = tuple(output_activations)
        self.connections, self.recurrent = tuple(connections), tuple(recurrent)
        self.remembered = sorted({self.connections[i][0] for i in self.recurrent})
        self.weight = None if weight is None else nn.Parameter(torch.tensor(float(weight)))
        self.weights = None if weights is None else nn.Parameter(torch.tensor(list(weights), dtype=torch.float32))
        self.layers = nn.ModuleList()
        column = self._add_layers()
        first_output = 1 + len(self.inputs) + len(self.hidden)
        self.columns = [column[first_output + i] for i in range(len(self.outputs))]
        self.kept = [column[node] for node in self.remembered]
        most = [math.inf if node <= len(self.inputs) else MOST_REMEMBERED for node in self.remembered]
        self.register_buffer("most", torch.tensor(most), persistent=False)

    def _add_layers(self) -> dict[int, int]:
        """Makes the layers; gives the column in which each node's value stands: behind those of the bias and the inputs is
        what is remembered, and then one layer after the other."""
        first = 1 + len(self.inputs)
        activations = self.hidden + self.output_activations
        before = {node: first + m for m, node in enumerate(self.remembered)}
        into: list[list[tuple[int, int]]] = [[] for _ in activations]
        from_before: list[list[tuple[int, int]]] = [[] for _ in activations]
        recurrent = set(self.recurrent)
        for i, (source, target) in enumerate(self.connections):
            if i in recurrent:
                from_before[target - first].append((i, before[source]))
            else:
                into[target - first].append((i, source))
        depth = [0] * first
        for connections in into:
            depth.append(1 + max((depth[source] for _, source in connections), default=0))
        groups: dict[tuple[int, str], list[int]] = {}
        for k, activation in enumerate(activations):
            groups.setdefault((depth[first + k], activation), []).append(k)
        column = {node: node for node in range(first)}
        for (_, activation), nodes in sorted(groups.items()):
            sources = [[(i, column[source]) for i, source in into[k]] + from_before[k] for k in nodes]
            self.layers.append(_Layer(sources, activation))
            for k in nodes:
                column[first + k] = len(column) + len(before)
        return column

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor | tuple[Tensor, Tensor]:
        """Outputs, shape (..., n_outputs), for inputs of shape (..., n_inputs); of a recurrent network also the memory for
        the next step, shape (..., n_remembered), from that of the step before."""
        lead = x.shape[:-1]
        samples = x.reshape(-1, len(self.inputs)) if self.inputs else x.reshape(math.prod(lead), 0)
        given = [samples.new_ones(len(samples), 1), samples]
        if self.remembered:
            shape = len(samples), len(self.remembered)
            given.append(samples.new_zeros(shape) if memory is None else memory.reshape(shape))
        values = torch.cat(given, dim=1)
        weights = self.weight if self.weights is None else self.weights
        for layer in self.layers:
            values = torch.cat([values, layer(values, weights)], dim=1)
        outputs = values[:, self.columns].reshape(*lead, len(self.outputs))
        if not self.remembered:
            return outputs
        kept = values[:, self.kept].minimum(self.most).maximum(-self.most)
        return outputs, kept.reshape(*lead, len(self.remembered))


class WannPolicy(nn.Module):
    """What stands before a network, the network, and what stands after it; a recurrent one has a memory as by itself.

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

    def forward(self, observation: Tensor, memory: Tensor | None = None) -> Tensor | tuple[Tensor, Tensor]:
        """Actions, shape (..., n_numbers), for observations of shape (..., n_inputs); and a recurrent network's memory."""
        x = (observation - self.shift) * self.factor if len(self.shift) else observation
        if not self.network.remembered:
            return self._action(self.network(x))
        outputs, after = self.network(x, memory)
        return self._action(outputs), after

    def _action(self, y: Tensor) -> Tensor:
        """What the outputs mean."""
        if len(self.bounded):
            reach, center, low, high = self.bounded
            y = (y * reach + center).minimum(high).maximum(low)
            y = torch.round(y) if self.whole else y
        if self.largest is not None:
            groups = zip(y.split(list(self.largest[0]), dim=-1), self.largest[1], strict=True)
            y = torch.stack([group.argmax(dim=-1) + start for group, start in groups], dim=-1)
        return (y > 0).long() if self.switches else y
